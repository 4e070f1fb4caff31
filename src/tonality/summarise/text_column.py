"""The column that was scored, told by how many tokens were read of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tonality.text.tokenizer import TextConfig, Tokenizer

ROWS = 200  # looked at
CHARACTERS = 20_000  # of each text
FIT = 0.35  # mean difference of found tokens and those read, as a share of these, that still fits
FIT_OF_SHARES = 0.25  # the same where they are a constant share of one another
NEAR = 0.1  # by which another column must fit better than the one of a usual name
LEAST = 3  # tokens a text on average: cells of one word or two are in many columns


class ScoredColumn(NamedTuple):
    """What is thought to be the column that was scored.

    Attributes:
        name: the column's; empty for none.
        fits: whether so many tokens were read as its texts have; also where the table has no
            column that may be it.
        told: whether the texts are long enough to tell it by their tokens.
    """

    name: str
    fits: bool
    told: bool = True


def fitting_column(
    rows: Sequence[Mapping[str, Any]],
    tokens: Sequence[int],
    columns: Sequence[str],
    usual: str = "",
) -> ScoredColumn:
    """The column that was scored, told by how many tokens its texts have.

    A scored table doesn't name it, and its name may say nothing. A column of a usual name is it
    unless another one fits far better: models read texts in ways of their own, and several columns
    may have been scored as one text.

    Args:
        rows: the cells of each row.
        tokens: how many tokens each text had.
        columns: those that may be it.
        usual: the one that has a usual name; empty for none. As a model may read fewer tokens than
            there are, or more, it also fits where they are a constant share of those read.
    """
    total, counts = sum(tokens), _Counts()
    if not (rows and columns and total):
        return ScoredColumn(usual, fits=True)
    if total < LEAST * len(rows):
        return ScoredColumn(usual, fits=True) if usual else _of_short(rows, tokens, columns, counts)
    distances = {name: _distance(counts.of(rows, name), tokens) for name in columns}
    best = min(distances, key=distances.__getitem__, default="")
    fitting = best if best and distances[best] <= FIT else ""
    if not usual or usual not in distances:
        either = fitting or usual
        return ScoredColumn(either, fits=bool(either) or not columns)
    found = counts.of(rows, usual)
    share = total / max(sum(found), 1)
    in_shares = _distance([share * count for count in found], tokens)
    if fitting and min(distances[usual], in_shares) > distances[best] + NEAR:
        return ScoredColumn(best, fits=True)
    return ScoredColumn(usual, fits=distances[usual] <= FIT or in_shares <= FIT_OF_SHARES)


def _of_short(
    rows: Sequence[Mapping[str, Any]],
    tokens: Sequence[int],
    columns: Sequence[str],
    counts: _Counts,
) -> ScoredColumn:
    """The column of short texts: the only one with words and with just as many tokens."""
    fitting = [
        name
        for name in columns
        if counts.of(rows, name) == list(tokens)
        and any(char.isalpha() for row in rows for char in str(row.get(name)))
    ]
    return ScoredColumn(fitting[0], True) if len(fitting) == 1 else ScoredColumn("", False, False)


class _Counts:
    def __init__(self) -> None:
        self._tokenizer = Tokenizer(TextConfig())

    def of(self, rows: Sequence[Mapping[str, Any]], column: str) -> list[int]:
        """How many tokens each cell of a column has."""
        return [self._count(row.get(column)) for row in rows]

    def _count(self, cell: Any) -> int:
        return len(self._tokenizer.tokens(cell[:CHARACTERS])) if isinstance(cell, str) else 0


def _distance(found: Sequence[float], tokens: Sequence[int]) -> float:
    """The mean difference of tokens found and read, as a share of those read."""
    differences = (abs(one - read) for one, read in zip(found, tokens, strict=True))
    return sum(differences) / sum(tokens)
