"""Workbooks out: values keep their kinds, no text becomes a formula, Excel's limits are said."""

from __future__ import annotations

import datetime
import io
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from score_tables import ADDED, failure, run
from spreadsheets import write_xlsx
from tonality.score.files import xlsx_writer

calamine = pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sheets(source: Path | bytes) -> dict[str, list[list[Any]]]:
    data = source if isinstance(source, bytes) else source.read_bytes()
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: list(book.get_sheet_by_name(name).iter_rows()) for name in book.sheet_names}


def columns(path: Path) -> dict[str, Any]:
    header, *rows = sheets(path)["scored"]
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def test_numbers_and_dates_are_such_and_texts_stay_texts(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text(
        "text,n,price,zip,day,when,mixed,long,old\n"
        "love,1,1.50,01234,2024-01-05,2024-01-05 14:30:00,1,1234567890123456,1899-12-31\n"
        "=1+1,-2,10.00,99999,2024-02-29,2024-01-06T00:00:01.000000,1.2.3,1,1900-01-01\n"
        "@SUM(A1),,,,,,,,\n"
    )
    assert run(model_folder, "in.csv", "-o", "out.xlsx").exit_code == 0
    found = columns(Path("out.xlsx"))
    assert found["text"] == ("love", "=1+1", "@SUM(A1)")
    assert found["n"] == (1.0, -2.0, "")
    assert found["price"] == (1.5, 10.0, "")
    assert found["zip"] == ("01234", "99999", "")
    assert [str(day) for day in found["day"]] == ["2024-01-05", "2024-02-29", ""]
    assert [str(t) for t in found["when"]] == ["2024-01-05 14:30:00", "2024-01-06 00:00:01", ""]
    assert found["mixed"] == ("1", "1.2.3", "")
    assert found["long"] == ("1234567890123456", "1", "")
    assert found["old"] == ("1899-12-31", "1900-01-01", "")
    assert found["label"][0] == "positive"
    assert found["tokens_read"][0] == 1.0


def test_a_workbook_in_and_out(model_folder: Path, here: Path) -> None:
    cells = [["text", "stars", "new"], ["love", 5, True], ["two\nlines\x0b_x0041_ 😀", 1.5, False]]
    write_xlsx(Path("in.xlsx"), {"A": cells})
    assert run(model_folder, "in.xlsx", "-o", "out.xlsx").exit_code == 0
    found = columns(Path("out.xlsx"))
    assert list(found) == ["text", "stars", "new", *ADDED]
    assert found["text"] == ("love", "two\nlines\x0b_x0041_ 😀")
    assert found["stars"] == (5.0, 1.5)
    assert found["new"] == (True, False)
    assert failure(run(model_folder, "in.xlsx", "-o", "in.xlsx", "--overwrite")) == (
        "in.xlsx: the output is one of the inputs; name another file, such as in-scored.xlsx"
    )


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.1", "1.10", "1.100"], None),  # versions: as numbers they would be one
        (["1.0", "1"], None),
        (["101", "1E5", "1e5"], None),  # rooms
        (["1.50", "-10.00"], [1.5, -10.0]),
        (["1.0", "12.5", "5e-05"], [1.0, 12.5, 5e-05]),
        (["1", "12.5", "5e-05", "1e+15"], [1.0, 12.5, 5e-05, 1e15]),
        (["0.1234567890123457", "1.0"], [0.1234567890123457, 1.0]),
        (["0.3", "0.30000000000000004"], None),
        (["19.99", "5", "12.50", "-1.00"], [19.99, 5.0, 12.5, -1.0]),
        (["3.8", "3.9", "3.10"], None),  # versions
        (["1.000", "2.037", "-3.074"], None),  # thousands in German
        (["900", "0", "2.037"], None),
        (["0.125", "2.037", "3.074"], [0.125, 2.037, 3.074]),
        (["1000", "2.037"], [1000.0, 2.037]),
        (["5", "012.50"], None),
        (["1.234567890123456789", "1"], None),
        (["1", "1" + "0" * 400], None),
        (["1", "1e+308"], None),
        (["TRUE", "FALSE"], None),
        (["2024-01-05", "2024-01-05 14:30:00"], ["2024-01-05", "2024-01-05 14:30:00"]),
        (
            ["2024-01-05T14:30:00.123000000", "2024-01-05"],
            ["2024-01-05 14:30:00.123000", "2024-01-05"],
        ),
        (["2024-01-05 14:30:00.0004", "2024-01-05"], None),
        (["2024-01-05 14:30:00.000000000"], ["2024-01-05 14:30:00"]),
        (["9999-12-31 23:59:59.999999"], None),
    ],
)
def test_a_column_changes_its_kind_only_without_loss(
    model_folder: Path, here: Path, texts: list[str], values: list[Any] | None
) -> None:
    Path("in.csv").write_text("text;x\n" + "".join(f"love;{text}\n" for text in texts))
    assert run(model_folder, "in.csv", "-o", "out.xlsx").exit_code == 0
    found = [x if isinstance(x, float | str) else str(x) for x in columns(Path("out.xlsx"))["x"]]
    assert found == (texts if values is None else values)


def test_a_point_is_a_decimal_one_where_commas_part_the_cells(
    model_folder: Path, here: Path
) -> None:
    Path("a.csv").write_text("text,x\nlove,3.125\nhate,2.750\n")
    Path("b.csv").write_text("text;x\nlove;4.000\n")
    for names, found in (("a.csv", (3.125, 2.75)), ("a.csv b.csv", ("3.125", "2.750", "4.000"))):
        assert run(model_folder, *names.split(), "-o", "out.xlsx", "--overwrite").exit_code == 0
        assert columns(Path("out.xlsx"))["x"] == found


