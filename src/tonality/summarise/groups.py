"""Verdicts counted by the values of a column, or by periods of time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tonality.errors import DataError
from tonality.measures.scores import Interval, wilson
from tonality.summarise.surest_texts import Candidate, Example, SurestTexts

VALUES = 200_000  # different values counted; a column of names of rows has as many as rows
WITH_EXAMPLES = 10_000  # of them have examples: the first ones that come
FEW = 30  # rows under which a group is flagged: its interval is some 35 points wide
NOTHING = "(empty)"
SEEN, LONGEST = 1000, 64  # different dates kept to tell their form, and characters of each


@dataclass(frozen=True)
class Group:
    """The verdicts of rows that share a value.

    Attributes:
        name: the value, or the period's first day, month, quarter or year.
        rows: how many rows.
        labels: how many of them got each label.
        share: the share of the label that is looked at.
        interval: its 95 % interval (Wilson 1927).
        differs: 1 where the share surely lies above the one in all other rows, -1 under it, else
            0: whether the 95 % interval of their difference (Newcombe 1998, method 10) holds 0.
        examples: the surest of its texts of the label that is looked at.
    """

    name: str
    rows: int
    labels: Mapping[str, int]
    share: float
    interval: Interval
    differs: int
    examples: Sequence[Example] = ()

    @property
    def few(self) -> bool:
        """Whether it has too few rows to say much."""
        return self.rows < FEW

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the share and the interval of every label."""
        return {
            "name": self.name,
            "rows": self.rows,
            "labels": dict(self.labels),
            **shares(self.labels, self.rows),
            "few": self.few,
            "differs": self.differs,
            "examples": [example.to_json() for example in self.examples],
        }


def shares(labels: Mapping[str, int], rows: int) -> dict[str, Any]:
    """Plain values for JSON: the share of each label in these rows, and its 95 % interval."""
    return {
        "shares": {label: round(n / rows, 6) for label, n in labels.items()},
        "intervals": {
            label: [round(bound, 6) for bound in wilson(n, rows)] for label, n in labels.items()
        },
    }


class Counts:
    """Counts the verdicts of each value of a column.

    Args:
        column: its name.
        labels: all that a verdict may be.
        period: tells the period of a date, None for what is none; by default values are no dates.

    Attributes:
        unread, read: some of the dates that have no period, and of those that have one.
    """

    def __init__(
        self, column: str, labels: Sequence[str], period: Callable[[Any], str | None] | None = None
    ) -> None:
        self.column = column
        self.unread: dict[str, None] = {}
        self.read: dict[str, None] = {}
        self._labels = {label: place for place, label in enumerate(labels)}
        self._period = period
        self._counts: dict[str, list[int]] = {}
        self._unnamed = [0] * len(labels)
        self._empty: dict[str, int] = {}
        self._surest: dict[str, SurestTexts] = {}

    @property
    def unnamed(self) -> int:
        """How many rows have no date that tells a period."""
        return sum(self._unnamed)

    def add(self, cells: Mapping[str, Any], label: str, candidate: Candidate | None = None) -> None:
        """Counts a row, whose text may be an example of its group.

        Raises:
            DataError: the column has too many different values.
        """
        name = self._name(cells)
        if self._period is not None:
            self._remember(cells.get(self.column), self.unread if name is None else self.read)
        if name is None:
            self._unnamed[self._labels[label]] += 1
            return
        counts = self._counts.get(name)
        if counts is None:
            if len(self._counts) == VALUES:
                raise DataError(
                    f"has more than {VALUES:,} different values; choose one that groups the rows",
                    column=self.column,
                )
            counts = self._counts[name] = [0] * len(self._labels)
        counts[self._labels[label]] += 1
        if candidate is not None:
            self._show(name, candidate)

    def _name(self, cells: Mapping[str, Any]) -> str | None:
        value = cells.get(self.column)
        return value_name(value) if self._period is None else self._period(value)

    @staticmethod
    def _remember(date: Any, seen: dict[str, None]) -> None:
        if len(seen) < SEEN and date is not None and (text := str(whole(date)).strip()):
            seen[text[:LONGEST]] = None

    def _show(self, name: str, candidate: Candidate) -> None:
        surest = self._surest.get(name)
        if surest is None:
            if len(self._surest) == WITH_EXAMPLES:
                return
            surest = self._surest[name] = SurestTexts()
        surest.add(candidate)

    def add_empty(self, cells: Mapping[str, Any]) -> None:
        """Counts a row without a text, which has no verdict."""
        name = self._name(cells)
        if name is not None and (name in self._empty or len(self._empty) < VALUES):
            self._empty[name] = self._empty.get(name, 0) + 1

    def silent(self) -> dict[str, int]:
        """The values all of whose rows lack a text, and how many rows those are."""
        return {name: n for name, n in sorted(self._empty.items()) if name not in self._counts}

    def groups(self, label: str, *, by_time: bool = False) -> list[Group]:
        """The groups: by time, or else first those of which the most is sure to be ``label``.

        They are sorted by the lower bound of the share's interval, so that a few rows that happen
        to agree do not come first.

        Args:
            label: the label to look at.
            by_time: whether the names are periods.
        """
        place = self._labels[label]
        everything = [self._unnamed, *self._counts.values()]
        whole = sum(counts[place] for counts in everything), sum(map(sum, everything))
        found = [self._group(name, counts, place, whole) for name, counts in self._counts.items()]
        if by_time:
            return sorted(found, key=lambda group: group.name)
        return sorted(found, key=lambda group: (-group.interval[0], -group.rows, group.name))

    def _group(self, name: str, counts: Sequence[int], place: int, whole: tuple[int, int]) -> Group:
        n, rows = counts[place], sum(counts)
        others = whole[1] - rows
        least, most = newcombe(n, rows, whole[0] - n, others) if others else (0.0, 0.0)
        labels = dict(zip(self._labels, counts, strict=True))
        examples = self._surest[name].examples() if name in self._surest else []
        differs = (least > 0) - (most < 0)
        return Group(name, rows, labels, n / rows, wilson(n, rows), differs, examples)


def newcombe(right: int, n: int, other_right: int, other_n: int) -> Interval:
    """The 95 % interval of the difference of two shares (Newcombe 1998, method 10)."""
    share, other = right / n, other_right / other_n
    (low, high), (other_low, other_high) = wilson(right, n), wilson(other_right, other_n)
    down = math.hypot(share - low, other_high - other)
    up = math.hypot(high - share, other - other_low)
    return share - other - down, share - other + up


def value_name(value: Any) -> str:
    """What a value is called: text as it is, the rest as in JSON, whole numbers without ``.0``.

    Texts have one blank for several and none at their ends: names that look alike are one.
    """
    if isinstance(value, str):
        return " ".join(value.split()) or NOTHING
    missing = value is None or value != value  # as NaN does
    return NOTHING if missing else json.dumps(whole(value), ensure_ascii=False)


def whole(value: Any) -> Any:
    """A value, whole numbers as such: a column with gaps often comes as one of floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
