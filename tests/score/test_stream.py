"""Tables as streams: what goes in comes out, with verdicts, however the bytes come."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from score_tables import ADDED, HATE, LOVE, Drips, objects, scored, table
from tonality.classifier import Classifier, load
from tonality.errors import ConfigError, DataError
from tonality.score import FORMATS, Layout, Scorer, read_rows, score_stream
from tonality.score.scorer import ROWS


@pytest.fixture(scope="module")
def classifier(model_folder: Path) -> Classifier:
    return load(model_folder)


def test_columns_and_order_stay_and_verdicts_come_last(classifier: Classifier) -> None:
    found = scored(classifier, b'id,text,"a, b"\n2,love,"x ""y""\nz"\n1,hate,\n')
    assert table(found) == [
        ["id", "text", "a, b", *ADDED, "error"],
        ["2", "love", 'x "y"\nz', *LOVE, ""],
        ["1", "hate", "", *HATE, ""],
    ]


@pytest.mark.parametrize("explain", [0, 2])
def test_columns_of_texts_are_those_of_rows(classifier: Classifier, explain: int) -> None:
    texts = ["love the film", None, "hate " * 80, "not good", ""]
    cells = [{"text": text} for text in texts]
    data = "".join(json.dumps(row) + "\n" for row in cells).encode()
    layout = Layout.of([], classifier.labels, explained=explain > 0)
    columns = Scorer(classifier, explain).columns(texts)
    rows = [dict(zip(layout.added, row, strict=True)) for row in zip(*columns, strict=True)]
    expected = objects(scored(classifier, data, "jsonl", explain=explain))
    assert [cell | row for cell, row in zip(cells, rows, strict=True)] == expected
    assert Scorer(classifier, explain).columns([]) == [[] for _ in layout.added]


def test_json_stays_as_it_was_written(classifier: Classifier) -> None:
    lines = ['{"text":"love", "n": 1.10, "big":123456789012345678901, "x":{"a":[null,true]}}', "{}"]
    first, second = scored(classifier, "\n".join(lines).encode(), "jsonl").splitlines()
    assert first.startswith(lines[0][:-1] + ', "label": "positive", "score": 1.0, ')
    assert json.loads(second)["label"] is None  # no text is no opinion
    assert json.loads(second)["tokens_read"] == 0


def test_one_array_is_read_item_by_item(classifier: Classifier) -> None:
    items = [{"text": "love", "x": [{"a": '],\\"'}]}, {"text": "hate"}, 3, {"text": None}]
    for data in (json.dumps(items), json.dumps(items, indent=2), f"\n {json.dumps(items)} \n"):
        found = objects(scored(classifier, data.encode(), "jsonl"))
        assert [row.get("label") for row in found] == ["positive", "negative", None, None]
        assert found[0]["x"] == items[0]["x"]  # type: ignore[index]
        assert found[2]["error"] == "expected a JSON object, found int"


def test_formats_turn_into_one_another(classifier: Classifier) -> None:
    data = '{"text": "love", "n": 1, "yes": true, "none": null, "list": [1, "é"]}\n'.encode()
    assert table(scored(classifier, data, "jsonl", "csv"))[1] == [
        "love", "1", "true", "", '[1, "é"]', *LOVE, "",
    ]  # fmt: skip
    assert table(scored(classifier, data, "jsonl", "tsv"), "\t")[1][:2] == ["love", "1"]
    assert objects(scored(classifier, b"text;n\nlove;1\n", "csv", "jsonl")) == [
        {
            "text": "love", "n": "1", "label": "positive", "score": 1.0, "p_negative": 0.0,
            "p_positive": 1.0, "tokens_read": 1, "tokens_left_out": 0, "unfamiliar": 0,
        }
    ]  # fmt: skip


def test_a_return_in_a_field_is_quoted(classifier: Classifier) -> None:
    found = scored(classifier, b'text,n\nlove,"a\rb"\n')
    assert '"a\rb"' in found
    assert found.count("\r") == 1


def test_semicolons_stay(classifier: Classifier) -> None:
    assert scored(classifier, b"text;n\nlove;1,5\n").splitlines()[1].startswith("love;1,5;positive")


def test_tabs_do_not_stay_in_csv(classifier: Classifier) -> None:
    assert scored(classifier, b"text\tn\nlove\t1\n").splitlines()[1].startswith("love,1,positive")


def test_quotes_of_tab_separated_files_are_read_as_they_are_meant(classifier: Classifier) -> None:
    quoted = b'text\tn\n"love\nit"\t1\n'
    plain = b'text\tn\n"love" it\t1\nlove "\t2\n'
    assert table(scored(classifier, quoted, "tsv"), "\t")[1][0] == "love\nit"
    found = table(scored(classifier, plain, "tsv"), "\t")
    assert [row[0] for row in found[1:]] == ['"love" it', 'love "']


def test_a_row_that_cannot_be_read_is_answered_in_place(classifier: Classifier) -> None:
    found = table(scored(classifier, b"id,text\n1,love\n2\n3,hate,x\n4,hate\n"))
    assert [row[-1] for row in found[1:]] == [
        "", "row 2: expected 2 fields, found 1", "row 3: expected 2 fields, found 3", "",
    ]  # fmt: skip
    assert found[2][:-1] == [""] * 9
    data = '{"text": "love é"}\n{"text": 3}\nno\n[1]\n'.encode() + b'{"text": "caf\xe9"}\n'
    assert [item.get("error") for item in objects(scored(classifier, data, "jsonl"))] == [
        None,
        "column 'text': expected a string, found int",
        "invalid JSON",
        "expected a JSON object, found list",
        "column 'text': invalid UTF-8",
    ]


def test_or_it_is_left_out(classifier: Classifier) -> None:
    found = table(scored(classifier, b"id,text\n1\n4,hate\n", errors=False))
    assert found == [["id", "text", *ADDED], ["4", "hate", *HATE]]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("text,label", "tonality_label"),
        ("text,p_positive", "tonality_label"),
        ("text,label,tonality_score", "tonality_2_label"),
        ("text,Label", "label"),
    ],
)
def test_a_name_that_is_taken_prefixes_all_that_is_added(
    classifier: Classifier, columns: str, expected: str
) -> None:
    data = f"{columns}\nlove{',x' * columns.count(',')}\n".encode()
    header, row = table(scored(classifier, data))
    added = header[len(columns.split(",")) :]
    assert added == [expected.removesuffix("label") + name for name in [*ADDED, "error"]]
    assert row[: columns.count(",") + 1] == ["love", *["x"] * columns.count(",")]


def test_columns_that_later_objects_bring(classifier: Classifier) -> None:
    lines = ['{"text": "love"}'] * 1000 + ['{"text": "love", "new": 1}', '{"text": "", "score": 3}']
    data = "\n".join(lines).encode()
    new, taken = objects(scored(classifier, data, "jsonl"))[1000:]
    assert (new["new"], new["score"]) == (1, 1.0)
    assert "'score', as scoring adds" in taken["error"]
    new_row = table(scored(classifier, data, "jsonl", "csv"))[1001]
    assert "'new', which the first rows lack" in new_row[-1]


def test_names_that_come_twice_are_told_apart(classifier: Classifier) -> None:
    header, row = table(scored(classifier, b"text,a,a,a_2,a\nlove,1,2,3,4\n"))
    assert header[:5] == ["text", "a", "a_3", "a_2", "a_4"]
    assert row[:5] == ["love", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        ("text,n\nlove é,1\n".encode("utf-8-sig"), {}),
        ("text,n\nlove é,1\n".encode("utf-16"), {}),
        ("text,n\nlove é,1\n".encode("cp1252"), {"encoding": "cp1252"}),
        ("text,n\r\nlove é,1\r\n".encode(), {}),
        ("\n\ntext,n\n\nlove é,1".encode(), {}),
    ],
)
def test_encodings_and_line_ends(
    classifier: Classifier, data: bytes, settings: dict[str, Any]
) -> None:
    text = scored(classifier, data, **settings)
    marked = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe"))  # for Excel, which knows UTF-8 by it
    assert text.startswith("\ufeff") == marked
    found = table(text.removeprefix("\ufeff"))
    assert (found[0][0], found[1][:2]) == ("text", ["love é", "1"])


def test_what_goes_out_is_utf_8_whatever_came_in(classifier: Classifier) -> None:
    damaged = "text,name\nlove,é\n".encode() + b"love,caf\xe9\ncaf\xe9,x\n"
    found = b"".join(score_stream(classifier, read_rows(io.BytesIO(damaged), "csv"), "csv"))
    assert "\nlove,caf\ufffd,positive" in found.decode()
    assert b"row 3, column 'text': invalid UTF-8" in found
    found = b"".join(score_stream(classifier, read_rows(io.BytesIO(damaged), "csv"), "jsonl"))
    assert json.loads(found.decode().splitlines()[1])["name"] == "caf\udce9"  # an escape in it
    rows = read_rows(io.BytesIO(b"text,name\nlove,caf\xe9\n"), "csv")
    found = b"".join(score_stream(classifier, rows, "csv"))
    assert "\nlove,café,positive" in found.decode()


def test_nul_and_half_a_pair_do_no_harm(classifier: Classifier) -> None:
    assert table(scored(classifier, b"text,n\nlo\0ve,1\n"))[1][0] == "lo\0ve"
    assert (
        table(scored(classifier, b'{"text": "love \\ud83d"}\n', "jsonl", "csv"))[1][0]
        == "love \ufffd"
    )
    assert "\\ud83d" in scored(classifier, b'{"text": "love \\ud83d"}\n', "jsonl")


def test_words_for_and_against(classifier: Classifier) -> None:
    header, row, empty = table(scored(classifier, b"text,n\nlove the bad plot,1\n,2\n", explain=2))
    found = dict(zip(header, row, strict=True))
    assert found["words_for"].split(" | ")[0] in ("love", "love the")
    assert "bad" in found["words_against"]
    assert dict(zip(header, empty, strict=True))["words_for"] == ""


def test_answers_come_before_all_is_read(classifier: Classifier) -> None:
    lines = iter([b"text,n\n", *[b"love,1\n"] * ROWS * 3])

    class Sender:
        sent = 0

        def read(self, size: int, /) -> bytes:
            self.sent += 1
            return next(lines, b"")

    sender = Sender()
    pieces = score_stream(classifier, read_rows(sender, "csv"), "csv")
    assert next(pieces).startswith(b"text,n,label")
    assert sender.sent < 10
    assert next(pieces).count(b"\n") == ROWS
    assert sender.sent < ROWS * 1.5
    pieces.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_nothing_is_no_table(source: str, data: bytes) -> None:
    with pytest.raises(DataError, match="the file is empty"):
        read_rows(io.BytesIO(data), source)


def test_a_header_alone_is_a_table(classifier: Classifier) -> None:
    assert table(scored(classifier, b"id,text\n")) == [["id", "text", *ADDED, "error"]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: read_rows(io.BytesIO(b"a,b\n"), "csv"), "no text column"),
        (lambda: read_rows(io.BytesIO(b"text,review\n"), "csv"), "several columns could be"),
        (lambda: read_rows(io.BytesIO(b"text\n"), "csv", text_column="x"), "no column 'x'"),
        (lambda: read_rows(io.BytesIO(b'[{"text": "a"}'), "jsonl"), "array is not closed"),
        (lambda: read_rows(io.BytesIO(b'[{"text": "a"}] {}'), "jsonl"), "follows the array"),
        (lambda: read_rows(io.BytesIO(b"no\nno\n"), "jsonl"), "no JSON object"),
        (lambda: read_rows(io.BytesIO(b"t\0e\0x\0t\0"), "csv"), "without a byte-order mark"),
        (lambda: read_rows(io.BytesIO(b'text,"\n'), "csv"), "the header cannot be read"),
        (lambda: read_rows(io.BytesIO(b""), "xml"), "expected one of csv"),
        (lambda: Layout.of(["text"], ["a", "b"], keep=["x"]), "no column 'x'"),
        (lambda: Layout.of(["x_label"], ["a", "b"], prefix="x_"), "another prefix"),
    ],
)
def test_what_is_no_table_of_texts(call: Callable[[], object], message: str) -> None:
    with pytest.raises((DataError, ConfigError), match=message):
        call()


def test_a_stream_that_breaks_off(classifier: Classifier) -> None:
    class Broken:
        def __init__(self) -> None:
            self.pieces = [b"text,n\nlove,1\n"]

        def read(self, size: int, /) -> bytes:
            if self.pieces:
                return self.pieces.pop()
            raise ConnectionResetError(104, "Connection reset by peer")

    with pytest.raises(DataError, match="Connection reset by peer"):
        b"".join(score_stream(classifier, read_rows(Broken(), "csv"), "csv"))


def test_a_line_without_end_is_one_fault(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("byte_lines", "row_stream", "delimited", "jsonlines"):
        monkeypatch.setattr(f"tonality.tables.{module}.MAX_ROW", 100)
    data = b"text,n\n" + b"love " * 50 + b",1\nlove,2\n"
    far, good = table(scored(classifier, data))[1:]
    assert "row 1: the row is longer than 100 characters" in far[-1]
    assert good[:2] == ["love", "2"]
    data = b'{"text": "' + b"love " * 50 + b'"}\n{"text": "love"}\n'
    far_object, good_object = objects(scored(classifier, data, "jsonl"))
    assert "the row is longer than 100 characters" in far_object["error"]
    assert good_object["label"] == "positive"


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# A header says what the delimiter is, and whether the file is UTF-16.
NAMES = st.lists(st.text(st.sampled_from('ab ",\n é'), max_size=4).map(str.strip), max_size=3)


@settings(max_examples=60)
@given(
    names=NAMES,
    rows=st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=5),
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5),
)
def test_any_cell_survives_any_way_its_bytes_come(
    classifier: Classifier, names: list[str], rows: list[list[str]], sizes: list[int]
) -> None:
    columns = ["text", *[f"c{number}{name}" for number, name in enumerate(names)]]
    text = io.StringIO()
    csv.writer(text).writerows([columns, *[row[: len(columns)] for row in rows]])
    data = text.getvalue().encode()
    rows_in_drips = read_rows(Drips(data, sizes), "csv", text_column="text")
    found = table(b"".join(score_stream(classifier, rows_in_drips, "csv")).decode())
    at_once = read_rows(io.BytesIO(data), "csv", text_column="text")
    assert found == table(b"".join(score_stream(classifier, at_once, "csv")).decode())
    # Line ends of records aside, the csv module gives back what it was given.
    assert [row[: len(columns)] for row in found] == [
        [cell.strip() if not number else cell for cell in row]
        for number, row in enumerate(table(text.getvalue()))
    ]
    assert all(row[-1] == "" for row in found[1:])


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)  # as JSON has them
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(max_examples=60)
@given(records=st.lists(st.dictionaries(st.sampled_from("abc"), JSON), min_size=1, max_size=5))
def test_any_json_value_keeps_its_type(
    classifier: Classifier, records: list[dict[str, Any]]
) -> None:
    records = [{"text": "love", **record} for record in records]
    data = "\n".join(map(json.dumps, records)).encode()
    found = objects(scored(classifier, data, "jsonl"))
    assert [{k: v for k, v in item.items() if k not in ADDED} for item in found] == records
