"""``tonality score`` on what people really have: encodings, marks, odd heads, files in motion."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from score_tables import failure, objects, run, table
from spreadsheets import write_xlsx
from tonality.score.files import job


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_csv_of_windows_is_recognised_and_said(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("in.csv").write_bytes(
        "id,text,name\n1,love,Jos\u00e9\n2,I\u2019d hate,\u20ac\n".encode("cp1252")
    )
    with caplog.at_level(logging.WARNING):
        assert run(model_folder, "in.csv", "-o", "out.csv").exit_code == 0
    assert [r.message for r in caplog.records] == [
        "in.csv: line 2 is not UTF-8; it is read as cp1252 (Windows), as it looks like that; if it "
        "is another encoding, name it with --encoding"
    ]
    assert [row[1:3] for row in table(Path("out.csv").read_text("utf-8"))[1:]] == [
        ["love", "Jos\u00e9"],
        ["I\u2019d hate", "\u20ac"],
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_stays_where_the_input_had_one(
    model_folder: Path, here: Path, encoding: str
) -> None:
    Path("in.csv").write_bytes("text,n\nlove \u00e9,1\n".encode(encoding))
    Path("plain.csv").write_bytes(b"text,n\nlove,1\n")
    for source, options, marked in (
        ("in.csv", [], True),
        ("in.csv", ["--no-bom"], False),
        ("plain.csv", [], False),
        ("plain.csv", ["--bom"], True),
    ):
        run(model_folder, source, "-o", "out.csv", "--overwrite", *options)
        content = Path("out.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") == marked
        assert table(content.decode("utf-8-sig"))[0][:2] == ["text", "n"]
    run(model_folder, "in.csv", "-o", "out.jsonl", "--bom")
    assert Path("out.jsonl").read_bytes().startswith(b"{")


def test_the_head_of_a_spreadsheet(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_bytes(b'\xef\xbb\xbf"sep=;"\r\nid;review\r\n1;"love; it"\r\n2;hate\r\n')
    assert run(model_folder, "in.csv", "-o", "out.csv").exit_code == 0
    found = list(csv.DictReader(io.StringIO(Path("out.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [(row["review"], row["label"]) for row in found] == [
        ("love; it", "positive"),
        ("hate", "negative"),
    ]


def test_options_say_how_the_table_is_written(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("Report\n\nTitle:Body\nlove:it\nhate:\n")
    options = ["--delimiter", ":", "--header-row", "3", "--text-column", "title,BODY"]
    result = run(model_folder, "in.csv", "-o", "out.jsonl", *options)
    assert result.exit_code == 0
    assert [row["label"] for row in objects(Path("out.jsonl").read_text())] == [
        "positive",
        "negative",
    ]
    Path("bare.csv").write_text("love it, really\nhate\n")
    asked = ["--no-header", "--text-column", "1"]
    assert run(model_folder, "bare.csv", "-o", "bare.jsonl", *asked).exit_code == 0
    assert len(objects(Path("bare.jsonl").read_text())) == 2
    result = run(model_folder, "bare.csv", "-o", "x.csv", "--no-header", "--header-row", "2")
    assert "contradict each other" in failure(result)
    result = run(model_folder, "in.csv", "-o", "out.jsonl", "--resume", "--overwrite")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("options", "suiting", "others"),
    [
        (["--sheet", "Answers"], "in.xlsx", ["in.csv.gz", "in.jsonl"]),
        (["--delimiter", ";"], "in.csv.gz", ["in.jsonl", "in.xlsx"]),
        (["--header-row", "1"], "in.xlsx", ["in.jsonl"]),
        (["--no-header", "--text-column", "1"], "in.csv.gz", ["in.jsonl"]),
    ],
)
def test_an_option_that_suits_no_table_is_refused(
    model_folder: Path, here: Path, options: list[str], suiting: str, others: list[str]
) -> None:
    Path("in.csv.gz").write_bytes(gzip.compress(b"text\nlove\n"))
    Path("in.jsonl").write_text('{"text": "love"}\n')
    write_xlsx(Path("in.xlsx"), {"Answers": [["text"], ["love"]], "About": []})
    reason = f"{options[0]} is for "
    for name in others:
        assert reason in failure(run(model_folder, name, "-o", "out.csv", *options))
    lines = Path("in.jsonl").read_bytes()
    assert reason in failure(run(model_folder, "-", "-o", "-", *options, input=lines))
    result = run(model_folder, suiting, *others, "-o", "out.csv", *options)
    assert (result.exit_code, Path("out.csv").exists()) == (0, True)


def test_a_marker_of_nothing_that_no_text_is_is_told(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("in.csv").write_text("text\nlove\nNo comment\n")
    run(model_folder, "in.csv", "-o", "a.csv", "--null", "no comment")
    assert not caplog.messages
    for output in ("b.csv", "b.parquet", "-"):
        caplog.clear()
        run(model_folder, "in.csv", "-o", output, "--null", "no coment", "--null", "no comment")
        told = "in.csv: no text or label is --null 'no coment'; is it spelled so?"
        assert caplog.messages == [told]


def test_a_piped_table_tells_its_delimiter(model_folder: Path, here: Path) -> None:
    for data in (b"sep=\t\nid\ttext\n1\tlove\n", b"sep=;\nid;text\n1;love\n", b"id|text\n1|love\n"):
        result = run(model_folder, "-", "-o", "-", "--format", "jsonl", input=data)
        assert objects(result.stdout)[0]["label"] == "positive"


@pytest.mark.parametrize("name", ["book.xlsb", "book.numbers"])
def test_spreadsheets_of_other_kinds_are_refused_with_what_to_do(
    model_folder: Path, here: Path, name: str
) -> None:
    Path(name).write_bytes(b"PK\x03\x04 and so on")
    assert "is a spreadsheet; save it as .xlsx" in failure(run(model_folder, name, "-o", "out.csv"))
    Path("in.csv").write_bytes(b"PK\x03\x04 and so on")
    assert "let its name end in .xlsx" in failure(run(model_folder, "in.csv", "-o", "out.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "is a picture"),
        (b"%PDF-1.7\n", "is a PDF file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "of Office"),
        (b"\x7fELF\x02\x01\x01\0\0\n", "is a binary file"),
        (b"\x01\x02\x03\x04\x05 text\n", "is a binary file"),
        (b"SQLite format 3\0\x10\0", "is a binary file"),
    ],
)
def test_binary_files_are_refused(
    model_folder: Path, here: Path, content: bytes, message: str
) -> None:
    Path("in.csv").write_bytes(content)
    assert message in failure(run(model_folder, "in.csv", "-o", "out.csv"))


@pytest.mark.parametrize("change", ["cut", "grown", "touched"])
def test_an_input_that_changes_while_it_is_read_is_not_published(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = Path("in.csv")
    path.write_bytes(b"id,text\n" + b"".join(b"%d,love it\n" % n for n in range(9000)))
    to_file = job.ScoringJob.to_file

    def changing(rows: int, share: float | None) -> None:
        if rows > 4000:
            if change == "cut":
                os.truncate(path, 60_000)
            elif change == "grown":
                with path.open("ab") as file:
                    file.write(b"9000,hate\n")
            else:
                os.utime(path, ns=(1, 1))

    with monkeypatch.context() as patch:
        patch.setattr(job.ScoringJob, "to_file", lambda self, out, _: to_file(self, out, changing))
        result = run(model_folder, "in.csv", "-o", "out.csv")
    assert "was changed while it was read" in failure(result)
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("line", ["5", "true", "null", '"a text"', "1.5", "[1]"])
def test_a_bare_value_in_json_lines_is_one_bad_row(
    model_folder: Path, here: Path, line: str
) -> None:
    Path("in.jsonl").write_text(f'{{"text": "love"}}\n{line}\n{{"text": "hate"}}\n')
    assert run(model_folder, "in.jsonl", "-o", "out.jsonl").exit_code == 3
    assert len(objects(Path("out.jsonl").read_text())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_loop_of_links(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("text,n\nlove,1\n")
    Path("loop.csv").symlink_to("loop.csv")
    for asked in (["loop.csv/out.csv"], ["out.csv", "--bad-rows", "loop.csv/bad"]):
        assert "cannot be written" in failure(run(model_folder, "in.csv", "-o", *asked))
    assert run(model_folder, "loop.csv", "-o", "out.csv").exit_code == 1


def test_parquet_of_every_kind_of_list_and_view(model_folder: Path, here: Path) -> None:
    pa = pytest.importorskip("pyarrow", minversion="21")  # older ones write no such files
    pq = pytest.importorskip("pyarrow.parquet")
    kinds: dict[str, Any] = {
        "list": pa.array([["a"], None]),
        "string_view": pa.array(["a", None], pa.string_view()),
        "binary_view": pa.array([b"a", None], pa.binary_view()),
        "list_view": pa.array([["a"], None], pa.list_view(pa.string_view())),
        "large": pa.array([["a"], None], pa.large_list_view(pa.string())),
        "struct": pa.array([{"a": "x"}, None], pa.struct([("a", pa.string_view())])),
        "map": pa.array([[("a", "b")], None], pa.map_(pa.string(), pa.string_view())),
        "sized": pa.array([["a", "b"], None], pa.list_(pa.string_view(), 2)),
        "uuid": pa.array([b"0" * 16, None], pa.uuid()),
        "length": pa.array([1, None], pa.duration("s")),
    }
    texts = pa.array(["love", "hate"], pa.string_view())
    pq.write_table(pa.table({"text": texts, **kinds}), "in.parquet")
    for output in ("out.parquet", "out.csv", "out.jsonl"):
        assert run(model_folder, "in.parquet", "-o", output).exit_code == 0
    found = pq.read_table("out.parquet").to_pylist()
    assert [row["label"] for row in found] == ["positive", "negative"]
    assert found[0] | {"list": ["a"], "list_view": ["a"], "string_view": "a"} == found[0]
    for kind in ("list", "list_view", "struct"):
        result = run(model_folder, "in.parquet", "-o", "x.parquet", "--text-column", kind)
        assert "expected texts, found" in failure(result)
