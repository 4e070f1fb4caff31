"""A title above the names of the columns, as reports have it: where the names seem to be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

LOOKED_AT = 20  # lines below the first
_SURE = 0.8  # of the rows below names are as wide as they
_FEWEST = 3  # names where the title tells no delimiter: texts have commas, too


def is_title(columns: Sequence[str]) -> bool:
    """Whether most columns have no name; the first one often has none."""
    others = columns[1:]
    return bool(others) and 2 * others.count("") >= len(columns)


def header_hint(
    columns: Sequence[str],
    look: Callable[[], Iterator[str]],
    delimiters: str,
    skipped: int,
    sheet_row: int | None,
) -> str:
    """Which line seems to name the columns, and what to do; empty where nothing tells.

    Args:
        columns: what was taken for their names.
        look: gives the lines below it.
        delimiters: what may stand between cells, a character each.
        skipped: how many lines are above it.
        sheet_row: of a sheet as CSV, the row of the first line, from 1; else None.
    """
    for delimiter in delimiters if len(columns) == 1 or is_title(columns) else "":
        below = _names_below(columns, look(), delimiter, rows=sheet_row is not None)
        if below is not None:
            line = (sheet_row or 1) + skipped + below
            return f"line {line} looks like the header: give --header-row {line}"
    return ""


def _names_below(
    header: Sequence[str], lines: Iterator[str], delimiter: str, *, rows: bool
) -> int | None:
    """How many lines below the beginning of the header the names of the columns seem to be.

    Of a sheet they are rows, as a cell of it may have several lines.
    """
    above = 1 if rows else 1 + sum(cell.count("\n") for cell in header)
    begun = 0
    reader = csv.reader(islice(lines, LOOKED_AT), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader):
            if len(names := _names(cells)) >= max(2, len(header) // 2 + 1):
                if len(header) > 1 or (len(names) >= _FEWEST and _fit(reader, len(cells))):
                    return above + (number if rows else begun)
                return None
            begun = reader.line_num
    except csv.Error:
        pass
    return None


def _names(cells: Sequence[str]) -> list[str]:
    """The cells of a line as names of columns; none where they cannot be such."""
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    worded = all(any(map(str.isalpha, name)) for name in names)
    return names if worded and len(set(names)) == len(names) else []


def _fit(rows: Iterator[list[str]], width: int) -> bool:
    found = [len(cells) == width for cells in rows if cells]
    return bool(found) and sum(found) >= _SURE * len(found)
