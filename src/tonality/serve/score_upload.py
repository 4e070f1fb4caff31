"""``POST /v1/score``: a table goes in and comes out scored, both bit by bit.

Rows are parsed and written on a thread of each upload. It asks the event loop for the next bytes of
the body when it needs them, and for verdicts, window by window, from the batches of all. So nothing
piles up: a client that does not read its answer is not read from either.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tonality.classifier import Classifier
from tonality.errors import ConfigError, DataError
from tonality.prediction import Prediction
from tonality.score import Layout, Row, Rows, RowWriter, Scorer, read_rows, row_writer
from tonality.score.scorer import size
from tonality.serve.batch_queue import Batches
from tonality.serve.json_results import predictions
from tonality.serve.problems import ProblemError, busy
from tonality.serve.request_bodies import check_encoding, check_length, too_large
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings
from tonality.serve.table_formats import FORMATS, table_type, wanted_type
from tonality.tables.bad_rows import Fault
from tonality.tables.read_options import ReadOptions

T = TypeVar("T")

# Rows answered together, and how much they may hold: a client sees progress, and memory is bounded.
ROWS = 256
CHARACTERS = 2**18

# It is in the name of each added column, and in JSON Lines in each row.
LONGEST_PREFIX = 100


class Uploads:
    """Scores uploads, a few at a time.

    Args:
        settings: how many, and how large one may be.
        batches: where verdicts come from.
    """

    def __init__(self, settings: Settings, batches: Batches) -> None:
        self._settings = settings
        self._batches = batches
        self._active = 0
        self._threads = ThreadPoolExecutor(settings.max_uploads, "tonality-upload")

    async def answer(self, request: Request, model: ServedModel) -> Response:
        """The answer to an upload, once the head of the table is read.

        Raises:
            ProblemError: 406, 413, 415, 422 where there is no table, or 503.
            ClientDisconnect: nobody waits for the answer any more.
        """
        own = table_type(request)
        wanted = wanted_type(request, own)
        check_encoding(request)
        check_length(request, self._settings.max_upload_bytes)
        if self._active >= self._settings.max_uploads:
            raise busy(f"{self._active} files are being scored already.")
        column, prefix, options = _text_column(request), _prefix(request), _options(request)
        body = _Body(request, self._settings.max_upload_bytes)
        self._active += 1
        try:
            scorer = Scorer(cast(Classifier, _Queued(self._batches, model)))
            longest = self._settings.max_text_length

            def begin() -> Iterator[bytes]:
                rows = read_rows(
                    body, FORMATS[own], text_column=column, name="the body", options=options
                )
                self._check_width(rows)
                layout = _layout(rows, model, FORMATS[wanted], prefix)
                writer = row_writer(FORMATS[wanted], layout, delimiter=rows.delimiter)
                return _pieces(rows, layout, scorer, writer, longest)

            pieces = await self._run(begin)
        except DataError as error:
            self._end()
            raise _no_table(error) from None
        except ConfigError:
            self._end()
            raise _taken() from None
        except BaseException:
            self._end()
            raise
        return _ScoredTable(pieces, body, wanted, model.headers, self._run, self._end)

    def close(self) -> None:
        """Ends the threads once they notice that the loop is closed."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check_width(self, rows: Rows) -> None:
        """Refuses a table of too many columns: each is in every row of a CSV that goes out.

        Raises:
            ProblemError: 413.
        """
        if len(rows.columns) > self._settings.max_columns:
            raise ProblemError(
                413,
                "too_many_columns",
                f"The table has {len(rows.columns):,} columns; {self._settings.max_columns:,} are "
                "the most.",
                "Send the columns that you need, or raise TONALITY_MAX_COLUMNS.",
            )

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _end(self) -> None:
        self._active -= 1


class _CutShortError(Exception):
    """The table cannot be read to its end, and the answer says so in its last row."""


