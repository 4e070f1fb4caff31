"""The HTTP service, ``tonality serve``: see ``docs/serving.md``. Needs the extra ``serve``.

- :mod:`~tonality.serve.settings`: every limit and switch, from ``TONALITY_…`` variables;
- :mod:`~tonality.serve.server`: the process: socket, signals, draining;
- :mod:`~tonality.serve.connection_limits`: what one connection may take of the server;
- :mod:`~tonality.serve.middleware`: what each request goes through: keys, headers, metrics, faults;
- :mod:`~tonality.serve.routes`: the routes, and their description in OpenAPI;
- :mod:`~tonality.serve.batch_queue`: texts of many requests computed together on a few threads;
- :mod:`~tonality.serve.served_model`: the model that answers, and how another takes its place.
"""
