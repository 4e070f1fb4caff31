"""Texts from the command line, a file or a pipe."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

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
        if sys.stdin is None or sys.stdin.isatty():
            raise typer.BadParameter("give a text in quotes, or --file FILE, or pipe texts in")
        file = "-"
    given: Iterator[list[str]] = iter([texts] if texts else [])
    return given if file is None else chain(given, _chunks(_lines(file), size))


def _lines(file: str) -> Iterator[str]:
    """The lines of a file or of standard input, without their ends.

    UTF-8, or UTF-16 with its byte-order mark; bytes that are neither stay readable as replacement
    characters.
    """
    from tonality.errors import DataError

    try:
        if file != "-":
            with Path(file).open("rb") as source:
                yield from _decoded(source)
        elif sys.stdin is not None:
            yield from _decoded(sys.stdin.buffer)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=file) from None


def _decoded(source: BinaryIO) -> Iterator[str]:
    first = source.readline()
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # Its line ends are two bytes, so it is read whole; such files come from spreadsheets.
        text = (first + source.read()).decode("utf-16", "replace")
        yield from text.replace("\r\n", "\n").removesuffix("\n").split("\n")
        return
    for number, raw in enumerate(chain([first] if first else [], source)):
        line = raw.decode("utf-8" if number else "utf-8-sig", "replace")
        yield line.rstrip("\r\n")


def _chunks(lines: Iterator[str], size: int) -> Iterator[list[str]]:
    while chunk := list(islice(lines, size)):
        yield chunk


def ascii_only() -> bool:
    """Whether JSON must be escaped: a standard output that is no Unicode would lose letters."""
    return not (sys.stdout.encoding or "").lower().startswith("utf")
