"""The answer to an upload on its way out: a table that is sent as it is made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tonality.serve.upload_body import Body


class StreamedTable(Response):
    """A table that is sent as it is made.

    Args:
        pieces: the table; computed on a thread. A CutShortError from them goes on to the caller:
            the answer stays unfinished and the connection is closed, so no client takes it for the
            whole.
        body: what it is read from.
        media_type: its media type.
        headers: further headers.
        run: runs something on the thread.
        end: is called when all is over.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        body: Body,
        media_type: str,
        headers: dict[str, str],
        run: Callable[[Callable[[], bytes | None]], Coroutine[Any, Any, bytes | None]],
        end: Callable[[], None],
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces
        self._body = body
        self._run = run
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await self._body.send(send(start))
            while (piece := await self._run(lambda: next(self._pieces, None))) is not None:
                part = {"type": "http.response.body", "body": piece, "more_body": True}
                await self._body.send(send(part))
                await self._body.check_client()
            await self._body.send(send({"type": "http.response.body", "body": b""}))
        finally:
            self._body.close()
            self._end()
