"""JSON that goes out is JSON by RFC 8259: no NaN, no infinities."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any, NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st

from tonality import load, plain_json
from tonality.score import read_rows, score_stream
from tonality.tables.bad_rows import Fault, entry

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def strict(text: str | bytes) -> Any:
    """Reads JSON as other readers do."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def expected(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, list):
        return [expected(item) for item in value]
    if isinstance(value, dict):
        return {key: expected(item) for key, item in value.items()}
    return value


@given(value=VALUES, ascii_only=st.booleans())
def test_nan_is_null_and_all_else_stays(value: Any, ascii_only: bool) -> None:
    assert strict(plain_json.dumps(value, ascii_only=ascii_only)) == expected(value)
    assert plain_json.finite(value) == expected(value)
    assert plain_json.is_plain(json.dumps(value)) == (expected(value) == value)


@settings(max_examples=40)
@given(cells=st.lists(st.dictionaries(st.text("abé ", max_size=3), VALUES), min_size=1, max_size=4))
def test_tables_of_other_programs_come_back_as_json(model_folder: Path, cells: Any) -> None:
    rows = [{**row, "text": "love"} for row in cells]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    classifier = load(model_folder)
    found = b"".join(score_stream(classifier, read_rows(io.BytesIO(body), "jsonl"), "jsonl"))
    answers = [strict(line) for line in found.splitlines()]
    for answer, row in zip(answers, rows, strict=True):
        assert {name: answer[name] for name in row} == expected(row)
    # In CSV a cell holds JSON where it is no text.
    table = b"".join(score_stream(classifier, read_rows(io.BytesIO(body), "jsonl"), "csv"))
    for answer, row in zip(csv.DictReader(io.StringIO(table.decode())), rows, strict=True):
        for name, value in row.items():
            plain = expected(value)
            cell = answer[name] if isinstance(plain, str | None) else strict(answer[name])
            assert cell == ("" if plain is None else plain)


def test_a_line_without_them_stays_as_it_was_written(model_folder: Path) -> None:
    line = b'{"text": "NaN love Infinity", "n": 1.10, "big": 1e400}'
    rows = read_rows(io.BytesIO(line), "jsonl")
    found = b"".join(score_stream(load(model_folder), rows, "jsonl"))
    assert found.startswith(line[:-1])


@given(value=VALUES)
def test_rows_put_aside_are_json(value: Any) -> None:
    assert strict(entry("a.csv", Fault(1, "is at fault", value)))["raw"] == expected(value)
