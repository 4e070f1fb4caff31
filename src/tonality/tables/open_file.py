"""Data files by their names: suffixes, packed or not, hashes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from io import BufferedReader
from pathlib import Path

from tonality.durable_files import open_regular
from tonality.errors import DataError
from tonality.tables.compression import PACKS

# The format of a table by its suffix; text may also be packed.
_TEXTS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
_SHEETS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods"}
_FORMATS = _TEXTS | {".parquet": "parquet"} | _SHEETS
_PACKED = [text + pack for pack in (*PACKS, ".zip") for text in _TEXTS]
SHEETS = ("xlsx", "xls", "ods")  # formats of spreadsheets
OTHER_SHEETS = (".xlsb", ".numbers")  # spreadsheets that are not read


class UnknownKindError(DataError):
    """The suffix of a file tells no kind of table."""


def unreadable(path: Path, error: OSError) -> DataError:
    """The error for a file that the system does not let us read."""
    reason = "no such file or folder" if isinstance(error, FileNotFoundError) else None
    return DataError(reason or f"cannot be read: {error.strerror or error}", path=path)


def table_stem(name: str) -> str | None:
    """Returns ``train`` for ``Train.csv.gz``; ``None`` if no reader knows the suffix."""
    folded = name.casefold()
    for suffix in (*_PACKED, *_FORMATS, ".zip"):  # the longer one first
        if folded.endswith(suffix):
            return folded[: -len(suffix)]
    return None


def format_of(path: Path) -> tuple[str, str]:
    """The format of a table by its suffix, and the name inside a zip, ``""`` where it is none.

    Raises:
        UnknownKindError: an unknown suffix.
        DataError: a spreadsheet of a kind that is not read, or a zip that does not hold exactly one
            table.
    """
    suffixes = ["", *(suffix.casefold() for suffix in path.suffixes)]
    last, known = suffixes.pop(), _FORMATS
    if last == ".zip":
        member = _only_table(path)
        return _TEXTS["." + member.casefold().rpartition(".")[2]], member
    if last in PACKS:
        last, known = suffixes.pop(), _TEXTS
    if last in known:
        return known[last], ""
    if last in OTHER_SHEETS and path.is_file():
        raise DataError("is a spreadsheet; save it as .xlsx and read that", path=path)
    reason = f"expected one of {', '.join([*_FORMATS, '.zip'])}; text also packed: "
    raise UnknownKindError(f"unknown kind of file; {reason}{', '.join(PACKS)}", path=path)


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
        if name.casefold().endswith(tuple(_TEXTS)) and not name.startswith("__MACOSX/")
    ]
    if len(tables) != 1:
        shown = ", ".join(repr(name) for name in names[:10]) or "nothing"
        raise DataError(f"expected one table inside, found {shown}", path=path)
    return tables[0]


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, whether or not it is there."""
    try:
        return os.path.realpath(one) == os.path.realpath(other) or one.samefile(other)
    except (OSError, ValueError):  # one of them is not there, or cannot be
        return False


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
