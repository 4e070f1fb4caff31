"""CSV and TSV, row by row (RFC 4180: quotes may hold commas, quotes and newlines)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tonality.data.badrows import Fault
from tonality.data.files import TextFile
from tonality.data.rows import Row
from tonality.errors import DataError

MAX_FIELD = 16 * 2**20  # characters; an unclosed quote must not swallow a whole large file


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
        delimiter = "\t" if tab else _delimiter(header_line)
        self._dialect = _Dialect(delimiter, quoted=True)
        if delimiter == "\t" and not self._reads_cleanly():
            self._dialect = _Dialect(delimiter, quoted=False)
            # A file that reads cleanly in neither way is taken as quoted, which splits it less.
            self._dialect = _Dialect(delimiter, quoted=not self._reads_cleanly())
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
            elif len(record.values) != len(self.columns):
                reason = f"expected {len(self.columns)} fields, found {len(record.values)}"
                yield Fault(record.number, reason, record.raw)
            else:
                yield record._replace(values=[record.values[i] for i in positions])

    def _reads_cleanly(self) -> bool:
        """Whether every record has the header's number of fields.

        It tells the two kinds of tab-separated files apart: those with quoting as in CSV
        (spreadsheets), and those where a quote is a plain character (as registered with IANA;
        GLUE's files are such), which break when read as the first kind.
        """
        counts = {0 if isinstance(r, Fault) else len(r.values) for r in self._records()}
        return len(counts) == 1 and 0 not in counts

    def _records(self) -> Iterator[Row | Fault]:
        """Yields the header as row 0, then the rows; blank lines do not count."""
        _raise_field_limit()
        with self._file.open() as lines:
            remembered = _Remember(lines)
            reader = self._dialect.reader(remembered)
            number = 0
            while True:
                remembered.seen.clear()
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Fault(number, f"invalid CSV: {error}", "".join(remembered.seen))
                else:
                    if not values:
                        continue
                    yield Row(number, values, values)
                number += 1


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    quoted: bool

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, strict=True)
        return map(self._split, lines)

    def _split(self, line: str) -> list[str]:
        line = line.rstrip("\r\n")
        return line.split(self.delimiter) if line else []


def _delimiter(header: str) -> str:
    """Spreadsheets of many countries write "CSV" with semicolons."""
    counts = {delimiter: header.count(delimiter) for delimiter in ",;\t"}
    return max(counts, key=lambda delimiter: counts[delimiter])


class _Remember(Iterator[str]):
    """Keeps the lines of the current record, so that a broken one can be written aside."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.seen: list[str] = []

    def __next__(self) -> str:
        line = next(self._lines)
        self.seen.append(line)
        return line


def _raise_field_limit() -> None:
    """The csv module's limit (128 KiB by default) is below the length of some texts.

    It is one for the whole process, so it is only ever raised: putting it back would pull it
    from under a reader in another thread.
    """
    if csv.field_size_limit() < MAX_FIELD:
        csv.field_size_limit(MAX_FIELD)
