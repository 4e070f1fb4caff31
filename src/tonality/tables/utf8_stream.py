"""Bytes of which some are no UTF-8 -> UTF-8: what Windows-1252 wrote is recognised.

This is the one home of the rule. The page has it in JavaScript (``serve/web/encoding.js``), for a
file as a whole; a test holds both together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

ASSUMED = "cp1252"  # what spreadsheets and exports of Windows write
SAMPLE = 2**16  # bytes looked at, from the first line on that is no UTF-8
LINE = 2**20  # bytes of a line judged together
SURE = 10  # bytes that are no UTF-8 for each sequence that is: two accents may look like one

# Sequences of UTF-8, or the beginnings of usual ones: a dash or quote, an emoji.
_GOOD = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|\xe2\x80|\xf0\x9f"
)
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that Windows-1252 has no letter for
_HIGH = re.compile(rb"[\x80-\xff]+")
_RUN = 3  # bytes in a row: accents stand alone or in twos, Cyrillic and Chinese letters do not


class ByteStream(Protocol):
    """Anything that gives bytes: a file, a pipe, a request's body. It need not seek."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, at least one of them unless it is at its end; may block."""
        ...


class Utf8Stream:
    """A stream in UTF-8, made of one that may be in Windows-1252.

    Lines that are UTF-8 stay. At the first that is not, the next ``SAMPLE`` bytes decide. Where
    some of them, or of what came before, are good UTF-8, the others are damage and stay as they
    are: the rows they are in cannot be read. Otherwise such lines are taken for Windows-1252, if
    that has letters for all their bytes and they look like a Western language. The answer depends
    on the bytes alone, not on how they come.

    Args:
        stream: the bytes, from the beginning.
        assumed: is called once with the number of the first line that is read as Windows-1252.
    """

    def __init__(self, stream: ByteStream, assumed: Callable[[int], None]) -> None:
        self._stream = stream
        self._assumed = assumed
        self._ready = b""
        self._pending = b""  # what has come and is not judged yet
        self._ended = False
        self._good = 0  # sequences of UTF-8 so far
        self._windows: bool | None = None  # None until a line is no UTF-8
        self._line, self._place = 1, 0  # of what comes first in pending

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        while not self._ready and not (self._ended and not self._pending):
            self._fetch(size)
            if end := self._judged():
                part, self._pending = self._pending[:end], self._pending[end:]
                self._ready = part if self._plain(part) else self._in_utf8(part)
                self._pass(part)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _fetch(self, size: int) -> None:
        if not self._ended:
            data = self._stream.read(size)
            self._ended = not data
            self._pending += data

    def _plain(self, part: bytes) -> bool:
        return self._windows is False or part.isascii()

    def _judged(self) -> int:
        """How much of what is pending can be judged: whole lines, or long parts of one."""
        if self._ended or self._plain(self._pending):
            return len(self._pending)
        if end := self._pending.rfind(b"\n") + 1:
            return end
        cut = LINE - self._place % LINE
        if len(self._pending) < cut:
            return 0
        high = _HIGH.split(self._pending[:cut])[-1]  # a cut there would be within a character
        return cut if high else len(self._pending[:cut].rstrip(bytes(range(128, 256)))) or cut

    def _pass(self, part: bytes) -> None:
        self._line += part.count(b"\n")
        newline = part.rfind(b"\n") + 1
        self._place = len(part) - newline + (0 if newline else self._place)

    def _in_utf8(self, part: bytes) -> bytes:
        """Lines in UTF-8; what is none stays where it is damage."""
        if _is_utf8(part):
            self._good += len(_GOOD.findall(part))
            return part
        lines, given = part.splitlines(keepends=True), 0
        for number, line in enumerate(lines):
            if _is_utf8(line):
                self._good += len(_GOOD.findall(line))
            else:
                if self._windows is None:
                    self._decide(part[given:], self._line + part.count(b"\n", 0, given))
                if self._windows:
                    text = line.decode(ASSUMED, "surrogateescape")
                    lines[number] = text.encode("utf-8", "surrogateescape")
            given += len(line)
        return b"".join(lines)

    def _decide(self, part: bytes, line: int) -> None:
        """Decides, at a line that is no UTF-8, by what follows from there."""
        while not self._ended and len(part) + len(self._pending) < SAMPLE:
            self._fetch(SAMPLE - len(part) - len(self._pending))
        sample = (part + self._pending)[:SAMPLE]
        found = _GOOD.findall(sample)
        alone = sum(map(len, _HIGH.findall(sample))) - sum(map(len, found))
        self._windows = SURE * (self._good + len(found)) <= alone and _is_western(sample)
        if self._windows:
            self._assumed(line)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_western(data: bytes) -> bool:
    """Whether the bytes over 127 look like the accents and quotes of a Western language."""
    runs = _HIGH.findall(data)
    long = sum(len(run) for run in runs if len(run) >= _RUN)
    return not _UNDEFINED.search(data) and 2 * long <= sum(map(len, runs))
