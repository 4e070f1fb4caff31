"""What every request goes through: keys, security headers, metrics, and faults as problems."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tonality.serve.connection_limits import HEADERS, NO_STORE, POLICY, REFUSED_WITH, UNREAD
from tonality.serve.problems import CutShortError, ProblemError, not_found, problem_of, stopping
from tonality.serve.prometheus import Metrics
from tonality.serve.served_model import VERSION
from tonality.serve.settings import Settings

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

# Of an answer that nobody waited for, in the metrics; nginx's number.
GONE = 499

_VERSION = VERSION.lower().encode()
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Gate:
    """An ASGI application around another.

    Args:
        app: the routes.
        settings: the keys.
        metrics: where requests are counted.
        open_paths: all paths there are, and whether they are open to those without a key. A path
            that is not there is not. The metrics count them by name, but for ``/static`` and
            ``other``.
        direct: what answers POST at the paths that are asked a thousand times a second; the way
            through the routes takes longer than all the rest outside the network.
        version: the version of the model that answers, asked for answers that tell none yet.

    Attributes:
        draining: whether answers tell clients to connect anew, elsewhere.
        version: see the argument.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        metrics: Metrics,
        open_paths: Mapping[str, bool],
        direct: Mapping[str, Handler],
        version: Callable[[], str],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._open_paths = open_paths
        self._direct = direct
        self.version = version
        self._keys = [_digest(key.get_secret_value().encode()) for key in settings.api_keys]
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        answer = Answer(send, self, scope)
        started = time.perf_counter()
        try:
            await self._answer(scope, receive, answer)
        except ProblemError as problem:
            self._metrics.errors.labels(problem.code).inc()
            await problem.response()(scope, receive, answer.send)
        except CutShortError as cut:  # it began with 200, but is none: the status is what is wrong
            self._metrics.errors.labels("cut_short").inc()
            answer.status = cut.status
        except ClientDisconnect:
            answer.status = scope.get(REFUSED_WITH, GONE)
        except asyncio.CancelledError:  # the server stops, and waits no longer
            if not answer.status:
                await stopping().response()(scope, receive, answer.send)
            answer.status = stopping().status
        except Exception as fault:
            # Without the message, which may quote a text.
            frames = "".join(traceback.format_tb(fault.__traceback__))
            logger.error("a request failed: %s\n%s", type(fault).__name__, frames)
            found = problem_of(fault)
            self._metrics.errors.labels(found.code).inc()
            if answer.status:  # unfinished, too
                answer.status = found.status
            else:
                await found.response()(scope, receive, answer.send)
        finally:
            path = scope["path"]
            if path.startswith("/static/"):
                path = "/static"
            elif path not in self._open_paths:
                path = "other"
            self._metrics.requests.labels(path, answer.status or GONE).inc()
            self._metrics.latency.labels(path).observe(time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        if _CONTROL.search(scope["path"]):  # the pattern of a route lets a line end pass
            raise not_found()
        if self._keys and not self._open_paths.get(scope["path"], False):
            self._check_key(scope)
        handler = self._direct.get(scope["path"]) if scope["method"] == "POST" else None
        if handler is not None:
            response = await handler(Request(scope, receive))
            await response(scope, receive, answer.send)
            return
        if scope["method"] == "HEAD":  # the server leaves out the body
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, answer.send)

    def _check_key(self, scope: Scope) -> None:
        """Lets a request pass that has a key."""
        given = [
            value if name == b"x-api-key" else value[7:].strip()
            for name, value in scope["headers"]
            if name == b"x-api-key"
            or (name == b"authorization" and value[:7].lower() == b"bearer ")
        ]
        # All that are sent must be right, and all are compared, so that the time tells nothing.
        known = [[hmac.compare_digest(_digest(one), key) for key in self._keys] for one in given]
        if not known or not all(any(matches) for matches in known):
            raise ProblemError(
                401,
                "key_unknown" if given else "key_missing",
                "This service asks for an API key.",
                "Send it as `Authorization: Bearer KEY` or as `X-API-Key: KEY`.",
                {"WWW-Authenticate": "Bearer"},
            )


class Answer:
    """The answer to one request, on its way out.

    Attributes:
        status: the status sent, 0 before.
    """

    __slots__ = ("_gate", "_scope", "_send", "status")

    def __init__(self, send: Send, gate: Gate, scope: Scope) -> None:
        self._send = send
        self._gate = gate
        self._scope = scope
        self.status = 0

    async def send(self, message: Message) -> None:
        """Adds the headers that all answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = [*message["headers"], *HEADERS]
            names = {name for name, _ in headers}
            if b"content-security-policy" not in names:
                headers.append(POLICY)
            if b"cache-control" not in names:
                headers.append(NO_STORE)
            told = _VERSION in names or not self._scope["path"].startswith("/v1/")
            if not told and self.status != 401:  # who has no key learns nothing of the model
                headers.append((_VERSION, self._gate.version().encode()))
            if self._gate.draining or self._scope.get(UNREAD, bool)():
                headers.append((b"connection", b"close"))
        await self._send(message)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
