"""The column that was scored, told by how many tokens were read of each row."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tonality.text.tokenizer import TextConfig, Tokenizer

ROWS = 200  # looked at
CHARACTERS = 20_000  # of each text
FIT = 0.35  # mean difference of found tokens and those read, as a share of these, that still fits
FIT_OF_SHARES = 0.25  # the same where they are a constant share of one another
NEAR = 0.1  # by which another column must fit better than the one of a usual name
TOGETHER = 0.05  # by which two columns fit that were scored as one text
LEAST = 3  # tokens a text on average: cells of one word or two are in many columns

NOTHING_SHOWN = "no words or examples are shown"
TOO_SHORT = (
    f"the texts are too short to tell which column was scored, so {NOTHING_SHOWN}; "
    "name the column by --text-column"
)
NONE_FITS = (
    f"no column has as many tokens as were scored, so {NOTHING_SHOWN}; name the "
    "column of the texts, or columns with commas between, by --text-column"
)
MAY_NOT_FIT = (
    "the texts in column {!r} may not be those that were scored, as other numbers of tokens were "
    "read; if others were, name their column, or columns, by --text-column"
)


BOTH_FIT = (
    "columns {!r} and {!r} together have as many tokens as were scored, but {}; name both: "
    "--text-column {}"
)


class ScoredColumn(NamedTuple):
    """What is thought to be the column that was scored.

    Attributes:
        name: the column's; empty for none.
        doubt: why it may not be it, and what to do; empty where it fits, and where the table has
            no column that may be it.
    """

    name: str
    doubt: str = ""


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
    total = sum(tokens)
    if not (rows and columns and total):
        return ScoredColumn(usual)
    counts = {name: _count_tokens(rows, name) for name in columns}
    if total < LEAST * len(rows):
        exact = _of_short(rows, tokens, counts)
        return exact if exact.name or not usual else ScoredColumn(usual)
    distances = {name: _distance(found, tokens) for name, found in counts.items()}
    best = min(distances, key=distances.__getitem__)
    found = _alone(distances, counts, tokens, best, usual)
    both = _with_another(found.name or best, rows, counts, tokens)
    if not both:
        return found
    shown = f"words and examples are of {found.name!r} alone" if found.name else NOTHING_SHOWN
    given = shlex.quote(",".join(both))
    return ScoredColumn(found.name, BOTH_FIT.format(*both, shown, given))


def _alone(
    distances: Mapping[str, float],
    counts: Mapping[str, Sequence[int]],
    tokens: Sequence[int],
    best: str,
    usual: str,
) -> ScoredColumn:
    """The column that fits best, or that of a usual name where it fits nearly as well."""
    fits = distances[best] <= FIT
    if usual not in distances:
        if fits:
            return ScoredColumn(best)
        return ScoredColumn(usual, "" if usual else NONE_FITS)
    share = sum(tokens) / max(sum(counts[usual]), 1)
    in_shares = _distance([share * count for count in counts[usual]], tokens)
    if fits and min(distances[usual], in_shares) > distances[best] + NEAR:
        return ScoredColumn(best)
    if distances[usual] <= FIT or in_shares <= FIT_OF_SHARES:
        return ScoredColumn(usual)
    return ScoredColumn(usual, MAY_NOT_FIT.format(usual))


def _with_another(
    chosen: str,
    rows: Sequence[Mapping[str, Any]],
    counts: Mapping[str, Sequence[int]],
    tokens: Sequence[int],
) -> list[str]:
    """A column and the one that it seems to have been scored together with; else nothing.

    Together they have to fit well, and far better than the one, also where that is a constant share
    of what was read.
    """
    if chosen not in counts:  # scoring added it
        return []
    own = counts[chosen]
    share = sum(tokens) / max(sum(own), 1)
    alone = min(_distance(own, tokens), _distance([share * count for count in own], tokens))
    others = {
        name: _distance([sum(pair) for pair in zip(own, found, strict=True)], tokens)
        for name, found in counts.items()
        if name != chosen and any(found) and _has_words(rows, name)
    }
    other = min(others, key=others.__getitem__, default="")
    if not other or others[other] > min(TOGETHER, alone / 4):
        return []
    return [name for name in counts if name in (chosen, other)]


def _has_words(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(char.isalpha() for row in rows for char in str(row.get(name)))


def _of_short(
    rows: Sequence[Mapping[str, Any]], tokens: Sequence[int], counts: Mapping[str, Sequence[int]]
) -> ScoredColumn:
    """The column of short texts: the only one with words and with just as many tokens."""
    fitting = [
        name for name, found in counts.items() if found == list(tokens) and _has_words(rows, name)
    ]
    return ScoredColumn(fitting[0]) if len(fitting) == 1 else ScoredColumn("", TOO_SHORT)


def _count_tokens(rows: Sequence[Mapping[str, Any]], column: str) -> list[int]:
    tokenizer = Tokenizer(TextConfig())
    cells = (row.get(column) for row in rows)
    return [len(tokenizer.tokens(c[:CHARACTERS])) if isinstance(c, str) else 0 for c in cells]


def _distance(found: Sequence[float], tokens: Sequence[int]) -> float:
    """The mean difference of tokens found and read, as a share of those read."""
    differences = (abs(one - read) for one, read in zip(found, tokens, strict=True))
    return sum(differences) / sum(tokens)
