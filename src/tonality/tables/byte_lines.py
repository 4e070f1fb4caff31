"""Bytes that arrive bit by bit -> lines of text, each of bounded length."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Protocol

from tonality.errors import DataError
from tonality.tables.delimited import MAX_LINE
from tonality.tables.encoding import of_bytes
from tonality.tables.open_file import BROKEN_PACK, HEAD

BUFFER = 2**16  # bytes read at a time


class ByteStream(Protocol):
    """Anything that gives bytes: a file, a pipe, a request's body. It need not seek."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, at least one of them unless it is at its end; may block."""
        ...


class Peeked:
    """A stream whose first bytes can be looked at.

    Attributes:
        head: its first bytes, ``HEAD`` of them or up to where a line or the stream ends.
    """

    def __init__(self, stream: ByteStream) -> None:
        # What has come is passed on at once where the stream can tell (read1): someone waits.
        self._read = getattr(stream, "read1", stream.read)
        head = b""
        while len(head) < HEAD and b"\n" not in head and (more := self._read(HEAD - len(head))):
            head += more
        self.head = head
        self._waiting = head

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        data: bytes = self._waiting[:size] or self._read(size)
        self._waiting = self._waiting[size:]
        return data


def text_lines(stream: ByteStream, name: str, encoding: str | None = None) -> Iterator[str]:
    """The lines of a stream, line ends kept.

    Bytes that are no text in the encoding become lone surrogates (PEP 383), so that only the
    rows they are in are at fault. Of a line of more than ``MAX_LINE`` characters these are
    given and the others left out, so that the reader of rows can tell.

    Args:
        stream: where the bytes come from; it is read as lines are asked for, and left open.
        name: how messages call it.
        encoding: by default UTF-8, or UTF-16 with a byte-order mark.

    Raises:
        DataError: it cannot be read, unpacked or decoded.
    """
    used = encoding or ""
    try:
        peeked = Peeked(stream)
        used = of_bytes(peeked.head, encoding)
        errors = "strict" if used == "utf-16" else "surrogateescape"
        text = io.TextIOWrapper(
            io.BufferedReader(_Raw(peeked), BUFFER), encoding=used, errors=errors, newline=""
        )
        while line := text.readline(MAX_LINE):
            yield line
            while len(line) == MAX_LINE and line[-1] not in "\r\n":
                line = text.readline(MAX_LINE)
    except DataError as error:
        raise DataError(error.reason, path=error.path or name) from error
    except BROKEN_PACK as error:
        raise DataError(f"cannot be unpacked: {error}", path=name) from error
    except UnicodeError as error:
        raise DataError(f"is not valid {used.upper()}: {error}", path=name) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=name) from error


class _Raw(io.RawIOBase):
    """A stream as Python's text layer wants it; closing it leaves the stream open."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
