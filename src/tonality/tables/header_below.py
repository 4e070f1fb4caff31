"""A title above the names of the columns, as reports have it: where the names seem to be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from tonality.tables.column_names import TextColumn, several, usual_names
from tonality.tables.spelled_names import cut

LOOKED_AT = 20  # lines below the first


def is_title(columns: Sequence[str]) -> bool:
    """Whether most columns have no name; the first one often has none."""
    others = columns[1:]
    return bool(others) and 2 * others.count("") >= len(columns)


def are_named(given: TextColumn) -> bool:
    """Whether the columns of the texts are told by names: then the header is where it should be.

    Args:
        given: what was asked for; None finds the usual names.
    """
    names = ",".join(several(given or ())).split(",")
    return not any(name.strip().isdigit() for name in names)


def title_advice(columns: Sequence[str]) -> str:
    """What to say, where a column is not found, of a first line that may be a title; or empty."""
    if not columns[0] or any(columns[1:]) or usual_names(columns):
        return ""
    return (
        f"if {cut(columns[0])!r} is a title above the names of the columns, give the line of the "
        "names by --header-row; if it is a text, give --no-header"
    )


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
        if (found := _names_below(look(), delimiter)) is not None:
            rows, lines = found
            if sheet_row is None:
                line = skipped + 2 + sum(name.count("\n") for name in columns) + lines
            else:  # a row of a sheet counts once, also where a cell has several lines
                line = skipped + sheet_row + 1 + rows
            return f"line {line} looks like the header: give --header-row {line}"
    return ""


def _names_below(lines: Iterator[str], delimiter: str) -> tuple[int, int] | None:
    """How many rows and lines are above the first row of different words, one a usual name."""
    reader, above = csv.reader(islice(lines, LOOKED_AT), delimiter=delimiter), 0
    with suppress(csv.Error):  # a cell is too long
        for row, cells in enumerate(reader):
            names = [name for cell in cells if (name := cell.strip().casefold())]
            worded = all(any(map(str.isalpha, name)) for name in names)
            if worded and len(set(names)) == len(names) > 1 and usual_names(names):
                return row, above
            above = reader.line_num
    return None
