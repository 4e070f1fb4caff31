"""The tables to score: files by name or pattern, packed or not, and standard input."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, Any, cast

from tonality.errors import ConfigError, DataError
from tonality.tables.byte_lines import BUFFER, Peeked
from tonality.tables.delimited import delimiter_of
from tonality.tables.encoding import check, of_bytes
from tonality.tables.open_file import BROKEN_PACK, open_binary, text_file, unreadable
from tonality.tables.parquet_rows import ParquetTable
from tonality.tables.row_stream import FORMATS, Rows, read_rows

INPUT_FORMATS = (*FORMATS, "parquet")
STANDARD_INPUT = "standard input"
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


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


def find_inputs(
    names: Sequence[str], format: str | None = None, encoding: str | None = None
) -> list[Input]:
    """The inputs that names stand for, in order, each once.

    Args:
        names: paths, patterns (``*``, ``?``, ``[...]``, ``**`` for folders of any depth), whose
            files come sorted, or ``-`` for standard input.
        format: one of ``INPUT_FORMATS``; by default suffixes tell, and standard input by how it
            begins.
        encoding: of the inputs, if one is given.

    Raises:
        ConfigError: an unknown format or encoding.
        DataError: no such file, nothing fits a pattern, or a file of an unknown kind.
    """
    if format is not None and format not in INPUT_FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(INPUT_FORMATS)}")
    check(encoding)
    found: dict[Path | None, Input] = {}
    for name in names:
        if name == "-" and None not in found:
            if sys.stdin is None or sys.stdin.isatty():
                raise DataError("nothing is piped in", path=STANDARD_INPUT)
            found[None] = _pipe(sys.stdin.buffer, STANDARD_INPUT, format, encoding)
        elif name != "-":
            for path in _paths(name):
                if path.resolve() not in found:
                    found[path.resolve()] = _input(path, format, encoding)
    return list(found.values())


def _paths(name: str) -> list[Path]:
    path = Path(name)
    try:
        if path.is_dir():
            reason = f"is a folder; name its files, such as '{path / '*.csv'}'"
            raise DataError(reason, path=path)
        if not path.exists() and has_magic(name):
            # Not Path.glob: it takes no absolute patterns.
            found = map(Path, sorted(glob(name, recursive=True)))  # noqa: PTH207
            files = [file for file in found if file.is_file()]
            if not files:
                raise DataError("no file fits this pattern", path=name)
            return files
        path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a NUL
        raise DataError(f"cannot be read: {error}", path=name) from error
    return [path]


def _input(path: Path, format: str | None, encoding: str | None) -> Input:
    if not path.is_file():  # a named pipe, or a process's output in a shell: <(...)
        return _pipe(open_binary(path), str(path), format, encoding)
    if format is not None and path.suffix.casefold() != ".zip":
        return Input(str(path), format, path)
    file = text_file(path)
    if format is not None:
        return Input(file.name, format, path, file.member)
    known = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}
    return Input(file.name, known.get(file.suffix, "jsonl"), path, file.member)


def _pipe(file: IO[bytes], name: str, format: str | None, encoding: str | None) -> Input:
    # Whatever unpacks it is closed with the process.
    stream = _unpacked(file, name, "", ExitStack())
    try:
        return Input(name, format or _told_by(stream.head, encoding), stream)
    except DataError as error:
        raise DataError(error.reason, path=name) from error


def _told_by(head: bytes, encoding: str | None) -> str:
    """The format of what begins so."""
    if head.startswith(_PARQUET):
        return "parquet"
    text = head.decode(of_bytes(head, encoding), "ignore").lstrip("\r\n")
    if text.lstrip()[:1] in ("{", "["):
        return "jsonl"
    return "tsv" if delimiter_of(text.partition("\n")[0]) == "\t" else "csv"


@dataclass(frozen=True)
class Opened:
    """An input that is open.

    Attributes:
        rows: its rows.
        read: how many bytes of the file have been read so far.
        schema: its Arrow schema, if its rows are as Arrow holds them.
    """

    rows: Rows
    read: Callable[[], int]
    schema: Any = None


@contextmanager
def opened(
    source: Input,
    *,
    text_column: str | None,
    encoding: str | None,
    arrow: bool,
    texts: bool = True,
    skip: int = 0,
) -> Iterator[Opened]:
    """Opens an input and reads its head.

    Args:
        source: the input.
        text_column: the column to judge; by default it is found by its usual names.
        encoding: by default UTF-8, or UTF-16 with a byte-order mark.
        arrow: whether Parquet's rows are wanted as Arrow holds them, to write Parquet again;
            otherwise as plain values.
        texts: whether there must be a column of texts.
        skip: how many rows, and faults in place of such, to leave out at the start.

    Raises:
        DataError: it cannot be read, or has no such column.
        DependencyError: it is Parquet and pyarrow is missing.
    """
    with ExitStack() as stack:
        if source.format == "parquet":
            file, size = _whole(source, stack)
            table = ParquetTable(file, source.name, text_column, encoding, texts=texts)
            found = table.rows(skip, arrow=arrow)
            yield Opened(found, lambda: int(size * table.share), table.schema)
            return
        stream, read = _stream(source, stack)
        rows = read_rows(
            stream,
            source.format,
            text_column=text_column,
            encoding=encoding,
            name=source.name,
            texts=texts,
        )
        for _ in zip(range(skip), rows.items, strict=False):
            pass
        yield Opened(rows, read)


def _whole(source: Input, stack: ExitStack) -> tuple[IO[bytes], int]:
    """A file that can be read in any order, and its size where that tells how far one is."""
    if isinstance(source.place, Peeked):
        return stack.enter_context(_on_disk(source.place)), 0
    file = stack.enter_context(open_binary(source.place))
    return file, os.fstat(file.fileno()).st_size


def _stream(source: Input, stack: ExitStack) -> tuple[Peeked, Callable[[], int]]:
    """Bytes that are no longer packed, and how many of the packed ones have been read."""
    if isinstance(source.place, Peeked):
        return source.place, lambda: 0
    file = stack.enter_context(open_binary(source.place))
    return _unpacked(file, source.name, source.member, stack), file.tell


def _unpacked(file: IO[bytes], name: str, member: str, stack: ExitStack) -> Peeked:
    try:
        if member:
            pack = stack.enter_context(zipfile.ZipFile(file))
            return Peeked(stack.enter_context(pack.open(member)))
        stream = Peeked(file)
        if stream.head.startswith(_GZIP):
            packed = gzip.GzipFile(fileobj=cast(IO[bytes], stream), mode="rb")
            stream = Peeked(stack.enter_context(packed))
    except BROKEN_PACK as error:
        raise DataError(f"cannot be unpacked: {error}", path=name) from error
    except OSError as error:
        raise unreadable(Path(name), error) from error
    return stream


@contextmanager
def _on_disk(stream: Peeked) -> Iterator[IO[bytes]]:
    """A stream as a file that can be read in any order, as Parquet must be."""
    with tempfile.TemporaryFile(prefix="tonality-") as file:
        while data := stream.read(BUFFER):
            file.write(data)
        file.seek(0)
        yield file
