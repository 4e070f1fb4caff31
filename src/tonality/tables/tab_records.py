"""TSV, row by row, with quoting or without.

The page has the rule in JavaScript, as that of :mod:`tonality.tables.quote_escapes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tonality.tables.bad_rows import Fault
from tonality.tables.delimited import Ahead, Dialect, Record, Records
from tonality.tables.quote_escapes import ESCAPED_QUOTES, are_escaped

HEAD = 2**20  # characters looked at to learn how quotes are meant


class TabRecords(Records):
    """The records of tab-separated lines.

    Two kinds of such files are told apart: those with quoting as in CSV (spreadsheets), and those
    where a quote is a plain character (as registered with IANA; GLUE's files are such). Up to the
    first field that begins with a quote they are alike. There the next ``HEAD`` characters are
    split in both ways, and with escaped quotes. The way that leaves the fewest records at fault is
    taken; of two alike the quoted one, which splits less. Where all names of the header stand in
    quotes, they are quoting in any case: in a table of one column no plain line is at fault.

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
        super().__init__(self._before_quote(), Dialect("\t", quoted=False))

    def __next__(self) -> Record | Fault:
        try:
            return super().__next__()
        except StopIteration:
            if self._decided or not self._quoting:
                raise
        self._decide()
        return super().__next__()

    def _before_quote(self) -> Iterator[str]:
        """The lines above the first that has a field that begins with a quote."""
        for line in self._ahead:
            if line.startswith('"') or '\t"' in line:
                self._quoting.append(line)
                return
            yield line

    def _decide(self) -> None:
        self._decided = True
        self._ahead.give_back(self._quoting)
        dialect = self._told_dialect()
        self.quoted = dialect.quoted and not dialect.escaped
        self.read_on(self._ahead, dialect)
        if dialect.escaped:
            self._notes.append(ESCAPED_QUOTES)

    def _told_dialect(self) -> Dialect:
        """How the lines to come are split: the way that leaves the fewest records at fault."""
        quoted, plain = Dialect("\t", quoted=True), Dialect("\t", quoted=False)
        if not self._faults(quoted):
            return quoted
        ahead = self._ahead  # all of the window has been looked at
        if are_escaped(ahead.seen, "\t", self.width, whole=ahead.ended):
            quoted = replace(quoted, escaped=True)
        header = "" if self.width else next(self._ahead.look()).strip()
        if header and all(re.fullmatch('".*"', name) for name in header.split("\t")):
            return quoted
        return min(quoted, plain, key=self._faults)

    def _faults(self, dialect: Dialect) -> int:
        """How many records are at fault of those that begin in the next ``HEAD`` characters.

        They may end in one tab more, whether or not rows may that are read: such a tab says nothing
        of quotes.
        """
        begins = [0]  # of each line, and of the one after it

        def counting() -> Iterator[str]:
            for line in self._ahead.look():
                begins.append(begins[-1] + len(line))
                yield line

        records = Records(counting(), dialect, width=self.width)
        records.trailing = True
        faults = 0
        for record in records:
            if begins[records.began] > HEAD:
                break
            faults += isinstance(record, Fault)
        return faults
