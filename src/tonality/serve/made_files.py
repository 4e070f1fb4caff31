"""Answers that are files: those on the disk, and workbooks, which are made as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tonality.errors import DataError
from tonality.score import Layout
from tonality.score.files.xlsx_kinds import Source
from tonality.score.files.xlsx_writer import build_xlsx, require_xlsxwriter
from tonality.serve.problems import ProblemError

PIECE = 2**16  # bytes sent at a time
LEAST_ROOM = 2**24  # bytes that any workbook may take up while it is made


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
    pieces: Iterator[bytes], layout: Layout, source: Source, check: Callable[[], None], limit: int
) -> Iterator[bytes]:
    """A workbook of the JSON Lines that are given; all of it is made before this returns.

    Args:
        pieces: the lines.
        layout: their columns.
        source: where the texts come from.
        check: is called after each piece, to raise where nobody waits for the workbook any more:
            until it is made nothing is sent, so nothing else would tell.
        limit: the most bytes that it may take up on the disk while it is made, or ``LEAST_ROOM``
            where that is more. Few bytes of a table can be many of a workbook.

    Raises:
        DependencyError: XlsxWriter is not installed.
        ProblemError: 413, it has more columns than Excel has, or takes up too much.
    """
    require_xlsxwriter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tonality-")))
        part, target = folder / "rows", folder / "scored.xlsx"

        def check_all() -> None:
            check()
            _check_size(part, folder, max(limit, LEAST_ROOM))

        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                check_all()
        try:
            build_xlsx(part, target, layout, source, check=check_all)
        except DataError as error:
            detail = f"A workbook cannot hold the table: {error.reason.partition(';')[0]}."
            raise ProblemError(413, "too_many_columns", detail, "Ask for JSON Lines.") from None
        return file_pieces(stack.enter_context(target.open("rb")), stack.pop_all())


def _check_size(part: Path, folder: Path, limit: int) -> None:
    """Refuses a workbook under way that takes up too much; its sheets count twice: they are copied.

    Raises:
        ProblemError: 413.
    """
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    if 2 * sum(sizes.values()) - sizes[part] <= limit:
        return
    raise ProblemError(
        413,
        "body_too_large",
        "A workbook of the table would take up too much of the service's disk.",
        "Ask for CSV or JSON Lines, send the table in parts, or raise TONALITY_MAX_UPLOAD_BYTES.",
    )
