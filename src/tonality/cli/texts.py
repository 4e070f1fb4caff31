"""Texts from the command line, a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import typer

# Lines of a file classified together: a long pipe answers as it goes, in constant memory.
LINES = 2048


def chunks(texts: list[str] | None, file: str | None, size: int = LINES) -> Iterator[list[str]]:
    """The texts given as arguments, then those of a file, ``size`` at most at a time.

    Args:
        texts: the arguments.
        file: a file with one text a line; ``-``, and None without arguments, is standard input.
        size: most lines of a file at a time.

    Raises:
        BadParameter: there are no texts and standard input is a terminal.
        DataError: the file cannot be read.
    """
    if not texts and file is None:
        if sys.stdin.isatty():
            raise typer.BadParameter("give a text in quotes, or --file FILE, or pipe texts in")
        file = "-"
    given: Iterator[list[str]] = iter([texts] if texts else [])
    return given if file is None else chain(given, _chunks(_lines(file), size))


def _lines(file: str) -> Iterator[str]:
    """The lines of a file or of standard input, without their ends; bytes that are no UTF-8 stay
    readable as replacement characters."""
    from tonality.errors import DataError

    try:
        if file == "-":
            source: Iterable[bytes] = sys.stdin.buffer
            for raw in source:
                yield raw.decode("utf-8-sig", "replace").rstrip("\r\n")
        else:
            with Path(file).open(encoding="utf-8-sig", errors="replace", newline="\n") as handle:
                for line in handle:
                    yield line.rstrip("\r\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=file) from None


def _chunks(lines: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(islice(lines, size)):
        yield chunk
