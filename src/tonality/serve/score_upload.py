"""``POST /v1/score``: a table goes in and comes out scored; ``/v1/table``: it comes out plain.

Rows are parsed and written on a thread of each upload. It asks the event loop for the next bytes of
the body when it needs them, and for verdicts, window by window, from the batches of all. So nothing
piles up in memory, and rows wait until their client reads the answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response

from tonality.classifier import Classifier
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.prediction import Prediction
from tonality.score import Layout, Rows, RowWriter, Scorer, row_writer
from tonality.score.files.xlsx_kinds import Source
from tonality.score.row_writers import JsonLinesWriter
from tonality.serve.batch_queue import Batches
from tonality.serve.json_results import predictions
from tonality.serve.made_files import file_pieces, workbook
from tonality.serve.problems import ProblemError, busy, no_disk
from tonality.serve.request_bodies import (
    check_charset,
    check_encoding,
    check_length,
    unsupported,
)
from tonality.serve.scored_windows import pieces, windows
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings
from tonality.serve.streamed_answer import StreamedTable
from tonality.serve.table_formats import (
    FORMATS,
    SHEET_TYPES,
    WRITTEN,
    XLSX,
    table_type,
    wanted_type,
)
from tonality.serve.upload_body import IN_PARTS, Body, ask
from tonality.serve.upload_query import (
    SCORE_PARAMETERS,
    TABLE_PARAMETERS,
    check_names,
    check_query,
    name_taken,
    no_table,
    prefix_of,
    read_options_of,
    text_columns_of,
)
from tonality.serve.upload_stream import opened_sheet_upload, opened_upload, unpacked_upload
from tonality.tables.column_names import Wanted

logger = logging.getLogger(__name__)

T = TypeVar("T")

SHEETS_HEADER = "X-Sheets"  # the sheet that is read, then the others, as JSON


class Uploads:
    """Scores uploads, or gives them back plain, a few at a time.

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
        check_query(request, SCORE_PARAMETERS, own)
        asked = self._checked(request)
        prefix = prefix_of(request)
        scorer = Scorer(cast(Classifier, _Queued(self._batches, model)))
        longest = self._settings.max_text_length
        body = Body(request, self._settings.max_upload_bytes, self._settings.write_seconds)

        def begin() -> tuple[Iterator[bytes], dict[str, str]]:
            stack = ExitStack()
            with stack:
                upload = opened_upload(body, FORMATS[own], asked, self._settings.max_upload_bytes)
                rows = stack.enter_context(upload).rows
                check_names(rows.columns)
                self._check_width(rows)
                layout = _layout(rows, model, WRITTEN[wanted], prefix)
                writer = _writer(wanted, layout, rows)
                cut = windows(rows, layout, longest)
                scored = pieces(cut, scorer, writer, stack.pop_all(), whole=wanted == XLSX)
            if wanted == XLSX:
                room = 2 * self._settings.max_upload_bytes
                source = Source.of([(FORMATS[own], rows.delimiter)])
                scored = workbook(scored, layout, source, body.check, room)
            return scored, model.headers

        return await self._answer(body, begin, wanted)

    async def plain(self, request: Request) -> Response:
        """The CSV, TSV or JSON Lines that a spreadsheet or packed table holds.

        Raises:
            ProblemError: 413, 415, 422 where there is no table, or 503.
            ClientDisconnect: nobody waits for the answer any more.
        """
        own = table_type(request)
        check_query(request, TABLE_PARAMETERS, own)
        options = self._checked(request).options
        limit = self._settings.max_upload_bytes
        body = Body(request, limit, self._settings.write_seconds)

        def begin() -> tuple[Iterator[bytes], dict[str, str]]:
            stack = ExitStack()
            with stack:
                if own not in SHEET_TYPES:
                    file = stack.enter_context(unpacked_upload(body, FORMATS[own], limit))
                    return file_pieces(file, stack.pop_all()), {}
                sheet, file = stack.enter_context(opened_sheet_upload(body, options, limit))
                names = json.dumps([sheet.name, *sheet.others])
                return file_pieces(file, stack.pop_all()), {SHEETS_HEADER: names}

        return await self._answer(body, begin, "text/csv" if own in SHEET_TYPES else own)

    def _checked(self, request: Request) -> Wanted:
        """What a request asks for, before its body is read.

        Raises:
            ProblemError: 413, 415, 422 or 503.
        """
        check_encoding(request)
        check_length(request, self._settings.max_upload_bytes, IN_PARTS)
        if self._active >= self._settings.max_uploads:
            raise busy(f"{self._active} files are being scored already.")
        encoding = "UTF-8" if check_charset(request) else None  # what says so is not guessed at
        options = read_options_of(request)
        columns = text_columns_of(request)
        # The log is not read by who sent the table.
        return Wanted.texts_only(columns, encoding=encoding, options=options, quiet=True)

    async def _answer(
        self,
        body: Body,
        begin: Callable[[], tuple[Iterator[bytes], dict[str, str]]],
        media_type: str,
    ) -> Response:
        """The answer, once its head is made."""
        self._active += 1
        try:
            pieces, headers = await self._run(begin)
        except BaseException as fault:
            self._end()
            raise _for_client(fault) from None
        return StreamedTable(pieces, body, media_type, headers, self._run, self._end)

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
        return ask(self._loop, run)


def _for_client(fault: BaseException) -> BaseException:
    """What a fault is to the client, where that is to know it."""
    if isinstance(fault, DataError):
        return no_table(fault)
    if isinstance(fault, ConfigError):
        return name_taken()
    if isinstance(fault, DependencyError):
        return unsupported(f"This service lacks what reads it: {fault}.", "Send CSV.")
    if isinstance(fault, OSError):  # of temporary files: no folder for them, or a full disk
        logger.error("no temporary file can be written: %s", fault)
        return no_disk()
    return fault


def _layout(rows: Rows, model: ServedModel, format: str, prefix: str | None) -> Layout:
    """The columns of the scored table.

    Raises:
        ConfigError: the table has a column that scoring would add.
    """
    closed = format != "jsonl"
    labels = model.classifier.labels
    return Layout.of(rows.columns, labels, errors=True, prefix=prefix, closed=closed)


def _writer(wanted: str, layout: Layout, rows: Rows) -> RowWriter:
    """What writes the rows, of a workbook the lines that it is made of."""
    if wanted == XLSX:
        return JsonLinesWriter(layout, numbered=False)
    return row_writer(WRITTEN[wanted], layout, delimiter=rows.delimiter, marked=rows.marked)
