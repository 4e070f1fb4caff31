"""Scored rows -> a Parquet file.

A Parquet file cannot be gone on with once its writer is gone. So rows are first kept in a file that
can, and made Parquet when all are there: Parquet's rows as streams of Arrow, with their types;
others as JSON Lines, since only the last of them tells what types the columns have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

from tonality import plain_json
from tonality.errors import DataError
from tonality.score.output_columns import Layout
from tonality.score.row_writers import read_records
from tonality.score.scorer import Scored
from tonality.tables.bad_rows import Fault
from tonality.tables.encoding import without_surrogates
from tonality.tables.parquet_rows import require_pyarrow

GROUP = 2**15  # rows of a row group, about
CHARACTERS = 2**26  # JSON of a row group at most, about


class _Long(int):
    """The type of whole numbers too large for a float to hold to the last digit."""


_ALIASES = {str: "string", float: "float64", int: "int64", _Long: "int64", bool: "bool"}


class ArrowWriter:
    """Scored rows of Parquet as streams of Arrow, one a window.

    Args:
        layout: the columns.
        schemas: the inputs' schemas.

    Raises:
        DataError: a column has types in them that no one type can hold.
        DependencyError: pyarrow is not installed.
    """

    def __init__(self, layout: Layout, schemas: Sequence[Any]) -> None:
        self._arrow = arrow = require_pyarrow()
        common = common_schema(schemas)
        self._kept = [common.field(name).with_nullable(True) for name in layout.columns]
        self._added = added_fields(layout)
        self._schema = arrow.schema([*self._kept, *self._added], metadata=common.metadata)

    def head(self) -> bytes:
        """A stream without rows: it tells the schema where no row does."""
        return self._stream([])

    def rows(self, window: Iterable[Scored | Fault]) -> bytes:
        """The rows of a window.

        Raises:
            DataError: a value does not fit the type that the inputs' columns have in common.
        """
        scored = [item for item in window if isinstance(item, Scored)]
        return self._stream(self._batches(scored)) if scored else b""

    def _stream(self, batches: Iterable[Any]) -> bytes:
        sink = self._arrow.BufferOutputStream()
        options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
        with self._arrow.ipc.new_stream(sink, self._schema, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return bytes(sink.getvalue())

    def _batches(self, scored: Sequence[Scored]) -> Iterator[Any]:
        """The rows that came from one batch, as one batch."""
        for _, group in groupby(scored, key=lambda item: id(item.row.native.batch)):
            items = list(group)
            places = self._arrow.array([item.row.native.place for item in items])
            batch = items[0].row.native.batch.take(places)
            kept = [self._column(batch, field, items) for field in self._kept]
            values = zip(*(item.added for item in items), strict=True)
            added = [
                self._arrow.array(column, field.type)
                for column, field in zip(values, self._added, strict=True)
            ]
            yield self._arrow.record_batch([*kept, *added], schema=self._schema)

    def _column(self, batch: Any, field: Any, items: Sequence[Scored]) -> Any:
        try:
            return column_as(batch, field)
        except self._arrow.ArrowException as error:
            raise DataError(
                f"does not fit {field.type}, the type that the inputs' columns of this name have "
                f"in common: {error}; write JSON Lines or CSV",
                path=items[0].row.native.table,
                column=field.name,
            ) from error


def column_as(batch: Any, field: Any) -> Any:
    """The column of a batch of this name, in this type; of nulls where the batch lacks it.

    Raises:
        ArrowException: a value does not fit the type.
    """
    place = batch.schema.get_field_index(field.name)
    if place < 0:
        return require_pyarrow().nulls(batch.num_rows, field.type)
    return batch.column(place).cast(field.type)


def common_schema(schemas: Sequence[Any]) -> Any:
    """The schema of the columns of several tables, each of a type that holds all of its values.

    Raises:
        DataError: a column has types in them that no one type can hold.
    """
    arrow = require_pyarrow()
    try:
        return arrow.unify_schemas(schemas, promote_options="permissive")
    except arrow.ArrowException as error:
        reason = f"the types of the inputs' columns do not fit together: {error}"
        raise DataError(f"{reason}; write JSON Lines or CSV") from error


def build_from_arrow(part: Path, target: Path) -> None:
    """Makes a Parquet file of streams of Arrow, one after the other.

    Args:
        part: the streams.
        target: the new file.
    """
    arrow = require_pyarrow()
    with ExitStack() as stack:
        file = stack.enter_context(arrow.OSFile(str(part)))
        writer, waiting = None, []
        while file.tell() < file.size():
            table = arrow.ipc.open_stream(file).read_all()
            if writer is None:
                writer = stack.enter_context(_writer(target, table.schema))
            waiting.append(table)
            if sum(map(len, waiting)) >= GROUP or file.tell() == file.size():
                # Batches have dictionaries of their own; a row group has one.
                writer.write_table(arrow.concat_tables(waiting).unify_dictionaries())
                waiting = []
    _sync(target)


def build_from_json(part: Path, target: Path, layout: Layout) -> None:
    """Makes a Parquet file of JSON Lines.

    A column is of whole numbers, of numbers, of booleans or of text, whichever holds all of its
    values; where none does, and for arrays and objects, they are text as JSON has it.

    Args:
        part: the lines.
        target: the new file.
        layout: the columns; those that only later rows have come after those of the layout.
    """
    arrow = require_pyarrow()
    types: dict[str, type | None] = dict.fromkeys(layout.columns)
    for record in read_records(part):
        for name, value in record.items():
            types[name] = wider(types.get(name), kind_of(value))
    for name in layout.added:
        types.pop(name, None)
    kept = [arrow.field(name, type_of(kind or str)) for name, kind in types.items()]
    schema = arrow.schema([*kept, *added_fields(layout)])
    with _writer(target, schema) as writer:
        for records in _groups(read_records(part)):
            columns = [
                arrow.array(
                    [fitting(record.get(field.name), field.type) for record in records], field.type
                )
                for field in schema
            ]
            writer.write_table(arrow.table(columns, schema=schema))
    _sync(target)


def _writer(target: Path, schema: Any) -> Any:
    return require_pyarrow().parquet.ParquetWriter(target, schema, compression="zstd")


def added_fields(layout: Layout) -> list[Any]:
    """The columns that scoring adds, as fields of Arrow."""
    field = require_pyarrow().field
    added = zip(layout.added, layout.kinds, strict=True)
    return [field(name, type_of(kind)) for name, kind in added]


def type_of(kind: type) -> Any:
    """Arrow's type for a kind of values."""
    return require_pyarrow().type_for_alias(_ALIASES[kind])


def _groups(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Records in lists that fit in memory."""
    group, characters = [], 0
    for record in records:
        group.append(record)
        characters += sum(len(value) for value in record.values() if isinstance(value, str))
        if len(group) == GROUP or characters > CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def kind_of(value: Any) -> type | None:
    """The type that a column needs for a value; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return bool
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int if abs(value) <= 2**53 else _Long
    return float if isinstance(value, float) else str


def wider(one: type | None, other: type | None) -> type | None:
    """The type that holds the values of both; None where neither has any."""
    if one is None or other is None or one is other:
        return one or other
    if {one, other} == {int, _Long}:
        return _Long
    return float if {one, other} == {int, float} else str


def fitting(value: Any, type: Any) -> Any:
    """A value as a column of Arrow's ``type`` takes it: text as JSON has it where it is none."""
    if value is None or str(type) != "string":
        return value
    return without_surrogates(value if isinstance(value, str) else plain_json.dumps(value))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
