"""Answers that are files: those on the disk, and workbooks, which are made as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tonality.errors import DataError
from tonality.score import Layout
from tonality.score.files.xlsx_writer import build_xlsx, require_xlsxwriter

PIECE = 2**16  # bytes sent at a time


class CutShortError(Exception):
    """The table cannot be read to its end: the connection is closed, the answer not finished."""


def file_pieces(file: IO[bytes], stack: ExitStack) -> Iterator[bytes]:
    """The bytes of a file.

    Args:
        file: the file.
        stack: is closed at the end.
    """
    with stack:
        while piece := file.read(PIECE):
            yield piece


def workbook(
    pieces: Iterator[bytes], layout: Layout, check: Callable[[], None], *, sheets: bool
) -> Iterator[bytes]:
    """A workbook of the JSON Lines that are given, once they are all there.

    Args:
        pieces: the lines.
        layout: their columns.
        check: is called after each piece, to raise where nobody waits for the workbook any more:
            until it is made nothing is sent, so nothing else would tell.
        sheets: whether they come from a spreadsheet.

    Raises:
        DependencyError: at once, XlsxWriter is not installed.
    """
    require_xlsxwriter()
    return _workbook(pieces, layout, check, sheets)


def _workbook(
    pieces: Iterator[bytes], layout: Layout, check: Callable[[], None], sheets: bool
) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="tonality-") as folder:
        part, target = Path(folder, "rows"), Path(folder, "scored.xlsx")
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                check()
        try:
            build_xlsx(part, target, layout, sheets=sheets)
        except DataError:  # more columns than Excel has
            raise CutShortError from None
        with target.open("rb") as file:
            while data := file.read(PIECE):
                yield data
