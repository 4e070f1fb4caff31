"""Files out of a tar archive from anywhere, in memory: damaged and hostile ones are refused."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from tonality.errors import DataError
from tonality.tables.open_file import open_binary

MAX_FILE = 16 * 2**20  # bytes of one file; the longest IMDB review has 14 kB, the lists 1 MB
MAX_ARCHIVE = 4 * 2**30  # bytes unpacked; IMDB's archive has 0.6 GB

# The last two are what tarfile raises for numbers out of range and for headers nested too deep.
_BROKEN = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RecursionError)

Members = Iterator[tuple[str, bytes]]


def members(path: Path, wanted: Callable[[str], bool]) -> Members:
    """Yields name and content of the wanted files of a ``.tar`` or ``.tar.gz``, as they come.

    Nothing is written to disk. Every entry is checked, wanted or not: an archive that tries
    something is not one to learn from.

    Args:
        path: the archive.
        wanted: says by its name whether a file is to be read.

    Raises:
        DataError: damaged or cut short; an absolute name, ``..``, a link or a device in it; a
            file listed twice; more bytes than such an archive can hold.
    """
    seen = set()
    with _open(path) as stream, _errors(path):
        bounded = _Bounded(stream)
        with tarfile.open(fileobj=bounded, mode="r:") as tar:  # type: ignore[call-overload]
            while (member := tar.next()) is not None:
                tar.members.clear()  # it would keep a record of each of 100,000 files
                _check(member, path)
                if not (member.isreg() and wanted(member.name)):
                    continue
                if member.name in seen:
                    raise DataError(f"holds {member.name!r} twice", path=path)
                seen.add(member.name)
                yield member.name, _read(tar, member, path)
        bounded.finish()


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    with open_binary(path) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=file) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield file


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        reason = f"damaged or cut short ({error}); delete it and fetch it again"
        raise DataError(reason, path=path) from error


class _Bounded:
    """A stream that refuses to read more at once, or in all, than an honest archive needs.

    tarfile reads extended headers whole, whatever size they declare.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_FILE:
            raise tarfile.ReadError(f"a header declares {size:,} bytes")
        self._last = self._stream.read(size)
        return self._last

    def seek(self, position: int) -> int:
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()

    def finish(self) -> None:
        """Checks that the archive ended where it should.

        tarfile takes a damaged header for the end; a real end is a block of zeros. Reading on
        to the end of the stream makes gzip compare its checksum.
        """
        if self._last.strip(b"\0"):
            raise tarfile.ReadError("a header is damaged")
        while self._stream.read(MAX_FILE):
            if self._stream.tell() > MAX_ARCHIVE:
                raise tarfile.ReadError(f"more than {MAX_ARCHIVE:,} bytes")


def _check(member: tarfile.TarInfo, path: Path) -> None:
    name = member.name
    shown = repr(name[:80])
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if parts and (parts[0] == "/" or ":" in parts[0] or ".." in parts):
        raise DataError(f"unsafe archive: the name {shown} leads out of its folder", path=path)
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise DataError(f"unsafe archive: {shown} is a link, device or sparse file", path=path)
    if member.size < 0 or member.offset_data + member.size > MAX_ARCHIVE:
        reason = f"unsafe archive: {shown} declares {member.size:,} bytes"
        raise DataError(reason, path=path)


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    if member.size > MAX_FILE:
        raise DataError(f"unsafe archive: {member.name!r} has {member.size:,} bytes", path=path)
    stream = tar.extractfile(member)
    assert stream is not None  # it is a regular file
    return stream.read()
