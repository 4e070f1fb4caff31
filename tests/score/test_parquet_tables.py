"""Parquet in and out: types stay; other formats get the types that hold their values."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from score_tables import ADDED, failure, objects, run, table
from tonality.errors import DataError
from tonality.score import scorer
from tonality.score.files import job

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

DAY = datetime.datetime(2024, 3, 31, 12, 0, 0, 1, tzinfo=datetime.UTC)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rich_table() -> Any:
    """A table of the types that tables have."""
    return pa.table(
        {
            "n": pa.array([1, None, 3], pa.int16()),
            "text": pa.array(["love", None, "hate"], pa.large_string()),
            "when": pa.array([DAY] * 3, pa.timestamp("ns", "UTC")),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "price": pa.array([decimal.Decimal("1.50")] * 3),
            "tags": pa.array([["x"], [], None]),
            "raw": pa.array([b"caf\xc3\xa9", b"\xff", None]),
            "share": pa.array([0.1, float("nan"), float("inf")]),
        },
        metadata={"made by": "hand"},
    )


def test_types_stay(model_folder: Path, here: Path) -> None:
    pq.write_table(rich_table(), "in.parquet", row_group_size=2)
    assert run(model_folder, "in.parquet", "-o", "out.parquet").exit_code == 0
    found = pq.read_table("out.parquet")
    assert found.column_names == [*rich_table().column_names, *ADDED]
    kept = found.select(rich_table().column_names)
    assert kept.schema.equals(rich_table().schema)
    assert kept.drop(["share"]).equals(rich_table().drop(["share"]))
    assert kept["share"].to_pylist()[::2] == [0.1, float("inf")]
    assert found.schema.metadata[b"made by"] == b"hand"
    assert found["label"].to_pylist() == ["positive", None, "negative"]  # the second has no text
    assert found["tokens_read"].type == pa.int64()


def test_values_become_json_and_csv(model_folder: Path, here: Path) -> None:
    pq.write_table(rich_table(), "in.parquet")
    run(model_folder, "in.parquet", "-o", "out.jsonl")
    first, second, third = objects(Path("out.jsonl").read_text("utf-8", "surrogateescape"))
    assert {name: first[name] for name in rich_table().column_names} == {
        "n": 1, "text": "love", "when": "2024-03-31 12:00:00.000001000Z", "kind": "a",
        "price": "1.50", "tags": ["x"], "raw": "café", "share": 0.1,
    }  # fmt: skip
    assert (second["n"], second["text"], second["raw"]) == (None, None, "\udcff")
    assert (second["share"], third["share"], third["tags"]) == (None, "inf", None)
    run(model_folder, "in.parquet", "-o", "out.csv", "--columns", "n,kind,tags")
    assert table(Path("out.csv").read_text())[1][:3] == ["1", "a", '["x"]']


def test_several_with_differing_columns(model_folder: Path, here: Path) -> None:
    pq.write_table(pa.table({"text": ["love"], "n": pa.array([1], pa.int8())}), "1.parquet")
    pq.write_table(pa.table({"x": [True], "review": ["hate"], "n": [2]}), "2.parquet")
    run(model_folder, "?.parquet", "-o", "out.parquet")
    found = pq.read_table("out.parquet").to_pylist()
    assert [tuple(row.values())[:4] for row in found] == [
        ("love", 1, None, None), (None, 2, True, "hate"),
    ]  # fmt: skip
    pq.write_table(pa.table({"text": ["love"], "n": [["list"]]}), "3.parquet")
    result = run(model_folder, "?.parquet", "-o", "all.parquet")
    assert "do not fit together" in failure(result)
    assert run(model_folder, "?.parquet", "-o", "all.jsonl").exit_code == 0


def test_columns_get_the_type_that_holds_their_values(model_folder: Path, here: Path) -> None:
    rows = [
        {"text": "love", "i": 1, "f": 1, "b": True, "m": 1, "n": None, "o": {"a": 1}, "big": 2**70},
        {"text": "hate", "i": 2, "f": 0.5, "b": False, "m": "x", "o": [1], "late": 3},
    ]
    Path("in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    Path("in.csv").write_text("review,i\ngood,7\n")
    run(model_folder, "in.jsonl", "-o", "out.parquet")
    found = pq.read_table("out.parquet")
    kinds = dict(zip(found.column_names, map(str, found.schema.types), strict=True))
    assert [kinds[name] for name in ("i", "f", "b", "m", "n", "o", "big", "late")] == [
        "int64", "double", "bool", "string", "string", "string", "string", "int64",
    ]  # fmt: skip
    assert found["f"].to_pylist() == [1.0, 0.5]
    assert found["m"].to_pylist() == ["1", "x"]
    assert found["o"].to_pylist() == ['{"a": 1}', "[1]"]
    assert found.column_names[-7:] == ADDED
    run(model_folder, "in.jsonl", "in.csv", "-o", "both.parquet", "--columns", "i")
    assert pq.read_table("both.parquet")["i"].to_pylist() == ["1", "2", "7"]


def varied_groups(path: str, *, dictionary: bool) -> None:
    """A table of row groups of many sizes, each with a dictionary of its own, and several pages."""
    dice = random.Random(1)
    kinds = [dice.choice(["good", "bad"]) + f" {n * n % 61}" for n in range(4000)]
    schema = pa.schema([("text", pa.string()), ("kind", pa.string()), ("note", pa.binary())])
    if dictionary:
        schema = schema.set(1, pa.field("kind", pa.dictionary(pa.int16(), pa.string())))
    with pq.ParquetWriter(path, schema) as writer:
        done = 0
        for size in (700, 3, 900, 1, 500, 50, 1846):
            part = kinds[done : done + size]
            kind = pa.array(part).dictionary_encode() if dictionary else pa.array(part)
            columns = {"text": part, "kind": kind, "note": [dice.randbytes(5000) for _ in part]}
            writer.write_table(pa.table(columns).cast(schema))
            done += size


@pytest.mark.parametrize("dictionary", [True, False])
def test_what_was_stopped_anywhere_ends_the_same(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch, dictionary: bool
) -> None:
    monkeypatch.setattr(scorer, "ROWS", 500)
    monkeypatch.setattr(job, "PART", 1)
    varied_groups("in.parquet", dictionary=dictionary)
    assert run(model_folder, "in.parquet", "-o", "whole.parquet").exit_code == 0
    to_file = job.ScoringJob.to_file
    for stop in (500, 2000):

        def interrupt(rows: int, share: float | None, stop: int = stop) -> None:
            if rows > stop:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(
                job.ScoringJob, "to_file", lambda self, out, _: to_file(self, out, interrupt)
            )
            run(model_folder, "in.parquet", "-o", "out.parquet")
        result = run(model_folder, "in.parquet", "-o", "out.parquet", "--resume")
        assert "going on after" in result.stderr
        assert Path("out.parquet").read_bytes() == Path("whole.parquet").read_bytes(), stop
        Path("out.parquet").unlink()


def test_nested_values_are_valid_json(model_folder: Path, here: Path) -> None:
    odd = [1.5, None, float("nan"), float("inf"), float("-inf")]
    shares = [{"all": odd, "raw": b"caf\xc3\xa9"}]
    pq.write_table(pa.table({"text": ["love"], "shares": shares}), "in.parquet")
    run(model_folder, "in.parquet", "-o", "out.jsonl")

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    found = json.loads(Path("out.jsonl").read_text(), parse_constant=refuse)
    assert found["shares"] == {"all": [1.5, None, None, "inf", "-inf"], "raw": "café"}


def test_a_value_that_does_not_fit_the_common_type_is_named(model_folder: Path, here: Path) -> None:
    pq.write_table(pa.table({"text": ["love"] * 3, "n": [1, 2**53 + 1, 2]}), "1.parquet")
    pq.write_table(pa.table({"text": ["love"], "n": [0.5]}), "2.parquet")
    result = run(model_folder, "?.parquet", "-o", "out.parquet")
    assert "1.parquet, column 'n': does not fit double" in failure(result)
    assert isinstance(result.exception, DataError)
    assert run(model_folder, "?.parquet", "-o", "out.jsonl").exit_code == 0


def test_whole_numbers_that_no_float_holds(model_folder: Path, here: Path) -> None:
    rows = [{"text": "love", "n": 2**53 + 1, "i": 2**53 + 1}, {"text": "love", "n": 0.5, "i": 1}]
    Path("in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run(model_folder, "in.jsonl", "-o", "out.parquet").exit_code == 0
    found = pq.read_table("out.parquet")
    assert found["n"].to_pylist() == ["9007199254740993", "0.5"]
    assert found["i"].to_pylist() == [2**53 + 1, 1]


def test_pipes(model_folder: Path, here: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(rich_table(), sink)
    result = run(model_folder, "-", "-o", "-", input=sink.getvalue())
    found = pq.read_table(io.BytesIO(result.stdout_bytes))
    assert found.select(["n", "when", "kind"]).equals(rich_table().select(["n", "when", "kind"]))
    result = run(model_folder, "-", "-o", "-", "--format", "csv", input=sink.getvalue())
    assert len(table(result.stdout)) == 4


def test_rows_that_cannot_be_read_and_no_rows(model_folder: Path, here: Path) -> None:
    broken = pa.array([b"love", b"caf\xe9", b"hate"])
    pq.write_table(pa.table({"text": broken, "n": [1, 2, 3]}), "in.parquet")
    assert run(model_folder, "in.parquet", "-o", "out.parquet").exit_code == 3
    assert pq.read_table("out.parquet")["n"].to_pylist() == [1, 3]
    fault = json.loads(Path("out.parquet.bad-rows.jsonl").read_text())
    assert (fault["row"], fault["reason"]) == (2, "invalid UTF-8")
    pq.write_table(rich_table().slice(0, 0), "none.parquet")
    assert run(model_folder, "none.parquet", "-o", "none2.parquet").exit_code == 0
    assert pq.read_table("none2.parquet").column_names == [*rich_table().column_names, *ADDED]
    Path("none.csv").write_text("text,n\n")
    assert run(model_folder, "none.csv", "-o", "none3.parquet").exit_code == 0
    assert pq.read_table("none3.parquet").column_names == ["text", "n", *ADDED]


def test_numbers_are_no_texts(model_folder: Path, here: Path) -> None:
    pq.write_table(pa.table({"text": [1, 2]}), "in.parquet")
    result = run(model_folder, "in.parquet", "-o", "out.csv")
    assert "column 'text': expected texts, found int64" in failure(result)


def test_without_pyarrow_the_extra_is_named(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("text\nlove\n")
    code = (
        "import sys; sys.modules['pyarrow'] = None; sys.argv[0] = 'tonality'\n"
        "from tonality.cli import main; main()"
    )
    words = ["score", "in.csv", "-o", "out.parquet", "--model", str(model_folder)]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "reading and writing Parquet needs an extra: pip install" in done.stderr
    words[3] = "out.csv"
    subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True)
