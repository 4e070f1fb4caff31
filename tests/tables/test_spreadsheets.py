"""Worksheets read as tables: what a reader expects of cells, heads and sheets; hostile files."""

from __future__ import annotations

import datetime
import logging
import sys
import zipfile
from pathlib import Path

import pytest

from score_tables import Drips
from spreadsheets import write_ods, write_xlsx
from tonality.data import load_dataset, read_table
from tonality.errors import DataError, DependencyError
from tonality.tables.bad_rows import Fault
from tonality.tables.byte_lines import Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.open_table import Input, file_input, opened
from tonality.tables.read_options import ReadOptions
from tonality.tables.row_stream import Row
from tonality.tables.sheet_rows import opened_sheet

pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")

GOLDEN = Path(__file__).parents[1] / "golden"
DAY = datetime.datetime(2024, 1, 5)


def rows_of(path: Path, **options: str | int) -> list[list[str]]:
    """The header and the rows of a spreadsheet, as texts."""
    wanted = Wanted(None, "", "", texts=False, options=ReadOptions(**options))  # type: ignore[arg-type]
    with opened(file_input(path), wanted) as table:
        found = [list(table.rows.columns)]
        for row in table.rows.items:
            assert isinstance(row, Row)
            found.append(row.native)
    return found


def reason(path: Path, **options: str) -> str:
    with pytest.raises(DataError) as error:
        rows_of(path, **options)
    return str(error.value)


def test_cells_are_the_texts_that_a_reader_expects(tmp_path: Path) -> None:
    cells = {
        5: "5", 0.5: "0.5", -1.25: "-1.25", 1e20: "1e+20", 0.1 + 0.2: "0.3",
        123456789012345: "123456789012345", "007": "007", "": "", "  two ": "  two ",
        DAY.date(): "2024-01-05", DAY: "2024-01-05",
        DAY.replace(hour=14, minute=30): "2024-01-05 14:30:00",
        datetime.time(9, 5): "09:05:00", datetime.timedelta(hours=30, minutes=5): "30:05:00",
        "=1+1": "=1+1", ("=1+1", 2): "2", ("=NA()", "#N/A"): "", "two\nlines": "two\nlines",
        'a "quote", a comma': 'a "quote", a comma', "nul\0": "nul\ufffd", "☕😀": "☕😀",
    }  # fmt: skip
    row = [*cells, True, False]
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [[f"c{n}" for n in range(len(row))], row]})
    assert rows_of(path)[1] == [*cells.values(), "TRUE", "FALSE"]


def test_an_old_workbook(tmp_path: Path) -> None:
    found = [
        ["review", "stars", "day", "kept"],
        ["A lovely film.", "5", "2024-01-05", "TRUE"],
        ["Dull and far too long.", "1.5", "2024-02-29", "FALSE"],
        ["Fine – nothing special. ☕", "3", "2024-03-01", "TRUE"],
    ]
    assert rows_of(GOLDEN / "reviews.xls") == found
    # What is in a file tells how it is read, not its name.
    other = tmp_path / "reviews.XLSX"
    other.write_bytes((GOLDEN / "reviews.xls").read_bytes())
    assert rows_of(other) == found


def test_an_open_document(tmp_path: Path) -> None:
    path = write_ods(tmp_path / "a.ods", [["text", "label"], ["great <fun> & more", "pos"]])
    assert read_table(path).texts == ["great <fun> & more"]


def test_empty_rows_and_heads_further_down(tmp_path: Path) -> None:
    cells = [[], ["Reviews of 2024"], [None, "made\nby hand"], ["text", "n"], [], ["one", 1],
             [None, None], [" ", ""], ["two", 2], [None, 3]]  # fmt: skip
    path = write_xlsx(tmp_path / "a.xlsx", {"A": cells})
    below = [["one", "1"], ["two", "2"], ["", "3"]]
    assert rows_of(path, header_row=4) == [["text", "n"], *below]
    assert rows_of(path)[0] == ["Reviews of 2024", ""]
    assert rows_of(path, header_row=0)[:2] == [["column_1", "column_2"], ["Reviews of 2024", ""]]
    assert "has 10 rows, so row 99 names no columns" in reason(path, header_row=99)  # type: ignore[arg-type]


def test_a_second_header_of_a_survey_is_no_row(tmp_path: Path) -> None:
    cells = [["Respondent", "text"], [None, "Open-Ended Response"], [1, "love"]]
    assert rows_of(write_xlsx(tmp_path / "a.xlsx", {"A": cells}))[1:] == [["1", "love"]]


def test_the_sheet_is_chosen_by_name_or_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = {name: [["text"], [name]] for name in ("Hidden", "One", "Two words", "2024")}
    path = write_xlsx(tmp_path / "a.xlsx", {"Cover": [], **table}, hidden=["Hidden"])
    with caplog.at_level(logging.WARNING):
        assert rows_of(path)[1] == ["One"]  # the first that is visible and not empty
    assert caplog.records[0].message == (
        f"{path}: the sheet 'One' is read; for another one, give --sheet: 'Cover', 'Two words', "
        "'2024'"
    )
    caplog.clear()
    for given, found in {
        "two WORDS": "Two words",
        "hidden": "Hidden",
        "2024": "2024",
        "3": "One",
    }.items():
        assert rows_of(path, sheet=given)[1] == [found]
    assert not caplog.records
    assert "has no sheet 'Three'; it has 'Cover', 'Hidden', 'One'" in reason(path, sheet="Three")
    assert "the sheet 'Cover' is empty" in reason(path, sheet="Cover")
    with pytest.raises(DataError, match=r"no text column.*; the sheet 'A' is read.*--sheet: 'B'"):
        read_table(write_xlsx(tmp_path / "b.xlsx", {"A": [["x", "y"]], "B": [["text"], ["a"]]}))


