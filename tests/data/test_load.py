"""What a ``--data`` argument may name."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import pytest
from data_makers import write_tar

from tonality.data import load_dataset
from tonality.data.cache import cache_folder, imdb_folder
from tonality.errors import DataError

CSV = "text,label\none,1\ntwo,0\n"


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "Tweets.csv"
    path.write_text(CSV)
    data = load_dataset(path, label_map={"1": "positive"})
    assert data.train.labels == ["positive", "0"]
    assert (data.test, data.unlabelled, data.name) == (None, None, "tweets")
    assert data.sha256 == {"Tweets.csv": hashlib.sha256(CSV.encode()).hexdigest()}


@pytest.mark.parametrize("unlabelled", ["unsup.csv", "Unlabelled.csv", "unlabeled.jsonl"])
def test_a_folder_of_parts(
    tmp_path: Path, unlabelled: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    (tmp_path / "test.csv").write_text("text,label\nthree,1\n,1\n")
    (tmp_path / "dev.csv").write_text(CSV)
    (tmp_path / "notes.txt").write_text("not data")
    content = (
        '{"text": "four"}\n{"text": ""}\n' if "json" in unlabelled else "text,label\nfour,-1\n,\n"
    )
    (tmp_path / unlabelled).write_text(content)
    with caplog.at_level(logging.WARNING):
        data = load_dataset(tmp_path, bad_rows=tmp_path / "bad.jsonl")
    assert data.test is not None
    assert data.unlabelled is not None
    assert (len(data.train), data.test.texts, data.unlabelled.texts) == (2, ["three"], ["four"])
    assert data.unlabelled.labels is None
    assert data.name == tmp_path.name
    assert set(data.sha256) == {"train.csv", "test.csv", unlabelled}
    assert "dev.csv is left aside" in caplog.text
    assert len((tmp_path / "bad.jsonl").read_text().splitlines()) == 2


def test_a_folder_with_one_file(tmp_path: Path) -> None:
    (tmp_path / "IMDB Dataset.csv").write_text("review,sentiment\none,positive\n")
    assert load_dataset(tmp_path).train.labels == ["positive"]


def test_folders_that_say_too_little_or_too_much(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected train\.csv.*found nothing"):
        load_dataset(tmp_path)
    (tmp_path / "test.csv").write_text(CSV)
    (tmp_path / "other.csv").write_text(CSV)
    with pytest.raises(DataError, match=r"found other\.csv, test\.csv"):
        load_dataset(tmp_path)
    (tmp_path / "train.csv").write_text(CSV)
    (tmp_path / "train.jsonl").write_text("{}")
    with pytest.raises(DataError, match=r"several files.*train part: train\.csv, train\.jsonl"):
        load_dataset(tmp_path)


def test_a_lone_test_file_is_no_training_data(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text(CSV)
    with pytest.raises(DataError, match="expected train"):
        load_dataset(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        load_dataset(tmp_path / "missing")


def test_the_name_imdb_is_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONALITY_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"run: tonality download imdb$"):
        load_dataset("imdb")
    (tmp_path / "imdb").mkdir()
    with pytest.raises(DataError, match=r"write \./imdb"):
        load_dataset("imdb")
    imdb_folder().mkdir(parents=True)
    (imdb_folder() / "IMDB Dataset.csv").write_text("review,sentiment\none,positive\n")
    assert load_dataset("imdb").train.texts == ["one"]
    write_tar(imdb_folder() / "aclImdb_v1.tar.gz")
    assert len(load_dataset("imdb").train) == 4


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"TONALITY_CACHE": "/big/cache", "XDG_CACHE_HOME": "/x"}, "/big/cache"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/tonality"),
        ("linux", {}, "HOME/.cache/tonality"),
        ("darwin", {}, "HOME/Library/Caches/tonality"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/tonality/Cache"),
        ("win32", {}, "HOME/AppData/Local/tonality/Cache"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], expected: str
) -> None:
    for name in ("TONALITY_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder() == Path(expected.replace("HOME", str(Path.home())))