class _ScoredTable(Response):
    """A table that is sent as it is scored.

    Args:
        pieces: the table; computed on a thread.
        body: what it is read from.
        media_type: its media type.
        headers: further headers.
        run: runs something on the thread.
        end: is called when all is over.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        body: _Body,
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
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            while (piece := await self._run(lambda: next(self._pieces, None))) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await self._body.check_client()
            await send({"type": "http.response.body", "body": b""})
        except _CutShortError:
            return  # unfinished: the connection is closed, so no client takes it for the whole
        finally:
            self._end()


class _Body:
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
            self._waiting = _ask(self._loop, self._receive())
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    async def check_client(self) -> None:
        """Makes sure that somebody still waits for the answer.

        Raises:
            ClientDisconnect: nobody does.
        """
        if self._ended and await self._request.is_disconnected():
            raise ClientDisconnect

    async def _receive(self) -> bytes:
        message = await self._request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        data: bytes = message.get("body", b"")
        self._size += len(data)
        self._ended = not message.get("more_body", False)
        if self._size > self._limit:
            raise too_large(self._limit)
        return data


class _Queued:
    """A classifier as :class:`tonality.score.Scorer` wants one, for use on a thread.

    Args:
        batches: where its texts wait.
        model: what reads them.
    """

    def __init__(self, batches: Batches, model: ServedModel) -> None:
        self._batches = batches
        self._model = model
        self._loop = asyncio.get_running_loop()

    def predict(self, texts: Sequence[str | None]) -> list[Prediction]:
        """The verdicts, in order."""
        run = self._batches.run(self._model, predictions, texts, patient=True)
        return _ask(self._loop, run)


def _ask(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that runs on the loop, to a thread outside it."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    while True:
        try:
            return future.result(timeout=1)
        except TimeoutError:
            if loop.is_closed():  # the service is gone, in a hurry
                raise ClientDisconnect from None


def _pieces(
    rows: Rows, layout: Layout, scorer: Scorer, writer: RowWriter, longest: int
) -> Iterator[bytes]:
    """The scored table: its head, then a piece for each window.

    Raises:
        _CutShortError: after the last piece, which says what is wrong with the rest.
    """
    if head := writer.head():
        yield head
    done = 0
    try:
        for window in _windows(rows, layout, longest):
            yield writer.rows(scorer.score(window))
            done += len(window)
    except (DataError, ProblemError) as error:
        reason = error.reason if isinstance(error, DataError) else error.detail
        yield writer.rows([Fault(done + 1, f"the rest cannot be read: {reason}", None)])
        raise _CutShortError from None


def _layout(rows: Rows, model: ServedModel, format: str, prefix: str | None) -> Layout:
    """The columns of the scored table.

    Raises:
        ConfigError: the table has a column that scoring would add.
    """
    closed = format != "jsonl"
    labels = model.classifier.labels
    return Layout.of(rows.columns, labels, errors=True, prefix=prefix, closed=closed)


def _windows(rows: Rows, layout: Layout, longest: int) -> Iterator[list[Row | Fault]]:
    """The rows in lists; those whose text is too long, or that do not fit, as faults."""
    window: list[Row | Fault] = []
    characters = 0
    for item in rows.items:
        if isinstance(item, Row):
            length = len(item.text or "")
            if length > longest:
                reason = f"the text has {length:,} characters; {longest:,} are the most"
                item = Fault(item.number, reason, None, rows.text_column)
            else:
                item = layout.check(item) or item
        if isinstance(item, Fault):  # the answer says why, not what it held
            item = dataclasses.replace(item, raw=None)
        characters += size(item)
        window.append(item)
        if len(window) == ROWS or characters >= CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window


def _text_column(request: Request) -> str | None:
    column = request.query_params.get("text_column")
    if column == "":
        remedy = "Name the column, or leave text_column out."
        raise ProblemError(422, "invalid", "text_column is empty.", remedy)
    return column


def _options(request: Request) -> ReadOptions:
    try:
        return ReadOptions.of(delimiter=request.query_params.get("delimiter"))
    except ConfigError:
        remedy = "Give one character, or comma, semicolon, tab or pipe."
        raise ProblemError(422, "invalid", "delimiter is no delimiter.", remedy) from None


def _prefix(request: Request) -> str | None:
    prefix = request.query_params.get("prefix")
    if prefix is not None and len(prefix) > LONGEST_PREFIX:
        detail = f"prefix has {len(prefix):,} characters; {LONGEST_PREFIX} are the most."
        raise ProblemError(422, "invalid", detail, "Choose a shorter prefix.")
    return prefix


def _taken() -> ProblemError:
    return ProblemError(
        422,
        "invalid",
        "The table has a column that scoring would add under this prefix.",
        "Choose another prefix, or leave it out.",
    )


def _no_table(error: DataError) -> ProblemError:
    # Without the names of the columns: in a table without a header they are texts.
    reason = error.reason.partition(". Columns: ")[0].removesuffix(".")
    reason = reason.replace("--text-column", "text_column in the query")
    return ProblemError(
        422,
        "no_table",
        f"The table cannot be read: {reason}.",
        "Send a header row and rows, or one JSON object a line.",
    )
