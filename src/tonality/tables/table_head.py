"""The head of a delimited table: what stands between fields, and which line names the columns.

What a spreadsheet, a survey tool or a country's settings do to a CSV is told from its first lines,
and said where it is more than a matter of form.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tonality.errors import DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import is_id, usual_names
from tonality.tables.delimited import Ahead, Dialect, Record, Records
from tonality.tables.header_below import header_hint, title_advice
from tonality.tables.quote_escapes import ESCAPED_QUOTES, are_escaped
from tonality.tables.read_options import ReadOptions
from tonality.tables.tab_records import TabRecords

DELIMITERS = ",;\t|"
RECORDS = 50  # records that tell between two delimiters
SURE = 0.8  # of the rows alike; without a header, fewer are texts with commas in them
FIRST = 20  # records that tell whether rows end in one delimiter more

# Excel's first line, which names the delimiter; saved again it has delimiters behind.
_SEP = re.compile(r'\s*"?sep=([^\w\s"]|\t)"?[,;\t|"]*\s*', re.IGNORECASE)
_SECOND_HEADER = {"open-ended response", "response"}  # SurveyMonkey's
_IMPORT_ID = re.compile(r'\s*\{"ImportId":')  # Qualtrics's third header line


class EmptyError(DataError):
    """There is not even a header."""


@dataclass(frozen=True)
class DelimitedHead:
    """The head of a delimited table.

    Attributes:
        columns: the names of the columns as they are written.
        delimiter: what stands between fields; "" where a line is one field.
        found: the records below, in order.
        notes: what is assumed and should be said, filled when the first record is asked for.
        hint: says, before ``found`` is read, which line below seems to name the columns, or "".
        advice: what to say, where a column is not found, of a header that may be a title, or "".
    """

    columns: Sequence[str]
    delimiter: str
    found: Iterator[Record | Fault]
    notes: list[str]
    hint: Callable[[], str] = str
    advice: str = ""


def read_head(lines: Iterator[str], options: ReadOptions, *, tab: bool) -> DelimitedHead:
    """Reads the head of a table; no more lines are read than are needed to tell the columns.

    Args:
        lines: the lines of the table, line ends kept.
        options: what is known of it.
        tab: whether its suffix says that it is tab-separated.

    Raises:
        EmptyError: nothing is there.
        DataError: the header cannot be read.
    """
    ahead = Ahead(lines)
    skipped, named = _skip_to_header(ahead, options.header_row)
    delimiter = options.delimiter or named or ("\t" if tab else _delimiter(ahead, options))
    notes: list[str] = []
    dialect, found = _records(ahead, delimiter, options, notes)
    if options.header_row == 0:
        return _without_header(ahead, dialect, found, notes, options)
    first = next(ahead.look())
    header = _header(found)
    columns = [column.strip() for column in header]
    if len(columns) > 2 and not columns[-1] and _rows_are_shorter(ahead, delimiter, len(columns)):
        columns.pop()
        found.width -= 1
        found.trailing = True
    elif _all_quoted(first, header, delimiter) and _rows_are_named(ahead, delimiter, columns):
        columns.insert(0, "")
        found.width += 1
        notes.append(
            "rows have one field more than the header, as R writes the names of rows; the first "
            "column is taken as one without a name"
        )
    rows = _rows(ahead, dialect, found, columns, notes, options)
    ways = delimiter or DELIMITERS
    hint = partial(header_hint, columns, ahead.look, ways, skipped, options.sheet_row)
    return DelimitedHead(columns, delimiter, rows, notes, hint, title_advice(columns))


def _header(found: Records) -> list[str]:
    header = next(found)
    if isinstance(header, Fault):
        raise DataError(f"the header cannot be read: {header.reason}")
    return header.values


def delimiter_of(line: str) -> str:
    """The delimiter that the first line of a table tells."""
    if named := _SEP.fullmatch(line):
        return named[1]
    if not line.strip():
        return ""
    return _delimiter(Ahead(iter([line])), ReadOptions())


def is_header(line: str) -> bool:
    """Whether a line is the header of a table beyond doubt: several fields, all usual names."""
    names = next(iter(Records(iter([line]), Dialect(delimiter_of(line), quoted=True))), None)
    if not isinstance(names, Record):
        return False
    return len(names.values) > 1 and usual_names(names.values) == len(names.values)


def _skip_to_header(ahead: Ahead, header_row: int | None) -> tuple[int, str | None]:
    """Leaves out what is above the header: how many lines, and the delimiter, if one names it."""
    named, number = None, 0
    for line in ahead.look():
        number += 1
        if named is None and (match := _SEP.fullmatch(line)):
            named = match[1]
        elif line.strip() and number >= (header_row or 0):
            break
    else:
        if number and header_row:
            raise DataError(f"has {number:,} lines, so line {header_row:,} names no columns")
        raise EmptyError("the file is empty; expected a header row")
    for _ in range(number - 1):
        next(ahead)
    return number - 1, named


def _records(
    ahead: Ahead, delimiter: str, options: ReadOptions, notes: list[str]
) -> tuple[Dialect, Records]:
    """How fields are told apart, for all that is known before the rows, and the records to come."""
    quoting = options.quoting
    dialect = Dialect(delimiter, quoted=quoting != "none", escaped=quoting == "backslash")
    unsure = delimiter == "\t" and quoting is None
    return dialect, TabRecords(ahead, notes) if unsure else Records(ahead, dialect)


def _delimiter(ahead: Ahead, options: ReadOptions) -> str:
    """The delimiter by the header, or by the rows where several could be it; "" for none."""
    first = next(ahead.look())
    headers: dict[str, list[str]] = {}
    for delimiter in DELIMITERS:
        if delimiter in first or first.count('"') % 2:
            header = next(Records(ahead.look(), Dialect(delimiter, quoted=True)), None)
            headers[delimiter] = header.values if isinstance(header, Record) else []
    several = [delimiter for delimiter, names in headers.items() if len(names) > 1]
    if not several:
        # Where no delimiter reads the header, the commonest says why.
        broken = [delimiter for delimiter, names in headers.items() if not names]
        return max(broken, key=first.count) if broken else ""
    if len(several) == 1 and options.header_row != 0:
        return several[0]
    shares = {one: _share(ahead, one, len(headers[one])) for one in several}
    best = max(several, key=lambda one: (shares[one], usual_names(headers[one]), len(headers[one])))
    return "" if options.header_row == 0 and shares[best] < SURE else best


def _share(ahead: Ahead, delimiter: str, width: int) -> float:
    """The share of the first rows that have the header's number of fields."""
    dialect = Dialect(delimiter, quoted=True)
    records = list(_first(ahead.look(), dialect, width, RECORDS + 1))[1:]
    fit = sum(not isinstance(record, Fault) for record in records)
    return fit / len(records) if records else 1.0


