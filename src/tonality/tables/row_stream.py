"""Rows of a table, one by one, each with all it holds: what training, scoring and serving read."""

from __future__ import annotations

import itertools
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tonality.errors import ConfigError, DataError
from tonality.messages import STANDARD_INPUT, counted
from tonality.tables.bad_rows import Fault
from tonality.tables.byte_lines import TextLines
from tonality.tables.column_names import SCORED, TextColumn, Wanted, text_places
from tonality.tables.delimited import MAX_ROW, Record
from tonality.tables.header_below import are_named, is_title
from tonality.tables.jsonlines import OBJECTS, JsonObject, objects
from tonality.tables.likely_texts import LOOKED_AT, texts_advice
from tonality.tables.option_formats import check_options
from tonality.tables.read_options import ReadOptions
from tonality.tables.spelled_names import distinct
from tonality.tables.table_head import DelimitedHead, EmptyError, read_head
from tonality.tables.utf8_stream import ByteStream

logger = logging.getLogger(__name__)

# How streams may be written; Parquet needs a file, see tonality.tables.parquet_rows.
FORMATS = ("csv", "tsv", "jsonl")

HEAD = 2**20  # characters of JSON looked at to learn the columns
SHOWN = 1000  # characters kept of a line that is far too long
INVALID = "invalid UTF-8"
NO_STRING = "expected a string"
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes that were no text (PEP 383)
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # of pairs, which only JSON's escapes give


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
        text_column: the one with the texts, or several with `` + `` between; empty where there need
            be none and none was found.
        items: the rows in order, with a fault in place of each that cannot be read. It is read
            once.
        delimiter: what stands between the fields, where that is how it is written.
        marked: whether it begins with a byte-order mark.
        complete: whether no row has further columns.
        fullest: of JSON Lines, the columns of the object that was scored most often, or else has
            the most, in its own order.
        hint: says, before a row is read, which line below the header seems to be it, or may, or "".
        schema: of Parquet, its columns' names and types, as Arrow has them.
    """

    name: str
    columns: Sequence[str]
    text_column: str
    items: Iterator[Row | Fault]
    delimiter: str = ","
    marked: bool = False
    complete: bool = True
    fullest: Sequence[str] = ()
    hint: Callable[[], str] = str
    schema: Any = None


def read_rows(
    stream: ByteStream,
    format: str,
    *,
    text_column: TextColumn = None,
    encoding: str | None = None,
    name: str = STANDARD_INPUT,
    options: ReadOptions | None = None,
) -> Rows:
    """Reads the head of a table; the rows come as ``items`` is iterated, in constant memory.

    Args:
        stream: unpacked bytes; read once, from where it is, and left open.
        format: ``csv`` (commas, semicolons, tabs or bars, as the head says), ``tsv`` or ``jsonl``.
        text_column: the column to judge, by its name in any case or its number, or several to
            join; by default it is found by its usual names.
        encoding: such as ``"cp1252"``; by default UTF-8, or UTF-16 with a byte-order mark, or
            Windows-1252 where the bytes look like it, which is logged.
        name: how messages call the stream.
        options: the delimiter, the header and what counts as missing, where that is known.

    Raises:
        ConfigError: an unknown format, or an option that does not suit it.
        DataError: the stream is empty, or has no such column; later, from ``items``: it cannot
            be read on.
    """
    options = ReadOptions() if options is None else options
    check_options(options, [format])
    wanted = Wanted.texts_only(text_column, encoding=encoding, options=options)
    return rows_of(stream, format, wanted, name)


def rows_of(stream: ByteStream, format: str, wanted: Wanted, name: str) -> Rows:
    """As :func:`read_rows`, by all that a caller may ask for."""
    if format not in FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(FORMATS)}")
    lines = TextLines(stream, name, wanted.encoding, quiet=wanted.quiet)
    try:
        if format == "jsonl":
            return _json_rows(lines, wanted, name)
        return _delimited_rows(lines, wanted, name, tab=format == "tsv")
    except EmptyError as error:
        raise EmptyError(error.reason, path=name) from error
    except DataError as error:
        raise DataError(error.reason, path=error.path or name) from error


def _delimited_rows(lines: TextLines, wanted: Wanted, name: str, *, tab: bool) -> Rows:
    marked = lines.marked
    head = read_head(lines, wanted.options, tab=tab)

    def hint() -> str:
        return head.hint() or head.advice

    try:
        places = text_places(head.columns, wanted, name)
    except DataError as error:
        advice = hint() or _advice(head, wanted)
        reason = "; ".join(filter(None, [error.reason, advice]))
        raise DataError(reason, path=error.path) from None
    if is_title(head.columns) and not (places and are_named(wanted.text)):
        head.notes.extend(filter(None, [head.hint()]))
    columns = distinct(head.columns)
    texts = [columns[place] for place in places]
    text_of = TextOf(texts, wanted)

    def items() -> Iterator[Row | Fault]:
        for record in head.found:
            _say(wanted, name, head.notes)
            if isinstance(record, Fault):
                yield _shortened(record)
                continue
            cells = dict(zip(columns, record.values, strict=True))
            yield text_of.row(record.number, cells, record.values)

    delimiter = head.delimiter or ","
    return Rows(name, columns, " + ".join(texts), items(), delimiter, marked, hint=hint)


def _advice(head: DelimitedHead, wanted: Wanted) -> str:
    """Which column to name, where the first rows tell; or nothing."""
    if wanted.text is not None:
        return ""
    first = itertools.islice(head.found, LOOKED_AT)
    return texts_advice(head.columns, [one.values for one in first if isinstance(one, Record)])


def _say(wanted: Wanted, name: str, notes: list[str]) -> None:
    for note in notes if not wanted.quiet else ():
        logger.warning("%s: %s", name, note)
    notes.clear()


def _json_rows(lines: TextLines, wanted: Wanted, name: str) -> Rows:
    marked = lines.marked
    found = objects(lines)
    head, complete = _json_head(found)
    if not head:
        raise EmptyError("the file is empty; expected one JSON object a line")
    held = [item.values for item in head if isinstance(item, JsonObject)]
    names = list(dict.fromkeys(itertools.chain(*held)))
    if not names:
        raise DataError("its first lines hold no JSON object; expected one a line")
    try:
        texts = [names[place] for place in text_places(names, wanted, name)]
    except DataError as error:
        advice = (
            ""
            if wanted.text is not None
            else texts_advice(names, [[one.get(name) for name in names] for one in held])
        )
        reason = f"{error.reason}{_looked_at(head, complete)}{'; ' * bool(advice)}{advice}"
        raise DataError(reason, path=error.path) from None
    text_of = TextOf(texts, wanted)

    def items() -> Iterator[Row | Fault]:
        try:
            for item in itertools.chain(head, found):
                if isinstance(item, Fault):
                    yield _shortened(item)
                else:
                    yield text_of.row(item.number, item.values, item.line)
        except DataError as error:
            raise DataError(error.reason, path=error.path or name) from error

    fullest = max(
        map(list, held), key=lambda one: (sum(c.endswith(SCORED[-1]) for c in one), len(one))
    )
    return Rows(name, names, " + ".join(texts), items(), ",", marked, complete, fullest)


def _json_head(found: Iterator[JsonObject | Fault]) -> tuple[list[JsonObject | Fault], bool]:
    """The first objects, which tell the columns, and whether the stream ended."""
    head: list[JsonObject | Fault] = []
    characters = 0
    for item in found:
        head.append(item)
        characters += len(str(item.raw if isinstance(item, Fault) else item.line or item.values))
        if len(head) == OBJECTS or characters > HEAD:
            return head, False
    return head, True


def _looked_at(head: Sequence[JsonObject | Fault], complete: bool) -> str:
    """What to add to a message on columns: how many rows told them, and what to do; or ""."""
    rows = counted(len(head), "row")
    return "" if complete else f" (of the first {rows}; if a later row has it, put that row first)"


class TextOf:
    """The rule by which cells become the text of a row, whatever the format.

    Args:
        columns: those with the text, by name; several are joined.
        wanted: what was asked for.
    """

    def __init__(self, columns: Sequence[str], wanted: Wanted) -> None:
        self._columns = columns
        self._is_null = wanted.options.is_null
        self._invalid = invalid(wanted.encoding)

    def row(self, number: int, cells: Mapping[str, Any], native: Any) -> Row | Fault:
        """The row, or a fault where its text is none."""
        return self.of(Row(number, None, cells, native), [cells.get(c) for c in self._columns])

    def of(self, row: Row, values: Sequence[Any]) -> Row | Fault:
        """The row with the text that these values of its columns make."""
        parts: list[str | None] = []
        for column, value in zip(self._columns, values, strict=True):
            if value is not None and not isinstance(value, str):
                if isinstance(value, float) and math.isnan(value):
                    value = None
                else:
                    reason = f"{NO_STRING}, found {type(value).__name__}"
                    return Fault(row.number, reason, row.raw, column)
            if value is not None and not value.isascii():
                if is_undecoded(value):
                    return Fault(row.number, self._invalid, row.raw or {column: value}, column)
                value = _HALVES.sub("\ufffd", value)
            parts.append(None if value is None or self._is_null(value) else value)
        if len(parts) == 1:
            return row._replace(text=parts[0])
        # Of several columns, the cells below one another, without the blank ones.
        text = "\n".join(part for part in parts if part and not part.isspace())
        return row._replace(text=text or None)


def _shortened(fault: Fault) -> Fault:
    if isinstance(fault.raw, str) and len(fault.raw) >= MAX_ROW:
        return Fault(fault.row, fault.reason, f"{fault.raw[:SHOWN]}…", fault.column)
    return fault


def is_undecoded(text: str) -> bool:
    """Whether bytes that were no text are in it."""
    return not text.isascii() and _UNDECODED.search(text) is not None


def invalid(encoding: str | None) -> str:
    """The reason why such a row cannot be read."""
    return INVALID if encoding is None else f"invalid {encoding}"
