"""A real HTTP server on 127.0.0.1 that misbehaves on request."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """Serves ``content`` at any path.

    Attributes:
        content: the file.
        cuts: how many bytes of the body to send before closing, one entry a request; whole
            bodies after that.
        statuses: statuses to answer with instead, one entry a request (0: serve the file).
        redirect: where to send every request instead of answering it.
        ranges: whether ``Range`` is honoured.
        etag: sent as ``ETag`` and compared with ``If-Range``; ``""`` for none.
        length: whether to say how long the body is.
        shift: by how much a partial answer's ``Content-Range`` is wrong.
        garbled: answer so many requests with something that is not HTTP.
        reset: drop connections (RST) instead of closing them where ``cuts`` says so.
        requests: the ``Range`` header of each request so far, ``""`` where there was none.
    """

    content: bytes
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirect: str = ""
    ranges: bool = True
    etag: str = '"one"'
    length: bool = True
    shift: int = 0
    garbled: int = 0
    reset: bool = False
    requests: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(server: FileServer) -> Iterator[FileServer]:
    """Runs the server in a thread; its ``url`` is set on entry."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            server.requests.append(wanted)
            if server.garbled:
                server.garbled -= 1
                self.wfile.write(b"hello\r\n\r\n")
                return
            if server.redirect:
                self.send_response(302)
                self.send_header("Location", server.redirect)
                self.end_headers()
                return
            if server.statuses and (status := server.statuses.pop(0)):
                self.send_error(status)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-") or 0) if server.ranges else 0
            condition = self.headers.get("If-Range")
            if condition is not None and condition != server.etag:
                start = 0
            if start > len(server.content) or (wanted and start == len(server.content)):
                self.send_error(416)
                return
            self.answer(server.content[start:], start, len(server.content))

        def answer(self, body: bytes, start: int, total: int) -> None:
            self.send_response(206 if start else 200)
            if server.length:
                self.send_header("Content-Length", str(len(body)))
            if start:
                first = start + server.shift
                self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
            if server.etag:
                self.send_header("ETag", server.etag)
            self.end_headers()
            if not server.cuts:
                self.wfile.write(body)
                return
            self.wfile.write(body[: server.cuts.pop(0)])
            if server.reset:
                # Closing with a linger time of 0 makes the system send a reset.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.wfile.flush()
                self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{web.server_address[1]}/aclImdb_v1.tar.gz"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
