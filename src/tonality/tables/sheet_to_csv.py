"""A worksheet as CSV on standard output: a program of its own, run by :mod:`sheet_rows`.

calamine holds a whole sheet in memory, and a few kilobytes can claim a sheet of any size. What that
costs ends with this process: its memory is limited, and a crash here is an error there. So nothing
but the standard library and calamine is imported, calamine only where it reads: data frames ask
:func:`written` too.

Standard input is the spreadsheet, a file. The arguments are the sheet (``""`` for the first that is
visible and not empty), the line to begin with (from 1), and the most memory in bytes. Standard
output is one line of JSON, ``{"sheet", "rows", "others"}`` or ``{"error"}``, then the rows.
"""

from __future__ import annotations

import csv
import datetime
import json
import math
import sys
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

DIGITS = 15  # that Excel keeps of a number
LOCKED = "is protected by a password; save it without one"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the name of the part that holds such a file
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


class RefusedError(Exception):
    """The spreadsheet cannot be read; says why and what to do."""


def main() -> None:
    """Writes the sheet that the arguments name."""
    sheet, first, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    limit_memory(memory)
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    try:
        check(sys.stdin.buffer, memory)
        said, rows = chosen(sys.stdin.buffer, sheet)
        if first > 1 and first > said["rows"]:
            raise RefusedError(f"has {said['rows']:,} rows, so row {first:,} names no columns")
    except RefusedError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    print(json.dumps(said), flush=True)
    writer = csv.writer(sys.stdout)
    for number, row in enumerate(rows, start=1):
        if number >= first:
            cells = [written(value) for value in row]
            # A line without any cell is blank, as blank lines of CSV are.
            writer.writerow(cells if any(map(str.strip, cells)) else [])


def limit_memory(most: int) -> None:
    """Limits the memory of this process, where the system can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        pass


def check(file: BinaryIO, most: int) -> None:
    """Looks at how a file begins and what it claims to hold.

    Raises:
        RefusedError: it is no spreadsheet, is protected, or larger unpacked than ``most`` bytes.
    """
    head = file.read(4)
    if head == _OLE:
        if _ENCRYPTED in file.read():
            raise RefusedError(LOCKED)
    elif head == _ZIP:
        try:
            with zipfile.ZipFile(file) as pack:
                size = sum(info.file_size for info in pack.infolist())
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise RefusedError(f"is damaged or cut short: {error}") from None
        if size > most:
            raise RefusedError(f"holds {size:,} bytes when unpacked; at most {most:,} are read")
    else:
        raise RefusedError(
            "is no spreadsheet; if it is a text or a web page under that name, open it in a "
            "spreadsheet program and save it as .xlsx, or as CSV"
        )
    file.seek(0)


def chosen(file: BinaryIO, name: str) -> tuple[dict[str, Any], Iterator[list[Any]]]:
    """What is to be said of the sheet, and its rows.

    Raises:
        RefusedError: it cannot be read, or there is none of this name.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(file)
        sheet = named(book, name) if name else first_with_rows(book)
    except PasswordError:
        raise RefusedError(LOCKED) from None
    except CalamineError as error:
        file.seek(0)
        what = (
            "is a zip archive, but no spreadsheet that can be read"
            if file.read(4) == _ZIP
            else "is damaged"
        )
        raise RefusedError(f"{what}: {error}") from None
    others = [other for other in visible(book) if other != sheet.name]
    said = {"sheet": sheet.name, "rows": sheet.end[0] + 1 if sheet.end else 0, "others": others}
    return said, iter(sheet.iter_rows())


def visible(book: CalamineWorkbook) -> list[str]:
    """The names of the sheets that a reader of the file sees."""
    from python_calamine import SheetVisibleEnum

    shown = SheetVisibleEnum.Visible
    return [sheet.name for sheet in book.sheets_metadata if sheet.visible == shown]


def first_with_rows(book: CalamineWorkbook) -> CalamineSheet:
    """The first sheet with a cell in it that is visible; else the first.

    Raises:
        RefusedError: there is no sheet.
    """
    names = visible(book) or book.sheet_names
    if not names:
        raise RefusedError("has no sheet")
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None:
            return sheet
    return book.get_sheet_by_name(names[0])


def named(book: CalamineWorkbook, name: str) -> CalamineSheet:
    """The sheet of a name in any case, or else of a number from 1.

    Raises:
        RefusedError: there is none.
    """
    names = book.sheet_names
    found = [n for n in names if n == name] or [
        n for n in names if n.strip().casefold() == name.strip().casefold()
    ]
    if not found and name.isdecimal() and 1 <= int(name) <= len(names):
        found = [names[int(name) - 1]]
    if not found:
        raise RefusedError(f"has no sheet {name!r}; it has {', '.join(map(repr, names))}")
    return book.get_sheet_by_name(found[0])


def written(value: Any) -> str:
    """A cell as text, as a spreadsheet shows it without a format of its own."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value.isoformat())  # a date or a time


def number(value: float) -> str:
    """A number with the digits that count: 5.0 is ``5``."""
    if math.isfinite(value) and value == int(value) and abs(value) < 10**DIGITS:
        return str(int(value))
    return f"{value:.{DIGITS}g}"


if __name__ == "__main__":
    main()
