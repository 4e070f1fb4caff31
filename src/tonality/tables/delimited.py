"""CSV and TSV, row by row (RFC 4180: quotes may hold commas, quotes and newlines)."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tonality.errors import DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.build_table import Row
from tonality.tables.open_file import TextFile

MAX_FIELD = 16 * 2**20  # characters; an unclosed quote must not swallow a whole large file
MAX_LINE = 2 * MAX_FIELD  # characters; a line as long as this is at fault
REREAD = 4  # times over that the lines swallowed by stray quotes may be read again


class Delimited:
    """A delimited file with a header row.

    Args:
        file: the file to read.
        tab: whether the suffix says tab-separated; otherwise the header decides between comma,
            semicolon and tab.
    """

    def __init__(self, file: TextFile, *, tab: bool) -> None:
        self._file = file
        with file.open() as lines:
            header_line = next(iter(lines), "")
        if not header_line.strip():
            raise DataError("the file is empty; expected a header row", path=file.path)
        delimiter = "\t" if tab else delimiter_of(header_line)
        self._dialect = Dialect(delimiter, quoted=True)
        if delimiter == "\t" and not self._reads_cleanly():
            self._dialect = Dialect(delimiter, quoted=False)
            # A file that reads cleanly in neither way is taken as quoted, which splits it less.
            self._dialect = Dialect(delimiter, quoted=not self._reads_cleanly())
        header = next(self._records())
        if isinstance(header, Fault):
            raise DataError(f"the header cannot be read: {header.reason}", path=file.path)
        self.columns: Sequence[str] = [str(name).strip() for name in header.values]

    @property
    def name(self) -> str:
        return self._file.name

    def rows(self, positions: Sequence[int]) -> Iterator[Row | Fault]:
        """Yields the rows below the header, or a fault where one cannot be split in fields."""
        records = self._records()
        next(records)
        for record in records:
            if isinstance(record, Fault):
                yield record
            else:
                yield record._replace(values=[record.values[i] for i in positions])

    def _reads_cleanly(self) -> bool:
        """Whether every record has the header's number of fields.

        It tells the two kinds of tab-separated files apart: those with quoting as in CSV
        (spreadsheets), and those where a quote is a plain character (as registered with IANA;
        GLUE's files are such), which break when read as the first kind.
        """
        return not any(isinstance(record, Fault) for record in self._records())

    def _records(self) -> Iterator[Row | Fault]:
        with self._file.open() as lines:
            yield from records(lines, self._dialect)


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart: the delimiter, and whether a quote may hold it."""

    delimiter: str
    quoted: bool

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The fields of each record; an empty list for a blank line."""
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, strict=True)
        return map(self._split, lines)

    def _split(self, line: str) -> list[str]:
        line = line.rstrip("\r\n")
        return line.split(self.delimiter) if line else []


def delimiter_of(header: str) -> str:
    """The delimiter of a header: spreadsheets of many countries write "CSV" with semicolons."""
    counts = {delimiter: header.count(delimiter) for delimiter in ",;\t"}
    return max(counts, key=lambda delimiter: counts[delimiter])


def records(lines: Iterator[str], dialect: Dialect) -> Iterator[Row | Fault]:
    """Yields the header as row 0, then the rows; blank lines do not count.

    A stray quote swallows the lines below it, up to the next quote or the end. So where a
    record breaks or has a wrong number of fields, only its first line is at fault; the
    others are read anew, as records of their own.

    Args:
        lines: the file's lines, line ends kept; each is read once.
        dialect: how to split them.
    """
    _raise_field_limit()
    again = _Lines(lines)
    reader = dialect.reader(again)
    number, width = 0, 0
    while True:
        again.begin_record()
        try:
            values = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            fault = Fault(number, f"invalid CSV: {error}", again.seen[0])
        else:
            if not values:
                continue
            width = width or len(values)
            if len(values) == width:
                yield Row(number, values, values)
                number += 1
                continue
            reason = f"expected {width} fields, found {len(values)}"
            fault = Fault(number, reason, values if len(again.seen) == 1 else again.seen[0])
        yield fault
        number += 1
        again.give_back()
        reader = dialect.reader(again)


class _TooLongError(Exception):
    """A record spans more lines than one may."""


class _Lines(Iterator[str]):
    """Lines that can be given back to be read again, in linear time over the whole file.

    Each character read for the first time pays for ``REREAD`` that are read again. A file made
    to have every line swallow all those below it runs out of that, and from then on its records
    may only span what is paid for.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._paid = MAX_FIELD  # characters that may be read again
        self._span = 0  # characters of the current record
        self.seen: list[str] = []

    def __next__(self) -> str:
        if self.seen and self._span > min(MAX_FIELD, self._paid):
            raise _TooLongError("a quote is never closed, or the row is far too long")
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines)
            self._paid += REREAD * len(line)
        self._span += len(line)
        self.seen.append(line)
        if len(line) >= MAX_LINE:
            raise _TooLongError("the line is far too long")
        return line

    def begin_record(self) -> None:
        """Forgets the lines of the record before."""
        self.seen.clear()
        self._span = 0

    def give_back(self) -> None:
        """Puts the current record's lines but the first back in front of those to come."""
        self._paid -= self._span - len(self.seen[0])
        self._again.extendleft(reversed(self.seen[1:]))


def _raise_field_limit() -> None:
    """The csv module's limit (128 KiB by default) is below the length of some texts.

    It is one for the whole process, so it is only ever raised: putting it back would pull it
    from under a reader in another thread.
    """
    if csv.field_size_limit() < MAX_FIELD:
        csv.field_size_limit(MAX_FIELD)
