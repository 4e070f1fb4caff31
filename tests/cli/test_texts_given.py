"""Texts for ``predict`` and ``explain``: files of any encoding, tables by mistake, dashes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tonality.cli import app


def run(model: Path, *words: str, input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--model", str(model)], input=input)


def failure(result: Result) -> str:
    usage = isinstance(result.exception, SystemExit)
    return " ".join((result.stderr if usage else str(result.exception)).split())


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_file_of_windows_is_recognised_and_said(
    model_folder: Path, tmp_path: Path, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("I don\u2019t love it\ncaf\u00e9\n".encode("cp1252"))
    with caplog.at_level(logging.WARNING):
        result = run(model_folder, command, "--file", str(path), "--json")
    assert "don\u2019t" in result.stdout
    assert "caf\u00e9" in result.stdout
    assert "line 1 is not UTF-8; it is read as cp1252" in caplog.text
    result = run(model_folder, command, "--file", str(path), "--json", "--encoding", "latin-1")
    assert "don\u0092t" in result.stdout or "don\\u0092t" in result.stdout
    result = run(model_folder, command, "--file", str(path), "--encoding", "klingon")
    assert "expected the name of an encoding" in failure(result)


def test_damaged_lines_are_said(
    model_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("caf\u00e9\n".encode() + b"love caf\xe9\n" + b"hate \xe9\n")
    with caplog.at_level(logging.WARNING):
        result = run(model_folder, "predict", "--file", str(path))
    assert "love caf\ufffd" in result.stdout
    assert [r.message for r in caplog.records if "line 2 holds bytes" in r.message]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.parquet", "a.csv.gz", "My data.zip"]
)
def test_a_table_is_refused_with_the_command_to_use(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"id,text\n1,love\n")
    shown = f"'{name}'" if " " in name else name
    for command in ("predict", "explain"):
        message = failure(run(model_folder, command, "--file", name))
        assert f"tonality score {shown} -o scored.csv" in message


@pytest.mark.parametrize(
    "first", ["id,review", '"Review";"Rating"', '{"text": "love"}', "text\tlabel"]
)
def test_what_begins_as_a_table_is_refused(model_folder: Path, first: str) -> None:
    for words in (["predict"], ["explain", "--file", "-"]):
        result = run(model_folder, *words, input=f"{first}\nlove\n".encode())
        assert "tonality score - -o scored.csv" in failure(result)


@pytest.mark.parametrize(
    ("content", "format"), [("id,text\n1,love\n", "csv"), ('{"text": "love"}\n', "jsonl")]
)
def test_the_command_for_a_table_of_another_name_works(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str,
    format: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(content)
    message = failure(run(model_folder, "predict", "--file", "a.txt"))
    command = message.partition("score its rows with: tonality ")[2]
    assert command == f"score a.txt -o scored.csv --input-format {format}"
    assert run(model_folder, *command.split()).exit_code == 0
    without = failure(run(model_folder, "score", "a.txt", "-o", "b.csv"))
    assert "unknown kind of file" in without
    assert "or name the format, such as --input-format csv" in without


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_lone_dash_is_standard_input(model_folder: Path, command: str) -> None:
    result = run(model_folder, command, "-", "--json", input=b"love it\n")
    assert '"text": "love it"' in result.stdout


@pytest.mark.parametrize(
    "first",
    ["Great text, love", "review", "{sic} love", '{"quote"} love', "love, hate; bad", "text"],
)
def test_texts_are_no_tables(model_folder: Path, first: str) -> None:
    result = run(model_folder, "predict", input=f"{first}\nlove\n".encode())
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 sheet", "let its name end in .xlsx"),
        (b"\x1f\x8b\x08\0", "is gzipped"),
        (b"\x7fELF\0\0\n", "is a binary file"),
        ("love\n".encode("utf-16-le"), "UTF-16 without a byte-order mark"),
    ],
)
def test_binary_files_are_refused(
    model_folder: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    for command in ("predict", "explain"):
        assert message in failure(run(model_folder, command, "--file", str(path)))


@pytest.mark.parametrize("name", ["a.xlsb", "a.NUMBERS"])
def test_spreadsheets_of_other_kinds_are_refused(
    model_folder: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 sheet")
    result = run(model_folder, "predict", "--file", str(path))
    assert "is a spreadsheet; save it as .xlsx" in failure(result)


def test_utf_16_with_a_mark_and_returns_within_lines(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("love\r\nI hate\rit\r\n".encode("utf-16"))
    result = run(model_folder, "predict", "--file", str(path))
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["positive", "negative"]


@pytest.mark.parametrize("text", ["-5 stars, hate it", "--- love it", "-bad"])
@pytest.mark.parametrize("command", ["predict", "explain"])
def test_texts_that_begin_with_a_dash(model_folder: Path, command: str, text: str) -> None:
    result = run(model_folder, command, text)
    assert result.exit_code == 2
    assert f"tonality {command} -- '" in failure(result)
    words = [command, "--model", str(model_folder), "--", text]
    assert CliRunner().invoke(app, words).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_a_closed_output_is_a_failure_in_one_line(model_folder: Path) -> None:
    program = f"{sys.executable} -m tonality"
    for command in ("predict bad", "predict bad --json", "explain bad"):
        line = f"{program} {command} --model {model_folder} >&-"
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, env=os.environ, check=False
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "standard output: is closed" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_a_closed_output_does_not_stop_a_command_that_writes_a_file(
    model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("text\nlove\n")
    line = f"{sys.executable} -m tonality score in.csv -o out.csv --model {model_folder} >&-"
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "positive" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_the_name_of_a_file_is_no_text(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("My hotel.xlsx").touch()
    Path("notes.txt").write_text("love\n")
    Path("love").touch()
    result = run(model_folder, command, "My hotel.xlsx")
    assert result.exit_code == 2
    assert "tonality score 'My hotel.xlsx' -o scored.xlsx" in failure(result)
    result = run(model_folder, command, "notes.txt")
    assert f"{command} --file notes.txt" in failure(result)
    for words in (["love"], ["My hotel.xlsx", "love it."], ["other.xlsx"], ["I love it." * 99]):
        assert run(model_folder, command, *words).exit_code == 0
    assert run(model_folder, command, input=b"notes.txt\n").exit_code == 0


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_where_no_text_comes_in_a_line_says_so(
    model_folder: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "a.txt").touch()
    result = run(model_folder, command, input=b"")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "standard input: no text came in\n"
    result = run(model_folder, command, "--file", str(tmp_path / "a.txt"))
    assert result.stderr.endswith("a.txt: no text came in\n")
