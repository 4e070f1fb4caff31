"""``tonality serve``: the HTTP service and its page."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from tonality.cli.common_options import Model


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on; by default 127.0.0.1.", metavar="ADDRESS"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="The port; 0 takes a free one; by default 8000.", metavar="N", min=0, max=65535
        ),
    ] = None,
    model: Model = None,
    allowed_hosts: Annotated[
        str | None,
        typer.Option(
            help="Host names, separated by commas, that requests may be addressed to. By default "
            "those of this machine where the service listens on the loopback, otherwise any.",
            metavar="NAMES",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            help="Batches computed at the same time; by default one a core but one.",
            metavar="N",
            min=1,
        ),
    ] = None,
) -> None:
    """Answer over HTTP, with a page at /.

    Limits, API keys and the rest are set by environment variables: see docs/serving.md.
    """
    from tonality.serve import early_signals

    with early_signals.kept():
        from tonality.errors import DependencyError

        try:
            from tonality.serve.server import serve as run
            from tonality.serve.settings import load_settings
        except ImportError as error:
            raise DependencyError("the service", extra="serve") from error
        settings = load_settings(
            host=host, port=port, model=model, allowed_hosts=allowed_hosts, threads=threads
        )
        logging.basicConfig(
            level=settings.log_level.upper(),
            stream=sys.stderr,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        run(settings)
