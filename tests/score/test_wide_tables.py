"""Tables of many columns: time in proportion to their width, memory whatever it is."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality import load
from tonality.errors import DataError
from tonality.score import Layout, read_rows, score_stream
from tonality.score.scorer import CELL, CHARACTERS, size, windows
from tonality.tables.bad_rows import Fault
from tonality.tables.delimited import MAX_ROW
from tonality.tables.row_stream import Row

WIDE = 200_000  # whatever compared each column with all others would not end within an hour
LAYOUT = Layout.of(["text"], ["a", "b"], closed=False)


def test_many_columns_are_laid_out_in_no_time() -> None:
    columns = [f"column {number}" for number in range(WIDE)]
    for keep in (None, columns[::-1]):
        found = Layout.of(columns, ["a", "b"], keep=keep, errors=True)
        assert found.columns == tuple(columns if keep is None else keep)


@pytest.mark.parametrize("name", ["column {}", "column", "text!{}", "p_negative"])
def test_a_table_of_many_columns_comes_back(model_folder: Path, name: str) -> None:
    header = ["text", *(name.format(number) for number in range(WIDE // 10))]
    body = f"{','.join(header)}\n{','.join(['love'] * len(header))}\n".encode()
    rows = read_rows(io.BytesIO(body), "csv", text_column="text")
    found = b"".join(score_stream(load(model_folder), rows, "csv"))
    assert found.splitlines()[1].endswith(b",positive,1.0,0.0,1.0,1,0,0,")


def test_a_message_names_a_few_of_many_columns() -> None:
    header = [f"te{'-' * number}xt" for number in range(1000)]
    with pytest.raises(DataError, match="several columns could be the text") as fault:
        read_rows(io.BytesIO(",".join(header).encode()), "csv")
    assert len(str(fault.value)) < 10_000


CELLS = st.dictionaries(st.text(max_size=3), st.text(max_size=9), max_size=3)
MANY = st.sampled_from([1, 50, 5_000])
KINDS = st.sampled_from(["csv", "line", "fault"])


@settings(max_examples=30)
@given(rows=st.lists(st.tuples(CELLS, MANY, MANY, KINDS), max_size=8))
def test_a_window_holds_little_whatever_the_width(
    rows: list[tuple[dict[str, str], int, int, str]],
) -> None:
    items: list[Row | Fault] = []
    for number, (cells, columns, length, kind) in enumerate(rows * 3, start=1):
        wide = {f"{name}{n}": value * length for name, value in cells.items() for n in range(3)}
        wide |= {f"c{n}": "" for n in range(columns)}
        if kind == "fault":
            items.append(Fault(number, "is at fault", list(wide.values())))
        else:
            native = json.dumps(wide) if kind == "line" else None
            items.append(Row(number, "love", wide, native))
        held = sum(CELL + len(value) for value in wide.values())
        assert size(items[-1]) >= held
    found = list(windows(iter(items), LAYOUT))
    assert [item for window in found for item in window] == items
    for window in found:
        assert sum(map(size, window[:-1])) < CHARACTERS


@pytest.mark.parametrize(
    ("format", "before", "after"),
    [
        ("csv", b"text,n\nlove,1\n", b",2\nlove,3\n"),
        ("csv", b'text,n\nlove,1\n"', b'",2\nlove,3\n'),
        ("csv", b"text\nlove\n", b"\nlove\n"),
        ("tsv", b"text\tn\nlove\t1\n", b"\t2\nlove\t3\n"),
        ("jsonl", b'{"text": "love"}\n{"text": "', b'"}\n{"text": "love"}\n'),
        ("jsonl", b'[{"text": "love"}, {"text": "', b'"}, {"text": "love"}]'),
    ],
)
def test_a_giant_row_is_one_bad_row_and_takes_little_memory(
    model_folder: Path, format: str, before: bytes, after: bytes
) -> None:
    """It took 17 times its size, and there was no word of a limit."""
    classifier = load(model_folder)
    stream = io.BytesIO(before + b"love bad " * (30 * 10**6 // 9) + after)
    tracemalloc.start()
    out = b"".join(score_stream(classifier, read_rows(stream, format), format))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 * MAX_ROW
    assert out.count(b"love") == 2
    assert f"the row is longer than {MAX_ROW:,} characters, the most".encode() in out
