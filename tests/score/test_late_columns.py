"""Columns that only later objects of JSON Lines have, and names as people write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from score_tables import failure, objects, run, table
from tonality.cli import app
from tonality.data import read_table
from tonality.errors import DataError

ROWS = 1010  # of which the first 1,005 have no agent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows: list[dict[str, Any]] = [
        {"id": n, "text": "I love the film", "truth": "positive"} for n in range(ROWS)
    ]
    for row in rows[1005:]:
        row |= {"agent": "Ann", "day": "2024-03-01"}
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_summary_finds_columns_that_come_late(model_folder: Path, here: Path) -> None:
    run(model_folder, "in.jsonl", "-o", "out.jsonl")
    options = ("--by", "agent", "--time", "day", "--json")
    found = json.loads(asked("summarise", "out.jsonl", *options).stdout)
    assert {group["name"]: group["rows"] for group in found["by"]["agent"]} == {
        "Ann": 5, "(empty)": 1005,
    }  # fmt: skip
    assert [period["rows"] for period in found["time"]["day"]["periods"]] == [5]
    some = json.loads(asked("summarise", "out.jsonl", "--where", "agent=Ann", "--json").stdout)
    assert some["rows"] == 5
    for option in (("--by", "no"), ("--time", "no"), ("--where", "no=1")):
        told = failure(asked("summarise", "out.jsonl", *option))
        assert "no column 'no'. Columns: 'id', 'text', 'truth'" in told
        assert "of the first rows" in told


def test_a_column_that_comes_late_can_be_kept(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = run(model_folder, "in.jsonl", "-o", "out.csv", "--columns", "id,agent,no")
    assert result.exit_code == 0
    cells = [row[:3] for row in table(Path("out.csv").read_text())]
    assert cells[0] == ["id", "agent", "no"]
    assert (cells[1], cells[-1]) == (["0", "", ""], ["1009", "Ann", ""])
    columns = "Columns: 'id', 'text', 'truth'"
    assert caplog.messages == [
        f"the first rows lack 'agent', 'no': left empty where later ones do, too. {columns}",
    ]
    run(model_folder, "in.jsonl", "-o", "out.jsonl", "--columns", "agent")
    assert [row.get("agent") for row in objects(Path("out.jsonl").read_text())[1004:1006]] == [
        None, "Ann",
    ]  # fmt: skip
    told = failure(run(model_folder, "in.jsonl", "-o", "no.csv", "--columns", "label"))
    assert "'label' is added whatever is kept" in told
    Path("few.jsonl").write_text('{"text": "love"}\n')
    told = failure(run(model_folder, "few.jsonl", "-o", "no.csv", "--columns", "no"))
    assert told == "no column 'no'. Columns: 'text'"


def test_of_long_texts_fewer_rows_tell_the_columns(here: Path) -> None:
    rows = [{"text": "long " * 20_000} for _ in range(12)] + [{"text": "love", "agent": "Ann"}]
    Path("long.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = r"Columns: 'text' \(of the first 11 rows; if a later row has it, put that row first\)$"
    for asked in ({"text_column": "agent"}, {"extra_columns": "agent"}):
        with pytest.raises(DataError, match=f"'agent'. {told}"):
            read_table("long.jsonl", **asked)  # type: ignore[arg-type]
    Path("first.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [rows[-1], *rows]))
    assert read_table("first.jsonl", extra_columns="agent").extras["agent"][0] == "Ann"


def test_columns_go_by_any_case_and_by_numbers(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("bare.csv").write_text('love it,Harbour,"1, 2"\nhate it,Garden,3\n' * 9)
    bare = ("--no-header", "--text-column", "1")
    run(model_folder, "bare.csv", *bare, "--columns", "3,2", "-o", "out.csv")
    assert table(Path("out.csv").read_text())[1][:2] == ["1, 2", "Harbour"]
    Path("in.csv").write_text('text,Shop,"Where, and when?"\nlove it,Harbour,x\nhate it,Garden,y\n')
    named = ("--columns", "TEXT,where, and WHEN?,shop", "-o", "named.csv")
    assert run(model_folder, "in.csv", *named).exit_code == 0
    assert table(Path("named.csv").read_text())[0][:3] == ["text", "Where, and when?", "Shop"]
    options = ("--by", "3", "--where", "SHOP=Harbour", "--where", "shop=Garden", "--json")
    found = json.loads(asked("summarise", "named.csv", *options).stdout)
    assert list(found["by"]) == ["Shop"]
    assert found["where"] == {"Shop": ["Harbour", "Garden"]}
    Path("two.csv").write_text(Path("named.csv").read_text().replace("Where, and when?", "SHOP", 1))
    told = failure(asked("summarise", "two.csv", "--by", "shop"))
    assert "several columns could be 'shop'" in told
