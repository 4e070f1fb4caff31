"""The column that was scored, told by how many tokens were read of each row."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

ROWS = 200  # looked at
FIT = 0.35  # mean difference of words and tokens, as a share of the tokens, that still fits
FIT_OF_SHARES = 0.25  # the same where the words are a constant share of the tokens
NEAR = 0.1  # by which another column must fit better than the one of a usual name
LEAST = 3  # tokens a text on average: cells of one word or two are in many columns

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def fitting_column(
    rows: Sequence[Mapping[str, Any]],
    tokens: Sequence[int],
    columns: Sequence[str],
    usual: str = "",
) -> str:
    """The column whose texts have as many words as tokens were read; empty where none fits.

    A scored table doesn't name the column that was scored, and its name may say nothing.

    Args:
        rows: the cells of each row.
        tokens: how many tokens each text had.
        columns: those that may be it.
        usual: the one that has a usual name, which goes first where it fits; empty for none. As a
            model may read fewer tokens than there are words, or more, it also fits where its words
            are a constant share of them.
    """
    total = sum(tokens)
    if total < LEAST * len(rows) or not rows:
        return usual
    words = {name: _words(rows, name) for name in columns}
    distances = {name: _distance(found, tokens) for name, found in words.items()}
    best = min(distances, key=distances.__getitem__, default="")
    far = distances.get(usual, math.inf)
    if best and distances[best] <= FIT and far > distances[best] + NEAR:
        return best
    counts = words.get(usual, [0] * len(rows))
    share = total / max(sum(counts), 1)
    in_shares = _distance([share * count for count in counts], tokens)
    return usual if far <= FIT or in_shares <= FIT_OF_SHARES else ""


def _words(rows: Sequence[Mapping[str, Any]], column: str) -> list[int]:
    """How many words, or marks, each cell of a column has."""
    cells = (row.get(column) for row in rows)
    return [len(_WORD.findall(cell)) if isinstance(cell, str) else 0 for cell in cells]


def _distance(words: Sequence[float], tokens: Sequence[int]) -> float:
    """The mean difference of words and tokens, as a share of the tokens."""
    differences = (abs(found - read) for found, read in zip(words, tokens, strict=True))
    return sum(differences) / sum(tokens)
