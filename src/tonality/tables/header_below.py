"""A title above the names of the columns, as reports have it: where the names seem to be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from tonality.tables.column_names import TextColumn, several, usual_names

LOOKED_AT = 20  # lines below the first
_SURE = 0.8  # of the rows below names are as wide as they, or of the cells below one are numbers
_FEWEST = 3  # names where the title tells no delimiter: texts have commas, too


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

    A further line of the title may look like names, too. If one does not fit, or an empty line is
    right below it, a line below the next empty line counts, where its names or its rows tell.
    """
    above = 1 if rows else 1 + sum(cell.count("\n") for cell in header)
    found, begun = _read(lines, delimiter)
    blank = [not any(map(str.strip, cells)) for cells in found]
    first, spaced, tried = None, False, False
    for number, cells in enumerate(found):
        names = _names(cells)
        if len(names) >= max(2, len(header) // 2 + 1) and (spaced or not tried):
            below = [row for row in found[number + 1 :] if any(map(str.strip, row))]
            fit = len(header) > 1 or (len(names) >= _FEWEST and _fit(below, len(cells)))
            told = bool(usual_names(names)) or _are_unlike(names, below)
            if fit and (told or (spaced and not tried)):
                place = above + (number if rows else begun[number])
                if not any(blank[number + 1 : number + 2]):
                    return place
                first = place if first is None else first
            tried, spaced = True, False
        spaced = spaced or blank[number]
    return first


def _read(lines: Iterator[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Rows, and before which line each begins; none where they cannot be read."""
    found, begun = [], [0]
    reader = csv.reader(islice(lines, LOOKED_AT), delimiter=delimiter)
    try:
        for cells in reader:
            found.append(cells)
            begun.append(reader.line_num)
    except csv.Error:
        return [], []
    return found, begun


def _names(cells: Sequence[str]) -> list[str]:
    """The cells of a line as names of columns; none where they cannot be such."""
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names if all(map(_is_worded, names)) and len(set(names)) == len(names) else []


def _fit(rows: Sequence[Sequence[str]], width: int) -> bool:
    found = [len(row) == width for row in rows]
    return bool(found) and sum(found) >= _SURE * len(found)


def _are_unlike(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether numbers or dates stand below a name: else it may be a row, as those below are."""
    for place in range(len(names)):
        cells = [row[place].strip() for row in rows if len(row) > place]
        numbers = [any(map(str.isdigit, cell)) and not _is_worded(cell) for cell in cells if cell]
        if numbers and sum(numbers) >= _SURE * len(numbers):
            return True
    return False


def _is_worded(cell: str) -> bool:
    return any(map(str.isalpha, cell))
