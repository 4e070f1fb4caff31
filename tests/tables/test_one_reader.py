"""Training and scoring read the same rows of any bytes: there is one reader."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.data import read_table
from tonality.errors import DataError
from tonality.score import read_rows
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted
from tonality.tables.jsonlines import array_items
from tonality.tables.open_table import Input, opened

HEADS = {
    "csv": [b"", b"text,label\n", b"\xef\xbb\xbftext;label\n", b"text\n", b'"text",id\n'],
    "tsv": [b"", b"text\tlabel\n", b'"text"\tid\n'],
    "jsonl": [b"", b'{"text": "a", "label": "b"}\n', b'[{"text": "a"},', b"[\n"],
}
# What shapes tables, more often than chance would give it.
MARKS = [b'"', b'""', b",", b";", b"\t", b"\n", b"\r\n", b"\r", b" ", b"{", b"}", b"[", b"]", b"\\"]
WORDS = [b"a", b"good film", b"\0", b"\xe9", "é☕".encode(), b'"text": "', b"x,y\n", b"x\ty\n"]
LINES = [b'{"text": "x"}\n', b'{"text": "\\ud83d"}\n', b'{"text": 5}\n', b"1\n", b"true\n"]
PIECES = st.sampled_from([*MARKS, *WORDS, *LINES])
BYTES = st.lists(PIECES | st.binary(max_size=3), max_size=25).map(b"".join)


def trained_on(path: Path) -> list[str] | str:
    try:
        return read_table(path, label_column="", group_column="").texts
    except DataError as error:
        return error.reason


def scored_from(path: Path, format: str) -> list[str] | str:
    """What scoring judges of a file: the texts that are not blank."""
    wanted = Wanted(label="", group="")
    try:
        with opened(Input(str(path), format, path), wanted) as table:
            rows = [item for item in table.rows.items if not isinstance(item, Fault)]
    except DataError as error:
        return error.reason
    return [row.text for row in rows if row.text and not row.text.isspace()]


@settings(deadline=None, max_examples=300)
@given(content=BYTES, kind=st.sampled_from(sorted(HEADS)), head=st.integers(0, 4))
def test_training_and_scoring_read_the_same_rows_of_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str, head: int
) -> None:
    path = tmp_path_factory.mktemp("same") / f"a.{kind}"
    path.write_bytes(HEADS[kind][head % len(HEADS[kind])] + content)
    trained, scored = trained_on(path), scored_from(path, kind)
    if isinstance(trained, str) and not isinstance(scored, str):
        assert "row" in trained  # training refuses a file of which no row has a text
        assert scored == []
    else:
        assert trained == scored


@pytest.mark.parametrize("quoted", [True, False])
def test_a_quote_after_the_first_megabyte(tmp_path: Path, quoted: bool) -> None:
    """It counts as plain where it is not closed, and as a quote where the rest reads cleanly so."""
    lines = [f"{'a good film ' * 6}{n}\tx\n" for n in range(16_001)]
    lines[15_000:15_000] = ['"a\nb"\tx\n'] if quoted else ['"It is never closed\tx\n']
    path = tmp_path / "a.tsv"
    path.write_text("text\tid\n" + "".join(lines))
    found = read_table(path).texts
    assert len(found) == 16_002
    assert found == scored_from(path, "tsv")
    assert found[15_000] == ("a\nb" if quoted else '"It is never closed')


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.sampled_from('"\\[]{},é\n '), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(items=st.lists(JSON, max_size=5), indent=st.sampled_from([None, 1]), step=st.integers(1, 9))
def test_an_array_is_cut_as_the_json_module_reads_it(
    items: list[Any], indent: int | None, step: int
) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=False)
    pieces = (text[begin : begin + step] for begin in range(0, len(text), step))
    assert [json.loads(item) for item in array_items(pieces)] == items


def test_an_array_in_one_long_line_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("byte_lines", "row_stream", "delimited", "jsonlines"):
        monkeypatch.setattr(f"tonality.tables.{module}.MAX_ROW", 100)
    data = json.dumps([{"text": f"good {n}"} for n in range(500)] + [{"text": "x" * 100}])
    *rows, last = read_rows(io.BytesIO(data.encode()), "jsonl").items
    assert [row.text for row in rows if not isinstance(row, Fault)][-1] == "good 499"
    assert isinstance(last, Fault)
    assert "the row is longer than 100 characters" in last.reason