def _first(
    lines: Iterator[str], dialect: Dialect, width: int, count: int
) -> Iterator[Record | Fault]:
    """The first records of lines; those that end in one delimiter more fit too."""
    records = Records(lines, dialect, width=width)
    records.trailing = True
    return itertools.islice(records, count)


def _without_header(
    ahead: Ahead,
    dialect: Dialect,
    found: Records,
    notes: list[str],
    options: ReadOptions,
) -> DelimitedHead:
    next(_first(ahead.look(), dialect, 0, 1))
    if options.quoting is None:
        dialect = _told(ahead, dialect, found, 0, notes)
    first = next(_first(iter(ahead.seen), dialect, 0, 1))
    if isinstance(first, Fault):
        raise DataError(f"the first row cannot be read: {first.reason}")
    columns = [f"column_{number}" for number in range(1, len(first.values) + 1)]
    found.number = 1
    return DelimitedHead(columns, dialect.delimiter, found, notes)


def _told(ahead: Ahead, dialect: Dialect, found: Records, width: int, notes: list[str]) -> Dialect:
    """The dialect that the lines looked at tell; the records to come are read in it."""
    if not are_escaped(ahead.seen, dialect.delimiter, width, whole=ahead.ended):
        return dialect
    dialect = replace(dialect, escaped=True)
    if not isinstance(found, TabRecords) or found.quoted:  # else it tells by itself
        found.read_on(ahead, dialect)
        notes.append(ESCAPED_QUOTES)
    return dialect


