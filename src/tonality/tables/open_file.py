"""Data files by their names: suffixes, packed or not, hashes."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath

from tonality.durable_files import open_regular
from tonality.errors import DataError

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
_TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
SUFFIXES = (
    *TABLE_SUFFIXES,
    *(suffix + ".gz" for suffix in _TEXT_SUFFIXES),
    *(suffix + ".zip" for suffix in _TEXT_SUFFIXES),
    ".zip",
)
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")
BROKEN_PACK = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


@dataclass(frozen=True)
class TextFile:
    """A file of text lines, plain, gzipped or the one table inside a zip.

    Attributes:
        path: the file on disk.
        member: the name inside the zip, ``""`` otherwise.
        suffix: the format's suffix, such as ``.csv``, without ``.gz`` or ``.zip``.
    """

    path: Path
    member: str
    suffix: str

    @property
    def name(self) -> str:
        """How messages call the file."""
        return f"{self.path}/{self.member}" if self.member else str(self.path)


def unreadable(path: Path, error: OSError) -> DataError:
    """The error for a file that the system does not let us read."""
    reason = "no such file or folder" if isinstance(error, FileNotFoundError) else None
    return DataError(reason or f"cannot be read: {error.strerror or error}", path=path)


def table_stem(name: str) -> str | None:
    """Returns ``train`` for ``Train.csv.gz``; ``None`` if no reader knows the suffix."""
    folded = name.casefold()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if folded.endswith(suffix):
            return folded[: -len(suffix)]
    return None


def text_file(path: Path) -> TextFile:
    """Says what is in a file by its suffix, looking inside a zip.

    Raises:
        DataError: an unknown suffix, or a zip that does not hold exactly one table.
    """
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last == ".zip":
        member = _only_table(path)
        return TextFile(path, member, PurePosixPath(member).suffix.casefold())
    if last == ".gz":
        last = suffixes[-2] if len(suffixes) > 1 else ""
    if last not in TABLE_SUFFIXES:
        known = ", ".join(SUFFIXES)
        if last in SPREADSHEETS and path.is_file():
            raise DataError("is a spreadsheet; save it as CSV in UTF-8 and read that", path=path)
        raise DataError(f"unknown kind of file; expected one of {known}", path=path)
    return TextFile(path, "", last)


def _only_table(path: Path) -> str:
    try:
        with open_binary(path) as file, zipfile.ZipFile(file) as pack:
            names = [info.filename for info in pack.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise DataError(f"cannot be unpacked: {error}", path=path) from error
    except OSError as error:
        raise unreadable(path, error) from error
    tables = [
        name
        for name in names
        if name.casefold().endswith(_TEXT_SUFFIXES) and not name.startswith("__MACOSX/")
    ]
    if len(tables) != 1:
        shown = ", ".join(repr(name) for name in names[:10]) or "nothing"
        raise DataError(f"expected one table inside, found {shown}", path=path)
    return tables[0]


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with open_binary(path) as stream:
        try:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise unreadable(path, error) from error


def open_binary(path: Path) -> BufferedReader:
    """Opens a regular file for reading bytes.

    Raises:
        DataError: it cannot be read, or is a pipe or a device, which can be read only once.
    """
    try:
        return open_regular(path)
    except OSError as error:
        raise unreadable(path, error) from error
