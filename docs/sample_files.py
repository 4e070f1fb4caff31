"""The files that the snippets of the pages read, small ones."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

DOCS = Path(__file__).resolve().parent


def write_samples(folder: Path) -> None:
    """Writes them into a folder."""
    feedback = DOCS / "notebooks" / "feedback.csv"
    shutil.copy(feedback, folder)
    shutil.copy(DOCS / "tutorials" / "feedback.xlsx", folder)
    with feedback.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with (folder / "reviews.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["id", "product", "date", "text", "label"])
        for number, row in enumerate(rows):
            date = f"{row['month']}-{number % 28 + 1:02}"
            writer.writerow([number, row["article"], date, row["text"], row["label"]])
