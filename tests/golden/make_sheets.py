"""Make ``tests/golden/reviews.xls`` and ``locked.xlsx``, which only other tools can write.

pip install xlwt msoffcrypto-tool xlsxwriter
python tests/golden/make_sheets.py
"""

from __future__ import annotations

import datetime
import importlib
import io
from pathlib import Path

HERE = Path(__file__).parent
DAY = datetime.date
ROWS = [
    ("review", "stars", "day", "kept"),
    ("A lovely film.", 5, DAY(2024, 1, 5), True),
    ("Dull and far too long.", 1.5, DAY(2024, 2, 29), False),
    ("Fine – nothing special. ☕", 3, DAY(2024, 3, 1), True),
]


def write_xls() -> None:
    """A sheet of Excel 97."""
    xlwt = importlib.import_module("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Reviews")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for place, row in enumerate(ROWS):
        for column, value in enumerate(row):
            style = [day] if isinstance(value, DAY) else []
            sheet.write(place, column, value, *style)
    book.save(str(HERE / "reviews.xls"))


def write_locked() -> None:
    """A workbook behind a password."""
    xlsxwriter = importlib.import_module("xlsxwriter")
    ooxml = importlib.import_module("msoffcrypto.format.ooxml")
    plain = io.BytesIO()
    book = xlsxwriter.Workbook(plain)
    book.add_worksheet().write_column(0, 0, ["text", "love"])
    book.close()
    plain.seek(0)
    with (HERE / "locked.xlsx").open("wb") as file:
        ooxml.OOXMLFile(plain).encrypt("secret", file)


if __name__ == "__main__":
    write_xls()
    write_locked()
