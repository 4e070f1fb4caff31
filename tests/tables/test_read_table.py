"""Files of every format, good rows and bad ones."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.data import Table, load_dataset, read_table
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.label_spellings import fold
from tonality.tables.read_options import NO_LABELS, NULLS, ReadOptions

pa = pytest.importorskip("pyarrow", reason="reading Parquet needs tonality[train]")
import pyarrow.parquet as pq  # noqa: E402


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_parquet(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def side(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


DOUBLED = 'a quote inside a quoted text must be doubled: ""'
CLOSED = "a quoted text is not closed: end it with a quote"
ROWS = [("Great film, really.", "positive"), ('He said "no"\nand left', "negative")]


def test_csv_as_kaggle_gives_it(tmp_path: Path) -> None:
    content = (
        "review,sentiment\r\n"
        '"Great film, really.",positive\r\n'
        '"He said ""no""\nand left",negative\r\n'
    )
    table = read_table(write(tmp_path / "IMDB Dataset.csv", content))
    assert table.texts == [text for text, _ in ROWS]
    assert table.labels == [label for _, label in ROWS]
    assert (table.groups, table.ids, table.ratings, table.bad_rows) == (None, None, None, 0)
    assert len(table) == 2


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".json"])
def test_json_lines(tmp_path: Path, suffix: str) -> None:
    lines = [{"text": text, "label": label} for text, label in ROWS]
    content = "\n".join(json.dumps(line) for line in lines) + "\n\n"
    table = read_table(write(tmp_path / f"a{suffix}", content))
    assert list(zip(table.texts, table.labels or [], strict=True)) == ROWS


def test_json_array(tmp_path: Path) -> None:
    content = "\n" + json.dumps(
        [{"body": "one", "class": 1}, {"body": "two", "class": 0}], indent=1
    )
    table = read_table(write(tmp_path / "a.json", content))
    assert (table.texts, table.labels) == (["one", "two"], ["1", "0"])


def test_json_array_that_is_broken(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="invalid JSON"):
        read_table(write(tmp_path / "a.json", '[{"text": "a"'))


def test_json_keys_may_differ_from_line_to_line(tmp_path: Path) -> None:
    content = '{"label": "x", "text": "a"}\n{"text": "b", "label": "y", "movie": "tt1"}\n'
    table = read_table(write(tmp_path / "a.jsonl", content))
    assert (table.labels, table.groups) == (["x", "y"], ["", "tt1"])


def test_parquet_with_every_column(tmp_path: Path) -> None:
    columns = {
        "id": ["a", "b"],
        "label": pa.array([1, 0], pa.int8()),
        "rating": [9, None],
        "movie": ["tt1", None],
        "unrelated": [[1], [2]],
        "text": pa.array(["one", "two"], pa.large_string()),
    }
    table = read_table(write_parquet(tmp_path / "a.parquet", columns))
    assert (table.texts, table.labels, table.ids) == (["one", "two"], ["1", "0"], ["a", "b"])
    assert table.groups == ["tt1", ""]
    assert table.ratings is not None
    assert table.ratings[0] == 9
    assert math.isnan(table.ratings[1])


def test_parquet_dictionaries_bytes_and_integers_with_gaps(tmp_path: Path) -> None:
    columns = {
        "text": pa.array([b"one", b"two", b"\xff"], pa.binary()),
        "label": pa.array([1.0, 0.0, math.nan]),
        "movie": pa.array(["tt1", "tt1", "tt2"]).dictionary_encode(),
    }
    table = read_table(write_parquet(tmp_path / "a.parquet", columns))
    assert (table.texts, table.labels) == (["one", "two"], ["1", "0"])
    assert table.groups == ["tt1", "tt1"]
    assert table.bad_reasons == {"invalid UTF-8": 1}


def test_parquet_with_a_string_that_is_no_utf8(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"b\xe4d"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    path = write_parquet(tmp_path / "a.parquet", {"text": text})
    table = read_table(path, bad_rows=tmp_path / "bad.jsonl")
    assert (table.texts, table.bad_rows) == (["good"], 1)
    assert side(tmp_path / "bad.jsonl")[0]["raw"] == {"text": "b\udce4d"}


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing PAR1"])
def test_parquet_that_is_damaged(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_table(write(tmp_path / "a.parquet", content))


def test_parquet_with_damaged_pages(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": [f"text {i}" for i in range(5000)]})
    content = bytearray(path.read_bytes())
    content[4:3000] = b"\xff" * 2996
    with pytest.raises(DataError, match="damaged"):
        read_table(write(path, bytes(content)))


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": ["one"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DependencyError, match=r"tonality\[analyse\]"):
        read_table(path)


def test_tsv_without_quoting_keeps_its_quotes(tmp_path: Path) -> None:
    content = 'sentence\tlabel\n"un" film\t1\nsay "when\t0\n\n'
    table = read_table(write(tmp_path / "glue.tsv", content))
    assert (table.texts, table.labels) == (['"un" film', 'say "when'], ["1", "0"])


def test_tsv_from_a_spreadsheet(tmp_path: Path) -> None:
    flat = write(tmp_path / "flat.tsv", 'text\tlabel\n"say ""when"", please"\t1\n""\t2\n')
    assert read_table(flat).texts == ['say "when", please']
    nested = write(tmp_path / "nested.tsv", 'text\tlabel\n"a\ttab and\na line"\t1\nplain\t0\n')
    assert read_table(nested).texts == ["a\ttab and\na line", "plain"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    content = "text,label\ncafé ☕,1\n" if name == "a.csv" else '{"text": "café ☕"}\n'
    table = read_table(write(tmp_path / name, content.encode(encoding)))
    assert table.texts == ["café ☕"]


def test_utf16_cut_in_the_middle(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="UTF-16"):
        read_table(write(tmp_path / "a.csv", "text\nabc\n".encode("utf-16")[:-1]))


@pytest.mark.parametrize("name", ["a.csv.zip", "archive.zip"])
@pytest.mark.parametrize("inside", ["IMDB Dataset.csv", "folder/.CSV"])
def test_a_zip_archive(tmp_path: Path, name: str, inside: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as pack:
        pack.writestr(inside, b"text,label\none,1\n")
        pack.writestr("__MACOSX/._IMDB Dataset.csv", b"\0")
        pack.writestr("LICENSE", b"free")
    assert read_table(tmp_path / name).texts == ["one"]


def test_a_zip_archive_that_is_none_or_holds_several_tables(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be unpacked"):
        read_table(write(tmp_path / "not.zip", b"PK nothing"))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as pack:
        pack.writestr("a.csv", b"")
        pack.writestr("b.csv", b"")
    with pytest.raises(DataError, match=r"one table inside, found 'a\.csv', 'b\.csv'"):
        read_table(tmp_path / "two.zip")


def test_a_file_that_is_not_there_or_of_no_known_kind(tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "a.zip"):
        with pytest.raises(DataError, match="no such file"):
            read_table(tmp_path / name)
    for name in ("a.docx", "a", "a.gz"):
        with pytest.raises(DataError, match=r"unknown kind of file; expected one of \.csv"):
            read_table(write(tmp_path / name, b""))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="the file is empty"):
        read_table(write(tmp_path / name, b""))


def test_a_header_and_no_rows(tmp_path: Path) -> None:
    assert len(read_table(write(tmp_path / "a.csv", b"text,label\n"))) == 0


def test_a_header_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="header cannot be read"):
        read_table(write(tmp_path / "a.csv", b'"text"x,label\n'))


def test_bad_csv_rows_are_named_counted_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = (
        b"text,label\n"
        b"good one,1\n"
        b"too,many,fields\n"
        b"  ,1\n"
        b"no label,\n"
        b"caf\xe9,0\n"
        b'"quote" goes on,1\n'
        b"good tw\xc3\xb6,0\n"
        b"few\n"
        b'"never closed,1\n'
    )
    path = write(tmp_path / "a.csv", content)
    with caplog.at_level(logging.WARNING):
        table = read_table(path, bad_rows=tmp_path / "bad.jsonl")
    assert (table.texts, table.labels) == (["good one", "good twö"], ["1", "0"])
    assert (table.bad_rows, table.without_text) == (6, 1)
    bad = side(tmp_path / "bad.jsonl")
    assert [(b["row"], b["column"], b["reason"]) for b in bad] == [
        (2, None, "expected 2 fields, found 3"),
        (4, "label", "no label"),
        (5, "text", "invalid UTF-8"),
        (6, None, f"invalid CSV: ',' expected after '\"'; {DOUBLED}"),
        (8, None, "expected 2 fields, found 1"),
        (9, None, f"invalid CSV: unexpected end of data; {CLOSED}"),
    ]
    assert {b["file"] for b in bad} == {str(path)}
    assert bad[0]["raw"] == ["too", "many", "fields"]
    assert bad[2]["raw"] == ["caf\udce9", "0"]  # the byte 0xE9 is not lost
    assert bad[3]["raw"] == '"quote" goes on,1\n'
    assert "left out 6 of 9 rows" in caplog.text
    assert "left out 1 row without a text" in caplog.text
    assert "row 4, column 'label': no label" in caplog.text
    assert "goes on" not in caplog.text  # users' texts stay out of logs


def test_bad_json_lines(tmp_path: Path) -> None:
    content = (
        b'{"text": "good \xc3\xb6", "label": "x"}\n'
        b'{"text": "cut", \n'
        b"[1, 2]\n"
        b'{"text": 5, "label": "x"}\n'
        b'{"label": "x"}\n'
        b'{"text": "half a pair \\ud83d", "label": "x"}\n'
        b'{"text": "caf\xe9", "label": "x"}\n' + b"[" * 100_000 + b"\n"
    )
    path = write(tmp_path / "a.jsonl", content)
    table = read_table(path, bad_rows=tmp_path / "bad.jsonl")
    assert table.texts == ["good ö", "half a pair \ufffd"]
    assert [(b["row"], b["reason"]) for b in side(tmp_path / "bad.jsonl")] == [
        (2, "invalid JSON"),
        (3, "expected a JSON object, found list"),
        (4, "expected a string, found int"),
        (7, "invalid UTF-8"),
        (8, "invalid JSON"),
    ]


def test_ratings_are_read_as_labels_of_numbers_are(tmp_path: Path) -> None:
    rows = ["1 star", '"4,5"', "5.0", " 3 ", "very good", ""]
    content = "text,label,stars\n" + "".join(f"fine,1,{row}\n" for row in rows)
    found = read_table(write(tmp_path / "a.csv", content)).ratings
    assert str(found) == "[1.0, 4.5, 5.0, 3.0, nan, nan]"


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_further_values_that_are_no_text_are_json(tmp_path: Path, name: str) -> None:
    values = {"up": [True, False], "votes": [{"up": 1}, {"up": 2}], "tags": [["ä"], None]}
    columns = {"text": ["a", "b"], "label": ["1", "0"], "n": [1.0, 0.5], **values}
    if name == "a.jsonl":
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        write(tmp_path / name, "\n".join(map(json.dumps, rows)))
    else:
        write_parquet(tmp_path / name, columns)
    assert read_table(tmp_path / name, extra_columns=["up", "votes", "tags", "n"]).extras == {
        "up": ["true", "false"],
        "votes": ['{"up": 1}', '{"up": 2}'],
        "tags": ['["ä"]', ""],
        "n": ["1", "0.5"],
    }


def test_bytes_that_are_no_utf8_matter_only_where_they_are_read(tmp_path: Path) -> None:
    content = b"author,text,label,movie\nJos\xe9,f\xc3\xafne,1,a\nx,y,\xe9,a\nx,y,1,\xe9\n"
    table = read_table(write(tmp_path / "a.csv", content))
    assert (table.texts, table.bad_reasons) == (["fïne"], {"invalid UTF-8": 2})


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_utf_16_without_a_mark_is_refused(tmp_path: Path, name: str, order: str) -> None:
    content = "text,label\none,1\n" if name == "a.csv" else '{"text": "one", "label": "1"}\n'
    path = write(tmp_path / name, content.encode(f"utf-16-{order}"))
    with pytest.raises(DataError, match=rf"save it as UTF-8, or .* --encoding utf-16-{order}$"):
        read_table(path)
    table = read_table(path, encoding=f"utf-16-{order}")
    assert (table.texts, table.labels) == (["one"], ["1"])


def test_a_file_in_another_encoding_and_its_remedy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    russian = "text,label\nочень хорошо,1\nплохо,0\n".encode("cp1251")
    path = write(tmp_path / "a.csv", russian)
    with pytest.raises(DataError, match=r"none of the 2 rows .*name it, such as --encoding cp1252"):
        read_table(path)
    assert read_table(path, encoding="cp1251").texts == ["очень хорошо", "плохо"]
    content = b'text,label\n"caf\xe9, \x93good\x94",1\nna\xefve,0\nplain,1\nodd \x81,1\n'
    write(path, content)
    with caplog.at_level(logging.WARNING):
        assert read_table(path).bad_reasons == {"invalid UTF-8": 3}
        assert "such as --encoding cp1252" in caplog.text
        caplog.clear()
        assert read_table(path, encoding="cp1252").bad_reasons == {"invalid cp1252": 1}
        assert "--encoding" not in caplog.text


def test_the_encoding_of_a_whole_dataset(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "text,label\ncaf\u00e9,1\n".encode("latin-1"))
    write(tmp_path / "test.jsonl", '{"text": "na\u00efve", "label": 1}'.encode("latin-1"))
    content = {"text": [b"\xe9"], "label": ["-1"]}
    write_parquet(tmp_path / "unsup.parquet", content)
    data = load_dataset(tmp_path, encoding="latin-1")
    assert data.test is not None
    assert data.unlabelled is not None
    texts = (data.train.texts, data.test.texts, data.unlabelled.texts)
    assert texts == (["caf\u00e9"], ["na\u00efve"], ["\u00e9"])


def test_a_mark_of_utf_16_goes_before_utf_8(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text\nschön\n".encode("utf-16"))
    assert read_table(path, encoding="utf-8").texts == ["schön"]
    with pytest.raises(DataError, match="is a binary file"):
        read_table(write(tmp_path / "b.csv", bytes(range(256))), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["UTF-8", "utf_8", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path, encoding: str) -> None:
    marked = "utf-8-sig" if "8" in encoding else "utf-16"
    path = write(tmp_path / "a.csv", "text,label\none,1\n".encode(marked))
    assert read_table(path, encoding=encoding).texts == ["one"]


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "undefined", "", "a\0b"])
def test_encodings_that_are_none(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,1\n")
    with pytest.raises(ConfigError, match="expected the name of an encoding"):
        read_table(path, encoding=encoding)


@settings(deadline=None)
@given(
    st.binary(max_size=100),
    st.sampled_from(["cp1252", "utf-16", "utf-16-be", "shift_jis", "utf-7", "gb18030", "utf-32"]),
)
def test_any_bytes_in_any_encoding_give_a_table_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.csv"
    with contextlib.suppress(DataError):
        read_table(write(path, "text,label\n".encode(encoding) + content), encoding=encoding)


def test_all_rows_bad(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\n,1\nx,\n")
    with pytest.raises(DataError, match=r"none of the 2 rows.*row 1, column 'text': no text"):
        read_table(path)


def test_texts_longer_than_the_csv_module_takes_by_default(tmp_path: Path) -> None:
    long = "word " * 100_000
    before = csv.field_size_limit(131072)
    try:
        table = read_table(write(tmp_path / "a.csv", f"text,label\n{long},1\n"))
    finally:
        csv.field_size_limit(before)
    assert table.texts == [long]


def test_the_side_file_is_created_by_the_first_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,1\ntwo,\n")
    aside = tmp_path / "bad.jsonl"
    read_table(path, bad_rows=aside)
    read_table(path, bad_rows=aside)  # that of an earlier run is replaced
    assert [b["row"] for b in side(aside)] == [2]
    read_table(write(path, "text,label\none,1\n"), bad_rows=aside)
    assert not aside.exists()  # the rows of the earlier run would be taken for this one's
    read_table(path, bad_rows=write(aside, ""))
    read_table(path, bad_rows="/dev/null" if Path("/dev/null").exists() else aside)


@pytest.mark.parametrize("content", ["precious\n", '{"text": "a", "label": "b"}\n', "[]", "\xff\n"])
def test_files_of_another_kind_are_not_overwritten_with_bad_rows(
    tmp_path: Path, content: str
) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,1\n,1\n")
    other = write(tmp_path / "other.jsonl", content)
    with pytest.raises(DataError, match=r"other\.jsonl.*not overwritten; choose another name"):
        read_table(path, bad_rows=other)
    assert other.read_bytes() == content.encode()


def test_the_side_file_must_be_writable_and_not_the_data(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,1\n")
    with pytest.raises(ConfigError, match="over the data itself"):
        read_table(path, bad_rows=path)
    assert path.read_text() == "text,label\none,1\n"
    for place in (tmp_path / "missing" / "bad.jsonl", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(DataError, match="bad rows cannot be written"):
            read_table(path, bad_rows=place)


def test_ratings_that_are_no_numbers(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "text,rating\none,4.5\ntwo,n/a\n"))
    assert table.ratings is not None
    assert table.ratings[0] == 4.5
    assert math.isnan(table.ratings[1])
    assert read_table(write(tmp_path / "b.csv", "text,rating\none,good\n")).ratings is None


def test_labels_are_mapped_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\na,Positive\nb,POSITIVE\nc,neutral\nd,-1\n")
    table = read_table(path, label_map={"positive": "pos", "POSITIVE": "POS", "neutral": ""})
    assert (table.texts, table.labels) == (["a", "b", "d"], ["pos", "POS", "-1"])
    assert table.bad_rows == 0


def test_a_label_to_be_mapped_must_be_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\na,Positive\nb,negative\n,mixed\n")
    with pytest.raises(DataError) as caught:
        read_table(path, label_map={"postive": "pos", "negative": "neg", "mixed": ""})
    assert str(caught.value) == (
        f"{path}: the label map names 'postive', 'mixed', which no row has. "
        "Labels: 'Positive', 'negative'"
    )
    with pytest.raises(DataError, match=r"no labels for --label-map to rename; name their column"):
        read_table(write(path, "text\na\n"), label_map={"1": "x"})


def test_a_file_read_as_unlabelled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label,movie\na,,m\nb,,m\n")
    table = read_table(path, label_column="", group_column="")
    assert (table.texts, table.labels, table.groups) == (["a", "b"], None, None)


def test_take(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,label,movie,stars\n1,a,x,m,1\n2,b,y,n,2\n3,,y,n,2\n")
    part = read_table(path).take([1, 0, 1])
    assert part == Table(
        texts=["b", "a", "b"],
        labels=["y", "x", "y"],
        groups=["n", "m", "n"],
        ids=["2", "1", "2"],
        ratings=[2.0, 1.0, 2.0],
        rows=[2, 1, 2],
        files=[str(path)] * 3,
        source=str(path),
        columns=["id", "text", "label", "movie", "stars"],
    )


def test_a_table_of_uneven_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="labels has 1 rows, texts has 2"):
        Table(texts=["a", "b"], labels=["x"])


printable = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: not text.isspace()
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            printable.filter(lambda text: text.strip() not in NULLS),
            printable.map(str.strip).filter(lambda label: label not in NO_LABELS),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_text_survives_csv_and_json_lines(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([("text", "label"), *rows])
    write(folder / "a.csv", buffer.getvalue())
    lines = [json.dumps({"text": t, "label": label}, ensure_ascii=False) for t, label in rows]
    write(folder / "a.jsonl", "\n".join(lines))
    write_parquet(
        folder / "a.parquet", {"text": [t for t, _ in rows], "label": [label for _, label in rows]}
    )
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        table = read_table(folder / name)
        assert table.texts == [text for text, _ in rows]
        # Spellings of one label are joined.
        assert list(map(fold, table.labels or [])) == [fold(label) for _, label in rows]


def test_further_columns_are_kept_as_text(tmp_path: Path) -> None:
    rows = {"text": ["a", "b"], "stars": [4.0, None], "Store Name": ["<b>", "  x "]}
    table = read_table(
        write_parquet(tmp_path / "a.parquet", rows), extra_columns=["stars", "store_name"]
    )
    assert table.extras == {"stars": ["4", ""], "store_name": ["<b>", "x"]}
    assert table.take([1]).extras == {"stars": [""], "store_name": ["x"]}
    with pytest.raises(DataError, match=r"no column 'shop'. Columns: 'text', 'stars'"):
        read_table(tmp_path / "a.parquet", extra_columns=["shop"])


def strayed(tmp_path: Path, changes: dict[int, str], rows: int = 200) -> Table:
    lines = [changes.get(i, f"text {i},{i % 2}") for i in range(1, rows + 1)]
    content = "\n".join(["text,label", *lines]) + "\n"
    return read_table(write(tmp_path / "stray.csv", content), bad_rows=tmp_path / "bad.jsonl")


def test_a_stray_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    table = strayed(tmp_path, {100: '"text 100,0', 150: '"text 150,0'})
    assert (len(table), table.bad_rows) == (198, 2)
    assert table.texts[98:100] == ["text 99", "text 101"]
    bad = side(tmp_path / "bad.jsonl")
    assert [(b["row"], b["raw"]) for b in bad] == [
        (100, '"text 100,0\n'),
        (150, '"text 150,0\n'),
    ]


def test_stray_quotes_that_pair_up_are_noticed_by_the_number_of_fields(tmp_path: Path) -> None:
    table = strayed(tmp_path, {100: '"text 100,0', 110: 'text 110",0,1'})
    assert (len(table), table.bad_rows) == (198, 2)
    assert table.bad_reasons == {"expected 2 fields, found 3": 2}


def test_a_row_of_several_lines_with_too_many_fields_hides_no_other(tmp_path: Path) -> None:
    table = strayed(tmp_path, {5: '"one\ntwo",1,2', 7: '"three\nfour",1'})
    assert (len(table), table.bad_rows) == (199, 2)
    assert "three\nfour" in table.texts
    assert strayed(tmp_path, {200: '"'}).texts[-1] == "text 199"


def test_many_stray_quotes_are_read_in_linear_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the lines leaves a quote open, at the start of a record and within one."""
    monkeypatch.setattr("tonality.tables.delimited.MAX_ROW", 2**16)
    count = 20_000
    lines = 'a",b,"c\n' * count
    path = write(tmp_path / "a.csv", f"text,label\nfine,1\n{lines}fine,1\n")
    table = read_table(path)
    assert (len(table), table.bad_rows) == (2, count)


@pytest.mark.parametrize(
    "cell", ["#VALUE!", "#REF!", "#DIV/0!", "#NV", "#¡VALOR!", "(null)", "[NULL]", "<null>", "NaT"]
)
def test_an_error_of_a_sheet_or_a_null_of_a_tool_is_no_text(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,label\ngood,positive\n{cell},negative\nbad,{cell}\n", "utf-8")
    table = read_table(path)
    assert table.texts == ["good"]
    assert table.labels == ["positive"]
    kept = read_table(path, options=ReadOptions.of(keep_null=[cell]))
    assert kept.texts == ["good", cell, "bad"]


def test_a_long_text_can_stand_for_a_missing_one(tmp_path: Path) -> None:
    nothing = "The respondent gave no answer to this question, which was the last of the survey."
    path = tmp_path / "a.csv"
    path.write_text(f'text\ngood\n"{nothing}"\n"  {nothing.upper()} "\n', "utf-8")
    table = read_table(path, options=ReadOptions.of(null=[nothing]))
    assert (table.texts, table.without_text) == (["good"], 2)
