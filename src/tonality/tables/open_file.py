"""Opening data files: suffixes, gzip and zip, encodings, hashes."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from tonality.errors import DataError
from tonality.tables.encoding import of_bytes

HEAD = 4096  # bytes looked at to tell the encoding
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
_TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
SUFFIXES = (
    *TABLE_SUFFIXES,
    *(suffix + ".gz" for suffix in _TEXT_SUFFIXES),
    *(suffix + ".zip" for suffix in _TEXT_SUFFIXES),
    ".zip",
)
BROKEN_PACK = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


@dataclass(frozen=True)
class TextFile:
    """A file of text lines, plain, gzipped or the one table inside a zip.

    Attributes:
        path: the file on disk.
        member: the name inside the zip, ``""`` otherwise.
        suffix: the format's suffix, such as ``.csv``, without ``.gz`` or ``.zip``.
        encoding: the one that the user gave, if any.
    """

    path: Path
    member: str
    suffix: str
    encoding: str | None = None

    @property
    def name(self) -> str:
        """How messages call the file."""
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @contextmanager
    def open(self) -> Iterator[Iterator[str]]:
        """Opens the file as decoded lines, line ends kept.

        Bytes that are not valid UTF-8 become lone surrogates (PEP 383), so that only the rows they
        are in are bad.

        Raises:
            DataError: the file cannot be read or unpacked.
        """
        encoding = self.encoding or ""
        try:
            with self._binary() as binary:
                try:
                    encoding = of_bytes(binary.peek(HEAD)[:HEAD], self.encoding)
                except DataError as error:
                    raise DataError(error.reason, path=self.path) from error
                errors = "strict" if encoding == "utf-16" else "surrogateescape"
                yield io.TextIOWrapper(binary, encoding=encoding, errors=errors, newline="")
        except BROKEN_PACK as error:
            raise DataError(f"cannot be unpacked: {error}", path=self.path) from error
        except UnicodeError as error:
            raise DataError(f"is not valid {encoding.upper()}: {error}", path=self.path) from error
        except OSError as error:
            raise unreadable(self.path, error) from error

    @contextmanager
    def _binary(self) -> Iterator[io.BufferedReader]:
        # Streams of zip and gzip have peek() too, all that sets a BufferedReader apart here.
        if self.member:
            with zipfile.ZipFile(self.path) as pack, pack.open(self.member) as stream:
                yield cast(io.BufferedReader, stream)
        elif self.path.suffix.casefold() == ".gz":
            with gzip.open(self.path) as stream:
                yield cast(io.BufferedReader, stream)
        else:
            with self.path.open("rb") as stream:
                yield stream


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


def text_file(path: Path, encoding: str | None = None) -> TextFile:
    """Says what is in a file by its suffix, looking inside a zip.

    Raises:
        DataError: an unknown suffix, or a zip that does not hold exactly one table.
    """
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last == ".zip":
        member = _only_table(path)
        return TextFile(path, member, PurePosixPath(member).suffix.casefold(), encoding)
    if last == ".gz":
        last = suffixes[-2] if len(suffixes) > 1 else ""
    if last not in TABLE_SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise DataError(f"unknown kind of file; expected one of {known}", path=path)
    return TextFile(path, "", last, encoding)


def _only_table(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as pack:
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
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def open_binary(path: Path) -> IO[bytes]:
    """Opens a file for reading bytes."""
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
