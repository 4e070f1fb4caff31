"""A real server process, and clients that say exactly what they send."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

JSON = {"Content-Type": "application/json"}
SECONDS = 60  # a busy machine is no fault of the code


@dataclass
class Running:
    """A server that runs.

    Attributes:
        process: the process.
        port: where it listens, on 127.0.0.1.
        lines: what it has logged so far.
    """

    process: subprocess.Popen[str]
    port: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(SECONDS)

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=SECONDS, **options)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)


@contextlib.contextmanager
def running(model: Path, port: int = 0, **settings: Any) -> Iterator[Running]:
    """Starts ``tonality serve``; ends it if that is still to be done.

    Args:
        model: the model folder.
        port: where it listens; 0 takes a free port.
        settings: ``TONALITY_…`` variables, without the prefix.
    """
    variables = {f"TONALITY_{name.upper()}": str(value) for name, value in settings.items()}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TONALITY_")}
    # With the oldest versions of all that it needs, some warn (make lowest).
    warnings = os.environ.get("PYTHONWARNINGS", "error")
    command = [sys.executable, "-W", warnings, "-m", "tonality", "serve", "--port", str(port)]
    command += ["--model", str(model)]
    process = subprocess.Popen(
        command,
        env={**inherited, "OMP_NUM_THREADS": "1", **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    server, started = Running(process), threading.Event()
    reader = threading.Thread(target=_read_log, args=(server, started))
    reader.start()
    try:
        assert started.wait(SECONDS)
        assert server.port, server.log
        yield server
    finally:
        _end(process)
        reader.join()
        assert process.stderr is not None
        process.stderr.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the service as a supervisor does: what is killed tells nothing of what it ran."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read_log(server: Running, started: threading.Event) -> None:
    assert server.process.stderr is not None
    for line in server.process.stderr:
        server.lines.append(line)
        if found := re.search(r"on http://\S+:(\d+)$", line):
            server.port = int(found[1])
            started.set()
    started.set()


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire; status 0 stands for none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        code: str = json.loads(self.body)["code"]
        return code


def answer(connection: socket.socket) -> Answer:
    """Reads one answer, or finds the connection closed."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        body = response.read()
    except (ConnectionError, http.client.HTTPException):
        return Answer(0)
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)


def everything(connection: socket.socket) -> bytes:
    """What comes until the connection ends, in whichever way."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(65_536):
            received += more
    return received


def post(body: bytes, path: str = "/v1/predict", **headers: str) -> bytes:
    """A request as it goes over the wire."""
    lines = {"Host": "localhost", "Content-Type": "application/json"}
    lines |= {"Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def texts(*values: str | None) -> bytes:
    """The body of a request."""
    return json.dumps({"texts": values}).encode()
