"""The body of an upload as a thread reads it, unpacked within its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from tonality.serve.problems import ProblemError
from tonality.serve.request_bodies import too_large
from tonality.tables.byte_lines import Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.compression import packing, unpacking
from tonality.tables.open_table import Input, Opened, on_disk, opened
from tonality.tables.read_options import ReadOptions
from tonality.tables.sheet_rows import SHEETS, SheetAsCsv, sheet_as_csv
from tonality.tables.utf8_stream import ByteStream

T = TypeVar("T")

NAME = "the body"
IN_PARTS = "Send the table in parts, or raise TONALITY_MAX_UPLOAD_BYTES."
AS_CSV = "Save the sheet as CSV, and send that."
# A spreadsheet is read as a whole, by a process of its own.
SHEET_BYTES = 2**26
SHEET_MEMORY = 2**30


class Body:
    """The body of a request, as a thread reads it.

    Args:
        request: the request.
        limit: the most bytes it may have.
    """

    def __init__(self, request: Request, limit: int) -> None:
        self._request = request
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._size = 0
        self._waiting = b""
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end.

        Raises:
            ProblemError: 413.
            ClientDisconnect: the client has gone.
        """
        while not self._waiting and not self._ended:
            self._waiting = ask(self._loop, self._receive())
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    async def check_client(self) -> None:
        """Makes sure that somebody still waits for the answer.

        Raises:
            ClientDisconnect: nobody does.
        """
        if self._ended and await self._request.is_disconnected():
            raise ClientDisconnect

    def check(self) -> None:
        """As :meth:`check_client`, for a thread."""
        ask(self._loop, self.check_client())

    async def _receive(self) -> bytes:
        message = await self._request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        data: bytes = message.get("body", b"")
        self._size += len(data)
        self._ended = not message.get("more_body", False)
        if self._size > self._limit:
            raise too_large(self._limit, IN_PARTS)
        return data


def ask(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that runs on the loop, to a thread outside it."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    while True:
        try:
            return future.result(timeout=1)
        except TimeoutError:
            if loop.is_closed():  # the service is gone, in a hurry
                raise ClientDisconnect from None


class _Limited:
    """A stream that ends in an error after so many bytes.

    Args:
        stream: the stream.
        limit: the most bytes.
        error: the error.
    """

    def __init__(self, stream: ByteStream, limit: int, error: ProblemError) -> None:
        self._stream = stream
        self._left = limit
        self._error = error

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes.

        Raises:
            ProblemError: 413.
        """
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise self._error
        return data


class _Attended:
    """A stream that ends in an error once nobody waits for what is made of it.

    Args:
        stream: the stream.
        body: the body of the client who waits.
    """

    def __init__(self, stream: ByteStream, body: Body) -> None:
        self._stream = stream
        self._body = body

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes.

        Raises:
            ClientDisconnect: the client has gone.
        """
        self._body.check()
        return self._stream.read(size)


def unpacked_body(body: ByteStream, limit: int) -> Peeked:
    """A body unpacked, if it is packed: a small one may unpack to any size.

    Args:
        body: the body.
        limit: the most bytes it may have unpacked; more are 413 when they are read.

    Raises:
        DependencyError: it is ``.zst``, and what reads it is missing.
    """
    stream = Peeked(body)
    suffix = packing(stream.head)
    return Peeked(_unpacked(unpacking(stream, suffix), limit)) if suffix else stream


def _unpacked(stream: ByteStream, limit: int) -> _Limited:
    return _Limited(stream, limit, too_large(limit, IN_PARTS, "Unpacked, the body"))


def _sheet(body: ByteStream, limit: int) -> _Limited:
    """The body that a spreadsheet may have."""
    if limit < SHEET_BYTES:
        return _Limited(body, limit, too_large(limit, IN_PARTS))
    return _Limited(body, SHEET_BYTES, too_large(SHEET_BYTES, AS_CSV, "The spreadsheet"))


@contextmanager
def opened_upload(body: ByteStream, format: str, wanted: Wanted, limit: int) -> Iterator[Opened]:
    """A table that is uploaded.

    Args:
        body: the body.
        format: its format.
        wanted: what was asked for.
        limit: the most bytes it may have, unpacked.

    Raises:
        DataError: it is no table.
        DependencyError: what reads it is missing.
        ProblemError: 413; later also where it is read.
    """
    stream = Peeked(_sheet(body, limit)) if format in SHEETS else unpacked_body(body, limit)
    with opened(Input(NAME, format, stream), wanted, memory=SHEET_MEMORY) as table:
        yield table


@contextmanager
def unpacked_upload(body: Body, limit: int) -> Iterator[IO[bytes]]:
    """A packed table that is uploaded, unpacked to its end: damage is found before the answer.

    Args:
        body: the body. All of it is read first: a browser takes no answer before it has sent all.
        limit: the most bytes it may have, unpacked.

    Raises:
        DataError: it cannot be unpacked.
        DependencyError: what unpacks it is missing.
        ProblemError: 413.
        ClientDisconnect: the client has gone.
    """
    with on_disk(body) as packed, on_disk(_Attended(unpacked_body(packed, limit), body)) as file:
        yield file


@contextmanager
def opened_sheet_upload(
    body: Body, options: ReadOptions, limit: int
) -> Iterator[tuple[SheetAsCsv, IO[bytes]]]:
    """A spreadsheet that is uploaded, and its CSV, read to its end as a packed table is.

    Raises:
        DataError: it is none that can be read.
        DependencyError: what reads it is missing.
        ProblemError: 413, for the CSV too: a few texts may stand in a million cells.
        ClientDisconnect: the client has gone.
    """
    with (
        on_disk(_sheet(body, limit)) as book,
        sheet_as_csv(book, NAME, options, SHEET_MEMORY) as sheet,
        on_disk(_Attended(_unpacked(sheet, limit), body)) as file,
    ):
        yield sheet, file
