"""The HTTP service, ``tonality serve``: see ``docs/serving.md``. Needs the extra ``serve``.

- :mod:`~tonality.serve.settings`: every limit and switch, from ``TONALITY_…`` variables;
- :mod:`~tonality.serve.server`: the process: socket, signals, draining;
- :mod:`~tonality.serve.protocol`: what one connection may take of the server;
- :mod:`~tonality.serve.gate`: what every request goes through: keys, headers, metrics, faults;
- :mod:`~tonality.serve.app`: the routes, and their description in OpenAPI;
- :mod:`~tonality.serve.batches`: texts of many requests computed together on a few threads;
- :mod:`~tonality.serve.model`: the model that answers, and how another takes its place.
"""
