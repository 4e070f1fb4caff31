"""Data files by their names: suffixes, packed or not, hashes."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath

from tonality.durable_files import open_regular
from tonality.errors import DataError
from tonality.tables.compression import PACKS

_TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
TABLE_SUFFIXES = (*_TEXT_SUFFIXES, ".parquet", *SHEET_SUFFIXES)
SUFFIXES = (
    *TABLE_SUFFIXES,
    *(suffix + pack for pack in (*PACKS, ".zip") for suffix in _TEXT_SUFFIXES),
    ".zip",
)
OTHER_SHEETS = (".xlsb", ".numbers")  # spreadsheets that are not read
_SHOWN = (*TABLE_SUFFIXES, ".zip")


class UnknownKindError(DataError):
    """The suffix of a file tells no kind of table."""


@dataclass(frozen=True)
class TextFile:
    """A table: text lines, plain, packed or the one table inside a zip; Parquet; a spreadsheet.

    Attributes:
        path: the file on disk.
        member: the name inside the zip, ``""`` otherwise.
        suffix: the format's suffix, such as ``.csv``, without ``.gz`` or the like.
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
        UnknownKindError: an unknown suffix.
        DataError: a spreadsheet of a kind that is not read, or a zip that does not hold exactly one
            table.
    """
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last == ".zip":
        member = _only_table(path)
        return TextFile(path, member, PurePosixPath(member).suffix.casefold())
    known: tuple[str, ...] = TABLE_SUFFIXES
    if last in PACKS:
        last = suffixes[-2] if len(suffixes) > 1 else ""
        known = _TEXT_SUFFIXES
    if last not in known:
        if last in OTHER_SHEETS and path.is_file():
            raise DataError("is a spreadsheet; save it as .xlsx and read that", path=path)
        reason = f"expected one of {', '.join(_SHOWN)}; text also packed: {', '.join(PACKS)}"
        raise UnknownKindError(f"unknown kind of file; {reason}", path=path)
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
