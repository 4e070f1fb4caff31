"""A connection that is closed politely."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable


class PoliteTransport:
    """The transport as uvicorn sees it: closing it waits for a client that is still sending.

    Args:
        transport: the connection.
        begin_closing: is called once, when it is to be closed; whether the client still sends.
    """

    def __init__(self, transport: asyncio.Transport, begin_closing: Callable[[], bool]) -> None:
        self._transport = transport
        self._begin_closing = begin_closing
        self._closing = False
        self.write = transport.write
        self.get_extra_info = transport.get_extra_info
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing or self._transport.is_closing()

    def abort(self) -> None:
        """Ends it without a word: the other side learns so, and what it did not read is dropped."""
        connection = self._transport.get_extra_info("socket")
        # Otherwise the system keeps what is unsent for minutes, and the client waiting.
        with contextlib.suppress(OSError):  # it is closed already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """Closes it, at once or when the client has stopped sending."""
        if self.is_closing():
            return
        self._closing = True
        if self._begin_closing():
            self._transport.write_eof()
        else:
            self._transport.close()
