"""Worksheets of Excel and OpenDocument: read by a process of its own, then as CSV is."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tonality.errors import DataError, DependencyError
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted
from tonality.tables.read_options import ReadOptions
from tonality.tables.row_stream import Row, Rows, rows_of
from tonality.tables.table_head import EmptyError

logger = logging.getLogger(__name__)

MEMORY = 4 * 2**30  # bytes that reading a spreadsheet may take, its own size included
_PROGRAM = Path(__file__).with_name("sheet_to_csv.py")
_SHOWN = 10  # other sheets that a message names


def require_calamine() -> None:
    """Looks for ``python_calamine``.

    Raises:
        DependencyError: it is not installed.
    """
    if importlib.util.find_spec("python_calamine") is None:
        raise DependencyError("reading spreadsheets", extra="excel")


@contextmanager
def opened_sheet(
    file: IO[bytes], name: str, wanted: Wanted, memory: int = MEMORY
) -> Iterator[tuple[Rows, Callable[[], float]]]:
    """Opens a worksheet and reads its head: gives its rows, and the share of them that is read.

    Args:
        file: the spreadsheet, a file in which one can seek.
        name: how messages call it.
        wanted: what was asked for, the sheet among it.
        memory: bytes that reading may take.

    Raises:
        DataError: it is no spreadsheet, is protected or too large, or lacks the sheet.
        DependencyError: calamine is not installed.
    """
    with sheet_as_csv(file, name, wanted.options, memory) as sheet:
        rows, done = _rows(sheet, name, wanted), 0

        def counted() -> Iterator[Row | Fault]:
            nonlocal done
            for item in rows.items:
                done += 1
                yield item

        read = dataclasses.replace(rows, items=counted())
        yield read, lambda: min(done / max(sheet.total, 1), 1.0)


@contextmanager
def sheet_as_csv(
    file: IO[bytes], name: str, options: ReadOptions, memory: int = MEMORY
) -> Iterator[SheetAsCsv]:
    """Opens a worksheet as a stream of CSV in UTF-8, from the line of the header on.

    Numbers, dates and truth values are texts in it: ``5``, ``2024-01-05``, ``TRUE``. Formulas are
    their stored results, errors are empty cells.

    Args:
        file: the spreadsheet, a file in which one can seek.
        name: how messages call it.
        options: the sheet, and the line of the header.
        memory: bytes that reading may take.

    Raises:
        DataError: as for :func:`opened_sheet`.
        DependencyError: calamine is not installed.
    """
    require_calamine()
    file.seek(0)
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # where another process reads on
    arguments = [options.sheet or "", str(options.header_row or 1), str(memory)]
    # Without the program's own folder on its path, whose modules have other names' sakes.
    command = [sys.executable, "-P", str(_PROGRAM), *arguments]
    with subprocess.Popen(
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield SheetAsCsv(process, name, memory)
        finally:
            process.kill()


def _rows(sheet: SheetAsCsv, name: str, wanted: Wanted) -> Rows:
    header = wanted.options.header_row
    options = dataclasses.replace(
        wanted.options,
        delimiter=",",
        header_row=None if header else header,
        sheet_row=header or 1,
    )
    others = _others(sheet, wanted)
    as_csv = dataclasses.replace(wanted, encoding=None, options=options)
    try:
        rows = rows_of(sheet, "csv", as_csv, name)
    except EmptyError:
        reason = f"the sheet {sheet.name!r} is empty; expected a header row"
        raise EmptyError(reason, path=name) from None
    except DataError as error:
        raise DataError(f"{error.reason}{'; ' * bool(others)}{others}", path=name) from None
    if others and not wanted.quiet:
        logger.warning("%s: %s", name, others)
    return rows


def _others(sheet: SheetAsCsv, wanted: Wanted) -> str:
    """That there are further sheets, where none was asked for."""
    if not sheet.others or wanted.options.sheet is not None:
        return ""
    names = ", ".join(map(repr, sheet.others[:_SHOWN]))
    return f"the sheet {sheet.name!r} is read; for another one, give --sheet: {names}"


class SheetAsCsv:
    """What the process writes, as a stream; it says if the process ended before its time.

    Args:
        process: the process.
        source: how messages call the spreadsheet.
        memory: bytes that it may take.

    Attributes:
        name: of the sheet.
        others: the names of the other visible sheets.
        total: how many rows the sheet has, blank ones and the header included.

    Raises:
        DataError: the spreadsheet cannot be read.
    """

    def __init__(self, process: subprocess.Popen[bytes], source: str, memory: int) -> None:
        assert process.stdout is not None
        self._process = process
        self._stream = process.stdout
        self._source = source
        self._memory = memory
        said = self._said()
        if "error" in said:
            raise DataError(said["error"], path=source)
        self.name: str = said["sheet"]
        self.others: list[str] = said["others"]
        self.total: int = said["rows"]

    def _said(self) -> dict[str, Any]:
        """The first line."""
        line = self._stream.readline()
        with contextlib.suppress(ValueError):
            return dict(json.loads(line))
        raise self._failed()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        data: bytes = self._stream.read1(size)  # type: ignore[attr-defined]
        if not data and self._process.wait():
            raise self._failed()
        return data

    def _failed(self) -> DataError:
        reason = (
            f"cannot be read: it is damaged, or takes more than {self._memory // 2**20:,} MiB of "
            "memory; save the sheet as CSV and read that"
        )
        return DataError(reason, path=self._source)
