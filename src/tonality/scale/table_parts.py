"""Tables cut into parts: the same parts, whoever cuts them, as often as they are cut.

A part is a run of a table's rows. Where it ends depends on the rows alone, so a job that was
stopped finds the same parts again and does those that are missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tonality import plain_json
from tonality.errors import DataError
from tonality.scale.located_tables import LocatedTable
from tonality.score.files.parquet_writer import column_as, fitting, kind_of, type_of, wider
from tonality.score.output_columns import Layout
from tonality.score.scorer import size
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted, text_places
from tonality.tables.parquet_rows import require_pyarrow
from tonality.tables.row_stream import Row
from tonality.tables.table_head import EmptyError

logger = logging.getLogger(__name__)

CHARACTERS = 2**25  # of a part at most, about
_OPENERS = 16  # heads read at the same time: of remote tables, most of it is waiting


class TablePart(NamedTuple):
    """A run of a table's rows.

    Attributes:
        table: the table's number, from 0.
        number: its own in the table, from 0.
        last: whether the table ends with it.
        first_row: the 1-based number of its first row in the table.
        batch: its rows, as an Arrow batch of the columns that are needed.
        faults: those of its rows that could not be read.
    """

    table: int
    number: int
    last: bool
    first_row: int
    batch: Any
    faults: Sequence[Fault]


@dataclass(frozen=True)
class ScoringPlan:
    """What a job reads, and how; small, so that it travels to every machine.

    Attributes:
        tables: the tables.
        wanted: what is looked for in them.
        texts: of each table, its columns with the texts.
        layout: the columns that are added, and what a row may not have.
        kept: the columns to keep.
        schema: the types of the columns that are read: those to keep, then texts beside them.
        part_rows: rows of a part at most.
        arrow: whether all are Parquet, whose values stay as Arrow holds them.
    """

    tables: Sequence[LocatedTable]
    wanted: Wanted
    texts: Sequence[Sequence[str]]
    layout: Layout
    kept: Sequence[str]
    schema: Any
    part_rows: int
    arrow: bool

    def parts(self, table: int) -> Iterator[TablePart]:
        """The parts of a table, in order; a table without rows has one without rows.

        Raises:
            DataError: the table cannot be read on, or was changed.
        """
        source = self.tables[table]
        source.check_unchanged()
        found = self._arrow_parts(source) if self.arrow else self._row_parts(source)
        waiting, number, row = next(found), 0, 1
        for following in found:
            yield TablePart(table, number, False, row, *waiting[1:])
            waiting, number, row = following, number + 1, row + waiting[0]
        source.check_unchanged()
        yield TablePart(table, number, True, row, *waiting[1:])

    def _arrow_parts(self, source: LocatedTable) -> Iterator[tuple[int, Any, list[Fault]]]:
        """Of each part: how many rows it took, and what of them there is."""
        arrow = require_pyarrow()
        held: list[Any] = []
        with source.parquet(self.wanted) as table:
            for batch in table.batches():
                held.append(self._fitted(batch, source))
                rows = sum(one.num_rows for one in held)
                if rows >= self.part_rows or sum(one.nbytes for one in held) >= CHARACTERS:
                    yield rows, arrow.concat_batches(held), []
                    held = []
        if held:
            yield sum(one.num_rows for one in held), arrow.concat_batches(held), []
        else:
            yield 0, arrow.RecordBatch.from_pylist([], schema=self.schema), []

    def _fitted(self, batch: Any, source: LocatedTable) -> Any:
        """A batch in the columns and types that all tables have in common."""
        arrow, columns = require_pyarrow(), []
        for field in self.schema:
            try:
                columns.append(column_as(batch, field))
            except arrow.ArrowException as error:
                raise DataError(
                    f"a value does not fit {field.type}, the type that the inputs' columns of this "
                    f"name have in common: {error}; score these tables one by one",
                    path=source.uri,
                    column=field.name,
                ) from error
        return arrow.record_batch(columns, schema=self.schema)

    def _row_parts(self, source: LocatedTable) -> Iterator[tuple[int, Any, list[Fault]]]:
        rows: list[Mapping[str, Any]] = []
        faults: list[Fault] = []
        taken = characters = 0
        for item in fitting_rows(source, self.wanted, self.layout):
            taken += 1
            characters += size(item)
            if isinstance(item, Fault):
                faults.append(item)
            else:
                rows.append(item.cells)
            if taken == self.part_rows or characters >= CHARACTERS:
                yield taken, self._batch(rows), faults
                rows, faults, taken, characters = [], [], 0, 0
        yield taken, self._batch(rows), faults

    def _batch(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        arrow = require_pyarrow()
        columns = [
            arrow.array(
                [fitting(plain_json.finite(row.get(field.name)), field.type) for row in rows],
                field.type,
            )
            for field in self.schema
        ]
        return arrow.record_batch(columns, schema=self.schema)


def fitting_rows(source: LocatedTable, wanted: Wanted, layout: Layout) -> Iterator[Row | Fault]:
    """A table's rows, with a fault in place of each that cannot be read or has too many columns."""
    with source.opened(replace(wanted, quiet=True)) as table:
        for item in table.rows.items:
            yield (layout.check(item) or item) if isinstance(item, Row) else item


