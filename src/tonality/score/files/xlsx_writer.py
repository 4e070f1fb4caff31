"""Scored rows -> a workbook of Excel.

As for Parquet, rows are first kept as JSON Lines, with which a stopped run can go on. When all are
there, one look at them tells which columns hold numbers or dates, and a second one writes them.
"""

from __future__ import annotations

import datetime
import importlib.util
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tonality import plain_json
from tonality.errors import DataError, DependencyError
from tonality.messages import counted
from tonality.score.files.xlsx_kinds import FORMATS, UNKNOWN, ColumnKind, Source, is_number, moment
from tonality.score.output_columns import Layout
from tonality.score.row_writers import read_records
from tonality.tables.encoding import without_surrogates

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

logger = logging.getLogger(__name__)

Check = Callable[[], None]

# Excel's limits.
ROWS = 2**20
COLUMNS = 2**14
CHARACTERS = 2**15 - 1  # of a cell, in units of UTF-16

SHEET = "scored"
CUT = "…"
DIGITS = "digits"  # the kind of a column with a number that is too long: its numbers are texts
CHECKED = 1000  # rows between two checks


def require_xlsxwriter() -> None:
    """Looks for ``xlsxwriter``.

    Raises:
        DependencyError: it is not installed.
    """
    if importlib.util.find_spec("xlsxwriter") is None:
        raise DependencyError("writing .xlsx", extra="excel")


def build_xlsx(
    part: Path, target: Path, layout: Layout, source: Source = UNKNOWN, check: Check = lambda: None
) -> None:
    """Makes a workbook of JSON Lines.

    A column whose texts are all numbers, or all ISO dates, is written as such; any other text
    stays one, also where it looks like a formula. All numbers of a column are texts where one is
    too long for Excel. It says that rows go on in a further sheet, and that long cells are cut.

    Args:
        part: the lines.
        target: the new file.
        layout: the columns; those that only later rows have come after those of the layout, and
            that of the reasons why rows cannot be read comes last.
        source: where the texts come from.
        check: is called now and then, to raise where the workbook is not to be finished.

    Raises:
        DataError: it has more columns than a sheet can have.
        DependencyError: XlsxWriter is not installed.
        OSError: it cannot be written.
    """
    require_xlsxwriter()
    from xlsxwriter.exceptions import FileCreateError

    columns, kinds = _columns(part, layout, source)
    with _own_folder(target) as folder, target.open("wb") as file:
        book = _book(file, folder)
        written = _Sheets(book, columns, kinds)
        _fill(written, part, check)
        try:
            book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error
        written.warn()
        file.flush()
        os.fsync(file.fileno())


def _book(file: IO[bytes], folder: Path) -> Workbook:
    from xlsxwriter import Workbook

    settings = {"constant_memory": True, "tmpdir": str(folder), "in_memory": False}
    book = Workbook(file, settings)
    book.set_properties({"created": datetime.datetime(2000, 1, 1)})  # same rows, same bytes
    return book


def _fill(written: _Sheets, part: Path, check: Check) -> None:
    for number, record in enumerate(read_records(part), start=1):
        written.add(record)
        if number % CHECKED == 0:
            check()
    check()


@contextmanager
def _own_folder(target: Path) -> Iterator[Path]:
    """A folder for sheets under way; what a run that was killed left in it goes first."""
    folder = target.with_name(f"{target.name}-sheets")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _columns(part: Path, layout: Layout, source: Source) -> tuple[list[str], dict[str, str]]:
    """The columns, and of which kind the texts of each are where all are alike.

    A column with a number that Excel cannot hold is of the kind ``DIGITS``.

    Raises:
        DataError: a sheet cannot have so many.
    """
    names = dict.fromkeys(layout.columns)
    kinds: dict[str, ColumnKind] = {}
    digits: dict[str, str] = {}
    for record in read_records(part):
        for name, value in record.items():
            names.setdefault(name)
            if isinstance(value, str) and value:
                kinds.setdefault(name, ColumnKind(source)).add(value)
            elif isinstance(value, int | float) and not is_number(value):
                digits[name] = DIGITS
    last = [*layout.added, *([] if layout.error is None else [layout.error])]
    columns = [*(name for name in names if name not in last), *last]
    if len(columns) > COLUMNS:
        raise DataError(f"{len(columns):,} columns; a sheet of Excel has {COLUMNS:,}; write CSV")
    return columns, {name: kind.name for name, kind in kinds.items()} | digits


class _Sheets:
    """The sheets of a workbook, each with a header row.

    Args:
        book: the workbook.
        columns: the names of the columns.
        kinds: of the texts of a column, as :attr:`ColumnKind.name` calls them, or ``DIGITS``.
    """

    def __init__(self, book: Workbook, columns: Sequence[str], kinds: Mapping[str, str]) -> None:
        self._book = book
        self._columns = columns
        self._kinds = [kinds.get(name, "text") for name in columns]
        self._bold = book.add_format({"bold": True})
        self._formats: dict[str, Format] = {
            kind: book.add_format({"num_format": FORMATS.get(kind, kind)})
            for kind in sorted({*self._kinds} - {"text", "number", "truth", DIGITS})
        }
        self._count = 0
        self._cut = 0
        self._sheet = self._begun()

    def _begun(self) -> Worksheet:
        self._count += 1
        self._row = 0
        name = SHEET if self._count == 1 else f"{SHEET} {self._count}"
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            sheet.write_string(0, place, self._fitting(column), self._bold)
        return sheet

    def add(self, record: Mapping[str, Any]) -> None:
        """Writes a row."""
        self._row += 1
        if self._row == ROWS:
            self._sheet = self._begun()
            self._row = 1
        for place, name in enumerate(self._columns):
            value = record.get(name)
            if value is not None and value != "":
                self._write(place, value)

    def _write(self, place: int, value: Any) -> None:
        sheet, kind = self._sheet, self._kinds[place]
        if isinstance(value, bool):
            sheet.write_boolean(self._row, place, value)
        elif kind != DIGITS and is_number(value):
            sheet.write_number(self._row, place, value)
        elif not isinstance(value, str) or kind in ("text", DIGITS):
            text = value if isinstance(value, str) else plain_json.dumps(value)
            sheet.write_string(self._row, place, self._fitting(text))
        elif kind == "truth":
            sheet.write_boolean(self._row, place, value == "TRUE")
        elif kind in FORMATS:
            sheet.write_datetime(self._row, place, moment(value), self._formats[kind])
        else:
            sheet.write_number(self._row, place, float(value), self._formats.get(kind))

    def _fitting(self, text: str) -> str:
        """A text that a cell can hold."""
        text = without_surrogates(text)
        units = text.encode("utf-16-le")
        if len(units) <= 2 * CHARACTERS:
            return text
        self._cut += 1
        return units[: 2 * (CHARACTERS - len(CUT))].decode("utf-16-le", "ignore") + CUT

    def warn(self) -> None:
        """Says what did not fit."""
        if self._count > 1:
            rows = f"{ROWS - 1:,} rows fit a sheet of Excel"
            logger.warning("%s: the others are in %d more", rows, self._count - 1)
        if self._cut:
            cells = counted(self._cut, "cell")
            reason = f"Excel holds {CHARACTERS:,} characters in one; CSV keeps them whole"
            logger.warning("%s cut, each with %s at its end: %s", cells, CUT, reason)
