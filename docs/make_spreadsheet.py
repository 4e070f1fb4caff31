"""Writes the tutorials' spreadsheet from the notebook's table: python docs/make_spreadsheet.py"""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import xlsxwriter

SOURCE = Path(__file__).with_name("notebooks") / "feedback.csv"
TARGET = Path(__file__).with_name("tutorials") / "feedback.xlsx"
CREATED = datetime.datetime(2026, 1, 1)  # a date of its own, so that equal rows give equal bytes


def write(target: Path) -> None:
    """Writes article, month as a date, and text: what a shop would have."""
    with SOURCE.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as workbook:
        workbook.set_properties({"created": CREATED})
        sheet = workbook.add_worksheet("Feedback")
        month_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column("C:C", 80)
        sheet.write_row(0, 0, ("article", "month", "text"))
        for number, row in enumerate(rows, 1):
            sheet.write_string(number, 0, row["article"])
            month = datetime.date.fromisoformat(f"{row['month']}-01")
            sheet.write_datetime(number, 1, month, month_format)
            sheet.write_string(number, 2, row["text"])


if __name__ == "__main__":
    write(TARGET)
