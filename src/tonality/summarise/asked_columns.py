"""The columns that a summary is asked for by name, and the values of the rows it is of."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tonality.errors import ConfigError, DataError
from tonality.score.files.joined_inputs import Tables
from tonality.summarise.groups import value_name
from tonality.summarise.period_names import EVERY
from tonality.summarise.summary_options import SummaryOptions
from tonality.tables.spelled_names import cut, places_of, unknown

SEEN = 10  # values of a column that a message names


class AskedColumns:
    """Finds the columns asked for, in any case or by their numbers, and the rows wanted.

    Objects of JSON Lines may have columns that the first ones lack. So where not all rows have
    been looked at, a name that was not found is looked for in all that come.

    Args:
        tables: what is summarised.
        options: what is asked for.

    Attributes:
        options: the same, columns by their own names.

    Raises:
        ConfigError: a condition without ``=``.
        DataError: no table has a column, or several could be it.
    """

    def __init__(self, tables: Tables, options: SummaryOptions) -> None:
        self._tables = tables
        self._path = tables.inputs[0].name
        self._unseen: set[str] = set()
        self._wanted: dict[str, dict[str, bool]] = {}  # column -> value -> whether a row has it
        for condition in options.where:
            column, equals, value = condition.partition("=")
            if not equals or not column:
                raise ConfigError(f"{condition!r}: expected COLUMN=VALUE, such as branch=Harbour")
            self._wanted.setdefault(self._real(column), {})[value_name(value)] = False
        self._others: dict[str, list[str]] = {column: [] for column in self._wanted}
        self._kept = False
        self.options = replace(
            options,
            by=[self._real(name) for name in options.by],
            time=[self._real(name) for name in options.time],
        )

    @property
    def where(self) -> dict[str, list[str]]:
        """The values wanted of each column that has a condition."""
        return {column: list(values) for column, values in self._wanted.items()}

    def keeps(self, cells: Mapping[str, Any]) -> bool:
        """Whether a row has one of the values wanted in each column; all are to be asked about."""
        if self._unseen:
            self._unseen.difference_update(cells)
        kept = True
        for column, values in self._wanted.items():
            name = value_name(cells.get(column))
            if name in values:
                values[name] = True
                continue
            kept = False
            others = self._others[column]
            if len(others) < SEEN and name not in others:
                others.append(name)
        self._kept = self._kept or kept
        return kept

    def check_found(self) -> None:
        """Checks, when all rows were seen, that each column and value was in one.

        Raises:
            DataError: one was in none, or none met the conditions on all columns.
        """
        if self._unseen:
            raise self._missing(min(self._unseen))
        for column, values in self._wanted.items():
            for value, there in values.items():
                if not there:
                    others = ", ".join(repr(cut(name)) for name in self._others[column])
                    reason = f"no row has {value!r}; there are such as {others or 'nothing'}"
                    raise DataError(reason, path=self._path, column=column)
        if self._wanted and not self._kept:
            wanted = " and ".join(
                f"{column}={' or '.join(map(cut, values))}" for column, values in self.where.items()
            )
            reason = f"no row has {wanted} at once, though some have each; leave out a condition"
            raise DataError(reason, path=self._path)

    def _real(self, name: str) -> str:
        columns = self._tables.columns
        places = places_of(columns, name)
        if len(places) > 1:
            several = ", ".join(repr(columns[place]) for place in places)
            raise DataError(
                f"several columns could be {name!r}: {several}; name one as it is written",
                path=self._path,
            )
        if places:
            return columns[places[0]]
        if all(head.complete for head in self._tables.heads):
            raise self._missing(name)
        self._unseen.add(name)
        return name

    def _of_several(self, name: str) -> str:
        """What to do where somebody names several columns at once; else nothing."""
        *others, last = names = [part.strip() for part in name.split(",")]
        if not others or not all(places_of(self._tables.columns, part) for part in names):
            return ""
        wanted = " ".join(f"--where {shlex.quote(f'{part}=VALUE')}" for part in others)
        last = shlex.quote(last)
        return (
            f". These are {len(names)} columns: repeat the option for each, or look at one value: "
            f"{wanted} --by {last}, or --time {last} where it holds dates"
        )

    def _missing(self, name: str) -> DataError:
        hint = f". --time names a column of dates; --every {name} is the period"
        reason = unknown(self._tables.columns, name)
        if name in self._unseen:
            reason += " (of the first rows; one that comes later must be named as it is written)"
        reason += hint * (name in EVERY) + self._of_several(name)
        return DataError(reason, path=self._path)
