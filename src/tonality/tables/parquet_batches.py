"""Parquet through pyarrow, only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tonality.errors import DataError, DependencyError
from tonality.tables.bad_rows import Fault
from tonality.tables.build_table import Row
from tonality.tables.encoding import decoded
from tonality.tables.open_file import open_binary

BATCH = 8192  # rows decoded at a time


class Parquet:
    """A Parquet file.

    Raises:
        DependencyError: pyarrow is not installed.
        DataError: the file is not Parquet or is damaged.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise DependencyError("reading Parquet", extra="train") from error
        self._path = path
        self._encoding = encoding  # of columns of bytes; strings are UTF-8
        self._broken = (pyarrow.ArrowException, OSError)
        open_binary(path).close()
        try:
            self._file = pyarrow.parquet.ParquetFile(path)
        except self._broken as error:
            raise DataError(f"is not a readable Parquet file: {error}", path=path) from error
        self.columns: Sequence[str] = list(self._file.schema_arrow.names)

    @property
    def name(self) -> str:
        return str(self._path)

    def rows(self, positions: Sequence[int]) -> Iterator[Row | Fault]:
        """Yields the values of the columns at ``positions``, row by row."""
        names = [self.columns[i] for i in positions]
        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=BATCH, columns=names):
                columns = [_values(batch.column(name), self._encoding) for name in names]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield Row(number, values, dict(zip(names, values, strict=True)))
        except self._broken as error:
            raise DataError(f"is damaged: {error}", path=self._path, row=number + 1) from error


def _values(column: Any, encoding: str | None) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:  # arrow does not check a writer's UTF-8; make it one bad row
        values = column.cast("large_binary").to_pylist()
    return [decoded(value, encoding) if isinstance(value, bytes) else value for value in values]
