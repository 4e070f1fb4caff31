"""Several tables read as one, from any row on."""

from __future__ import annotations

import dataclasses
import logging
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from tonality.classifier import WINDOW
from tonality.errors import DataError
from tonality.messages import and_more
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted
from tonality.tables.open_table import Input, Opened, opened, refuse_changed, stamp
from tonality.tables.option_formats import check_options
from tonality.tables.row_stream import Row, Rows
from tonality.tables.table_head import EmptyError

logger = logging.getLogger(__name__)

SHOWN = 5  # columns that a warning names


class Tables:
    """The tables to score; use it as a context manager.

    Args:
        inputs: the tables, one or more. One without even a header is left out, unless all are.
        wanted: what was asked for; the column of the texts is found in each.
        arrow: whether Parquet's rows are wanted as Arrow holds them.

    Attributes:
        inputs: those that are no Parquet or not empty.
        columns: the columns of all of them, in the order in which they come first.
        heads: what the head of each says; their items are read by :class:`JoinedRows` alone.

    Raises:
        ConfigError: an option of reading suits none of them.
        DataError: one cannot be read or has no texts, or all are empty.
        DependencyError: one is Parquet, and pyarrow is missing.
    """

    def __init__(self, inputs: Sequence[Input], wanted: Wanted, *, arrow: bool = False) -> None:
        check_options(wanted.options, [source.format for source in inputs])
        self._wanted = wanted
        self._settings: dict[str, Any] = {"cells": "arrow" if arrow else "all", "batch": WINDOW}
        self._stack = ExitStack()
        self._waiting: dict[str, Opened] = {}  # pipes, whose heads can be read only once
        try:
            found = [(source, self._head(source, alone=len(inputs) == 1)) for source in inputs]
        except BaseException:
            self._stack.close()
            raise
        self.inputs = [source for source, head in found if head is not None]
        self.heads = [head for _, head in found if head is not None]
        if not self.heads:
            raise DataError("all of these files are empty", path=inputs[0].name)
        self.columns = list(dict.fromkeys(c for head in self.heads for c in head.columns))
        self._stamps = [stamp(i.path) if i.path else (0, 0) for i in self.inputs]
        self._sizes = [size for size, _ in self._stamps]

    def check_unchanged(self) -> None:
        """Checks that the files are still what they were when their heads were read.

        Raises:
            DataError: one is not: what was read of it may be the half of it.
        """
        for source, before in zip(self.inputs, self._stamps, strict=True):
            if source.path is not None:
                refuse_changed(source.path, before, stamp(source.path))

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def warn(self, columns: Sequence[str]) -> None:
        """Says that some inputs lack some of these columns, as far as their heads tell it."""
        lacking = [
            (source, missing)
            for source, head in zip(self.inputs, self.heads, strict=True)
            if head.complete and (missing := set(columns).difference(head.columns))
        ]
        if lacking:
            source, missing = lacking[0]
            names = ", ".join(map(repr, sorted(missing)[:SHOWN]))
            more = and_more(len(missing) - SHOWN)
            others = f"; {len(lacking) - 1} more lack some too" if len(lacking) > 1 else ""
            logger.warning(
                "%s has no %s%s, which others have: left empty%s", source.name, names, more, others
            )

    def _head(self, source: Input, *, alone: bool) -> Rows | None:
        try:
            if source.path is None:
                table = self._stack.enter_context(opened(source, self._wanted, **self._settings))
                self._waiting[source.name] = table
            else:
                # What is to be said of it is said when its rows are read.
                quiet = dataclasses.replace(self._wanted, quiet=True)
                with opened(source, quiet, **self._settings) as table:
                    pass
        except EmptyError as error:
            if alone:
                raise
            logger.warning("%s", error)
            return None
        # Without what would hold the first rows in memory.
        return dataclasses.replace(table.rows, items=iter(()), hint=str)

    def open(self, index: int, skip: int, stack: ExitStack) -> Opened:
        """Opens an input, the first ``skip`` rows left out."""
        source = self.inputs[index]
        if source.path is None:
            return self._waiting[source.name]
        return stack.enter_context(opened(source, self._wanted, skip=skip, **self._settings))

    def hint(self, index: int) -> str:
        """Which line below the header of an input seems to be it, or ""; ask before its rows."""
        with ExitStack() as stack:
            return self.open(index, 0, stack).rows.hint()

    def share(self, index: int, read: int) -> float | None:
        """The share of all bytes that is read with so many of an input; None for a pipe."""
        total = sum(self._sizes)
        if not total or not all(source.path for source in self.inputs):
            return None
        return (sum(self._sizes[:index]) + read) / total


class JoinedRows:
    """The rows of tables, one after the other, with account of where each is from.

    Args:
        tables: the tables.
        index: the first one to read.
        row: how many of its rows to leave out.
    """

    def __init__(self, tables: Tables, index: int = 0, row: int = 0) -> None:
        self._tables = tables
        self._index = index
        self._row = row
        self._begins: list[int] = []  # of each table from ``index`` on: the items before it
        self._opened: Opened | None = None
        self.count = 0

    def items(self) -> Iterator[Row | Fault]:
        """The rows in order, with a fault in place of each that cannot be read."""
        for index in range(self._index, len(self._tables.inputs)):
            skip = 0 if self._begins else self._row
            self._begins.append(self.count)
            with ExitStack() as stack:
                self._opened = self._tables.open(index, skip, stack)
                for item in self._opened.rows.items:
                    self.count += 1
                    yield item
            self._opened = None

    def place(self, number: int) -> tuple[int, int]:
        """The table, and the place in it, of an item by its number in :meth:`items` from 0."""
        step = bisect_right(self._begins, number) - 1
        if step < 0:  # nothing is read yet
            return self._index, self._row
        return self._index + step, number - self._begins[step] + (0 if step else self._row)

    def share(self) -> float | None:
        """The share of the tables' bytes that is read so far; None where it is not known."""
        begun = self._index + len(self._begins)
        if self._opened is None:
            return self._tables.share(begun, 0)
        return self._tables.share(begun - 1, self._opened.read())
