"""The tables to score: files by name or pattern, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from glob import glob, has_magic
from pathlib import Path
from typing import IO

from tonality.durable_files import resolved
from tonality.errors import ConfigError, DataError
from tonality.messages import STANDARD_INPUT
from tonality.tables.encoding import checked_encoding, of_bytes
from tonality.tables.open_file import UnknownKindError, unreadable
from tonality.tables.open_table import INPUT_FORMATS, Input, file_input, unpacked
from tonality.tables.table_head import delimiter_of

_BINARY = {b"PAR1": "parquet", b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls"}


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
    checked_encoding(encoding)
    found: dict[Path | None, Input] = {}
    for name in names:
        if name == "-" and None not in found:
            if sys.stdin is None or sys.stdin.isatty():
                raise DataError("nothing is piped in", path=STANDARD_INPUT)
            found[None] = _pipe(sys.stdin.buffer, STANDARD_INPUT, format, encoding)
        elif name != "-":
            for path in _paths(name):
                if (place := resolved(path)) not in found:
                    found[place] = _input(path, format, encoding)
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
        try:
            pipe = path.open("rb")
        except OSError as error:
            raise unreadable(path, error) from error
        return _pipe(pipe, str(path), format, encoding)
    try:
        return file_input(path, format)
    except UnknownKindError as error:
        reason = f"{error.reason}; or name the format, such as --input-format csv"
        raise DataError(reason, path=path) from None


def _pipe(file: IO[bytes], name: str, format: str | None, encoding: str | None) -> Input:
    # Whatever unpacks it is closed with the process.
    stream = unpacked(file, name, ExitStack())
    try:
        return Input(name, format or _format_of(stream.head, encoding), stream)
    except DataError as error:
        raise DataError(error.reason, path=name) from error


def _format_of(head: bytes, encoding: str | None) -> str:
    """The format of what begins so."""
    if head[:4] in _BINARY:
        return _BINARY[head[:4]]
    text = head.decode(of_bytes(head, encoding), "ignore").lstrip("\r\n")
    if text.lstrip()[:1] in ("{", "["):
        return "jsonl"
    return "tsv" if delimiter_of(text.partition("\n")[0]) == "\t" else "csv"
