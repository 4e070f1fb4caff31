"""Spreadsheets for tests: written by XlsxWriter, or by hand where no tool would write such."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Cells = Sequence[Any]  # rows, each a list of values

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
_ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="{0}:office:1.0" '
    'xmlns:table="{0}:table:1.0" xmlns:text="{0}:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="{1}">{2}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def write_xlsx(path: Path, sheets: Mapping[str, Cells], hidden: Sequence[str] = ()) -> Path:
    """A workbook with these rows; a formula is a pair of it and its result."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    formats = {
        datetime.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        datetime.date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime.time: book.add_format({"num_format": "hh:mm"}),
        datetime.timedelta: book.add_format({"num_format": "[h]:mm"}),
    }
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_formula(place, column, value[0], None, value[1])
                elif isinstance(value, str):
                    sheet.write_string(place, column, value)
                elif type(value) in formats:
                    sheet.write_datetime(place, column, value, formats[type(value)])
                elif value is not None:
                    sheet.write(place, column, value)
    book.close()
    return path


def write_ods(
    path: Path, rows: Sequence[Sequence[str]], sheet: str = "Sheet", times: int = 1
) -> Path:
    """An OpenDocument spreadsheet of texts, each cell and row so many times."""
    cells = [
        "".join(
            f'<table:table-cell office:value-type="string" table:number-columns-repeated="{times}">'
            f"<text:p>{escape(value)}</text:p></table:table-cell>"
            for value in row
        )
        for row in rows
    ]
    body = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">{row}</table:table-row>'
        for row in cells
    )
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        pack.writestr("content.xml", _ODS.format(_OFFICE, sheet, body))
        manifest = f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0"/>'
        pack.writestr("META-INF/manifest.xml", f'<?xml version="1.0"?>{manifest}')
    return path
