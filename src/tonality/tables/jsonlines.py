"""JSON Lines (one object a line), and a ``.json`` file that holds one array of objects."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tonality.errors import DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.build_table import Row
from tonality.tables.open_file import TextFile

HEAD = 1000  # objects looked at to learn the columns


class JsonLines:
    """A file of JSON objects; a key that an object lacks reads as missing."""

    def __init__(self, file: TextFile) -> None:
        self._file = file
        columns: dict[str, None] = {}
        count = 0
        for record in itertools.islice(self._records(), HEAD):
            count += 1
            if isinstance(record, Row):
                columns |= dict.fromkeys(record.raw)
        if not count:
            raise DataError("the file is empty; expected one JSON object a line", path=file.path)
        self.columns: Sequence[str] = list(columns)

    @property
    def name(self) -> str:
        return self._file.name

    def rows(self, positions: Sequence[int]) -> Iterator[Row | Fault]:
        """Yields the objects' values, or a fault for a line that is no JSON object."""
        keys = [self.columns[i] for i in positions]
        for record in self._records():
            if isinstance(record, Row):
                yield record._replace(values=[record.raw.get(key) for key in keys])
            else:
                yield record

    def _records(self) -> Iterator[Row | Fault]:
        with self._file.open() as lines:
            first = next((line for line in lines if line.strip()), "")
            if first.lstrip().startswith("["):
                yield from self._array(first + "".join(lines))
                return
            number = 0
            for line in itertools.chain([first], lines):
                if line.strip():
                    number += 1
                    yield parse(number, line.rstrip("\r\n"))

    def _array(self, content: str) -> Iterator[Row | Fault]:
        try:
            values = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DataError(f"invalid JSON: {error}", path=self._file.path) from error
        for number, value in enumerate(values, start=1):
            yield _row(number, value)


def parse(number: int, line: str) -> Row | Fault:
    """One line as a row whose ``raw`` is the object, or a fault where it holds none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Fault(number, "invalid JSON", line)
    return _row(number, value)


def _row(number: int, value: Any) -> Row | Fault:
    if not isinstance(value, dict):
        return Fault(number, f"expected a JSON object, found {type(value).__name__}", value)
    return Row(number, (), value)
