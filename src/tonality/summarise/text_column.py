"""The column that was scored, told by how many tokens were read of each row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

ROWS = 200  # looked at
FIT = 0.35  # mean difference of words and tokens, as a share of the tokens, that still fits
LEAST = 3  # tokens a text on average: cells of one word or two are in many columns

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def fitting_column(
    rows: Sequence[Mapping[str, Any]], tokens: Sequence[int], columns: Sequence[str]
) -> str | None:
    """The column whose texts have as many words as tokens were read; None where none fits.

    A scored table doesn't name the column that was scored, and its name may say nothing.

    Args:
        rows: the cells of each row.
        tokens: how many tokens each text had.
        columns: those that may be it.
    """
    total = sum(tokens)
    if total < LEAST * len(rows) or not rows:
        return None
    distances = {name: _distance(rows, tokens, name) / total for name in columns}
    best = min(distances, key=distances.__getitem__, default=None)
    return None if best is None or distances[best] > FIT else best


def _distance(rows: Sequence[Mapping[str, Any]], tokens: Sequence[int], column: str) -> int:
    cells = (row.get(column) for row in rows)
    words = (len(_WORD.findall(cell)) if isinstance(cell, str) else 0 for cell in cells)
    return sum(abs(found - read) for found, read in zip(words, tokens, strict=True))
