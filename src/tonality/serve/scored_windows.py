"""The rows of an upload in windows, and each window scored and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack

from tonality.errors import DataError
from tonality.score import Layout, Row, Rows, RowWriter, Scorer
from tonality.score.scorer import in_lists
from tonality.serve.problems import CutShortError, ProblemError
from tonality.serve.upload_query import for_requests, no_table
from tonality.tables.bad_rows import Fault

# Rows answered together, and how much they may hold: a client sees progress, and memory is bounded.
ROWS = 256
CHARACTERS = 2**18


def pieces(
    windows: Iterator[list[Row | Fault]],
    scorer: Scorer,
    writer: RowWriter,
    stack: ExitStack,
    *,
    whole: bool,
) -> Iterator[bytes]:
    """The scored table: its head, then a piece for each window.

    Args:
        windows: the rows.
        scorer: what judges them.
        writer: what writes them.
        stack: is closed at the end.
        whole: whether a table that breaks off is worth nothing. Otherwise the last piece is a row
            that says why it does.

    Raises:
        CutShortError: after that last piece.
        DataError: the rest cannot be read, and the table was wanted as a whole.
        ProblemError: 413, likewise.
    """
    done = 0
    with stack:
        if head := writer.head():
            yield head
        try:
            for window in windows:
                yield writer.rows(scorer.score(window))
                done += len(window)
        except (DataError, ProblemError) as error:
            if whole:
                raise
            if isinstance(error, DataError):
                status, reason = no_table(error).status, for_requests(error.reason)
            else:
                status, reason = error.status, error.detail
            yield writer.rows([Fault(done + 1, f"the rest cannot be read: {reason}", None)])
            raise CutShortError(status) from None


def windows(rows: Rows, layout: Layout, longest: int) -> Iterator[list[Row | Fault]]:
    """The rows in lists; those whose text is too long, or that do not fit, as faults.

    Args:
        rows: the rows.
        layout: the columns that they may have.
        longest: the most characters of a text.
    """
    checked = (
        _checked(item, layout, longest, rows.text_column) if isinstance(item, Row) else item
        for item in rows.items
    )
    # The answer says why a row has none, and not what it held.
    told = (dataclasses.replace(i, raw=None) if isinstance(i, Fault) else i for i in checked)
    return in_lists(told, ROWS, CHARACTERS)


def _checked(row: Row, layout: Layout, longest: int, text_column: str) -> Row | Fault:
    """The row, or why it cannot be scored, in words of a request."""
    length = len(row.text or "")
    if length > longest:
        reason = f"the text has {length:,} characters; {longest:,} are the most"
        return Fault(row.number, reason, None, text_column)
    fault = layout.check(row)
    return row if fault is None else dataclasses.replace(fault, reason=for_requests(fault.reason))
