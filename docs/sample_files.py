"""The files that the snippets of the pages read, small ones."""

from __future__ import annotations

import csv
import gzip
import json
import re
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
    texts = [row["text"] for row in rows[:20]]
    _write_checks(folder / "checks.toml")
    _write_packed(folder, texts)
    _write_workbook(folder / "reviews.xlsx", texts)
    _write_parquet(folder / "reviews" / "a.parquet", texts)
    shutil.copytree(DOCS.parent / "tests" / "golden" / "model", folder / "model")


def _write_checks(path: Path) -> None:
    """The checks that their page shows."""
    (shown,) = re.findall(
        r"```toml\n(.*?)```", (DOCS / "checks.md").read_text(encoding="utf-8"), re.DOTALL
    )
    path.write_text(shown, encoding="utf-8")


def _write_packed(folder: Path, texts: list[str]) -> None:
    """Tables that are packed, and lie deeper."""
    lines = "".join(json.dumps({"body": text}) + "\n" for text in texts)
    (folder / "exports" / "2024").mkdir(parents=True)
    for name in ("a", "b"):
        packed = gzip.compress(lines.encode())
        (folder / "exports" / "2024" / f"{name}.jsonl.gz").write_bytes(packed)
    (folder / "tweets.csv.gz").write_bytes(gzip.compress("\n".join(["text", *texts]).encode()))


def _write_parquet(path: Path, texts: list[str]) -> None:
    """A folder of Parquet."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return
    path.parent.mkdir()
    pyarrow.parquet.write_table(pyarrow.table({"review": texts}), path)


def _write_workbook(path: Path, texts: list[str]) -> None:
    """A workbook of two sheets, the second with a title above its columns."""
    try:
        import xlsxwriter
    except ImportError:
        return
    with xlsxwriter.Workbook(path) as workbook:
        for name, first in (("2024", 0), ("Answers", 2)):
            sheet = workbook.add_worksheet(name)
            sheet.write(0, 0, "A title")
            sheet.write_column(first, 0, ["text", *texts])
