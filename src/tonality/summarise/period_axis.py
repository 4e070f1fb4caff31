"""Where periods lie on an axis of time, and which of them are named on it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from tonality.summarise.period_names import period_name

# How many periods lie between two names: the first that leaves room. In months the steps from 12
# on are whole years, so that the names are of Januaries.
_STEPS = {
    "day": (1, 2, 7, 14, 28, 91, 182, 364),
    "week": (1, 2, 4, 8, 13, 26, 52),
    "month": (1, 2, 3, 4, 6, 12, 24, 60, 120),
    "quarter": (1, 2, 4, 8, 20, 40),
    "year": (1, 2, 5, 10),
}
_LAST = datetime.date.max.toordinal()


class PeriodAxis:
    """An axis in days, on which each period has its true place and length.

    Args:
        every: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
    """

    def __init__(self, every: str) -> None:
        self._every = every
        self._named = period_name(every)

    def span(self, name: str) -> tuple[int, int]:
        """The first day of a period and the day after its last, counted from the year 1."""
        number = self._number(name)
        return self._start(number), self._start(number + 1)

    def ticks(self, names: Sequence[str], most: int) -> tuple[list[float], list[str]]:
        """The middles and the names of periods to write at the axis, evenly apart.

        Args:
            names: the periods that are drawn, in order.
            most: how many names there is room for.
        """
        first, last = self._number(names[0]), self._number(names[-1])
        steps = _STEPS[self._every]
        enough = -(-(last - first + 1) // most)
        step = next((step for step in steps if step >= enough), 0)
        step = step or -(-enough // steps[-1]) * steps[-1]
        begin = first if step == 1 else -(-first // step) * step
        numbers = range(begin, last + 1, step) or range(first, first + 1)
        middles = [(self._start(number) + self._start(number + 1)) / 2 for number in numbers]
        return middles, [self._name(number) for number in numbers]

    def _number(self, name: str) -> int:
        """The periods before this one."""
        year, month = int(name[:4]), 1
        if self._every == "quarter":
            return 4 * year + int(name[-1]) - 1
        if self._every == "year":
            return year
        month = int(name[5:7])
        if self._every == "month":
            return 12 * year + month - 1
        day = datetime.date.fromisoformat(name).toordinal()
        return day if self._every == "day" else (day - 1) // 7  # the year 1 begins on a Monday

    def _start(self, number: int) -> int:
        """The first day of a period, which may lie after the last day that has a date."""
        if self._every in ("day", "week"):
            return number if self._every == "day" else 7 * number + 1
        months = number * {"month": 1, "quarter": 3, "year": 12}[self._every]
        year, month = divmod(months, 12)
        return _LAST + 1 if year > 9999 else datetime.date(year, month + 1, 1).toordinal()

    def _name(self, number: int) -> str:
        day = datetime.date.fromordinal(self._start(number))
        return self._named(day.isoformat()) or ""
