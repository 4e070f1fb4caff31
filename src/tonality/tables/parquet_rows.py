"""Parquet through pyarrow: rows as plain values, or as Arrow holds them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import IO, Any, Literal, NamedTuple, TypeAlias

from tonality import plain_json
from tonality.errors import DataError, DependencyError
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted, choose, distinct, text_place
from tonality.tables.encoding import decoded
from tonality.tables.row_stream import Row, Rows, invalid, is_undecoded

BATCH = 2048  # rows decoded at a time
BUFFER = 2**20  # bytes of a column read at a time; without, a row group is held whole
Cells: TypeAlias = Literal["all", "chosen", "arrow"]
_TEXTS = ("string", "large_string", "string_view", "binary", "large_binary", "null")


def require_pyarrow() -> Any:
    """Loads ``pyarrow``.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DependencyError("reading and writing Parquet", extra="train") from error
    return pyarrow


class Held(NamedTuple):
    """A row as Arrow holds it.

    Attributes:
        batch: the record batch that it is in.
        place: its place there.
        table: how messages call the table.
    """

    batch: Any
    place: int
    table: str


class ParquetTable:
    """A Parquet file.

    Args:
        file: the file, open, in which one can seek.
        name: how messages call it.
        wanted: what was asked for; its encoding is that of columns of bytes, strings are UTF-8.
        cells: what rows hold: ``all`` columns or the ``chosen`` ones as plain values, or all as
            ``arrow`` holds them.
        batch: rows decoded at a time.

    Attributes:
        schema: its columns' names and types, as Arrow has them.

    Raises:
        DataError: it is damaged, or has no such column of texts.
        DependencyError: pyarrow is not installed.
    """

    def __init__(
        self, file: IO[bytes], name: str, wanted: Wanted, cells: Cells = "all", batch: int = BATCH
    ) -> None:
        self._arrow = arrow = require_pyarrow()
        self._broken = (arrow.ArrowException, OSError)
        self._name = name
        self._cells = cells
        self._batch = batch
        self._done = 0
        self._encoding = wanted.encoding
        try:
            self._file = arrow.parquet.ParquetFile(file, buffer_size=BUFFER)
        except self._broken as error:
            raise DataError(f"is not a readable Parquet file: {error}", path=name) from error
        found = self._file.schema_arrow
        self._columns = distinct(found.names)
        fields = [
            field.with_name(column) for field, column in zip(found, self._columns, strict=True)
        ]
        self.schema = arrow.schema(fields, metadata=found.metadata)
        place = text_place(found.names, wanted, name)
        self._invalid = invalid(wanted.encoding)
        self._column = "" if place is None else self._columns[place]
        if place is not None:
            kind = self.schema.field(place).type
            kind = kind.value_type if arrow.types.is_dictionary(kind) else kind
            if str(kind) not in _TEXTS:
                raise DataError(f"expected texts, found {kind}", path=name, column=self._column)
        self._read = self._columns
        # Columns are asked for by name: names that come twice, or lead into a column, are not.
        plain_names = self._columns == found.names and not any("." in n for n in found.names)
        if cells == "chosen" and plain_names:
            positions = choose(found.names, wanted, name).positions
            self._read = [self._columns[i] for i in positions]

    @property
    def share(self) -> float:
        """The share of the rows that is read so far."""
        total: int = self._file.metadata.num_rows
        return self._done / max(total, 1)

    def rows(self, skip: int = 0) -> Rows:
        """The rows after the first ``skip``."""
        return Rows(self._name, self._columns, self._column, self._items(skip))

    def _items(self, skip: int) -> Iterator[Row | Fault]:
        number = self._done = skip
        arrow = self._cells == "arrow"
        try:
            for batch in self._batches(skip):
                if arrow:  # names that came twice are told apart
                    batch = self._arrow.record_batch(batch.columns, schema=self.schema)
                texts: list[str | None] = [None] * batch.num_rows
                if self._column:
                    texts = plain(batch.column(self._read.index(self._column)), self._encoding)
                columns = [] if arrow else [plain(c, self._encoding) for c in batch.columns]
                cells = zip(*columns, strict=True) if columns else [()] * len(texts)
                names = [] if arrow else self._read
                for place, (text, values) in enumerate(zip(texts, cells, strict=True)):
                    number = self._done = number + 1
                    held = dict(zip(names, values, strict=True))
                    if text is not None and is_undecoded(text):
                        raw = held or {self._column: text}
                        yield Fault(number, self._invalid, raw, self._column)
                    else:
                        native = Held(batch, place, self._name) if arrow else None
                        yield Row(number, text, held, native)
        except self._broken as error:
            raise DataError(f"is damaged: {error}", path=self._name, row=number + 1) from error

    def _batches(self, skip: int) -> Iterator[Any]:
        """The record batches after the first ``skip`` rows; whole row groups are not read."""
        metadata, first = self._file.metadata, 0
        names = None if self._read is self._columns else self._read
        while first < metadata.num_row_groups and skip >= metadata.row_group(first).num_rows:
            skip -= metadata.row_group(first).num_rows
            first += 1
        # One after the other: batches, and so the dictionaries in them, are then the same wherever
        # reading began.
        for group in range(first, metadata.num_row_groups):
            for batch in self._file.iter_batches(self._batch, [group], names):
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(skip - batch.num_rows, 0)


def plain(column: Any, encoding: str | None = None) -> list[Any]:
    """A column's values as JSON has them: dates, times and decimals as text, NaN as null.

    Args:
        column: an Arrow array.
        encoding: of bytes; by default UTF-8. What is none becomes lone surrogates (PEP 383).
    """
    types = require_pyarrow().types
    kind = column.type
    if types.is_dictionary(kind):
        return plain(column.dictionary_decode(), encoding)
    if types.is_temporal(kind) or types.is_decimal(kind):
        return list(column.cast("string").to_pylist())
    if types.is_floating(kind):
        return [_number(value) for value in column.to_pylist()]
    if types.is_nested(kind):
        return [_nested(value, encoding) for value in column.to_pylist()]
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:  # Arrow does not check a writer's UTF-8
        values = column.cast("large_binary").to_pylist()
    return [decoded(value, encoding) if isinstance(value, bytes) else value for value in values]


def _nested(value: Any, encoding: str | None) -> Any:
    def text(inner: object) -> str:
        return decoded(inner, encoding) if isinstance(inner, bytes) else str(inner)

    return json.loads(plain_json.dumps(value, default=text))


def _number(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
