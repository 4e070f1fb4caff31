"""The body of an upload, unpacked and opened as a table within its limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from tonality.errors import DataError
from tonality.serve.problems import ProblemError
from tonality.serve.request_bodies import too_large
from tonality.serve.upload_body import IN_PARTS, Body
from tonality.tables.byte_lines import Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.compression import packing, unpacking
from tonality.tables.open_file import SHEETS
from tonality.tables.open_table import Input, Opened, on_disk, opened
from tonality.tables.read_options import ReadOptions
from tonality.tables.sheet_rows import SheetAsCsv, sheet_as_csv
from tonality.tables.utf8_stream import ByteStream

NAME = "the body"
AS_CSV = "Save the sheet as CSV, and send that."
# A spreadsheet is read as a whole, by a process of its own.
SHEET_BYTES = 2**26
SHEET_MEMORY = 2**30
# How what is wrong with a header begins. A table that lost its line ends is a header alone.
_OF_THE_HEADER = ("no text column", "no column", "the header cannot be read")


class _Watched:
    """A stream whose bytes are looked at as they are read.

    Args:
        stream: the stream.
        look: is given each piece; raises what ends the reading.
    """

    def __init__(self, stream: ByteStream, look: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._look = look

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        data = self._stream.read(size)
        self._look(data)
        return data


class _LineEnds:
    """Notes whether a line ends in what is read of a table.

    Args:
        format: the table's.
    """

    def __init__(self, format: str) -> None:
        self._missing = format in ("csv", "tsv")

    def look(self, data: bytes) -> None:
        """Takes note of a piece."""
        self._missing = self._missing and b"\n" not in data and b"\r" not in data

    def check(self) -> None:
        """Refuses a CSV or TSV that has lost its line ends, once its header has been read.

        A header alone is refused, too: nothing tells it from a table that is all in its first line.

        Raises:
            ProblemError: 422.
        """
        if self._missing:
            raise ProblemError(
                422,
                "no_table",
                "The table has no line end, so it has no rows.",
                "Send the file with --data-binary: curl's -d strips line ends. If it is a header "
                "alone, end it with a line end.",
            )


def _limited(stream: ByteStream, limit: int, error: ProblemError) -> ByteStream:
    """The stream, which ends in an error after so many bytes."""
    left = limit

    def look(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        if left < 0:
            raise error

    return _Watched(stream, look)


def _attended(stream: ByteStream, body: Body) -> ByteStream:
    """The stream, which ends in ``ClientDisconnect`` once the client has gone."""
    return _Watched(stream, lambda data: body.check())


def _unpacked(body: ByteStream, limit: int) -> Peeked:
    """A body unpacked, if it is packed: a small one may unpack to any size.

    Args:
        body: the body.
        limit: the most bytes it may have unpacked; more are 413 when they are read.

    Raises:
        DependencyError: it is ``.zst``, and what reads it is missing.
    """
    stream = Peeked(body)
    suffix = packing(stream.head)
    return Peeked(_as_unpacked(unpacking(stream, suffix), limit)) if suffix else stream


def _as_unpacked(stream: ByteStream, limit: int) -> ByteStream:
    return _limited(stream, limit, too_large(limit, IN_PARTS, "Unpacked, the body"))


def _sheet(body: ByteStream, limit: int) -> ByteStream:
    """The body that a spreadsheet may have."""
    if limit < SHEET_BYTES:
        return _limited(body, limit, too_large(limit, IN_PARTS))
    return _limited(body, SHEET_BYTES, too_large(SHEET_BYTES, AS_CSV, "The spreadsheet"))


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
    whole = _sheet(body, limit) if format in SHEETS else _unpacked(body, limit)
    ends = _LineEnds(format)
    with ExitStack() as stack:
        source = Input(NAME, format, Peeked(_Watched(whole, ends.look)))
        try:
            table = stack.enter_context(opened(source, wanted, memory=SHEET_MEMORY))
        except DataError as error:
            if error.reason.startswith(_OF_THE_HEADER):
                ends.check()
            raise
        ends.check()
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
        ends = _LineEnds(format)
        whole = _attended(_unpacked(packed, limit), body)
        with on_disk(_Watched(whole, ends.look)) as file:
            ends.check()
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
        on_disk(_attended(_as_unpacked(sheet, limit), body)) as file,
    ):
        yield sheet, file
