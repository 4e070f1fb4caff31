"""``read_table``: any supported file as a Table."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from tonality.errors import ConfigError, DataError
from tonality.label_spellings import count, joins, told
from tonality.tables.bad_rows import BadRows
from tonality.tables.build_table import build_table
from tonality.tables.column_names import LabelMap, TextColumn, Wanted, several
from tonality.tables.dataset import Table
from tonality.tables.encoding import checked_encoding
from tonality.tables.open_file import is_same_file
from tonality.tables.open_table import file_input, opened
from tonality.tables.option_formats import check_options
from tonality.tables.read_options import ReadOptions

logger = logging.getLogger(__name__)


def read_table(
    path: str | Path,
    *,
    text_column: TextColumn = None,
    label_column: str | None = None,
    group_column: str | None = None,
    label_map: Mapping[str, str] | None = None,
    extra_columns: str | Sequence[str] = (),
    bad_rows: str | Path | None = None,
    encoding: str | None = None,
    options: ReadOptions | None = None,
) -> Table:
    """Reads CSV, TSV, JSON Lines (plain or packed), Parquet or a spreadsheet.

    Args:
        path: the file; its suffix says the format.
        text_column: the column with the text, by its name in any case or its number, or several
            to join; by default it is found by its usual names.
        label_column: likewise the class; ``""`` reads the file as unlabelled.
        group_column: likewise what must not be split (movie, product); ``""`` for none.
        label_map: label in the file -> label in the table; ``""`` leaves those rows out.
        extra_columns: further columns to keep, or the one, as text.
        bad_rows: where to write the rows that cannot be read, as JSON Lines.
        encoding: such as ``"cp1252"``; by default UTF-8, or UTF-16 with a byte-order mark, or
            Windows-1252 where the bytes look like it, which is logged.
        options: the delimiter, the header and what counts as missing, where that is known.

    Returns:
        The rows that can be used, in the file's order, with the others counted. Spellings of one
        label, such as ``Positive`` and ``pos``, are joined, which is logged.

    Raises:
        ConfigError: an unknown encoding, an option that does not suit the format, or bad rows that
            would go over the data.
        DataError: the file or its columns cannot be read, every row is bad, or no row has a
            label that is to be mapped.
        DependencyError: what reads Parquet, spreadsheets or ``.zst`` is missing.
    """
    path, mapping, extras = Path(path), LabelMap(label_map), several(extra_columns)
    columns = text_column, label_column, group_column
    options = options or ReadOptions()
    wanted = Wanted(*columns, mapping, extras, checked_encoding(encoding), options=options)
    check_options(options, [file_input(path).format])
    with BadRows(side_file(bad_rows, path)) as collected:
        table = read_file(path, wanted, collected)
    mapping.check(path, table)
    joined = joined_labels([table], mapping, path)
    return with_labels(table, joined)


def read_file(path: Path, wanted: Wanted, bad_rows: BadRows) -> Table:
    """Reads one file into a Table, its bad rows into a collection shared by several files."""
    with opened(file_input(path), wanted, cells="chosen") as table:
        return build_table(table.rows, wanted, bad_rows)


def joined_labels(
    tables: Sequence[Table], mapping: LabelMap, path: Path | str, *, quiet: bool = False
) -> dict[str, str]:
    """Which spellings of labels stand for which, over tables that belong together; said once.

    Args:
        tables: whose labels.
        mapping: what the caller named.
        path: what messages call the tables.
        quiet: whether it is not said.

    Raises:
        DataError: a spelling may stand for either of two labels that the map names.
    """
    counts = count(*(table.labels for table in tables))
    try:
        joined = joins(counts, mapping.named - mapping.apart, mapping.apart)
    except DataError as error:
        raise DataError(error.reason, path=path) from None
    if joined and not quiet:
        logger.warning("%s: %s", path, told(joined, counts))
    return joined


def with_labels(table: Table, joined: Mapping[str, str]) -> Table:
    """The table with its spellings of labels joined."""
    if table.labels is None or not joined:
        return table
    labels = [joined.get(label, label) for label in table.labels]
    return dataclasses.replace(table, labels=labels)


def side_file(bad_rows: str | Path | None, *data: Path) -> Path | None:
    """Checks that the file for bad rows would not overwrite the data.

    Raises:
        ConfigError: the two are the same file.
    """
    if bad_rows is None:
        return None
    path = Path(bad_rows)
    if any(is_same_file(path, file) for file in data):
        raise ConfigError(f"bad rows cannot be written over the data itself: {path}")
    return path
