"""Where downloads are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tonality.errors import DataError
from tonality.tables.open_file import unreadable

ARCHIVE_NAME = "aclImdb_v1.tar.gz"
KAGGLE_NAME = "IMDB Dataset.csv"


def cache_folder() -> Path:
    """Returns the user's cache folder: ``TONALITY_CACHE``, or the platform's usual place."""
    if chosen := os.environ.get("TONALITY_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "tonality" / "Cache"
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "tonality"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tonality"
    return Path.home() / ".cache" / "tonality"


def imdb_folder() -> Path:
    """Returns the folder that ``tonality download imdb`` fills."""
    return cache_folder() / "imdb"


def cached_imdb() -> Path:
    """Returns the downloaded IMDB data: Stanford's archive, or else Kaggle's file.

    Raises:
        DataError: neither has been downloaded; says how to.
    """
    folder = imdb_folder()
    try:
        for name in (ARCHIVE_NAME, KAGGLE_NAME):
            if (folder / name).is_file():
                return folder / name
    except OSError as error:
        raise unreadable(folder, error) from error
    hint = " (for the folder of that name, write ./imdb)" if Path("imdb").exists() else ""
    raise DataError(f"IMDB is not here yet; run: tonality download imdb{hint}", path=folder)
