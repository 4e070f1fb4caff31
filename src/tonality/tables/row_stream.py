"""Rows of a table, one by one, each with all it holds."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tonality.errors import ConfigError, DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.build_table import INVALID
from tonality.tables.byte_lines import ByteStream, text_lines
from tonality.tables.column_names import Wanted, choose
from tonality.tables.delimited import MAX_LINE, Dialect, delimiter_of, records
from tonality.tables.jsonlines import HEAD as OBJECTS
from tonality.tables.jsonlines import parse

# How streams may be written; Parquet needs a file, see tonality.tables.parquet_rows.
FORMATS = ("csv", "tsv", "jsonl")

HEAD = 2**20  # characters looked at to learn the columns, or how quotes are meant
SHOWN = 1000  # characters kept of a line that is far too long
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes that were no text (PEP 383)


class EmptyError(DataError):
    """There is not even a header."""


class Row(NamedTuple):
    """One row.

    Attributes:
        number: its 1-based number in its file, the header not counted.
        text: the text to judge; None where it is missing.
        cells: every column's value by name.
        native: the row as its format holds it, so that it can be written again unchanged: the
            line of JSON, or :class:`tonality.tables.parquet_rows.Held`.
    """

    number: int
    text: str | None
    cells: Mapping[str, Any]
    native: Any = None


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
    if format not in FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(FORMATS)}")
    lines = text_lines(stream, name, encoding)
    wanted = Wanted(text=text_column, label="", group="", encoding=encoding)
    if format == "jsonl":
        return _json_lines(lines, wanted, name, texts=texts)
    return _delimited(lines, wanted, name, tab=format == "tsv", texts=texts)


def text_place(columns: Sequence[str], wanted: Wanted, name: str, *, texts: bool) -> int | None:
    """Which column has the texts; None where there need be none and it cannot be told."""
    try:
        return choose(columns, wanted, name).text
    except DataError:
        if texts or wanted.text is not None:
            raise
        return None


def _delimited(lines: Iterator[str], wanted: Wanted, name: str, *, tab: bool, texts: bool) -> Rows:
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise EmptyError("the file is empty; expected a header row", path=name)
    lines = itertools.chain([first], lines)
    delimiter = "\t" if tab else delimiter_of(first)
    dialect = Dialect(delimiter, quoted=True)
    if delimiter == "\t":
        head: list[str] = []
        if not _reads_cleanly(lines, head, dialect):
            plain = Dialect(delimiter, quoted=False)
            # What reads cleanly in neither way is taken as quoted, which splits it less.
            dialect = plain if _reads_cleanly(iter(head), [], plain) else dialect
        lines = itertools.chain(head, lines)
    found = records(lines, dialect)
    header = next(found)
    if isinstance(header, Fault):
        raise DataError(f"the header cannot be read: {header.reason}", path=name)
    columns = distinct([str(column).strip() for column in header.values])
    place = text_place(columns, wanted, name, texts=texts)
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
                yield Row(record.number, text, dict(zip(columns, record.values, strict=True)))

    return Rows(name, columns, column, items(), delimiter)


def _json_lines(lines: Iterator[str], wanted: Wanted, name: str, *, texts: bool) -> Rows:
    filled = (line for line in lines if line.strip())
    head = list(itertools.islice(_up_to(filled, HEAD), OBJECTS))
    if not head:
        raise EmptyError("the file is empty; expected one JSON object a line", path=name)
    if head[0].lstrip().startswith("["):
        raise DataError(
            "is one JSON array, which cannot be read row by row; write one object a line (JSON "
            "Lines), such as with: jq -c '.[]'",
            path=name,
        )
    undecoded = invalid(wanted.encoding)
    columns: dict[str, None] = {}
    for line in head:
        row = _object(0, line, None, undecoded)
        if isinstance(row, Row):
            columns |= dict.fromkeys(row.cells)
    if not columns:
        raise DataError("its first lines hold no JSON object; expected one a line", path=name)
    names = list(columns)
    place = text_place(names, wanted, name, texts=texts)
    text = None if place is None else names[place]

    def items() -> Iterator[Row | Fault]:
        for number, line in enumerate(itertools.chain(head, filled), start=1):
            yield _object(number, line, text, undecoded)

    return Rows(name, names, text or "", items())


def _object(number: int, line: str, column: str | None, undecoded: str) -> Row | Fault:
    if len(line) >= MAX_LINE:
        return _shortened(Fault(number, "the line is far too long", line))
    line = line.strip()
    if is_undecoded(line):
        return Fault(number, undecoded, line)
    found = parse(number, line)
    if isinstance(found, Fault):
        return _shortened(found)
    text = None if column is None else found.raw.get(column)
    if text is not None and not isinstance(text, str):
        kind = type(text).__name__
        return Fault(number, f"expected a string, found {kind}", found.raw, column)
    return Row(number, text, found.raw, line)


def _reads_cleanly(lines: Iterator[str], head: list[str], dialect: Dialect) -> bool:
    """Whether every record of the first lines has the header's number of fields.

    It tells quotes as in CSV from quotes that are plain characters, as
    :class:`tonality.tables.delimited.Delimited` does with the whole file.

    Args:
        lines: where to read; at least ``HEAD`` characters are, if there are so many.
        head: takes the lines that were read.
        dialect: how to split them.
    """
    left = HEAD

    def keeping() -> Iterator[str]:
        nonlocal left
        for line in lines:
            left -= len(line)
            head.append(line)
            yield line

    for record in records(keeping(), dialect):
        if isinstance(record, Fault):
            return False
        if left < 0:
            break
    return True


def _up_to(lines: Iterator[str], characters: int) -> Iterator[str]:
    """Lines until they come to so many characters."""
    for line in lines:
        yield line
        characters -= len(line)
        if characters < 0:
            return


def distinct(columns: Sequence[str]) -> list[str]:
    """The columns' names; the second of a name becomes ``name_2``."""
    taken, counts, result = set(columns), Counter[str](), []
    for name in columns:
        counts[name] += 1
        if counts[name] > 1:
            while (other := f"{name}_{counts[name]}") in taken:
                counts[name] += 1
            name = other
            taken.add(name)
        result.append(name)
    return result


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
