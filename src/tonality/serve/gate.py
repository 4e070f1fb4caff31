"""What every request goes through: keys, security headers, metrics, and faults as problems."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tonality.serve.metrics import Metrics
from tonality.serve.problems import ProblemError
from tonality.serve.settings import Settings

logger = logging.getLogger(__name__)

# Nothing may be loaded from an answer except what a page says for itself.
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE = (b"cache-control", b"no-store")


class Gate:
    """An ASGI application around another.

    Args:
        app: the routes.
        settings: the keys.
        metrics: where requests are counted.
        paths: the paths that are counted by name; all others are ``other``.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, metrics: Metrics, paths: frozenset[str]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = paths
        self._keys = [_digest(key.get_secret_value().encode()) for key in settings.api_keys]
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = Answer(send, self)
        started = time.perf_counter()
        try:
            self._check_key(scope)
            await self._app(scope, receive, answer.send)
        except ProblemError as problem:
            await answer.problem(problem, scope, receive)
        except Exception as fault:
            frames = "".join(traceback.format_tb(fault.__traceback__))
            # Without the message, which may quote a text.
            logger.error("a request failed: %s\n%s", type(fault).__name__, frames)
            await answer.problem(_fault(), scope, receive)
        finally:
            path = scope["path"] if scope["path"] in self._paths else "other"
            self._metrics.requests.labels(path, answer.status).inc()
            self._metrics.latency.labels(path).observe(time.perf_counter() - started)

    def _check_key(self, scope: Scope) -> None:
        """Lets a request pass that needs no key or has one; takes as long for any wrong key."""
        path = scope["path"]
        if not self._keys or not (path.startswith("/v1/") or path == "/metrics"):
            return
        given = b""
        for name, value in scope["headers"]:
            if name == b"x-api-key":
                given = value
            elif name == b"authorization" and value[:7].lower() == b"bearer ":
                given = value[7:].strip()
        digest = _digest(given)
        # All of them, so that the time does not tell which one was nearly right.
        known = [hmac.compare_digest(digest, key) for key in self._keys]
        if not any(known):
            raise ProblemError(
                401,
                "key_missing" if not given else "key_unknown",
                "This service asks for an API key.",
                "Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
                {"WWW-Authenticate": "Bearer"},
            )


class Answer:
    """The answer to one request, on its way out.

    Attributes:
        status: the status sent; 0 before that, which is also that of an answer that nobody read.
    """

    __slots__ = ("_gate", "_send", "status")

    def __init__(self, send: Send, gate: Gate) -> None:
        self._send = send
        self._gate = gate
        self.status = 0

    async def send(self, message: Message) -> None:
        """Adds the headers that all answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = [*message["headers"], *_HEADERS]
            names = {name for name, _ in headers}
            if b"content-security-policy" not in names:
                headers.append(_POLICY)
            if b"cache-control" not in names:
                headers.append(_NO_STORE)
            if self._gate.draining:
                headers.append((b"connection", b"close"))
        await self._send(message)

    async def problem(self, problem: ProblemError, scope: Scope, receive: Receive) -> None:
        """Answers with a problem, unless an answer has begun: that one is cut short."""
        self._gate._metrics.errors.labels(problem.code).inc()
        if not self.status:
            await problem.response()(scope, receive, self.send)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _fault() -> ProblemError:
    return ProblemError(
        500,
        "internal",
        "The service could not answer; its log says why.",
        "Tell the people who run it, with the time of the request.",
    )
