"""``tonality serve``: the HTTP service and its page."""

from __future__ import annotations

import logging
import sys

import click

from tonality.cli.common_options import COUNT, abstain_option, model_option
from tonality.cli.plain_help import Number, PlainCommand
from tonality.errors import DependencyError


@click.command(cls=PlainCommand)
@click.option("--host", help="The address to listen on; by default 127.0.0.1.", metavar="ADDRESS")
@click.option(
    "--port",
    type=Number(int, 0, 65535),
    help="The port; 0 takes a free one; by default 8000.",
    metavar="N",
)
@model_option
@abstain_option
@click.option(
    "--allowed-hosts",
    help="Host names, separated by commas, that requests may be addressed to. By default "
    "those of this machine where the service listens on the loopback, otherwise any.",
    metavar="NAMES",
)
@click.option(
    "--threads",
    type=COUNT,
    help="Batches computed at the same time; by default the number of cores less one.",
    metavar="N",
)
def serve(
    host: str | None,
    port: int | None,
    model: str | None,
    abstain: float | None,
    allowed_hosts: str | None,
    threads: int | None,
) -> None:
    """Answer over HTTP, with a page at /.

    Limits, API keys and the rest are set by environment variables: see docs/serving.md.
    """
    try:
        from tonality.serve.server import serve as run
        from tonality.serve.settings import load_settings
    except ImportError as error:
        raise DependencyError("the service", extra="serve") from error
    settings = load_settings(
        host=host,
        port=port,
        model=model,
        abstain=abstain,
        allowed_hosts=allowed_hosts,
        threads=threads,
    )
    logging.basicConfig(
        level=settings.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    run(settings)