def _rows_are_shorter(ahead: Ahead, delimiter: str, width: int) -> bool:
    """Whether the header ends in one delimiter more than the rows."""
    dialect = Dialect(delimiter, quoted=True)
    return _fit(ahead.look(), dialect, width - 1) > _fit(ahead.look(), dialect, width)


def _all_quoted(header: str, columns: Sequence[str], delimiter: str) -> bool:
    """Whether every column is named between quotes, on one line."""
    names = (column.replace('"', '""') for column in columns)
    return bool(delimiter) and header.rstrip() == delimiter.join(f'"{name}"' for name in names)


def _rows_are_named(ahead: Ahead, delimiter: str, columns: Sequence[str]) -> bool:
    """Whether the rows to come are named "1", "2", "3" before what the header names.

    R writes tables so, with quotes. A comma within a text or number makes a field more, too.
    """
    if is_id(columns[0]):  # the numbers are its own
        return False
    number = 0
    dialect = Dialect(delimiter, quoted=True, escaped=True)  # R's quotes, by default
    records = Records(ahead.look(), dialect, width=len(columns) + 1)
    for number, record in enumerate(itertools.islice(records, FIRST), start=1):
        named = records.seen[0].startswith(f'"{number}"{delimiter}')
        if isinstance(record, Fault) or not named:
            return False
    return number > 1  # one such row alone may be another fault


def _fit(lines: Iterator[str], dialect: Dialect, width: int) -> int:
    """How many of the first rows have so many fields."""
    records = Records(lines, dialect, width=width)
    return sum(isinstance(record, Record) for record in itertools.islice(records, FIRST))


def _rows(
    ahead: Ahead,
    dialect: Dialect,
    found: Records,
    columns: Sequence[str],
    notes: list[str],
    options: ReadOptions,
) -> Iterator[Record | Fault]:
    """The records below the header; what belongs to the header is left out."""
    width = len(columns)
    for _ in _first(ahead.look(), dialect, width, FIRST):
        pass  # a live pipe is waited for no longer than this
    if options.quoting is None:
        dialect = _told(ahead, dialect, found, width, notes)
    head = ahead.seen
    loose = list(_first(iter(head), dialect, width, FIRST))
    fit = sum(isinstance(record, Record) for record in loose)
    more_delimiters = fit - _fit(iter(head), dialect, width)
    # One such row alone may be another fault, which to mend would be to guess.
    found.trailing = found.trailing or 0 < fit <= 2 * more_delimiters
    more = _further_headers(loose[:2])
    for _ in range(more):
        next(found)
    if more:
        # Without numbers: a header can be on any line, and take several.
        lines = "line below the header is" if more == 1 else "two lines below the header are"
        notes.append(f"the {lines} a second header, as survey tools write it, and no row")
        found.number = 1
    yield from found


def _further_headers(first: Sequence[Record | Fault]) -> int:
    """How many of the first records belong to the header."""
    for number, record in enumerate(first, start=1):
        if isinstance(record, Record) and any(map(_IMPORT_ID.match, record.values)):
            return number
    if first and isinstance(first[0], Record):
        cells = [cell.strip().casefold() for cell in first[0].values]
        if "" in cells and _SECOND_HEADER.intersection(cells):
            return 1
    return 0
