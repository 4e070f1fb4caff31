"""Parquet through pyarrow: rows as plain values, or as Arrow holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any, Literal, NamedTuple, TypeAlias

from tonality import plain_json
from tonality.errors import DataError, DependencyError
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted, choose, text_places
from tonality.tables.encoding import decoded
from tonality.tables.row_stream import Row, Rows, TextOf
from tonality.tables.spelled_names import distinct

BATCH = 2048  # rows decoded at a time
BUFFER = 2**20  # bytes of a column read at a time; without, a row group is held whole
Cells: TypeAlias = Literal["all", "chosen", "arrow"]
_TEXTS = ("string", "large_string", "binary", "large_binary", "null")


def require_pyarrow() -> Any:
    """Loads ``pyarrow``.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DependencyError("reading and writing Parquet", extra="analyse") from error
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
        fields = [  # Arrow cannot yet pick rows of its view types
            field.with_name(column).with_type(_settled(field.type))
            for field, column in zip(found, self._columns, strict=True)
        ]
        self.schema = arrow.schema(fields, metadata=found.metadata)
        self._texts = [self._columns[place] for place in text_places(found.names, wanted, name)]
        self._text_of = TextOf(self._texts, wanted)
        for column in self._texts:
            kind = self.schema.field(column).type
            kind = kind.value_type if arrow.types.is_dictionary(kind) else kind
            if str(kind) not in _TEXTS:
                raise DataError(f"expected texts, found {kind}", path=name, column=column)
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
        items = self._items(skip)
        return Rows(self._name, self._columns, " + ".join(self._texts), items, schema=self.schema)

    def _items(self, skip: int) -> Iterator[Row | Fault]:
        number = self._done = skip
        arrow = self._cells == "arrow"
        names = self._texts if arrow else self._read
        places = [names.index(column) for column in self._texts]
        try:
            for batch in self.batches(skip):
                columns = [plain(batch.column(name), self._encoding) for name in names]
                rows = zip(*columns, strict=True) if columns else [()] * batch.num_rows
                for place, values in enumerate(rows):
                    number = self._done = number + 1
                    held = {} if arrow else dict(zip(names, values, strict=True))
                    native = Held(batch, place, self._name) if arrow else None
                    row = Row(number, None, held, native)
                    yield self._text_of.of(row, [values[place] for place in places])
        except self._broken as error:
            raise DataError(f"is damaged: {error}", path=self._name, row=number + 1) from error

    def batches(self, skip: int = 0) -> Iterator[Any]:
        """The record batches after the first ``skip`` rows; whole row groups are not read."""
        metadata, first = self._file.metadata, 0
        names = None if self._read is self._columns else self._read
        while first < metadata.num_row_groups and skip >= metadata.row_group(first).num_rows:
            skip -= metadata.row_group(first).num_rows
            first += 1
        # One after the other: batches, and so the dictionaries in them, are then the same wherever
        # reading began.
        for group in range(first, metadata.num_row_groups):
            for found in self._file.iter_batches(self._batch, [group], names):
                batch = self._named(found)
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(skip - batch.num_rows, 0)

    def _named(self, batch: Any) -> Any:
        """A batch with columns of the schema: names that came twice are told apart."""
        fields = [self.schema.field(name) for name in self._read]
        columns = [
            self._in(column, field.type)
            for column, field in zip(batch.columns, fields, strict=True)
        ]
        return self._arrow.record_batch(columns, schema=self._arrow.schema(fields))

    def _in(self, column: Any, kind: Any) -> Any:
        """A column in a type without views."""
        if column.type == kind:
            return column
        if "list_view" in str(column.type):  # Arrow's cast makes offsets that do not hold
            return self._arrow.array(column.to_pylist(), kind)
        return column.cast(kind)


def _settled(kind: Any) -> Any:
    """A type without Arrow's views in it."""
    arrow = require_pyarrow()
    types = arrow.types
    if str(kind) in ("string_view", "binary_view"):
        return arrow.type_for_alias(str(kind).removesuffix("_view"))
    if types.is_dictionary(kind):
        return arrow.dictionary(kind.index_type, _settled(kind.value_type), kind.ordered)
    if types.is_struct(kind):
        return arrow.struct([field.with_type(_settled(field.type)) for field in kind])
    if types.is_map(kind):
        return arrow.map_(_settled(kind.key_type), _settled(kind.item_type))
    if types.is_nested(kind) and hasattr(kind, "value_field"):
        inner = kind.value_field.with_type(_settled(kind.value_type))
        if types.is_fixed_size_list(kind):
            return arrow.list_(inner, kind.list_size)
        large = types.is_large_list(kind) or types.is_large_list_view(kind)
        return arrow.large_list(inner) if large else arrow.list_(inner)
    return kind


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
    if types.is_decimal(kind) or (types.is_temporal(kind) and not types.is_interval(kind)):
        return list(column.cast("string").to_pylist())
    if types.is_floating(kind):
        return [plain_json.finite(value) for value in column.to_pylist()]
    if types.is_nested(kind):
        return [_nested(value, encoding) for value in column.to_pylist()]
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:  # Arrow does not check a writer's UTF-8
        values = column.cast("large_binary").to_pylist()
    return [_plain_value(value, encoding) for value in values]


def _plain_value(value: Any, encoding: str | None) -> Any:
    if isinstance(value, bytes):
        return decoded(value, encoding)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _nested(value: Any, encoding: str | None) -> Any:
    def text(inner: object) -> str:
        return decoded(inner, encoding) if isinstance(inner, bytes) else str(inner)

    return json.loads(plain_json.dumps(value, default=text))
