"""Where IMDB comes from: Stanford's archive, or Kaggle's file with the user's own account."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import sys
from pathlib import Path

from tonality.data.imdb.cache_folder import ARCHIVE_NAME, KAGGLE_NAME, imdb_folder
from tonality.data.imdb.http_download import BUSY, Progress, Remote, disk_error, fetch
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.file_lock import only_one

STANFORD = Remote(
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    name=ARCHIVE_NAME,
    size=84_125_825,
    md5="7c2ac02c03563afcf9b574c7e56c153a",
)
KAGGLE_HANDLE = "lakshmi25npathi/imdb-dataset-of-50k-movie-reviews"
SOURCES = ("stanford", "kaggle")


def download_imdb(
    folder: str | Path | None = None,
    *,
    source: str = "stanford",
    url: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Downloads the IMDB reviews; what is there already and correct is not fetched again.

    Args:
        folder: where to put the file; by default the user's cache, where the data name
            ``imdb`` finds it.
        source: ``"stanford"`` (train, test and unlabelled, with movies and ratings) or
            ``"kaggle"`` (the same 50,000 labelled reviews as one CSV; needs an account).
        url: a mirror of Stanford's archive; size and checksum must be the same.
        progress: called with the bytes there so far and those expected (Stanford only).

    Returns:
        The path of the file.

    Raises:
        ConfigError: an unknown source, or a URL that names no file on a web server.
        DataError: it cannot be fetched or stored, or is not what it should be.
        DependencyError: Kaggle's file, and kagglehub is missing.
    """
    place = imdb_folder() if folder is None else Path(folder)
    if source == "kaggle":
        return _from_kaggle(place)
    if source != "stanford":
        raise ConfigError(f"source {source!r}: expected one of {', '.join(SOURCES)}")
    remote = STANFORD
    if url is not None:
        remote = dataclasses.replace(remote, url=url)
    return fetch(remote, place, progress=progress)


def _from_kaggle(folder: Path) -> Path:
    try:
        import kagglehub
        from kagglehub import exceptions
    except ImportError as error:
        raise DependencyError("downloading from Kaggle", extra="train") from error
    _check_credentials()
    failures: tuple[type[Exception], ...] = (
        OSError,  # requests' errors are of this kind too
        ValueError,
        *(kind for kind in vars(exceptions).values() if _is_exception(kind)),
    )
    try:
        with contextlib.redirect_stdout(sys.stderr):  # it prints; stdout is for results
            source = Path(kagglehub.dataset_download(KAGGLE_HANDLE)) / KAGGLE_NAME
    except failures as error:
        message = " ".join(str(error).split())
        raise DataError(f"cannot fetch {KAGGLE_HANDLE} from Kaggle: {message}") from error
    if not source.is_file():
        raise DataError(f"{KAGGLE_HANDLE} holds no {KAGGLE_NAME!r} any more")
    target = folder / KAGGLE_NAME
    part = folder / f"{KAGGLE_NAME}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with only_one(folder / f"{KAGGLE_NAME}.lock", DataError(BUSY, path=target)):
            shutil.copyfile(source, part)
            part.replace(target)
    except OSError as error:
        raise disk_error(error, folder) from error
    return target


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _check_credentials() -> None:
    from kagglehub.config import get_kaggle_credentials

    try:
        found = get_kaggle_credentials()
    except (OSError, ValueError) as error:
        raise DataError(f"Kaggle's credentials cannot be read: {error}") from error
    if found is None and "KAGGLE_USER_SECRETS_TOKEN" not in os.environ:  # a Kaggle notebook
        raise DataError(
            "no Kaggle credentials: create a token at https://www.kaggle.com/settings, then set "
            "KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY, or save ~/.kaggle/kaggle.json; "
            "or fetch the same reviews without an account: tonality download imdb"
        )
