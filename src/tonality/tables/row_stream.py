"""Rows of a table, one by one, each with all it holds: what training, scoring and serving read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tonality.errors import ConfigError, DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.byte_lines import ByteStream, TextLines
from tonality.tables.column_names import Wanted, distinct, text_place
from tonality.tables.delimited import MAX_LINE, Dialect, delimiter_of, records, tab_records
from tonality.tables.jsonlines import OBJECTS, JsonObject, objects

# How streams may be written; Parquet needs a file, see tonality.tables.parquet_rows.
FORMATS = ("csv", "tsv", "jsonl")

HEAD = 2**20  # characters of JSON looked at to learn the columns
SHOWN = 1000  # characters kept of a line that is far too long
INVALID = "invalid UTF-8"
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes that were no text (PEP 383)
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # of pairs, which only JSON's escapes give


class EmptyError(DataError):
    """There is not even a header."""


class Row(NamedTuple):
    """One row.

    Attributes:
        number: its 1-based number in its file, the header not counted.
        text: the text to judge; None where it is missing.
        cells: every column's value by name.
        native: the row as its format holds it, so that it can be written again unchanged: the
            list of its fields, the line of JSON, or :class:`tonality.tables.parquet_rows.Held`.
    """

    number: int
    text: str | None
    cells: Mapping[str, Any]
    native: Any = None

    @property
    def raw(self) -> Any:
        """What it held, for the file of bad rows."""
        return self.native if isinstance(self.native, list) else self.cells


@dataclass(frozen=True)
class Rows:
    """A table being read.

    Attributes:
        name: how messages call it.
        columns: the columns' names, in order; of JSON Lines those of the first 1,000 objects, or of
            as many as the first ``HEAD`` characters hold.
        text_column: the one with the texts; empty where there need be none and none was found.
        items: the rows in order, with a fault in place of each that cannot be read. It is read
            once.
        delimiter: what stands between the fields, where that is how it is written.
    """

    name: str
    columns: Sequence[str]
    text_column: str
    items: Iterator[Row | Fault]
    delimiter: str = ","


def read_rows(
    stream: ByteStream,
    format: str,
    *,
    text_column: str | None = None,
    encoding: str | None = None,
    name: str = "standard input",
    texts: bool = True,
) -> Rows:
    """Reads the head of a table; the rows come as ``items`` is iterated, in constant memory.

    Args:
        stream: unpacked bytes; read once, from where it is, and left open.
        format: ``csv`` (commas, semicolons or tabs, as the header says), ``tsv`` or ``jsonl``.
        text_column: the column to judge; by default it is found by its usual names.
        encoding: such as ``"cp1252"``; by default UTF-8, or UTF-16 with a byte-order mark.
        name: how messages call the stream.
        texts: whether there must be a column of texts.

    Raises:
        ConfigError: an unknown format.
        DataError: the stream is empty, or has no such column; later, from ``items``: it cannot
            be read on.
    """
    wanted = Wanted(text=text_column, label="", group="", encoding=encoding, texts=texts)
    return rows_of(stream, format, wanted, name)


def rows_of(stream: ByteStream, format: str, wanted: Wanted, name: str) -> Rows:
    """As :func:`read_rows`, by all that a caller may ask for."""
    if format not in FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(FORMATS)}")
    lines = TextLines(stream, name, wanted.encoding)
    if format == "jsonl":
        return _json_rows(lines, wanted, name)
    return _delimited_rows(lines, wanted, name, tab=format == "tsv")


def _delimited_rows(lines: Iterator[str], wanted: Wanted, name: str, *, tab: bool) -> Rows:
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise EmptyError("the file is empty; expected a header row", path=name)
    lines = itertools.chain([first], lines)
    delimiter = "\t" if tab else delimiter_of(first)
    tabs = delimiter == "\t"
    found = tab_records(lines) if tabs else records(lines, Dialect(delimiter, quoted=True))
    header = next(found)
    if isinstance(header, Fault):
        raise DataError(f"the header cannot be read: {header.reason}", path=name)
    written = [column.strip() for column in header.values]
    place = text_place(written, wanted, name)
    columns = distinct(written)
    column = "" if place is None else columns[place]
    undecoded = invalid(wanted.encoding)

    def items() -> Iterator[Row | Fault]:
        for record in found:
            if isinstance(record, Fault):
                yield _shortened(record)
                continue
            text = None if place is None else record.values[place]
            if text is not None and is_undecoded(text):
                yield Fault(record.number, undecoded, record.values, column)
            else:
                cells = dict(zip(columns, record.values, strict=True))
                yield Row(record.number, text, cells, record.values)

    return Rows(name, columns, column, items(), delimiter)


def _json_rows(lines: TextLines, wanted: Wanted, name: str) -> Rows:
    found = _named(objects(lines), name)
    head = list(itertools.islice(_up_to(found, HEAD), OBJECTS))
    if not head:
        raise EmptyError("the file is empty; expected one JSON object a line", path=name)
    columns: dict[str, None] = {}
    for item in head:
        if isinstance(item, JsonObject):
            columns |= dict.fromkeys(item.values)
    if not columns:
        raise DataError("its first lines hold no JSON object; expected one a line", path=name)
    names = list(columns)
    place = text_place(names, wanted, name)
    column = None if place is None else names[place]
    undecoded = invalid(wanted.encoding)
    items = (_json_row(item, column, undecoded) for item in itertools.chain(head, found))
    return Rows(name, names, column or "", items)


def _named(found: Iterator[JsonObject | Fault], name: str) -> Iterator[JsonObject | Fault]:
    try:
        yield from found
    except DataError as error:
        raise DataError(error.reason, path=error.path or name) from error


def _json_row(item: JsonObject | Fault, column: str | None, undecoded: str) -> Row | Fault:
    if isinstance(item, Fault):
        return _shortened(item)
    text = None if column is None else item.values.get(column)
    if text is not None and not isinstance(text, str):
        reason = f"expected a string, found {type(text).__name__}"
        return Fault(item.number, reason, item.values, column)
    if text is not None and not text.isascii():
        if is_undecoded(text):
            return Fault(item.number, undecoded, item.values, column)
        text = _HALVES.sub("\ufffd", text)
    return Row(item.number, text, item.values, item.line)


def _up_to(found: Iterator[JsonObject | Fault], characters: int) -> Iterator[JsonObject | Fault]:
    """Objects until they come to so many characters."""
    for item in found:
        yield item
        characters -= len(str(item.raw if isinstance(item, Fault) else item.line or item.values))
        if characters < 0:
            return


def _shortened(fault: Fault) -> Fault:
    if isinstance(fault.raw, str) and len(fault.raw) >= MAX_LINE:
        return Fault(fault.row, fault.reason, f"{fault.raw[:SHOWN]}…", fault.column)
    return fault


def is_undecoded(text: str) -> bool:
    """Whether bytes that were no text are in it."""
    return not text.isascii() and _UNDECODED.search(text) is not None


def invalid(encoding: str | None) -> str:
    """The reason why such a row cannot be read."""
    return INVALID if encoding is None else f"invalid {encoding}"
