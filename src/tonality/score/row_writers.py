"""Scored rows -> bytes of CSV, TSV or JSON Lines."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from tonality import plain_json
from tonality.errors import ConfigError
from tonality.score.output_columns import Layout
from tonality.score.scorer import Scored
from tonality.tables.bad_rows import Fault
from tonality.tables.encoding import without_surrogates
from tonality.tables.row_stream import FORMATS


class RowWriter(Protocol):
    """Writes scored rows, a window at a time; it keeps nothing from one to the next."""

    def head(self) -> bytes:
        """What comes before the first row."""
        ...

    def rows(self, window: Iterable[Scored | Fault]) -> bytes:
        """The rows of a window."""
        ...


def row_writer(
    format: str, layout: Layout, *, delimiter: str = ",", marked: bool = False
) -> RowWriter:
    """A writer; it leaves out rows that cannot be read unless the layout has a place for them.

    Args:
        format: ``csv``, ``tsv`` or ``jsonl``.
        layout: the columns.
        delimiter: what stands between the fields of CSV; for tabs, which are TSV's, a comma.
        marked: whether CSV and TSV begin with a byte-order mark, which Excel takes for UTF-8.

    Raises:
        ConfigError: an unknown format.
    """
    if format not in FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(FORMATS)}")
    if format == "jsonl":
        return JsonLinesWriter(layout)
    if format == "tsv":
        return DelimitedWriter(layout, "\t", marked=marked)
    return DelimitedWriter(layout, "," if delimiter == "\t" else delimiter, marked=marked)


class DelimitedWriter:
    """CSV and TSV: UTF-8, a header row, fields quoted where they must be (RFC 4180)."""

    def __init__(self, layout: Layout, delimiter: str, *, marked: bool = False) -> None:
        self._layout = layout
        self._delimiter = delimiter
        self._mark = codecs.BOM_UTF8 if marked else b""
        self._last = [] if layout.error is None else [layout.error]

    def head(self) -> bytes:
        """The header row."""
        layout = self._layout
        return self._mark + self._written([[*layout.columns, *layout.added, *self._last]])

    def rows(self, window: Iterable[Scored | Fault]) -> bytes:
        """The rows of a window."""
        return self._written(self._fields(window))

    def _fields(self, window: Iterable[Scored | Fault]) -> Iterator[list[Any]]:
        columns, last = self._layout.columns, [""] * len(self._last)
        empty = [""] * (len(columns) + len(self._layout.added))
        for item in window:
            if isinstance(item, Scored):
                cells = map(item.row.cells.get, columns)
                kept = [cell if isinstance(cell, str) else _cell(cell) for cell in cells]
                yield [*kept, *item.added, *last]
            elif last:
                yield [*empty, str(item)]

    def _written(self, rows: Iterable[list[Any]]) -> bytes:
        lines = _Lines()
        csv.writer(lines, delimiter=self._delimiter, lineterminator="\r\n").writerows(rows)
        return _to_bytes("".join(lines))


class _Lines(list[str]):
    """Lines that end in a newline alone, though their writer ends them with a return as well.

    It has to: otherwise the csv module leaves fields that hold a return unquoted.
    """

    def write(self, line: str) -> None:
        self.append(f"{line[:-2]}\n")


class JsonLinesWriter:
    """JSON Lines: a row that was one stays as it was written, with keys added at its end.

    Args:
        layout: the columns.
        numbered: whether a row that cannot be read has its number under a key of its own, ``row``.
            In a workbook that could be one of the table's columns: there the reason has it.
    """

    def __init__(self, layout: Layout, *, numbered: bool = True) -> None:
        self._layout = layout
        self._numbered = numbered
        self._keys = [f"{json.dumps(name, ensure_ascii=False)}: " for name in layout.added]

    def head(self) -> bytes:
        """Nothing: JSON Lines have no header."""
        return b""

    def rows(self, window: Iterable[Scored | Fault]) -> bytes:
        """The rows of a window."""
        # What is no character, a byte that was no UTF-8 or half a pair, is an escape in JSON.
        return "".join(self._lines(window)).encode("utf-8", "backslashreplace")

    def _lines(self, window: Iterable[Scored | Fault]) -> Iterator[str]:
        for item in window:
            if isinstance(item, Scored):
                yield f"{self._begun(item)}{self._added(item)}}}\n"
            elif self._layout.error is not None:
                answer = self._fault(item, self._layout.error)
                yield json.dumps(answer, ensure_ascii=False) + "\n"

    def _fault(self, item: Fault, error: str) -> dict[str, Any]:
        if not self._numbered:
            return {error: str(item)}
        where = "" if item.column is None else f"column {item.column!r}: "
        return {error: f"{where}{item.reason}", "row": item.row}

    def _begun(self, item: Scored) -> str:
        """A row's own columns, up to where more may be added."""
        row, layout = item.row, self._layout
        if isinstance(row.native, str) and layout.every and plain_json.is_plain(row.native):
            line = row.native[:-1].rstrip()
        else:
            kept = {name: row.cells[name] for name in layout.columns if name in row.cells}
            line = plain_json.dumps(kept)[:-1]
        return line if line == "{" else f"{line}, "

    def _added(self, item: Scored) -> str:
        return ", ".join(
            key + (repr(value) if isinstance(value, int | float) else _in_json(value))
            for key, value in zip(self._keys, item.added, strict=True)
        )


def _in_json(value: str | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def _to_bytes(text: str) -> bytes:
    """UTF-8, always: bytes that were none, and half a pair from JSON, come out as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return without_surrogates(text).encode()


def _cell(value: Any) -> str:
    """A value as a field: nothing for null, JSON for what is no text."""
    value = plain_json.finite(value)
    if isinstance(value, str | None):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def read_records(part: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines, as :class:`JsonLinesWriter` writes it."""
    with part.open("rb") as lines:
        for line in lines:
            yield json.loads(line.decode("utf-8", "surrogateescape"))
