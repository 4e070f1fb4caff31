"""Commands with dirty files and odd words: each does its work, or ends with one plain message."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hostile_commands import command, write_files

from tonality.artifact.model_folder import read
from tonality.cli import main

RECIPE = """
[vocabulary]
min_count = 1
[network]
embedding_size = 2
hidden_size = 2
[training]
epochs = 1
"""
PARTS = 4  # which may run side by side
COMMANDS = 60  # of each
GIVEN = [b"", b"I love it\nbad\n", b"text\nbad\n", b"\xff\xfe\0", b'{"text": "a"}\n']
UNREADABLE = 3  # of score, where rows could not be read


def run(words: list[str], given: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit status of a command and what it said; any other end of it is an exception."""
    streams = {
        name: io.TextIOWrapper(io.BytesIO(given), "utf-8", "surrogateescape", write_through=True)
        for name in ("stdin", "stdout", "stderr")
    }
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzz", *words])  # a command of the real name may start anew
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
            if name != "stdin":
                stream.buffer.seek(0)
                stream.buffer.truncate()
        try:
            main()
            end: str | int | None = 0
        except SystemExit as exit:
            end = exit.code
    status, message = (1, end) if isinstance(end, str) else (end or 0, "")
    said = streams["stderr"].buffer.getvalue().decode("utf-8", "replace")
    return status, f"{said}\n{message}".strip()


def contents(folder: Path) -> dict[str, str]:
    """The files of a folder and their hashes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names(said: str, words: list[str], files: Iterable[str]) -> bool:
    """Whether a message names a word of the command, a file it stands for, or a package to add."""
    others = ["standard input", "network.embedding_size", ".:", "''", "pip install"]
    known = [name[:20] for name in (*words[1:], *files, *others) if name]
    plain = said.encode("utf-8", "replace").decode()
    return any(name in plain or repr(name)[1:-1] in plain for name in known)


def check_whole(path: Path) -> None:
    """Asserts that what a command left is a table, or a model, that can be read to its end."""
    if (path / "config.json").exists():
        read(path)
    elif path.is_dir():  # a report's, or a run's
        assert not list(path.glob("**/*.part*"))
    elif path.suffix == ".parquet":
        pq.read_table(path)
    elif path.suffix == ".jsonl":
        for line in path.read_text("utf-8").splitlines():
            json.loads(line)
    elif path.suffix in (".csv", ".tsv"):
        mark = "," if path.suffix == ".csv" else "\t"
        csv.field_size_limit(2**31 - 1)
        with path.open(encoding="utf-8-sig", newline="") as file:
            widths = {len(row) for row in csv.reader(file, delimiter=mark) if row}
        assert len(widths) <= 1, widths


def attack(seed: int, folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs one command in a folder of its own; returns its words."""
    rng = random.Random(seed)
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "tiny.toml").write_text(RECIPE)
    files = write_files(rng, folder)
    before = contents(folder)
    words = command(rng, files, model, folder / "tiny.toml")
    given = rng.choice(
        [b"", b"I love it\nbad\n", b"text\nbad\n", b"\xff\xfe\0", b'{"text": "a"}\n']
    )
    try:
        status, said = run(words, given, monkeypatch)
    except Exception as fault:
        raise AssertionError(f"seed {seed}: {words}") from fault
    case = f"seed {seed}: {words}\nstatus {status}\n{said}"
    assert status in (0, 1, 2, UNREADABLE), case
    assert "Traceback" not in said, case
    if status in (1, 2):
        assert len(said.splitlines()) < 12, case
        assert "Error: " in said or status == 1, case
        assert status == 2 or names(said, words, before), case
    after = contents(folder)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed <= set(words), case
    for name in ("out.csv", "out.tsv", "out.jsonl", "out.parquet"):
        if (folder / name).exists():
            check_whole(folder / name)
    return words


# What a pipe is read by is closed with the process of the command.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_command_fails_in_an_ugly_way(
    part: int, tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(part * COMMANDS, (part + 1) * COMMANDS):
        attack(seed, tmp_path / str(seed), model_folder, monkeypatch)
