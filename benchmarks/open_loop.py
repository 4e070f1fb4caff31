"""A client that keeps to its rate whatever the server does, as the world does.

A closed loop (wrk) sends the next request when the last is answered, so it never asks more than the
server can do. Here requests fall due at even intervals; latency counts from when a request was due.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass
class Findings:
    """What came of it.

    Attributes:
        latencies: seconds, by status.
        bodies: the first answers with status 200, each with the number of its request.
        lost: connections that ended before the answer.
    """

    latencies: dict[int, list[float]] = field(default_factory=dict)
    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    lost: int = 0

    @property
    def statuses(self) -> dict[int, int]:
        """How many answers, by status."""
        return dict(Counter({status: len(found) for status, found in self.latencies.items()}))

    def quantile_ms(self, status: int, share: float) -> float:
        """A quantile of the latencies of a status, in milliseconds."""
        found = sorted(self.latencies.get(status, [0.0]))
        return 1000 * found[min(int(share * len(found)), len(found) - 1)]


class Load:
    """Sends requests at a rate over many connections.

    Args:
        port: the server's, on 127.0.0.1.
        requests: whole requests; sent in turn.
        rate: requests a second.
        seconds: for how long.
        connections: how many; a request that finds all of them busy waits for one.
        keep: how many answers are kept.
    """

    def __init__(
        self,
        port: int,
        requests: Sequence[bytes],
        rate: float,
        seconds: float,
        connections: int,
        keep: int,
    ) -> None:
        self.findings = Findings()
        self.requests = requests
        self.idle: deque[_Caller] = deque()
        self._port = port
        self._rate = rate
        self._seconds = seconds
        self._connections = connections
        self._keep = keep
        self._sent = 0
        self._busy = 0

    async def run(self) -> Findings:
        """Sends them all, and waits for the answers."""
        loop = asyncio.get_running_loop()
        for _ in range(self._connections):
            await loop.create_connection(lambda: _Caller(self), "127.0.0.1", self._port)
        start = time.perf_counter()
        total = int(self._rate * self._seconds)
        while self._sent < total:
            due = min(int((time.perf_counter() - start) * self._rate), total)
            while self._sent < due and self.idle:
                self._busy += 1
                caller = self.idle.popleft()
                caller.ask(self._sent % len(self.requests), start + self._sent / self._rate)
                self._sent += 1
            await asyncio.sleep(0.001)
        while self._busy:
            await asyncio.sleep(0.01)
        while self.idle:
            self.idle.popleft().close()
        await asyncio.sleep(0.1)
        return self.findings

    def answered(self, number: int, status: int, due: float, body: bytes) -> None:
        """Notes an answer."""
        self._busy -= 1
        findings = self.findings
        findings.latencies.setdefault(status, []).append(time.perf_counter() - due)
        if status == 200 and len(findings.bodies) < self._keep:
            findings.bodies.append((number, body))

    def lost(self) -> None:
        """Notes a connection that ended before its answer."""
        self._busy -= 1
        self.findings.lost += 1


class _Caller(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = b""
        self._asked: tuple[int, float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.idle.append(self)

    def ask(self, number: int, due: float) -> None:
        """Sends a request that was due at a time of ``perf_counter``."""
        self._asked = number, due
        self._transport.write(self._load.requests[number])

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n")
        if not separator or length is None or len(body) < int(length[1]):
            return
        assert self._asked is not None
        number, due = self._asked
        self._asked, self._received = None, b""
        self._load.answered(number, int(head[9:12]), due, body)
        self._load.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self._asked is not None:
            self._load.lost()
        elif self in self._load.idle:
            self._load.idle.remove(self)
