"""TSV, row by row, with quoting or without.

The page has the rule in JavaScript, as that of :mod:`tonality.tables.quote_escapes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tonality.tables.bad_rows import Fault
from tonality.tables.delimited import Ahead, Dialect, Record, Records
from tonality.tables.quote_escapes import ESCAPED_QUOTES, are_escaped

HEAD = 2**20  # characters looked at to learn how quotes are meant


class TabRecords(Iterator[Record | Fault]):
    """The records of tab-separated lines, as :class:`Records` gives them.

    Two kinds of such files are told apart: those with quoting as in CSV (spreadsheets), and those
    where a quote is a plain character (as registered with IANA; GLUE's files are such). Up to the
    first field that begins with a quote they are alike. There the next ``HEAD`` characters are
    split in both ways, and with escaped quotes. What reads cleanly in none is taken as quoted,
    which splits it less.

    Args:
        ahead: the lines.
        notes: takes what is assumed and should be said.

    Attributes:
        quoted: whether the lines to come are taken as quoted as in CSV.
    """

    def __init__(self, ahead: Ahead, notes: list[str]) -> None:
        self._ahead = ahead
        self._notes = notes
        self._quoting: list[str] = []
        self._decided = False
        self.quoted = False
        self._records = Records(self._before_quote(), Dialect("\t", quoted=False))

    @property
    def number(self) -> int:
        """That of the record to come."""
        return self._records.number

    @number.setter
    def number(self, number: int) -> None:
        self._records.number = number

    @property
    def width(self) -> int:
        """How many fields a record has."""
        return self._records.width

    @width.setter
    def width(self, width: int) -> None:
        self._records.width = width

    @property
    def trailing(self) -> bool:
        """Whether records may end in one tab more, with nothing behind it."""
        return self._records.trailing

    @trailing.setter
    def trailing(self, trailing: bool) -> None:
        self._records.trailing = trailing

    def __next__(self) -> Record | Fault:
        try:
            return next(self._records)
        except StopIteration:
            if self._decided or not self._quoting:
                raise
        self._decide()
        return next(self._records)

    def _before_quote(self) -> Iterator[str]:
        """The lines above the first that has a field that begins with a quote."""
        for line in self._ahead:
            if line.startswith('"') or '\t"' in line:
                self._quoting.append(line)
                return
            yield line

    def _decide(self) -> None:
        self._decided = True
        before = self._records
        self._ahead.give_back(self._quoting)
        dialect = self._dialect(before.width)
        self.quoted = dialect.quoted and not dialect.escaped
        self._records = Records(self._ahead, dialect, before.number, before.width)
        self._records.trailing = before.trailing
        if dialect.escaped:
            self._notes.append(ESCAPED_QUOTES)

    def _dialect(self, width: int) -> Dialect:
        """How the lines to come are split."""
        quoted, plain = Dialect("\t", quoted=True), Dialect("\t", quoted=False)
        if self._cleanly(quoted):
            return quoted
        ahead = self._ahead  # all of the window has been looked at
        if not are_escaped(ahead.seen, "\t", width, whole=ahead.ended):
            return plain if self._cleanly(plain) else quoted
        escaped = Dialect("\t", quoted=True, escaped=True)
        return next(filter(self._cleanly, (escaped, plain)), escaped)

    def _cleanly(self, dialect: Dialect) -> bool:
        """Whether every record that begins in the next ``HEAD`` characters has the width."""
        left, clean = HEAD, True

        def counting() -> Iterator[str]:
            nonlocal left
            for line in self._ahead.look():
                left -= len(line)
                yield line

        records = Records(counting(), dialect, width=self._records.width)
        records.trailing = self._records.trailing
        for record in records:
            clean = clean and not isinstance(record, Fault)
            if left < 0:
                break
        return clean
