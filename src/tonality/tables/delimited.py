"""CSV and TSV, row by row (RFC 4180: quotes may hold commas, quotes and newlines)."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from tonality.tables.bad_rows import Fault

HEAD = 2**20  # characters looked at to learn how quotes are meant
MAX_FIELD = 16 * 2**20  # characters; an unclosed quote must not swallow a whole large file
MAX_LINE = 2 * MAX_FIELD  # characters; a line as long as this is at fault
REREAD = 4  # times over that the lines swallowed by stray quotes may be read again


class Record(NamedTuple):
    """The fields of one row, and its number; 0 is the header."""

    number: int
    values: list[str]


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


def records(
    lines: Iterator[str], dialect: Dialect, number: int = 0, width: int = 0
) -> Iterator[Record | Fault]:
    """Yields the header as row 0, then the rows; blank lines do not count.

    A stray quote swallows the lines below it, up to the next quote or the end. So where a
    record breaks or has a wrong number of fields, only its first line is at fault; the
    others are read anew, as records of their own.

    Args:
        lines: the lines, line ends kept; each is read once.
        dialect: how to split them.
        number: that of the first record.
        width: how many fields a record has; 0 for as many as the first one.
    """
    _raise_field_limit()
    again = _Lines(lines)
    reader = dialect.reader(again)
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
                yield Record(number, values)
                number += 1
                continue
            reason = f"expected {width} fields, found {len(values)}"
            fault = Fault(number, reason, values if len(again.seen) == 1 else again.seen[0])
        yield fault
        number += 1
        again.give_back()
        reader = dialect.reader(again)


def tab_records(lines: Iterator[str]) -> Iterator[Record | Fault]:
    """The records of tab-separated lines, as :func:`records` gives them.

    Two kinds of such files are told apart: those with quoting as in CSV (spreadsheets), and those
    where a quote is a plain character (as registered with IANA; GLUE's files are such). Up to the
    first field that begins with a quote they are alike. There the next ``HEAD`` characters are
    split in both ways. What reads cleanly in neither is taken as quoted, which splits it less.
    """
    number, width = 0, 0
    quoting: list[str] = []
    for record in records(_before_quote(lines, quoting), Dialect("\t", quoted=False)):
        yield record
        number = (record.row if isinstance(record, Fault) else record.number) + 1
        width = width or (0 if isinstance(record, Fault) else len(record.values))
    if not quoting:
        return
    ahead = _Ahead(chain(quoting, lines))
    dialect, plain = Dialect("\t", quoted=True), Dialect("\t", quoted=False)
    if not _reads_cleanly(ahead, dialect, width) and _reads_cleanly(ahead, plain, width):
        dialect = plain
    yield from records(ahead.all(), dialect, number, width)


def _before_quote(lines: Iterator[str], quoting: list[str]) -> Iterator[str]:
    """The lines above the first that has a field that begins with a quote; it takes that one."""
    for line in lines:
        if line.startswith('"') or '\t"' in line:
            quoting.append(line)
            return
        yield line


class _Ahead:
    """Lines that can be looked at before they are read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._seen: list[str] = []

    def look(self) -> Iterator[str]:
        """The lines from the first on; what is looked at is kept."""
        yield from self._seen
        for line in self._lines:
            self._seen.append(line)
            yield line

    def all(self) -> Iterator[str]:
        """The lines from the first on, for the last time."""
        return chain(self._seen, self._lines)


def _reads_cleanly(ahead: _Ahead, dialect: Dialect, width: int) -> bool:
    """Whether every record that begins in the first ``HEAD`` characters has ``width`` fields."""
    left, clean = HEAD, True

    def counting() -> Iterator[str]:
        nonlocal left
        for line in ahead.look():
            left -= len(line)
            yield line

    for record in records(counting(), dialect, width=width):
        clean = clean and not isinstance(record, Fault)
        if left < 0:
            break
    return clean


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
