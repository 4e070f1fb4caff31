"""The body of an upload: read by a thread as it needs it, and kept on the disk where that waits.

Rows are read as fast as their verdicts are taken. But most clients send all of a body before they
read any of its answer. Once such an answer fills all buffers on the way neither side would go on.
So what comes while the answer waits goes into a temporary file. What comes behind an error is
dropped: the answer says why, and its client reads that only once it has sent all.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import tempfile
from collections.abc import Awaitable, Coroutine
from typing import IO, Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from tonality.serve.connection_limits import REFUSED_WITH
from tonality.serve.problems import ProblemError, no_disk
from tonality.serve.request_bodies import too_large

logger = logging.getLogger(__name__)

T = TypeVar("T")

IN_PARTS = "Send the table in parts, or raise TONALITY_MAX_UPLOAD_BYTES."
PATIENCE = 1.0  # seconds that an answer waits for its client before the body goes to the disk
BUFFER = 2**16  # bytes taken from there at a time


class Body:
    """The body of a request, as a thread reads it.

    Args:
        request: the request.
        limit: the most bytes it may have.
        seconds: how long what comes behind an error is taken, and dropped.
    """

    def __init__(self, request: Request, limit: int, seconds: float) -> None:
        self._request = request
        self._limit = limit
        self._seconds = seconds
        self._dropping_until = 0.0
        self._loop = asyncio.get_running_loop()
        self._size = 0
        self._waiting = b""
        self._kept = _Kept()
        self._error: ProblemError | None = None  # is behind what is kept
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end.

        Raises:
            ProblemError: 413.
            ClientDisconnect: the client has gone.
        """
        while not self._waiting:
            self._waiting = self._kept.take()
            if self._waiting or (self._ended and self._error is None):
                break
            if self._error is not None:
                raise self._error
            self._waiting = ask(self._loop, self._receive())
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    async def send(self, sending: Awaitable[None]) -> None:
        """Sends a part of the answer; what comes of the body while that waits is kept or dropped.

        Nothing may read the body meanwhile.

        Args:
            sending: sends it.

        Raises:
            ClientDisconnect: the client has gone.
        """
        task: asyncio.Future[None] = asyncio.ensure_future(sending)
        try:
            await asyncio.wait([task], timeout=PATIENCE)
            while not (task.done() or self._ended) and self._takes():
                await self._take(task)
            await task
        finally:
            task.cancel()

    async def check_client(self) -> None:
        """Makes sure that somebody still waits for the answer.

        Raises:
            ClientDisconnect: nobody does.
        """
        if (self._ended or self._error) and await self._request.is_disconnected():
            raise ClientDisconnect

    def check(self) -> None:
        """As :meth:`check_client`, for a thread."""
        ask(self._loop, self.check_client())

    def close(self) -> None:
        """Forgets what is kept."""
        self._kept.close()

    def _takes(self) -> bool:
        """Whether there is a place for what comes while the answer waits."""
        if self._error is not None:
            return self._loop.time() < self._dropping_until
        return self._kept.open()

    async def _take(self, other: asyncio.Future[None]) -> None:
        """Keeps or drops what comes next, unless another task ends before."""
        receiving = asyncio.ensure_future(self._receive())
        both: list[asyncio.Future[Any]] = [other, receiving]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            receiving.cancel()  # loses nothing: what has come is there for the next one who asks
        await asyncio.wait([receiving])
        if receiving.cancelled():
            return
        try:
            data = receiving.result()
            if self._error is None:
                await asyncio.to_thread(self._kept.add, data)
        except ProblemError:
            pass  # is noted, and raised once what is kept has been read
        except OSError as error:
            logger.error("no temporary file can be written: %s", error)
            self._note(no_disk())

    async def _receive(self) -> bytes:
        message = await self._request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        data: bytes = message.get("body", b"")
        self._size += len(data)
        self._ended = not message.get("more_body", False)
        if self._size > self._limit and self._error is None:
            raise self._note(too_large(self._limit, IN_PARTS))
        return data

    def _note(self, error: ProblemError) -> ProblemError:
        """Notes why the body is not read to its end."""
        self._error = error
        self._dropping_until = self._loop.time() + self._seconds
        self._request.scope[REFUSED_WITH] = error.status  # if the client goes before it is told
        return error


class _Kept:
    """Bytes in a temporary file: what is added first is taken first."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0
        self._taken = 0

    def open(self) -> bool:
        """Opens the file; whether there is a folder for it."""
        if self._file is None:
            try:
                # Without a buffer: what could not be written would be tried again.
                self._file = tempfile.TemporaryFile(buffering=0, prefix="tonality-")  # noqa: SIM115
            except OSError:
                return False
        return True

    def add(self, data: bytes) -> None:
        """Adds bytes.

        Raises:
            OSError: there is no room on the disk.
        """
        assert self._file is not None
        self._file.seek(self._size)
        while data:
            written = self._file.write(data)
            self._size += written
            data = data[written:]

    def take(self) -> bytes:
        """The next bytes; none where all are taken."""
        if self._file is None or self._taken == self._size:
            return b""
        self._file.seek(self._taken)
        data = self._file.read(BUFFER)
        self._taken += len(data)
        if self._taken == self._size:  # the room of what is taken is free again
            self._file.truncate(0)
            self._size = self._taken = 0
        return data

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def ask(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that runs on the loop, to a thread outside it."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    while not concurrent.futures.wait([future], timeout=1).done:
        if loop.is_closed():  # the service is gone, in a hurry
            raise ClientDisconnect
    return future.result()
