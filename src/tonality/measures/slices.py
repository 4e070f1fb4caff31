"""Accuracy by part: by rating, and by any column of the data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.measures.scores import Interval, wilson
from tonality.messages import counted
from tonality.number_labels import number_of

Mask = npt.NDArray[np.bool_]

MOST = 12  # values of a column that get a row of their own
_GROUPS = 5  # that numbers of many values are cut into


@dataclass(frozen=True)
class Slice:
    """The texts of one value.

    Attributes:
        value: what they have in common, as text.
        n: how many there are.
        accuracy: the share of right verdicts.
        interval: its 95 % interval (Wilson 1927), which also serves few texts.
    """

    value: str
    n: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class Slicing:
    """The accuracy by the values of one column.

    Attributes:
        column: its name.
        slices: numbers in their order, other values from the most frequent down.
        other: the texts of all rarer values together; ``None`` if every value is shown.
        without: how many texts have no value.
    """

    column: str
    slices: tuple[Slice, ...]
    other: Slice | None
    without: int

    @property
    def parts(self) -> tuple[Slice, ...]:
        """All that have a row, the rarer values last."""
        return self.slices if self.other is None else (*self.slices, self.other)

    @property
    def note(self) -> str:
        """What is said of the texts that are in no slice; empty for none."""
        verb = "has" if self.without == 1 else "have"
        return f"{counted(self.without, 'text')} {verb} no value." if self.without else ""


def slice_by(column: str, values: Sequence[str | float], right: Mask) -> Slicing | None:
    """The accuracy by value.

    Numbers of more than ``MOST`` values are cut into groups of like size; other values beyond the
    ``MOST`` most frequent ones are thrown together.

    Args:
        column: what the values are called.
        values: one a text, N; an empty string or ``nan`` where a text has none.
        right: whether each verdict is right, (N,).

    Returns:
        The slices, or ``None`` where no text has a value.
    """
    named = [_name(value) for value in values]
    numbers = _numbers(named)
    distinct = Counter(name for name in named if name)
    if not distinct:
        return None
    without = named.count("")
    if numbers is not None and len(distinct) > MOST:
        return Slicing(column, tuple(_by_size(numbers, named, right)), None, without)
    if numbers is not None:
        value_of = dict(zip(named, numbers.tolist(), strict=True))
        shown = sorted(distinct, key=value_of.__getitem__)
    else:
        shown = [name for name, _ in distinct.most_common(MOST)]
    where = np.array([shown.index(name) if name in shown else -1 for name in named])
    has_value = np.array([bool(name) for name in named])
    rest = (where < 0) & has_value
    missing = len(distinct) - len(shown)
    return Slicing(
        column,
        tuple(_slice(name, right[where == index]) for index, name in enumerate(shown)),
        _slice(f"{missing:,} other values", right[rest]) if missing else None,
        without,
    )


def _slice(value: str, right: Mask) -> Slice:
    hits, n = int(right.sum()), len(right)
    return Slice(value, n, hits / n, wilson(hits, n))


def _name(value: str | float) -> str:
    """A value as it is written, a number with all its digits; empty for none."""
    if isinstance(value, str):
        return value.strip()
    if math.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)


def _numbers(names: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """The values as numbers (N,), ``nan`` where there is none; ``None`` if one is no number."""
    read = [number_of(name) if name else math.nan for name in names]
    if None in read:
        return None
    found = np.array(read, np.float64)
    given = np.array([bool(name) for name in names])
    return found if np.isfinite(found[given]).all() else None


def cut_evenly(numbers: npt.NDArray[Any]) -> list[npt.NDArray[np.int64]]:
    """The places of numbers (N,) in five groups of like size, the least numbers first.

    Equal numbers stay together, so there may be fewer groups.
    """
    last = np.arange(1, _GROUPS) * len(numbers) // _GROUPS - 1  # of each group but the greatest
    edges = np.unique(np.sort(numbers)[np.maximum(last, 0)])
    group = np.searchsorted(edges, numbers, side="left")
    return [np.flatnonzero(group == each) for each in np.unique(group)]


def _by_size(
    numbers: npt.NDArray[np.float64], names: Sequence[str], right: Mask
) -> Iterator[Slice]:
    """Groups of like size of the numbers (N,), called by the least and the greatest as written."""
    given = np.flatnonzero(~np.isnan(numbers))
    for group in cut_evenly(numbers[given]):
        rows = given[group]
        low, high = rows[numbers[rows].argmin()], rows[numbers[rows].argmax()]
        same = numbers[low] == numbers[high]
        yield _slice(names[low] if same else f"{names[low]} to {names[high]}", right[rows])
