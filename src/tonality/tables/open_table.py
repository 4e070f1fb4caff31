"""Opening a table, whatever its format and however it is packed: one door for every reader."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tonality.errors import DataError
from tonality.tables.byte_lines import BUFFER, Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.compression import BROKEN_PACK, MAGIC, packing, unpacking
from tonality.tables.open_file import SHEETS, format_of, open_binary, unreadable
from tonality.tables.parquet_rows import BATCH, Cells, ParquetTable
from tonality.tables.row_stream import FORMATS, Rows, rows_of
from tonality.tables.sheet_rows import MEMORY, opened_sheet
from tonality.tables.utf8_stream import ByteStream

INPUT_FORMATS = (*FORMATS, "parquet", *SHEETS)


@dataclass(frozen=True)
class Input:
    """One table.

    Attributes:
        name: how messages call it.
        format: one of ``INPUT_FORMATS``.
        place: the file, or what comes through a pipe, which can be read only once.
        member: the name inside a zip.
    """

    name: str
    format: str
    place: Path | Peeked
    member: str = ""

    @property
    def path(self) -> Path | None:
        """The file; None for a pipe."""
        return self.place if isinstance(self.place, Path) else None


def file_input(path: Path, format: str | None = None) -> Input:
    """A file as a table to open.

    Args:
        path: the file.
        format: one of ``INPUT_FORMATS``; by default the suffix tells.

    Raises:
        DataError: an unknown suffix, or a zip that does not hold exactly one table.
    """
    if format is not None and path.suffix.casefold() != ".zip":
        return Input(str(path), format, path)
    found, member = format_of(path)
    return Input(f"{path}/{member}" if member else str(path), format or found, path, member)


@dataclass(frozen=True)
class Opened:
    """A table that is open.

    Attributes:
        rows: its rows.
        read: how many bytes of the file have been read so far.
    """

    rows: Rows
    read: Callable[[], int]


@contextmanager
def opened(
    source: Input,
    wanted: Wanted,
    *,
    cells: Cells = "all",
    batch: int = BATCH,
    skip: int = 0,
    memory: int = MEMORY,
) -> Iterator[Opened]:
    """Opens a table and reads its head.

    Args:
        source: the table.
        wanted: what was asked for.
        cells: what rows of Parquet hold, see :class:`ParquetTable`.
        batch: rows of Parquet decoded at a time.
        skip: how many rows, and faults in place of such, to leave out at the start.
        memory: bytes that reading a spreadsheet may take.

    Raises:
        DataError: it cannot be read, or has no such column.
        DependencyError: it is Parquet, a spreadsheet or ``.zst``, and what reads it is missing.
    """
    with ExitStack() as stack:
        if isinstance(source.place, Path):
            stack.enter_context(unchanged(source.place))
        if source.format == "parquet":
            file, size = _whole(source, stack)
            parquet = ParquetTable(file, source.name, wanted, cells, batch)
            yield Opened(parquet.rows(skip), lambda: int(size * parquet.share))
            return
        table = _opened(source, wanted, stack, memory)
        for _ in zip(range(skip), table.rows.items, strict=False):
            pass
        yield table


def _opened(source: Input, wanted: Wanted, stack: ExitStack, memory: int) -> Opened:
    """Opens a table that is read from its beginning."""
    if source.format in SHEETS:
        file, size = _whole(source, stack)
        rows, share = stack.enter_context(opened_sheet(file, source.name, wanted, memory))
        return Opened(rows, lambda: int(size * share()))
    stream, read = _stream(source, stack)
    return Opened(rows_of(stream, source.format, wanted, source.name), read)


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Sees to it that a file stays as it is while it is read.

    Raises:
        DataError: at the end, it was written meanwhile: what was read may be the half of it.
    """
    before = stamp(path)
    yield
    refuse_changed(path, before, stamp(path))


def refuse_changed(name: Path | str, before: tuple[int, int], after: tuple[int, int]) -> None:
    """Checks that the stamps of a file, taken before and after it was read, are the same.

    Raises:
        DataError: they are not: what was read may be the half of it.
    """
    if after != before:
        raise DataError(
            f"was changed while it was read (from {before[0]:,} to {after[0]:,} bytes); wait until "
            "it is whole, then start over",
            path=name,
        )


def stamp(path: Path) -> tuple[int, int]:
    """A file's size and time of change, by which one notices that it is another one.

    Raises:
        DataError: it cannot be reached.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns


def _whole(source: Input, stack: ExitStack) -> tuple[IO[bytes], int]:
    """A file that can be read in any order, and its size where that tells how far one is."""
    if isinstance(source.place, Peeked):
        return stack.enter_context(on_disk(source.place)), 0
    file = stack.enter_context(open_binary(source.place))
    return file, os.fstat(file.fileno()).st_size


def _stream(source: Input, stack: ExitStack) -> tuple[Peeked, Callable[[], int]]:
    """Bytes that are no longer packed, and how many of the packed ones have been read."""
    if isinstance(source.place, Peeked):
        return source.place, lambda: 0
    file = stack.enter_context(open_binary(source.place))
    suffix = source.place.suffix.casefold()
    if suffix in MAGIC and packing(file.peek(16)) != suffix:
        raise DataError(f"cannot be unpacked: it is no {suffix} file", path=source.name)
    return unpacked(file, source.name, stack, source.member), file.tell


def unpacked(file: IO[bytes], name: str, stack: ExitStack, member: str = "") -> Peeked:
    """The bytes of a file that may be packed, or those of a member of a zip archive.

    Args:
        file: the file.
        name: how messages call it.
        stack: closes what unpacks it.
        member: the name inside the archive.

    Raises:
        DataError: it cannot be unpacked or read.
    """
    try:
        if member:
            pack = stack.enter_context(zipfile.ZipFile(file))
            return Peeked(stack.enter_context(pack.open(member)))
        stream = Peeked(file)
        if suffix := packing(stream.head):
            stream = Peeked(unpacking(stream, suffix))
    except DataError as error:
        raise DataError(error.reason, path=name) from error
    except BROKEN_PACK as error:
        raise DataError(f"cannot be unpacked: {error}", path=name) from error
    except OSError as error:
        raise unreadable(Path(name), error) from error
    return stream


@contextmanager
def on_disk(stream: ByteStream) -> Iterator[IO[bytes]]:
    """A stream as a file that can be read in any order, as Parquet must be."""
    with tempfile.TemporaryFile(prefix="tonality-") as file:
        while data := stream.read(BUFFER):
            file.write(data)
        file.seek(0)
        yield file
