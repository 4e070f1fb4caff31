"""Bytes that arrive bit by bit -> lines of text, each of bounded length."""

from __future__ import annotations

import codecs
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tonality.errors import DataError
from tonality.tables.compression import BROKEN_PACK
from tonality.tables.delimited import MAX_ROW
from tonality.tables.encoding import UTF_16_MARKS, WIDE, of_bytes
from tonality.tables.utf8_stream import ASSUMED, ByteStream, Utf8Stream

logger = logging.getLogger(__name__)

BUFFER = 2**16  # bytes read at a time
HEAD = 4096  # bytes looked at to tell the encoding


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


class TextLines(Iterator[str]):
    """The lines of a stream, line ends kept.

    Bytes that are no text in the encoding become lone surrogates (PEP 383), so that only the
    rows they are in are at fault. Of a line of more than ``MAX_ROW`` characters these are
    given and the others left out, so that the reader of rows can tell.

    Args:
        stream: where the bytes come from; it is read as lines are asked for, and left open.
        name: how messages call it.
        encoding: by default UTF-8, or UTF-16 with a byte-order mark, or Windows-1252 where the
            bytes look like it (:class:`Utf8Stream`), which is said.
        quiet: whether it is not said.
        newline: what ends a line; by default what ends one in any system.

    Raises:
        DataError: from each step: it cannot be read, unpacked or decoded.
    """

    def __init__(
        self,
        stream: ByteStream,
        name: str,
        encoding: str | None = None,
        *,
        quiet: bool = False,
        newline: str = "",
    ) -> None:
        self._stream = stream
        self._quiet = quiet
        self._newline = newline
        self._name = name
        self._given = encoding
        self._used = encoding or ""
        self._text: io.TextIOWrapper | None = None
        self._cut = self._marked = False

    def __next__(self) -> str:
        with self._reading():
            while self._cut:
                self._cut = _is_cut(self._opened().readline(MAX_ROW))
            line = self._opened().readline(MAX_ROW)
        if not line:
            raise StopIteration
        self._cut = _is_cut(line)
        return line

    def pieces(self) -> Iterator[str]:
        """The rest of the text, the end of a long line included, in pieces of any length."""
        self._cut = False
        while True:
            with self._reading():
                piece = self._opened().read(BUFFER)
            if not piece:
                return
            yield piece

    @property
    def marked(self) -> bool:
        """Whether a byte-order mark comes first."""
        with self._reading():
            self._opened()
        return self._marked

    def _opened(self) -> io.TextIOWrapper:
        if self._text is None:
            stream: ByteStream = Peeked(self._stream)
            head = stream.head  # type: ignore[attr-defined]
            self._used = of_bytes(head, self._given)
            self._marked = head.startswith((codecs.BOM_UTF8, *UTF_16_MARKS))
            if self._given is None and self._used not in WIDE:
                stream = Utf8Stream(stream, self._assumed)
            errors = "strict" if self._used in WIDE else "surrogateescape"
            buffered = io.BufferedReader(_Raw(stream), BUFFER)
            self._text = io.TextIOWrapper(
                buffered, encoding=self._used, errors=errors, newline=self._newline
            )
        return self._text

    def _assumed(self, line: int) -> None:
        if not self._quiet:
            logger.warning(
                "%s: line %s is not UTF-8; it is read as %s (Windows), as it looks like that; if "
                "it is another encoding, name it with --encoding",
                self._name,
                f"{line:,}",
                ASSUMED,
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except DataError as error:
            raise DataError(error.reason, path=error.path or self._name) from error
        except BROKEN_PACK as error:
            raise DataError(f"cannot be unpacked: {error}", path=self._name) from error
        except UnicodeError as error:
            reason = f"is not valid {self._used.upper()}: {error}"
            raise DataError(reason, path=self._name) from error
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise DataError(reason, path=self._name) from error


def _is_cut(line: str) -> bool:
    """Whether only the first ``MAX_ROW`` characters of a line have been read."""
    return len(line) == MAX_ROW and line[-1] not in "\r\n"


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
