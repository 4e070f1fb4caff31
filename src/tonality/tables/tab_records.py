"""TSV, row by row, with quoting or without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tonality.tables.bad_rows import Fault
from tonality.tables.delimited import ESCAPED_QUOTES, HEAD, Ahead, Dialect, Record, Records


class TabRecords(Iterator[Record | Fault]):
    """The records of tab-separated lines, as :class:`Records` gives them.

    Two kinds of such files are told apart: those with quoting as in CSV (spreadsheets), and those
    where a quote is a plain character (as registered with IANA; GLUE's files are such). Up to the
    first field that begins with a quote they are alike. There the next ``HEAD`` characters are
    split in both ways, and with escaped quotes. What reads cleanly in none is taken as quoted,
    which splits it less.
    """

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._quoting: list[str] = []
        self._decided = False
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
    def notes(self) -> list[str]:
        """Takes what is assumed and should be said."""
        return self._records.notes

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
        quoted, plain = Dialect("\t", quoted=True), Dialect("\t", quoted=False)
        escaped = replace(quoted, escaped=True)
        dialect = next(filter(self._cleanly, (quoted, escaped, plain)), quoted)
        self._records = Records(self._ahead, dialect, before.number, before.width)
        self._records.trailing, self._records.notes = before.trailing, before.notes
        if dialect is escaped:
            before.notes.append(ESCAPED_QUOTES)

    def _cleanly(self, dialect: Dialect) -> bool:
        """Whether every record that begins in the next ``HEAD`` characters has the width."""
        left, clean = HEAD, True

        def counting() -> Iterator[str]:
            nonlocal left
            for line in self._ahead.look():
                left -= len(line)
                yield line

        records = Records(counting(), dialect, width=self._records.width)
        records.trailing, records.tells = self._records.trailing, False
        for record in records:
            clean = clean and not isinstance(record, Fault)
            if left < 0:
                break
        return clean
