"""Which rows a summary is of: those with a given value in a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tonality.errors import ConfigError, DataError
from tonality.summarise.groups import value_name
from tonality.tables.spelled_names import cut

SEEN = 10  # values of a column that a message names


class RowFilter:
    """Keeps the rows in which each column named has one of its values.

    Args:
        conditions: such as ``branch=Harbour``; several of one column are alternatives.

    Attributes:
        columns: those that are looked at.

    Raises:
        ConfigError: a condition without ``=``.
    """

    def __init__(self, conditions: Sequence[str]) -> None:
        self._found: dict[str, dict[str, bool]] = {}  # column -> value -> whether a row has it
        self._others: dict[str, list[str]] = {}
        self._kept = False
        for condition in conditions:
            column, equals, value = condition.partition("=")
            if not equals or not column:
                raise ConfigError(f"{condition!r}: expected COLUMN=VALUE, such as branch=Harbour")
            self._found.setdefault(column, {})[value_name(value)] = False
            self._others[column] = []
        self.columns = tuple(self._found)

    def rename(self, real: Callable[[str], str]) -> None:
        """Calls the columns by the names that a table has for them."""
        found, self._found = self._found, {}
        for column, values in found.items():
            self._found.setdefault(real(column), {}).update(values)
        self._others = {column: [] for column in self._found}
        self.columns = tuple(self._found)

    def keeps(self, cells: Mapping[str, Any]) -> bool:
        """Whether a row is among those wanted."""
        kept = True
        for column, values in self._found.items():
            name = value_name(cells.get(column))
            if name in values:
                values[name] = True
            else:
                kept = False
                others = self._others[column]
                if len(others) < SEEN and name not in others:
                    others.append(name)
        self._kept = self._kept or kept
        return kept

    def check_found(self, path: str) -> None:
        """Checks, when all rows were seen, that some had each value, and one what all ask for.

        Args:
            path: how messages call the table.

        Raises:
            DataError: none had one of them, or none met the conditions on all columns.
        """
        for column, values in self._found.items():
            for value, there in values.items():
                if not there:
                    others = ", ".join(repr(cut(name)) for name in self._others[column])
                    reason = f"no row has {value!r}; there are such as {others or 'nothing'}"
                    raise DataError(reason, path=path, column=column)
        if self.columns and not self._kept:
            wanted = " and ".join(
                f"{column}={' or '.join(map(cut, values))}"
                for column, values in self._found.items()
            )
            reason = f"no row has {wanted} at once, though some have each; leave out a condition"
            raise DataError(reason, path=path)

    def to_json(self) -> dict[str, list[str]]:
        """The values wanted of each column."""
        return {column: list(values) for column, values in self._found.items()}
