"""The columns that a summary is asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tonality.errors import DataError
from tonality.score.files.joined_inputs import Tables
from tonality.summarise.period_names import EVERY
from tonality.summarise.row_filter import RowFilter
from tonality.summarise.summary_options import SummaryOptions
from tonality.tables.spelled_names import places_of, unknown


class AskedColumns:
    """Finds the columns asked for, in any case or by their numbers.

    Objects of JSON Lines may have columns that the first ones lack. So where not all rows have
    been looked at, a name that was not found is looked for in all that come.

    Args:
        tables: what is summarised.
        options: what is asked for.
        where: the conditions that the options name.

    Attributes:
        options: the same, columns by their own names.

    Raises:
        DataError: no table has a column, or several could be it.
    """

    def __init__(self, tables: Tables, options: SummaryOptions, where: RowFilter) -> None:
        self._tables = tables
        self._unseen: dict[str, None] = {}
        self._where = where
        where.rename(self._real)
        self.options = replace(
            options,
            by=[self._real(name) for name in options.by],
            time=[self._real(name) for name in options.time],
        )

    def keeps(self, cells: Mapping[str, Any]) -> bool:
        """Whether a row is among those wanted; all are to be asked about."""
        if self._unseen:
            self._unseen = {name: None for name in self._unseen if name not in cells}
        return self._where.keeps(cells)

    def check_found(self) -> None:
        """Checks, when all rows were seen, that each column and value was in one.

        Raises:
            DataError: one was in none.
        """
        if self._unseen:
            raise self._missing(next(iter(self._unseen)))
        self._where.check_found(self._tables.inputs[0].name)

    def _real(self, name: str) -> str:
        columns = self._tables.columns
        places = places_of(columns, name)
        if len(places) > 1:
            several = ", ".join(repr(columns[place]) for place in places)
            raise DataError(
                f"several columns could be {name!r}: {several}; name one as it is written",
                path=self._tables.inputs[0].name,
            )
        if places:
            return columns[places[0]]
        if all(head.complete for head in self._tables.heads):
            raise self._missing(name)
        self._unseen[name] = None
        return name

    def _missing(self, name: str) -> DataError:
        hint = f". --time names a column of dates; --every {name} is the period"
        reason = unknown(self._tables.columns, name)
        if name in self._unseen:
            reason += " (of the first rows; one that comes later must be named as it is written)"
        reason += hint * (name in EVERY)
        return DataError(reason, path=self._tables.inputs[0].name)
