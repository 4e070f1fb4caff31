"""Where IMDB comes from; Kaggle itself is replaced by the folder that kagglehub would fill."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tonality.data.imdb.cache_folder import imdb_folder
from tonality.data.imdb.sources import KAGGLE_HANDLE, STANFORD, download_imdb
from tonality.errors import ConfigError, DataError, DependencyError

kagglehub = pytest.importorskip("kagglehub", reason="Kaggle needs tonality[train]")


@pytest.fixture(autouse=True)
def no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, and no cache of the real user."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TONALITY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(home))
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_USER_SECRETS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", "secret")


def hub(monkeypatch: pytest.MonkeyPatch, folder: Path | Exception) -> list[str]:
    asked = []

    def dataset_download(handle: str) -> str:
        asked.append(handle)
        print("Downloading ...")
        if isinstance(folder, Exception):
            raise folder
        return str(folder)

    monkeypatch.setattr(kagglehub, "dataset_download", dataset_download)
    return asked


def test_what_is_fetched_from_stanford() -> None:
    assert (STANFORD.size, STANFORD.md5) == (84_125_825, "7c2ac02c03563afcf9b574c7e56c153a")
    assert STANFORD.url == "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"


def test_unknown_sources_and_mirrors() -> None:
    with pytest.raises(ConfigError, match="expected one of stanford, kaggle"):
        download_imdb(source="elsewhere")
    for url in ("file:///etc/passwd", "ftp://host/x", "ai.stanford.edu/x"):
        with pytest.raises(ConfigError, match="expected http:// or https://"):
            download_imdb(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "https:///file",
        "http://:80/x",
        "http://a b/x",
        "http://host/a\nb",
        "http://host/\u00e9",
        "http://host:port/x",
        "http://host:99999/x",
        "http://host:0/x",
        "http://[::1",
        "http://..bad/x",
        f"http://{'a' * 64}/x",
        "http://user:hunter2@host/x",
    ],
)
def test_a_url_that_names_no_file_is_refused_at_once(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"^url ") as caught:
        download_imdb(tmp_path / "new", url=url)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)  # passwords stay out of messages
    assert not (tmp_path / "new").exists()


def test_kaggle_without_an_account(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no Kaggle credentials.*KAGGLE_API_TOKEN") as caught:
        download_imdb(source="kaggle")
    assert "without an account: tonality download imdb" in str(caught.value)


def test_kaggle_with_credentials_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "home" / "kaggle.json").write_text("{")
    with pytest.raises(DataError, match="credentials cannot be read"):
        download_imdb(source="kaggle")


@pytest.mark.usefixtures("account")
def test_kaggle_file_goes_to_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "IMDB Dataset.csv").write_text("review,sentiment\nfine,positive\n")
    asked = hub(monkeypatch, tmp_path)
    path = download_imdb(source="kaggle")
    assert path == imdb_folder() / "IMDB Dataset.csv"
    assert path.read_text() == "review,sentiment\nfine,positive\n"
    assert [p.name for p in imdb_folder().iterdir()] == ["IMDB Dataset.csv"]
    assert asked == [KAGGLE_HANDLE]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Downloading" in captured.err


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "failure",
    [
        kagglehub.exceptions.KaggleApiHTTPError("403 Client Error.\n\nNo permission"),
        kagglehub.exceptions.DataCorruptionError("checksum"),
        kagglehub.exceptions.UnauthenticatedError(),
        ConnectionError("no route"),
    ],
)
def test_kaggle_refuses(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    hub(monkeypatch, failure)
    with pytest.raises(DataError, match=r"cannot fetch lakshmi.* from Kaggle: \S") as caught:
        download_imdb(source="kaggle")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("account")
def test_kaggle_gives_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub(monkeypatch, tmp_path)
    with pytest.raises(DataError, match=r"holds no 'IMDB Dataset\.csv'"):
        download_imdb(source="kaggle")


@pytest.mark.usefixtures("account")
def test_kaggle_and_a_place_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "IMDB Dataset.csv").write_text("review,sentiment\n")
    hub(monkeypatch, tmp_path)
    with pytest.raises(DataError, match="cannot write"):
        download_imdb(tmp_path / "IMDB Dataset.csv", source="kaggle")


def test_kaggle_without_kagglehub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(DependencyError, match=r"tonality\[train\]"):
        download_imdb(source="kaggle")
