"""``tonality download`` and ``tonality inspect`` as a user runs them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from data_makers import write_tar
from file_server import FileServer, serve

from tonality.cli import app
from tonality.data.imdb import sources
from tonality.errors import DataError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), terminal_width=100)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A mirror that serves a small archive, which this process takes for the real one."""
    content = write_tar(tmp_path / "served.tar.gz").read_bytes()
    monkeypatch.setenv("TONALITY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(FileServer(content)) as running:
        small = dataclasses.replace(
            sources.STANFORD,
            url=running.url,
            size=len(content),
            md5=hashlib.md5(content).hexdigest(),
        )
        monkeypatch.setattr(sources, "STANFORD", small)
        yield running


def test_download_then_inspect(server: FileServer, tmp_path: Path) -> None:
    result = run("download", "imdb")
    path = tmp_path / "cache" / "imdb" / "aclImdb_v1.tar.gz"
    assert result.exit_code == 0
    assert result.stdout == f"{path}\n"
    assert "use it as --data imdb" in result.stderr
    found = json.loads(run("inspect", "imdb", "--json", "--validation", "2").stdout)
    assert {name: part["rows"] for name, part in found["parts"].items()} == {
        "train": 4,
        "test": 2,
        "unlabelled": 2,
    }
    assert found["sha256"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


def test_download_elsewhere_from_a_mirror(server: FileServer, tmp_path: Path) -> None:
    url = server.url + "?mirror"
    result = run("download", "imdb", "--to", str(tmp_path / "here"), "--url", url)
    assert result.stdout == f"{tmp_path / 'here' / 'aclImdb_v1.tar.gz'}\n"


def test_download_shows_a_bar_on_a_terminal(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # how rich is told that this is a terminal
    server.cuts = [200]
    monkeypatch.setattr("tonality.data.imdb.http_download.time.sleep", lambda seconds: None)
    result = run("download", "imdb")
    assert result.exit_code == 0
    assert "downloading" in result.stderr


def test_download_says_its_rate_with_the_unit(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonality.cli.progress.QUIET", 0.0)
    lines = run("download", "imdb").stderr.splitlines()
    assert re.match(r"downloading: 0 MB, [\d,]+ MB a second", lines[0])


def test_download_interrupted(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(response: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("tonality.data.imdb.http_download._read", interrupt)
    result = run("download", "imdb")
    assert result.exit_code == 130
    assert "run the same command again to go on" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["imbd"], "expected one of imdb, got 'imbd'"),
        (["imdb", "--source", "hub"], "expected one of stanford, kaggle, got 'hub'"),
        (["imdb", "--source"], "requires an argument"),
        ([], "Missing argument 'NAME'. Give one of imdb."),
    ],
)
def test_download_used_wrongly(arguments: list[str], said: str) -> None:
    result = run("download", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    lines = [f"a[b]irline,negative,a tweet of {i} words" for i in range(60)]
    lines += [f"two,positive,{'word ' * 30}{i}" for i in range(20)] + [
        "three,neutral,",
        "four,,bad",
    ]
    path = tmp_path / "tweets.csv"
    path.write_text("\n".join(["airline,label,text", *lines]) + "\n")
    return path


def test_inspect_for_people(tweets: Path, tmp_path: Path) -> None:
    result = run("inspect", str(tweets), "--bad-rows", str(tmp_path / "bad.jsonl"))
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    for part in (
        "tweets",
        "rows 80",
        "bad rows 1",
        "rows without a text 1",
        "duplicates, exact 0",
        "train/validation (16 rows held out) 0 -",
        "negative 60 75.0% ██████████████████████████████",
        "positive 20 25.0% ██████████",
        "! train: classes are skewed",
        "! train: 1 row cannot be used: no label (1)",
    ):
        assert part in shown
    assert json.loads((tmp_path / "bad.jsonl").read_text())["column"] == "label"


def test_inspect_says_when_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "fine.csv"
    path.write_text("text,label\n" + "".join(f"t{i},{i % 2}\n" for i in range(200)))
    assert "Nothing to worry about." in run("inspect", str(path)).stdout
    marked = path.rename(path.with_name(f"[bold]{path.name}"))
    assert "[bold]" in run("inspect", str(marked)).stdout.splitlines()[0]


def test_inspect_tells_texts_that_say_nothing_apart_from_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "text,label\n" + "".join(f"a good film {n},pos\n" for n in range(9)) + "?,neg\n"
    )
    lines = [line.split() for line in run("inspect", str(path)).stdout.splitlines()]
    assert ["bad", "rows", "0"] in lines
    assert ["texts", "that", "say", "nothing", "1"] in lines


def test_inspect_with_given_columns_and_labels(tweets: Path) -> None:
    result = run(
        *["inspect", str(tweets), "--json", "--text-column", "text", "--label-column", "label"],
        *["--group-column", "airline", "--label-map", "negative=-", "--label-map", "positive=+"],
        *["--seed", "3"],
    )
    found = json.loads(result.stdout)
    assert found["parts"]["train"]["classes"] == {"+": 20, "-": 60}
    assert found["parts"]["train"]["groups"] == 2
    assert found["validation_rows"] is None
    assert any("no validation part can be cut" in w for w in found["warnings"])


def test_inspect_data_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,stars\nx,1\n")
    result = run("inspect", str(tmp_path / "a.csv"))
    assert isinstance(result.exception, DataError)  # main() makes it one line and status 1
    assert "no text column" in str(result.exception)
    assert "Columns: 'title', 'stars'" in str(result.exception)


def test_inspect_in_another_encoding(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"".join(b"\xe9%d,%d\n" % (i, i % 2) for i in range(9)))
    for given in ([], ["--encoding", "cp1252"]):
        caplog.clear()
        result = run("inspect", str(path), *given, "--json")
        assert json.loads(result.stdout)["parts"]["train"]["rows"] == 9
        assert ("line 2 is not UTF-8; it is read as cp1252" in caplog.text) == (given == [])
