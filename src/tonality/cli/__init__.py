"""The command line: one short command each.

Every error that tonality raises on purpose, and every one of the system, becomes one line on stderr
and exit status 1; wrong usage exits with 2, Ctrl-C with 130. A reader that leaves early (``head``)
ends a command quietly, with 1. What a program would read goes to stdout, the rest to stderr.
"""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import typer

from tonality.cli.adapt import adapt
from tonality.cli.calibrate import calibrate
from tonality.cli.check import check
from tonality.cli.demo import demo
from tonality.cli.distill import distill
from tonality.cli.download_inspect import download, inspect
from tonality.cli.evaluate import evaluate
from tonality.cli.explain import explain
from tonality.cli.plain_help import HELP, PlainCommand, PlainGroup
from tonality.cli.predict import predict
from tonality.cli.pretrain import pretrain
from tonality.cli.read_texts import TextsCommand
from tonality.cli.score import score
from tonality.cli.serve import serve
from tonality.cli.summarise import summarise
from tonality.cli.train import train
from tonality.cli.training_options import RESTARTED, SMALL_DATA
from tonality.environment_names import unknown_variables
from tonality.errors import DataError, TonalityError

app = typer.Typer(
    name="tonality",
    cls=PlainGroup,
    context_settings={"help_option_names": HELP},
    help="Tells how people feel from what they write, with LSTM networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def version(
    show: bool = typer.Option(False, "--version", help="Print version and kernel, and stop."),
) -> None:
    """Tells how people feel from what they write, with LSTM networks."""
    # A training starts its process anew, which need not say it again.
    for line in () if RESTARTED in os.environ else unknown_variables(os.environ):
        typer.echo(f"tonality: {line}", err=True)
    if show:
        from tonality._version import __version__
        from tonality.network.kernel import kernel_in_use

        typer.echo(__version__)
        typer.echo(f"kernel: {kernel_in_use()}")
        raise typer.Exit


for command in (
    predict,
    explain,
    demo,
    score,
    summarise,
    serve,
    evaluate,
    check,
    calibrate,
    train,
    pretrain,
    adapt,
    distill,
    download,
    inspect,
):
    takes_texts = command in (predict, explain)
    kind = TextsCommand if takes_texts else PlainCommand
    epilog = SMALL_DATA if command in (train, adapt, distill) else None
    app.command(command.__name__, cls=kind, epilog=epilog)(command)


class ClosedOutput(io.TextIOBase):
    """Stands for a standard output that is closed: whoever prints is told, once."""

    encoding = "utf-8"
    errors = "replace"

    @property
    def buffer(self) -> NoReturn:
        """Where bytes would go."""
        raise DataError("is closed, so nothing can be written to it", path="standard output")

    def write(self, text: str) -> NoReturn:
        """Refuses the text."""
        raise DataError("is closed, so nothing can be written to it", path="standard output")


def main() -> None:
    """Runs the command line."""
    _occupy_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode shows ? and goes on
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    try:
        app()
    except TonalityError as error:
        sys.exit(f"tonality: {error}")
    except OSError as error:  # a full disk, a folder of someone else's, a name too long
        _forget_output()
        sys.exit(f"tonality: {error}")


def _occupy_closed_descriptors() -> None:
    """Keeps a file of ours from getting the number of a standard stream that is closed."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _forget_output() -> None:
    """Keeps Python from trying again, and complaining, to write what could not be written."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
