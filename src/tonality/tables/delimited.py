"""CSV, row by row (RFC 4180: quotes may hold commas, quotes and newlines)."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tonality.tables.bad_rows import Fault

# Characters of a row, or of a line that is none; one as long as this is at fault. It bounds the
# memory of a reader, and an unclosed quote must not swallow a whole large file.
MAX_ROW = 4 * 2**20
NONE = "\ud800"  # in no text: the csv module wants a delimiter
REREAD = 4  # times over that the lines swallowed by stray quotes may be read again
ESCAPED = '\\"'  # a quote in a text as Spark and MySQL write it
_BACKSLASHES = re.compile(r'(\\+)("?)')
# What to do, by a part of what the csv module says.
_REMEDIES = {
    "expected after": '; a quote inside a quoted text must be doubled: ""',
    "unexpected end of data": "; a quoted text is not closed: end it with a quote",
}
_LOOKS_ESCAPED = r'; a quote in a text looks written \", where CSV has ""'


class Record(NamedTuple):
    """The fields of one row, and its number; 0 is the header."""

    number: int
    values: list[str]


@dataclass(frozen=True)
class Dialect:
    r"""How fields are told apart: the delimiter, and whether a quote may hold it.

    Where quotes are escaped, one in a quoted field is written ``\"``, as Spark and MySQL do.

    Without a delimiter each line is one field; a quote may hold line breaks where it is closed at
    the end of a line.
    """

    delimiter: str
    quoted: bool
    escaped: bool = False

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The fields of each record; an empty list for a blank line."""
        if not self.quoted:
            return map(self._split, lines)
        delimiter = self.delimiter or NONE
        if not self.escaped:
            return csv.reader(lines, delimiter=delimiter, strict=True)
        lines = (_BACKSLASHES.sub(_doubled, line) for line in lines)
        return csv.reader(lines, delimiter=delimiter, strict=True, escapechar="\\")

    def _split(self, line: str) -> list[str]:
        line = line.rstrip("\r\n")
        return line.split(self.delimiter or NONE) if line else []


def _doubled(found: re.Match[str]) -> str:
    r"""Backslashes so that they stay; those before a quote escape it, or one another (``\\"``)."""
    return found[0] if found[2] else 2 * found[1]


class Records(Iterator[Record | Fault]):
    """The records of delimited lines; the header is record 0, and blank lines do not count.

    A stray quote swallows the lines below it, up to the next quote or the end. So where a
    record breaks or has a wrong number of fields, only its first line is at fault; the
    others are read anew, as records of their own.

    Args:
        lines: the lines, line ends kept; each is read once.
        dialect: how to split them.
        number: that of the first record.
        width: how many fields a record has; 0 for as many as the first one.

    Attributes:
        number: that of the record to come.
        width: how many fields a record has.
        trailing: whether records may end in one delimiter more, with nothing behind it.
        began: the number of the line, from 0, at which the last record begins.
    """

    def __init__(
        self, lines: Iterator[str], dialect: Dialect, number: int = 0, width: int = 0
    ) -> None:
        _raise_field_limit()
        self.number = number
        self.width = width
        self.trailing = False
        self.began = 0
        self.read_on(lines, dialect)

    def read_on(self, lines: Iterator[str], dialect: Dialect) -> None:
        """Reads what follows from these lines, split so."""
        self._lines = _Lines(lines)
        self._dialect = dialect
        self._reader = dialect.reader(self._lines)

    @property
    def seen(self) -> list[str]:
        """The lines that the last record was read from, also where it broke."""
        return self._lines.seen

    def __next__(self) -> Record | Fault:
        found = self._next()
        self.number += 1
        return found

    def _next(self) -> Record | Fault:
        lines = self._lines
        while True:
            self.began = lines.begin_record()
            try:
                values = next(self._reader)
            except (csv.Error, _TooLongError) as error:
                first = lines.seen[0]
                why = str(error) if isinstance(error, _TooLongError) else f"invalid CSV: {error}"
                fault = self._fault(why, first)
                if not self._dialect.delimiter and len(first) < MAX_ROW:
                    return Record(self.number, [first.rstrip("\r\n")])
                return fault
            if values:
                return self._checked(values)

    def _checked(self, values: list[str]) -> Record | Fault:
        self.width = self.width or len(values)
        if self.trailing and len(values) == self.width + 1 and not values[-1].strip():
            values.pop()
        if len(values) == self.width:
            return Record(self.number, values)
        seen = self._lines.seen
        reason = f"expected {self.width} fields, found {len(values)}"
        return self._fault(reason, values if len(seen) == 1 else seen[0])

    def _fault(self, reason: str, raw: str | list[str]) -> Fault:
        """What is wrong with the record; its lines but the first are to be read again."""
        dialect = self._dialect
        if dialect.quoted and not dialect.escaped and ESCAPED in self._lines.seen[0]:
            reason += _LOOKS_ESCAPED
        else:
            reason += "".join(what for words, what in _REMEDIES.items() if words in reason)
        self._lines.give_back()
        self._reader = dialect.reader(self._lines)
        return Fault(self.number, reason, raw)


class Ahead(Iterator[str]):
    """Lines that can be looked at before they are read.

    Attributes:
        ended: whether the last line has been looked at.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._seen: deque[str] = deque()
        self.ended = False

    @property
    def seen(self) -> list[str]:
        """The lines to come that have been looked at."""
        return list(self._seen)

    def __next__(self) -> str:
        return self._seen.popleft() if self._seen else next(self._lines)

    def look(self) -> Iterator[str]:
        """The lines to come; what is looked at is kept."""
        yield from list(self._seen)
        for line in self._lines:
            self._seen.append(line)
            yield line
        self.ended = True

    def give_back(self, lines: Iterable[str]) -> None:
        """Puts lines in front of those to come."""
        self._seen.extendleft(reversed(list(lines)))


def too_long() -> str:
    """What to say of a row of too many characters."""
    return f"the row is longer than {MAX_ROW:,} characters, the most that are read of one"


class _TooLongError(Exception):
    """A record has more characters than one may."""


class _Lines(Iterator[str]):
    """Lines that can be given back to be read again, in linear time over the whole file.

    Each character read for the first time pays for ``REREAD`` that are read again. A file made
    to have every line swallow all those below it runs out of that, and from then on its records
    may only span what is paid for.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._paid = MAX_ROW  # characters that may be read again
        self._span = 0  # characters of the current record
        self._at = 0  # lines read that were not given back
        self.seen: list[str] = []

    def __next__(self) -> str:
        if self.seen and self._span > min(MAX_ROW, self._paid):
            raise _TooLongError(f"a quote is never closed, or {too_long()}")
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines)
            self._paid += REREAD * len(line)
        self._span += len(line)
        self._at += 1
        self.seen.append(line)
        if len(line) >= MAX_ROW:
            raise _TooLongError(too_long())
        return line

    def begin_record(self) -> int:
        """Forgets the lines of the record before; the number of the next line, from 0."""
        self.seen.clear()
        self._span = 0
        return self._at

    def give_back(self) -> None:
        """Puts the current record's lines but the first back in front of those to come."""
        self._paid -= self._span - len(self.seen[0])
        self._at -= len(self.seen) - 1
        self._again.extendleft(reversed(self.seen[1:]))


def _raise_field_limit() -> None:
    """The csv module's limit (128 KiB by default) is below the length of some texts.

    It is one for the whole process, so it is only ever raised: putting it back would pull it
    from under a reader in another thread. :class:`_Lines` notices first what is too long.
    """
    if csv.field_size_limit() < 2 * MAX_ROW:
        csv.field_size_limit(2 * MAX_ROW)
