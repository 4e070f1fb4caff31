"""Answers that are files: bytes passed on, and workbooks, which are made as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tonality.errors import DataError
from tonality.score import Layout
from tonality.score.files.xlsx_writer import build_xlsx, require_xlsxwriter
from tonality.serve.problems import ProblemError
from tonality.tables.compression import BROKEN_PACK
from tonality.tables.utf8_stream import ByteStream

PIECE = 2**16  # bytes sent at a time


class CutShortError(Exception):
    """The table cannot be read to its end: the connection is closed, the answer not finished."""


def plain_pieces(stream: ByteStream, stack: ExitStack) -> Iterator[bytes]:
    """The bytes of a stream; the first ones are read at once.

    Args:
        stream: the stream.
        stack: is closed at the end.

    Raises:
        DataError: its beginning cannot be read.
        CutShortError: later, something else cannot.
    """
    with stack:
        first = stream.read(PIECE)
        rest = stack.pop_all()
    return _pieces(first, stream, rest)


def _pieces(first: bytes, stream: ByteStream, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        yield first
        try:
            while piece := stream.read(PIECE):
                yield piece
        except (DataError, ProblemError, *BROKEN_PACK):
            raise CutShortError from None


def workbook(pieces: Iterator[bytes], layout: Layout, *, sheets: bool) -> Iterator[bytes]:
    """A workbook of the JSON Lines that are given, once they are all there.

    Args:
        pieces: the lines.
        layout: their columns.
        sheets: whether they come from a spreadsheet.

    Raises:
        DependencyError: at once, XlsxWriter is not installed.
    """
    require_xlsxwriter()
    return _workbook(pieces, layout, sheets)


def _workbook(pieces: Iterator[bytes], layout: Layout, sheets: bool) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="tonality-") as folder:
        part, target = Path(folder, "rows"), Path(folder, "scored.xlsx")
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        try:
            build_xlsx(part, target, layout, sheets=sheets)
        except DataError:  # more columns than Excel has
            raise CutShortError from None
        with target.open("rb") as file:
            while data := file.read(PIECE):
                yield data
