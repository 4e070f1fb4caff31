"""What a ``--data`` argument may name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from data_makers import write_tar

from tonality.data import load_dataset
from tonality.data.imdb.cache_folder import cache_folder, imdb_folder
from tonality.errors import ConfigError, DataError
from tonality.tables.read_options import ReadOptions

CSV = "text,label\none,1\ntwo,0\n"


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "Tweets.csv"
    path.write_text(CSV)
    data = load_dataset(path, label_map={"1": "positive"})
    assert data.train.labels == ["positive", "0"]
    assert (data.test, data.unlabelled, data.name) == (None, None, "tweets")
    assert data.sha256 == {"Tweets.csv": hashlib.sha256(CSV.encode()).hexdigest()}


@pytest.mark.parametrize("unlabelled", ["unsup.csv", "Unlabelled.csv", "unlabeled.jsonl"])
def test_a_folder_of_parts(tmp_path: Path, unlabelled: str) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    (tmp_path / "test.csv").write_text("text,label\nthree,1\n,1\n")
    (tmp_path / "dev.csv").write_text("text,label\nfive,0\n")
    (tmp_path / "notes.txt").write_text("not data")
    content = (
        '{"text": "four"}\n{"text": ""}\n' if "json" in unlabelled else "text,label\nfour,-1\n,\n"
    )
    (tmp_path / unlabelled).write_text(content)
    data = load_dataset(tmp_path, bad_rows=tmp_path / "bad.jsonl")
    assert data.test is not None
    assert data.unlabelled is not None
    assert (data.test.texts, data.unlabelled.texts) == (["three"], ["four"])
    assert (len(data.train), data.train.texts[2:], data.validation_rows) == (3, ["five"], 1)
    assert data.unlabelled.labels is None
    assert data.name == tmp_path.name
    assert set(data.sha256) == {"train.csv", "dev.csv", "test.csv", unlabelled}
    assert (data.test.without_text, data.unlabelled.without_text) == (1, 1)
    assert not (tmp_path / "bad.jsonl").exists()  # a row without a text is no bad one


def test_a_label_to_be_mapped_may_be_in_any_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    (tmp_path / "test.csv").write_text("text,label\nthree,1\nfour,2\n")
    (tmp_path / "unsup.csv").write_text("text,label\nfive,3\n")
    data = load_dataset(tmp_path, label_map={"0": "neg", "2": ""})
    assert data.train.labels == ["1", "neg"]
    assert data.test is not None
    assert data.test.labels == ["1"]
    with pytest.raises(DataError, match=r"names '3', which no row has. Labels: '0', '1', '2'$"):
        load_dataset(tmp_path, label_map={"3": "x"})


def test_the_labels_of_imdb_can_be_mapped(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "aclImdb_v1.tar.gz")
    data = load_dataset(archive, label_map={"positive": "1"})
    assert set(data.train.labels or ()) == {"1", "negative"}
    with pytest.raises(DataError, match=r"names 'glad', which no row has"):
        load_dataset(archive, label_map={"glad": "1"})


def test_a_folder_with_one_file(tmp_path: Path) -> None:
    (tmp_path / "IMDB Dataset.csv").write_text("review,sentiment\none,positive\n")
    assert load_dataset(tmp_path).train.labels == ["positive"]


def test_folders_that_say_too_little_or_too_much(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected train\.csv.*found nothing"):
        load_dataset(tmp_path)
    (tmp_path / "test.csv").write_text(CSV)
    (tmp_path / "other.csv").write_text(CSV)
    (tmp_path / "notes.txt").write_text("not data")
    advice = r"found other\.csv, test\.csv; name one of the files, such as .*/other\.csv"
    with pytest.raises(DataError, match=advice):
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


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "file.csv/below", "imdb"])
def test_paths_that_the_system_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "file.csv").write_text(CSV)
    monkeypatch.setenv("TONALITY_CACHE", str(tmp_path / ("y" * 300)))
    with pytest.raises(DataError, match=r"cannot be read: |no such file") as caught:
        load_dataset(name if name == "imdb" else tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder"
)
def test_a_folder_that_may_not_be_entered(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "train.csv").write_text(CSV)
    closed.chmod(0)
    try:
        for path in (closed, closed / "train.csv"):
            with pytest.raises(DataError, match="cannot be read: Permission denied"):
                load_dataset(path)
    finally:
        closed.chmod(0o700)


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


def test_an_option_that_suits_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text;label\ngood, really;1\nbad;0\n")
    (tmp_path / "test.jsonl").write_text('{"text": "fine", "label": 1}\n')
    data = load_dataset(tmp_path, options=ReadOptions.of(delimiter=";"))
    assert data.train.texts == ["good, really", "bad"]
    with pytest.raises(ConfigError, match="--sheet is for spreadsheets, got csv, jsonl; leave"):
        load_dataset(tmp_path, options=ReadOptions.of(sheet="Answers"))
    with pytest.raises(ConfigError, match="--header-row is for CSV, TSV and spreadsheets, got js"):
        load_dataset(tmp_path / "test.jsonl", options=ReadOptions.of(header_row=40))


def test_a_marker_of_nothing_that_no_cell_is_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text("text,label\ngood,1\n No Comment ,0\nNULL,0\nfine,Skip\n")
    for options in (
        ReadOptions.of(null=["no comment", "skip"], keep_null=["NULL"]),
        ReadOptions.of(null=["no coment", "skip"]),
        ReadOptions.of(keep_null=["NULL", "NaN"]),
        ReadOptions.of(keep_null=["all"]),
    ):
        load_dataset(tmp_path / "a.csv", options=options)
    told = [message.partition(": ")[2] for message in caplog.messages]
    assert [message for message in told if "null" in message] == [
        "no text or label is --null 'no coment'; is it spelled so?",
        "no text or label is --keep-null 'NaN'; is it spelled so?",
    ]