class LocatedHead(NamedTuple):
    """What the head of a table says.

    Attributes:
        columns: its columns.
        texts: those with texts.
        schema: Arrow's, if asked for.
        complete: whether no row has columns besides.
    """

    columns: Sequence[str]
    texts: Sequence[str]
    schema: Any
    complete: bool


def head_of(source: LocatedTable, wanted: Wanted, *, arrow: bool) -> LocatedHead | None:
    """What the head of a table says; None where it has none.

    Raises:
        DataError: it cannot be read, or has no texts.
    """
    schema, complete = None, True
    try:
        if arrow:
            with source.parquet(wanted) as table:
                columns, schema = table.schema.names, table.schema
        else:
            with source.opened(wanted) as found:
                columns, complete = list(found.rows.columns), found.rows.complete
    except EmptyError as error:
        logger.warning("%s", error)
        return None
    texts = [columns[place] for place in text_places(columns, wanted, source.uri)]
    return LocatedHead(columns, texts, schema, complete)


def heads_of(
    tables: Sequence[LocatedTable], wanted: Wanted, *, arrow: bool
) -> list[tuple[LocatedTable, LocatedHead]]:
    """The tables that are not empty, with their heads.

    Raises:
        DataError: one cannot be read, has no texts, or all are empty.
    """
    with ThreadPoolExecutor(_OPENERS) as pool:
        heads = pool.map(lambda table: head_of(table, wanted, arrow=arrow), tables)
        found = [(one, head) for one, head in zip(tables, heads, strict=True) if head is not None]
    if not found:
        raise DataError("all of these files are empty", path=tables[0].uri)
    return found


def kinds_of(source: LocatedTable, wanted: Wanted, layout: Layout) -> dict[str, type | None]:
    """The type that each column of a table needs; it reads all rows.

    Raises:
        DataError: it cannot be read on.
    """
    kinds: dict[str, type | None] = {}
    for item in fitting_rows(source, wanted, layout):
        if isinstance(item, Row):
            for name, value in item.cells.items():
                kinds[name] = wider(kinds.get(name), kind_of(plain_json.finite(value)))
    return kinds


def row_schema(
    layout: Layout, texts: Sequence[str], found: Sequence[Mapping[str, type | None]]
) -> tuple[Any, Sequence[str]]:
    """The schema of the columns that are read of rows, by the kinds of their values; those kept.

    Args:
        layout: the columns to keep; where all are kept, those that only later rows have follow.
        texts: the columns of the texts, read even where they are not kept.
        found: of each table, the kinds of its columns; none where all are texts.
    """
    arrow = require_pyarrow()
    kinds: dict[str, type | None] = dict.fromkeys(layout.columns)
    for one in found:
        for name, kind in one.items():
            if layout.every or name in kinds:
                kinds[name] = wider(kinds.get(name), kind)
    kept = list(kinds)
    kinds |= {name: str for name in texts if name not in kinds}
    fields = [arrow.field(name, type_of(kind or str)) for name, kind in kinds.items()]
    return arrow.schema(fields), kept