def test_a_title_above_the_header_is_noticed_by_the_number_of_its_row(tmp_path: Path) -> None:
    cells = [[None] * 3, ["Report\nof May", None, None], [None] * 3, ["id", "words", "n"]]
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [*cells, [1, "good", 2]]})
    hint = "; line 4 looks like the header: give --header-row 4"
    for options in (ReadOptions(), ReadOptions(header_row=2)):
        with pytest.raises(DataError, match=f"no text column.*{hint}$"):
            read_table(path, options=options)
    assert rows_of(path, header_row=4) == [["id", "words", "n"], ["1", "good", "2"]]


def test_training_reads_spreadsheets(tmp_path: Path) -> None:
    cells = [["Review", "Label", "rating"], ["good", True, 5], ["bad", False, 1], [None, True, 2]]
    write_xlsx(tmp_path / "train.xlsx", {"A": cells})
    write_xlsx(tmp_path / "test.xlsx", {"A": cells[:2]})
    dataset = load_dataset(tmp_path)
    assert (dataset.train.texts, dataset.train.labels) == (["good", "bad"], ["TRUE", "FALSE"])
    assert dataset.train.ratings == [5.0, 1.0]
    assert (dataset.train.bad_reasons, dataset.train.without_text) == ({}, 1)
    assert dataset.test is not None
    assert dataset.test.texts == ["good"]


def test_a_spreadsheet_through_a_pipe_and_from_a_row_on(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [["text"], *([f"row {n}"] for n in range(9))]})
    source = Input("a pipe", "xlsx", Peeked(Drips(path.read_bytes(), [1000])))
    with opened(source, Wanted(), skip=7) as table:
        items = list(table.rows.items)
    assert [item.text for item in items if isinstance(item, Row)] == ["row 7", "row 8"]
    assert not any(isinstance(item, Fault) for item in items)


def test_what_is_no_spreadsheet_or_is_damaged(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "whole.xlsx", {"A": [["text"], ["love"]]}).read_bytes()
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as pack:
        pack.writestr("a.csv", b"text\nlove\n")
    contents = {
        b"": "is no spreadsheet",
        b"text,label\na,b\n": "is no spreadsheet; if it is a text",
        b"<html><table>": "is no spreadsheet; if it is a text or a web page",
        whole[: len(whole) // 2]: "is damaged or cut short",
        whole.replace(b"<sheetData", b"<sheet<><>", 1)[:-30]: "is damaged or cut short",
        b"\xd0\xcf\x11\xe0" + b"x" * 600: "is damaged",
        (GOLDEN / "reviews.xls").read_bytes()[:2000]: "is damaged",
        (GOLDEN / "locked.xlsx").read_bytes(): "is protected by a password",
        (tmp_path / "other.xlsx").read_bytes(): "is a zip archive, but no spreadsheet",
    }
    for content, message in contents.items():
        (tmp_path / "a.xlsx").write_bytes(content)
        assert message in reason(tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_bytes(whole)
    with pytest.raises(DataError, match=r"let its name end in \.xlsx"):
        read_table(tmp_path / "a.csv")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is not limited elsewhere")
def test_a_sheet_larger_than_the_memory_allowed_is_an_error(tmp_path: Path) -> None:
    """calamine asks for all of a sheet at once; its process ends, ours says so."""
    large = tmp_path / "large.xlsx"
    write_xlsx(large, {"A": [["text"]]})
    corner = b'<c r="ALL16000" t="str"><v>x</v></c></row></sheetData>'  # of 16 million cells
    rewrite(large, b"</row></sheetData>", b'</row><row r="16000">' + corner)
    with (
        pytest.raises(DataError, match=r"takes more than 256 MiB of memory"),
        opened(file_input(large), Wanted(), memory=2**28) as table,
    ):
        list(table.rows.items)
    wide = write_ods(tmp_path / "wide.ods", [["text"]], times=16384)
    assert "no spreadsheet that can be read" in reason(wide)


def test_a_bomb_is_refused_by_what_it_claims(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [["text"], ["love"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/media/image1.bmp", bytes(2**28))
    wanted = Wanted()
    with (
        path.open("rb") as file,
        pytest.raises(DataError, match="bytes when unpacked; at most 268,435,456 are read"),
        opened_sheet(file, "a bomb", wanted, memory=2**28),
    ):
        pass


def test_without_calamine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [["text"], ["love"]]})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"reading spreadsheets .*tonality\[excel\]"):
        read_table(path)


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Replaces bytes in the parts of a workbook."""
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in parts.items():
            pack.writestr(name, content.replace(old, new))