def test_all_kinds_of_cells_go_from_workbook_to_workbook(model_folder: Path, here: Path) -> None:
    midnight, half = datetime.datetime(2024, 1, 5), datetime.datetime(2024, 1, 6, 9, 30, 0, 500_000)
    cells: list[list[Any]] = [
        ["text", "when", "n", "yes", "mixed", "weight"],
        ["love", midnight, 0.00005, True, True, 1.125],
        ["hate", half, 1e15, False, "perhaps", 2.375],
    ]
    write_xlsx(Path("in.xlsx"), {"A": cells})
    assert run(model_folder, "in.xlsx", "-o", "out.xlsx").exit_code == 0
    found = columns(Path("out.xlsx"))
    assert [str(when) for when in found["when"]] == ["2024-01-05", "2024-01-06 09:30:00.500000"]
    assert found["n"] == (0.00005, 1e15)
    assert found["yes"] == (True, False)
    assert found["mixed"] == ("TRUE", "perhaps")
    assert found["weight"] == (1.125, 2.375)  # in a sheet the point is a decimal one


def test_values_of_json(model_folder: Path, here: Path) -> None:
    rows = [
        {"text": "love", "n": 1, "big": 2**60, "flag": True, "list": [1, "é"]},
        {"text": "\ud800 hate", "n": None, "late": {"a": 1}},
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(model_folder, "in.jsonl", "-o", "out.xlsx").exit_code == 0
    found = columns(Path("out.xlsx"))
    assert found["text"] == ("love", "\ufffd hate")
    assert found["n"] == (1.0, "")
    assert found["big"] == (str(2**60), "")
    assert found["flag"] == (True, "")
    assert found["list"] == ('[1, "é"]', "")
    assert found["late"] == ("", '{"a": 1}')


def test_a_column_of_integers_is_text_where_one_is_too_long(model_folder: Path, here: Path) -> None:
    rows = [{"text": "love", "id": n, "n": 5.5} for n in (10**9, -(10**19), 12.5, "7", None)]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(model_folder, "in.jsonl", "-o", "out.xlsx").exit_code == 0
    found = columns(Path("out.xlsx"))
    assert found["id"] == ("1000000000", f"-{10**19}", "12.5", "7", "")
    assert found["n"] == (5.5,) * 5


def test_what_excel_cannot_hold_is_said(
    model_folder: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(xlsx_writer, "ROWS", 3)
    long = "😀" * 20_000  # two units each
    Path("in.csv").write_text(f"text\nlove\n{long}\nhate\nlove\nbad\n")
    with caplog.at_level(logging.WARNING):
        assert run(model_folder, "in.csv", "-o", "out.xlsx").exit_code == 0
    assert [record.message for record in caplog.records] == [
        "2 rows fit a sheet of Excel: the others are in 2 more",
        "1 cell cut, each with … at its end: Excel holds 32,767 characters in one; CSV keeps them "
        "whole",
    ]
    found = sheets(Path("out.xlsx"))
    assert list(found) == ["scored", "scored 2", "scored 3"]
    assert [[row[0] for row in rows] for rows in found.values()] == [
        ["text", "love", "😀" * 16_383 + "…"],
        ["text", "hate", "love"],
        ["text", "bad"],
    ]
    monkeypatch.setattr(xlsx_writer, "COLUMNS", 3)
    assert "8 columns; a sheet of Excel has 3" in failure(
        run(model_folder, "in.csv", "-o", "wide.xlsx")
    )


def test_standard_output(model_folder: Path, here: Path) -> None:
    write_xlsx(Path("in.xlsx"), {"A": [["text"], ["love"]]})
    shown = run(model_folder, "in.xlsx", "-o", "-")
    assert shown.stdout.splitlines()[0] == ",".join(["text", *ADDED])  # CSV: a reader is there
    made = run(model_folder, "in.xlsx", "-o", "-", "--format", "xlsx")
    assert sheets(made.stdout_bytes)["scored"][1][:2] == ["love", "positive"]
    assert "leave out .gz" in failure(run(model_folder, "in.xlsx", "-o", "out.xlsx.gz"))
    assert "expected one of csv, tsv, jsonl, parquet, xlsx" in failure(
        run(model_folder, "in.xlsx", "-o", "out", "--format", "xls")
    )


def test_without_xlsxwriter_nothing_is_begun(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in.csv").write_text("text\nlove\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = failure(run(model_folder, "in.csv", "-o", "out.xlsx"))
    assert result == "writing .xlsx needs an extra: pip install 'tonality[excel]'"
    assert [path.name for path in here.iterdir()] == ["in.csv"]


KILLED = """
import os
from tonality.cli import main
from tonality.score.files import xlsx_writer

xlsx_writer._Sheets.add = lambda sheets, record: os._exit(9)
main()
"""


def test_what_a_kill_leaves_goes_when_the_run_goes_on(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("text\n" + "love\n" * 20)
    command = ["score", "in.csv", "-o", "out.xlsx", "--model", str(model_folder)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *command], check=False)
    assert killed.returncode == 9
    assert [path.is_dir() for path in here.iterdir()].count(True)  # sheets under way
    assert run(model_folder, "in.csv", "-o", "out.xlsx", "--resume").exit_code == 0
    assert sorted(path.name for path in here.iterdir()) == ["in.csv", "out.xlsx"]
