"""The command line: one short command each.

Every error that tonality raises on purpose, and every one of the system, becomes one line on stderr
and exit status 1; wrong usage exits with 2, Ctrl-C with 130. A reader that leaves early (``head``)
ends a command quietly, with 1. What a program would read goes to stdout, the rest to stderr.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import NoReturn, cast

import click

from tonality.cli.plain_help import SETTINGS, PlainGroup
from tonality.cli.training_processes import RESTARTED
from tonality.environment_names import unknown_variables
from tonality.errors import DataError, TonalityError

_WARNING_OF_PYTHON = warnings.formatwarning


class LazyCommands(Mapping[str, click.Command]):
    """Commands by their names. Importing all of them would take a tenth of a cold ``predict``.

    Args:
        files: command -> the module of this package that defines it.
    """

    def __init__(self, **files: str) -> None:
        self._files = files

    def __getitem__(self, name: str) -> click.Command:
        module = import_module(f"tonality.cli.{self._files[name]}")
        return cast(click.Command, getattr(module, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


# In the order of the help.
COMMANDS = LazyCommands(
    predict="predict",
    explain="explain",
    demo="demo",
    score="score",
    summarise="summarise",
    serve="serve",
    evaluate="evaluate",
    check="check",
    calibrate="calibrate",
    train="train",
    pretrain="pretrain",
    adapt="adapt",
    distill="distill",
    download="download_inspect",
    inspect="download_inspect",
)


@click.group(
    name="tonality",
    cls=PlainGroup,
    commands=COMMANDS,
    context_settings=SETTINGS,
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="COMMAND ...",
)
@click.option("--version", "show", is_flag=True, help="Print version and kernel, and stop.")
def app(show: bool) -> None:
    """Tells how people feel from what they write, with LSTM networks."""
    # A training starts its process anew, which need not say it again.
    for line in () if RESTARTED in os.environ else unknown_variables(os.environ):
        click.echo(f"tonality: {line}", err=True)
    if show:
        from tonality._version import __version__
        from tonality.network.kernel import kernel_in_use

        click.echo(__version__)
        click.echo(f"kernel: {kernel_in_use()}")
        raise click.exceptions.Exit


class ClosedOutput(io.TextIOBase):
    """Stands for a standard output that is closed: only a command that prints to it fails."""

    encoding = "utf-8"
    errors = "replace"

    @property
    def buffer(self) -> NoReturn:
        """Where bytes would go."""
        raise DataError("is closed; send it to a file or to /dev/null", path="standard output")

    def write(self, text: str) -> NoReturn:
        """Refuses the text."""
        raise DataError("is closed; send it to a file or to /dev/null", path="standard output")


def main() -> None:
    """Runs the command line."""
    # numpy's BLAS starts a thread a core as it is loaded, which a short command waits for in vain:
    # tonality has threads of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _occupy_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode shows ? and goes on
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    warnings.formatwarning = _warning_line
    try:
        app()
    except TonalityError as error:
        sys.exit(_told(error))
    except OSError as error:  # a full disk, a folder of someone else's, a name too long
        _forget_output()
        sys.exit(_told(error))


def _told(error: Exception) -> str:
    """An error as a command says it, with the notes that were added to it."""
    return "\n".join([f"tonality: {error}", *getattr(error, "__notes__", ())])


def _warning_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """A warning of ours as a line of a command, without the place in the code."""
    if category is UserWarning:
        return f"careful: {message}\n"
    return _WARNING_OF_PYTHON(message, category, filename, lineno, line)


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
