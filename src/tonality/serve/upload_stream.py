"""The body of an upload, unpacked and opened as a table within its limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from tonality.errors import DataError
from tonality.serve.problems import ProblemError
from tonality.serve.request_bodies import too_large
from tonality.serve.upload_body import IN_PARTS, Body
from tonality.tables.byte_lines import Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.compression import packing, unpacking
from tonality.tables.open_table import Input, Opened, on_disk, opened
from tonality.tables.read_options import ReadOptions
from tonality.tables.sheet_rows import SHEETS, SheetAsCsv, sheet_as_csv
from tonality.tables.utf8_stream import ByteStream

NAME = "the body"
AS_CSV = "Save the sheet as CSV, and send that."
# A spreadsheet is read as a whole, by a process of its own.
SHEET_BYTES = 2**26
SHEET_MEMORY = 2**30


class _Limited:
    """A stream that ends in an error after so many bytes.

    Args:
        stream: the stream.
        limit: the most bytes.
        error: the error.
    """

    def __init__(self, stream: ByteStream, limit: int, error: ProblemError) -> None:
        self._stream = stream
        self._left = limit
        self._error = error

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes.

        Raises:
            ProblemError: 413.
        """
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise self._error
        return data


class _Noted:
    """A stream that notes whether a line ends in it.

    Args:
        stream: the stream.

    Attributes:
        ends: whether any of the bytes that have been read ends a line.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.ends = False

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        data = self._stream.read(size)
        self.ends = self.ends or b"\n" in data or b"\r" in data
        return data

    def check(self, format: str) -> None:
        """Refuses a CSV or TSV that has lost its line ends, once its header has been read.

        A header alone is refused, too: nothing tells it from a table that is all in its first line.

        Raises:
            ProblemError: 422.
        """
        if format in ("csv", "tsv") and not self.ends:
            raise ProblemError(
                422,
                "no_table",
                "The table has no line end, so it has no rows.",
                "Send the file with --data-binary: curl's -d strips line ends. If it is a header "
                "alone, end it with a line end.",
            )


class _Attended:
    """A stream that ends in an error once nobody waits for what is made of it.

    Args:
        stream: the stream.
        body: the body of the client who waits.
    """

    def __init__(self, stream: ByteStream, body: Body) -> None:
        self._stream = stream
        self._body = body

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes.

        Raises:
            ClientDisconnect: the client has gone.
        """
        self._body.check()
        return self._stream.read(size)


def unpacked_body(body: ByteStream, limit: int) -> Peeked:
    """A body unpacked, if it is packed: a small one may unpack to any size.

    Args:
        body: the body.
        limit: the most bytes it may have unpacked; more are 413 when they are read.

    Raises:
        DependencyError: it is ``.zst``, and what reads it is missing.
    """
    stream = Peeked(body)
    suffix = packing(stream.head)
    return Peeked(_unpacked(unpacking(stream, suffix), limit)) if suffix else stream


def _unpacked(stream: ByteStream, limit: int) -> _Limited:
    return _Limited(stream, limit, too_large(limit, IN_PARTS, "Unpacked, the body"))


def _sheet(body: ByteStream, limit: int) -> _Limited:
    """The body that a spreadsheet may have."""
    if limit < SHEET_BYTES:
        return _Limited(body, limit, too_large(limit, IN_PARTS))
    return _Limited(body, SHEET_BYTES, too_large(SHEET_BYTES, AS_CSV, "The spreadsheet"))


@contextmanager
def opened_upload(body: ByteStream, format: str, wanted: Wanted, limit: int) -> Iterator[Opened]:
    """A table that is uploaded.

    Args:
        body: the body.
        format: its format.
        wanted: what was asked for.
        limit: the most bytes it may have, unpacked.

    Raises:
        DataError: it is no table.
        DependencyError: what reads it is missing.
        ProblemError: 413; later also where it is read. 422 for a CSV or TSV without line ends.
    """
    whole = _sheet(body, limit) if format in SHEETS else unpacked_body(body, limit)
    noted = _Noted(whole)
    with ExitStack() as stack:
        source = Input(NAME, format, Peeked(noted))
        try:
            table = stack.enter_context(opened(source, wanted, memory=SHEET_MEMORY))
        except DataError as error:
            if error.reason.startswith(("no text column", "no column")):
                noted.check(format)
            raise
        noted.check(format)
        yield table


@contextmanager
def unpacked_upload(body: Body, format: str, limit: int) -> Iterator[IO[bytes]]:
    """A packed table that is uploaded, unpacked to its end: damage is found before the answer.

    Args:
        body: the body. All of it is read first: a browser takes no answer before it has sent all.
        format: its format.
        limit: the most bytes it may have, unpacked.

    Raises:
        DataError: it cannot be unpacked.
        DependencyError: what unpacks it is missing.
        ProblemError: 413. 422 for a CSV or TSV without line ends.
        ClientDisconnect: the client has gone.
    """
    with on_disk(body) as packed:
        noted = _Noted(_Attended(unpacked_body(packed, limit), body))
        with on_disk(noted) as file:
            noted.check(format)
            yield file


@contextmanager
def opened_sheet_upload(
    body: Body, options: ReadOptions, limit: int
) -> Iterator[tuple[SheetAsCsv, IO[bytes]]]:
    """A spreadsheet that is uploaded, and its CSV, read to its end as a packed table is.

    Raises:
        DataError: it is none that can be read.
        DependencyError: what reads it is missing.
        ProblemError: 413, for the CSV too: a few texts may stand in a million cells.
        ClientDisconnect: the client has gone.
    """
    with (
        on_disk(_sheet(body, limit)) as book,
        sheet_as_csv(book, NAME, options, SHEET_MEMORY) as sheet,
        on_disk(_Attended(_unpacked(sheet, limit), body)) as file,
    ):
        yield sheet, file
