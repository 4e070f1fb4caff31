"""Which column looks like texts, where none has a usual name."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from tonality.number_labels import number_of
from tonality.tables.spelled_names import LONGEST, distinct

LOOKED_AT = 20  # rows: a live pipe is waited for no longer
WORDS = 4  # of a text, on average: names and dates have fewer


def texts_advice(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """What to give where exactly one column looks like texts; else nothing.

    Args:
        columns: their names as they are written.
        rows: the cells of the first rows.
    """
    found = [place for place, cells in enumerate(zip(*rows, strict=True)) if _are_texts(cells)]
    if len(found) != 1:
        return ""
    place, name = found[0] + 1, distinct(columns)[found[0]]
    # Names that are numbers are those of no table: by one, its first text would be lost.
    if any(number_of(column) is not None for column in columns):
        return f"if the first line is a row, give --no-header --text-column {place}"
    plainly = 0 < len(name) <= LONGEST and repr(name)[1:-1] == name
    shown, given = (repr(name), shlex.quote(name)) if plainly else (f"column {place}", place)
    return f"{shown} looks like texts: --text-column {given}"


def _are_texts(cells: Iterable[Any]) -> bool:
    """Whether most cells differ and have several words."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    words = sum(any(map(str.isalpha, word)) for text in texts for word in text.split())
    return len(texts) > 1 and 2 * len(set(texts)) > len(texts) and words >= WORDS * len(texts)
