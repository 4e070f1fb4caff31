"""Tables on any file system that pyarrow reaches: this machine's, S3, GCS, HDFS."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonality.durable_files import resolved
from tonality.errors import ConfigError, DataError
from tonality.score.files.input_files import find_inputs
from tonality.tables.byte_lines import Peeked
from tonality.tables.column_names import Wanted
from tonality.tables.open_table import Input, Opened, file_input, opened, refuse_changed
from tonality.tables.parquet_rows import ParquetTable, require_pyarrow


@dataclass(frozen=True)
class LocatedTable:
    """A table by its place, which every machine can open for itself.

    Attributes:
        uri: the absolute path, or a URI such as ``s3://bucket/reviews.parquet``.
        format: one of ``INPUT_FORMATS``.
        size: bytes.
        changed: when it was written last, in nanoseconds; 0 where that is not known.
    """

    uri: str
    format: str
    size: int
    changed: int

    def check_unchanged(self) -> None:
        """Checks that the file is what it was when it was found.

        Raises:
            DataError: it is not: what was read of it may be the half of it.
        """
        refuse_changed(self.uri, (self.size, self.changed), _stamp(self.uri))

    @contextmanager
    def opened(self, wanted: Wanted) -> Iterator[Opened]:
        """Opens the table and reads its head; rows hold plain values.

        Raises:
            DataError: it cannot be read, or has no such column.
        """
        if not is_uri(self.uri):
            with opened(file_input(Path(self.uri), self.format), wanted) as found:
                yield found
        elif self.format == "parquet":
            with self.parquet(wanted) as table:
                yield Opened(table.rows(), lambda: 0)
        else:
            system, path = filesystem(self.uri)
            with (
                reading(self.uri),
                system.open_input_stream(path, compression=None) as raw,
                opened(Input(self.uri, self.format, Peeked(raw)), wanted) as found,
            ):
                yield found

    @contextmanager
    def parquet(self, wanted: Wanted) -> Iterator[ParquetTable]:
        """Opens Parquet to read its batches as Arrow holds them.

        Raises:
            DataError: it is damaged, or has no such column of texts.
        """
        system, path = filesystem(self.uri)
        with reading(self.uri), system.open_input_file(path) as file:
            yield ParquetTable(file, self.uri, wanted, "arrow")


def locate(
    names: Sequence[str], format: str | None = None, encoding: str | None = None
) -> list[LocatedTable]:
    """The tables that names stand for, in order, each once.

    Args:
        names: paths and patterns as for ``tonality score``, or URIs; a URI of a folder stands for
            the tables in it, sorted. Standard input and pipes are none.
        format: one of ``INPUT_FORMATS``; by default suffixes tell.
        encoding: of the inputs, if one is given.

    Raises:
        DataError: no such file, a file of an unknown kind, or a pipe.
    """
    found: dict[str, LocatedTable] = {}
    for name in names:
        if is_uri(name):
            for uri, kind in _remote(name, format):
                found.setdefault(uri, LocatedTable(uri, kind, *_stamp(uri)))
            continue
        for source in find_inputs([name], format, encoding):
            if source.path is None:
                reason = "is a pipe, which other machines cannot read; write it to a file first"
                raise DataError(reason, path=source.name)
            uri = str(resolved(source.path))
            found.setdefault(uri, LocatedTable(uri, source.format, *_stamp(uri)))
    return list(found.values())


def _remote(uri: str, format: str | None) -> Iterator[tuple[str, str]]:
    """The tables of a URI with their formats."""
    system, path = filesystem(uri)
    fs = arrow_fs()
    with reading(uri):
        info = system.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise DataError("there is no such file", path=uri)
        if info.type == fs.FileType.File:
            yield uri, format or _format(uri)
            return
        inside = system.get_file_info(fs.FileSelector(path, recursive=True))
    tables = sorted(
        i.path
        for i in inside
        if i.type == fs.FileType.File and not i.base_name.startswith(("_", "."))
    )
    if not tables:
        raise DataError("no table is in this folder", path=uri)
    for one in tables:
        place = uri.rstrip("/") + one.removeprefix(path.rstrip("/"))
        yield place, format or _format(place)


def _format(uri: str) -> str:
    try:
        return file_input(Path(uri)).format
    except DataError as error:
        raise DataError(f"{error.reason}; or name the format by --input-format", path=uri) from None


def is_uri(name: str) -> bool:
    """Whether a name is a URI rather than a path of this machine."""
    return "://" in name


def filesystem(uri: str) -> tuple[Any, str]:
    """The pyarrow file system of a path or URI, and the path in it.

    Raises:
        DataError: no file system is known for it.
    """
    fs = arrow_fs()
    if not is_uri(uri):
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    try:
        found: tuple[Any, str] = fs.FileSystem.from_uri(uri)
    except (require_pyarrow().ArrowException, OSError) as error:
        raise DataError(f"cannot be reached: {error}", path=uri) from error
    return found


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Says of an error of a file system which file it is about."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot be read or written: {error}", path=uri) from error


def check_apart(inputs: Sequence[str], output: str) -> None:
    """Checks that a folder to write holds none of the inputs, and is none.

    Args:
        inputs: paths or URIs.
        output: the folder, by its path or URI.

    Raises:
        ConfigError: it does.
    """
    folder = filesystem(output)
    for uri in inputs:
        if _lies_in(filesystem(uri), folder):
            other = f"{output.rstrip('/')}-scored"
            raise ConfigError(
                f"{output}: {uri} is one of the inputs, and would be written over; name another "
                f"folder, such as {other}"
            )


def _lies_in(file: tuple[Any, str], folder: tuple[Any, str]) -> bool:
    (system, path), (other, root) = file, folder
    if system.type_name != other.type_name:
        return False
    if system.type_name == "local":  # by what it is: names differ by links and by case
        places = {Path(path), Path(os.path.realpath(path))}
        above = {place for one in places for place in (one, *one.parents)}
        return Path(root).exists() and any(
            place.exists() and place.samefile(root) for place in above
        )
    # A bucket's name is its own everywhere, however it is reached.
    if system.type_name not in ("s3", "gcs") and not system.equals(other):
        return False
    path, root = (posixpath.normpath(f"/{one.strip('/')}") for one in (path, root))
    return path == root or path.startswith(f"{root.rstrip('/')}/")


def _stamp(uri: str) -> tuple[int, int]:
    system, path = filesystem(uri)
    with reading(uri):
        info = system.get_file_info(path)
    return int(info.size or 0), int(info.mtime_ns or 0)


def arrow_fs() -> Any:
    """Loads ``pyarrow.fs``.

    Raises:
        DependencyError: pyarrow is not installed.
    """
    require_pyarrow()
    import pyarrow.fs

    return pyarrow.fs
