"""Packed files: gzip, bzip2, xz and Zstandard, in and out, by suffix or by how they begin."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from tonality.errors import DataError, DependencyError
from tonality.tables.utf8_stream import ByteStream

# How each kind begins, by its suffix. bzip2 is told by its first block: a text may begin with BZh.
MAGIC = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0", ".zst": b"\x28\xb5\x2f\xfd"}
_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
PACKS = tuple(MAGIC)
BROKEN_PACK = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)

_READ = 2**16  # packed bytes read at a time
_MEMORY = 2**28  # bytes that unpacking xz may take: a few bytes can claim a dictionary of 4 GiB


def packing(head: bytes) -> str:
    """How a stream that begins so is packed, as a suffix; ``""`` where it is not."""
    for suffix, magic in MAGIC.items():
        if head.startswith(magic) and (suffix != ".bz2" or head[4:10] in _BLOCKS):
            return suffix
    return ""


def packed(data: bytes, suffix: str) -> bytes:
    """Packs bytes; such pieces one after the other are one file. Nothing stays nothing.

    Args:
        data: the bytes.
        suffix: one of ``PACKS``, or ``""`` to leave them as they are.

    Raises:
        DependencyError: it is ``.zst`` and no such library is installed.
    """
    if not data or not suffix:
        return data
    compress: dict[str, Callable[[bytes], bytes]] = {
        ".gz": lambda data: gzip.compress(data, mtime=0),  # without a time it is always the same
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
        ".zst": _zst,
    }
    return compress[suffix](data)


def _zst(data: bytes) -> bytes:
    zstd = require_zstd()
    # With a sum to check, as the other kinds have it; by default there is none.
    return bytes(zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}))


def unpacking(stream: ByteStream, suffix: str) -> ByteStream:
    """The bytes that a packed stream holds, unpacked as they are asked for.

    Args:
        stream: the packed bytes.
        suffix: how they are packed, one of ``PACKS``.

    Raises:
        DependencyError: it is ``.zst`` and no such library is installed.
    """
    if suffix == ".gz":
        return _Unpacked(stream, _Gunzip, zlib.error)
    if suffix == ".bz2":
        return _Unpacked(stream, bz2.BZ2Decompressor, OSError)
    if suffix == ".xz":
        xz = partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=_MEMORY)
        return _Unpacked(stream, xz, lzma.LZMAError)
    zstd = require_zstd()
    return _Unpacked(stream, zstd.ZstdDecompressor, zstd.ZstdError)


def require_zstd() -> Any:
    """Loads the library of Zstandard, which Python has of its own from 3.14 on.

    Raises:
        DependencyError: it is not installed.
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        try:
            from backports import zstd
        except ImportError as error:
            raise DependencyError("reading and writing .zst", extra="zstd") from error
    return zstd


class _Gunzip:
    """What unpacks a stream of gzip, with the methods of ``bz2.BZ2Decompressor``.

    Not Python's ``GzipFile``, which takes a header that comes in two pieces for a broken one.
    """

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self.needs_input = True

    def decompress(self, data: bytes, size: int) -> bytes:
        found = self._inner.decompress(self._inner.unconsumed_tail + data, size)
        self.needs_input = len(found) < size and not self._inner.unconsumed_tail
        return found

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _Unpacked:
    """A packed stream, unpacked piece by piece: no more than is asked for is in memory.

    Args:
        stream: the packed bytes, one or more streams one after the other.
        new: makes what unpacks one of them, with the methods of ``bz2.BZ2Decompressor``.
        broken: what that raises of damaged data.
    """

    def __init__(self, stream: ByteStream, new: Callable[[], Any], broken: type[Exception]) -> None:
        self._stream = stream
        self._new = new
        self._broken = broken
        self._decompressor: Any = None
        self._waiting = b""  # packed bytes that are read and not yet given to it

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end.

        Raises:
            DataError: the data are damaged or cut short.
        """
        while True:
            if self._decompressor is None and not self._next():
                return b""
            found = self._some(size)
            if self._decompressor.eof:
                self._waiting = self._decompressor.unused_data
                self._decompressor = None
            if found:
                return found

    def _next(self) -> bool:
        """Begins with the next stream, if there is one; zeros between them are filling."""
        self._waiting = self._waiting.lstrip(b"\0")
        while not self._waiting:
            data = self._stream.read(_READ)
            if not data:
                return False
            self._waiting = data.lstrip(b"\0")
        self._decompressor = self._new()
        return True

    def _some(self, size: int) -> bytes:
        data = b""
        if self._decompressor.needs_input:
            data = self._waiting or self._stream.read(_READ)
            self._waiting = b""
            if not data:
                raise DataError("cannot be unpacked: it is cut short")
        try:
            return bytes(self._decompressor.decompress(data, size))
        except self._broken as error:
            raise DataError(f"cannot be unpacked: {error}") from error
