"""What one connection may take of the server: headers, time and patience.

uvicorn's protocol answers honest clients; this one adds what the others need. A client may be slow
with its headers, its body or with reading its answer, send headers without an end, hundreds of
requests at once, a body that nobody asked for, shut its half of the connection, or offer to go on
in another protocol. No timer is armed for any of this: :meth:`BoundedProtocol.look` is called for
each connection now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tonality.serve.polite_close import PoliteTransport
from tonality.serve.problems import (
    MEDIA_TYPE,
    ProblemError,
    crowded,
    misdirected,
    no_http,
    slow,
    too_long_head,
)
from tonality.serve.prometheus import Metrics
from tonality.serve.settings import Settings

# In the scope of a request: asks whether some of its body is still to come.
UNREAD = "tonality.unread"

# There: the status that was answered in the place of the application.
REFUSED_WITH = "tonality.refused_with"

# Headers that all answers have.
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# An answer that is no page may load nothing and be framed by nobody.
POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NO_STORE = (b"cache-control", b"no-store")

# Requests that a client may send before it has the answer to the first.
PIPELINE = 16

# Connections beyond the most there may be that are told so at a time; others are just closed.
REFUSED = 128

# How long what a client goes on to send is read and dropped once it has been answered: a connection
# closed with bytes unread is reset, and the client may never see the answer.
LINGER_SECONDS = 5.0

# Of a body in each span of `body_seconds`, and of an answer that waits in each of `write_seconds`.
# By the span: bytes that come at once buy no time in which nothing comes.
SLOWEST_BYTES_A_SECOND = 16 * 2**10


class BoundedProtocol(HttpToolsProtocol):
    """One connection, within the limits of the settings."""

    settings: ClassVar[Settings]
    metrics: ClassVar[Metrics]
    allows_host: Callable[[bytes], bool]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a connection, or refuses it where there are too many."""
        self._polite = PoliteTransport(transport, self.begin_closing)
        self._deaf = False  # what still comes is dropped
        self._ended = False  # nothing more comes
        self._refusal: ProblemError | None = None
        self._head_bytes = self._body_bytes = 0
        self._silent_bytes = 0  # of which the parser has said nothing yet
        self._head_since: float | None = self.loop.time()
        self._body_since = self._paused_since = 0.0
        self._unsent = self._came = 0
        self._closed_by: float | None = None
        super().connection_made(cast(asyncio.Transport, self._polite))
        too_many = len(self.connections) - self.settings.max_connections
        if too_many > REFUSED:
            self._polite.abort()
        elif too_many > 0:
            self._refuse(crowded())

    def data_received(self, data: bytes) -> None:
        """Parses what came."""
        if self._deaf:
            return
        if self._head_since is None and (self.cycle is None or self.cycle.response_complete):
            self._head_since = self.loop.time()
        self._silent_bytes += len(data)
        self._unset_keepalive_if_required()
        self._parse(data)
        # The parser keeps the beginning of a header until its end has come.
        if self._silent_bytes > self.settings.max_header_bytes and not self._deaf:
            self._refuse(too_long_head(self.settings.max_header_bytes))

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps the other half open for the answers to whole requests."""
        self._ended = True
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return None
        cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """Counts anew."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Takes a part of the path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header, or a trailer after a body."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Starts a request, or lets it wait for those before it."""
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise ValueError("no proxy")
            return  # it starts when it is read again, without the offer
        if len(self.pipeline) >= PIPELINE:
            raise OverflowError("too many requests at once")
        self._check_head()
        self._silent_bytes = self._body_bytes = 0
        self._head_since = None
        self._body_since = self.loop.time()
        super().on_headers_complete()
        cycle = self.cycle
        cast(dict[str, Any], self.scope)[UNREAD] = lambda: cycle.more_body

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body."""
        self._silent_bytes = 0
        self._body_bytes += len(body)
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends a request."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def pause_writing(self) -> None:
        """Notes since when the client does not read, and how much; what it sends counts, too."""
        self._paused_since = self.loop.time()
        self._unsent, self._came = self._polite.get_write_buffer_size(), 0
        super().pause_writing()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, and what a callback refused."""
        self._refuse(self._refusal or no_http())

    def shutdown(self) -> None:
        """Closes the connection once it owes no answer; at once where no request has begun."""
        if not (self._silent_bytes or self._head_bytes):
            self._head_since = None
        super().shutdown()

    def begin_closing(self) -> bool:
        """Drops what still comes; returns whether something may."""
        self._deaf = True
        cycle = self.cycle
        sending = self._head_since is not None or (cycle is not None and cycle.more_body)
        lingers = sending and not self._ended
        seconds = LINGER_SECONDS if lingers else self.settings.write_seconds
        self._closed_by = self.loop.time() + seconds
        self.flow.resume_reading()
        return lingers

    def look(self, now: float) -> None:
        """Ends what takes too long."""
        settings, cycle = self.settings, self.cycle
        if self._closed_by is not None:
            if now > self._closed_by:
                self._polite.abort()
        elif self.flow.write_paused:
            if now - self._paused_since > settings.write_seconds:
                left = self._polite.get_write_buffer_size()
                moved = self._unsent - left + self._came
                if moved < SLOWEST_BYTES_A_SECOND * settings.write_seconds:
                    self._polite.abort()
                self._paused_since, self._unsent, self._came = now, left, 0
        elif self._head_since is not None:
            if now - self._head_since > settings.header_seconds:
                if self._silent_bytes or self._head_bytes:
                    self._refuse(slow("headers"))
                else:  # browsers connect ahead of need, and want no answer without a request
                    self._polite.close()
        elif cycle is not None and not cycle.response_complete and cycle.more_body:
            if self.flow.read_paused:  # it is the server that is slow
                self._body_since, self._body_bytes = now, 0
            if now - self._body_since > settings.body_seconds:
                if self._body_bytes < SLOWEST_BYTES_A_SECOND * settings.body_seconds:
                    self._refuse(slow("body"))
                self._body_since, self._body_bytes = now, 0

    def _parse(self, data: bytes) -> None:
        """Gives bytes to the parser; an offer of another protocol (HTTP/2, say) is not taken up.

        The parser knows no body in such a request, so that is read again without the offer.
        """
        while data:
            try:
                self.parser.feed_data(data)
                return
            except HttpParserUpgrade as offer:
                data = self._without_offer() + data[offer.args[0] :]
                self.parser = HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn
            except HttpParserError:
                self.send_400_response("")
                return

    def _without_offer(self) -> bytes:
        """The request's line and headers, but for the offer."""
        version = self.parser.get_http_version().encode()
        kept = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
        return b"\r\n".join([line, *kept, b"\r\n"])

    def _check_head(self) -> None:
        """Refuses what the parser lets pass: what RFC 9112 does not, and other sites' requests."""
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise ValueError("another protocol")
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and version == "1.1"):
            raise ValueError("no host, or several")
        if not self.url.startswith(b"/") and (named := parse_url(self.url).host):
            hosts = [b"[%b]" % named if b":" in named else named]  # counts, not the header
        if hosts and not self.allows_host(hosts[0].strip()):
            self._refusal = misdirected()
            raise ValueError("another site")
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if codings and [coding.strip().lower() for coding in codings] != [b"chunked"]:
            raise ValueError("an encoding that is not undone here")

    def _count(self, size: int) -> None:
        self._silent_bytes -= size
        self._head_bytes += size
        if self._head_bytes > self.settings.max_header_bytes:
            self._refusal = too_long_head(self.settings.max_header_bytes)
            raise OverflowError("too long a head")

    def _refuse(self, problem: ProblemError) -> None:
        """Answers with a problem and closes, unless other answers are due before it."""
        self._deaf = True
        cycle = self.cycle
        if self.pipeline:
            self._polite.abort()
            return
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                cycle.keep_alive = False  # its answer is the last
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self._polite.abort()
                return
            cast(dict[str, Any], cycle.scope)[REFUSED_WITH] = problem.status
        else:
            self.metrics.requests.labels("other", problem.status).inc()
        self.metrics.errors.labels(problem.code).inc()
        self._polite.write(self._page(problem))
        self._polite.close()

    def _page(self, problem: ProblemError) -> bytes:
        """A whole answer, from the status line on."""
        body = problem.body()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *HEADERS,
            POLICY,
            NO_STORE,
            *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        return b"".join([STATUS_LINE[problem.status], *lines, b"\r\n", body])


def bounded(
    settings: Settings, metrics: Metrics, allows_host: Callable[[bytes], bool]
) -> type[BoundedProtocol]:
    """The protocol of a service with these limits and names."""
    values = {"settings": settings, "metrics": metrics, "allows_host": staticmethod(allows_host)}
    return type("Bounded", (BoundedProtocol,), values)
