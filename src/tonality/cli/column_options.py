"""Options that say what stands in which column of a labelled table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.common_options import FILE, encoding_option, taken_as, text_column_option

if TYPE_CHECKING:
    from tonality.cli.table_options import TableOptions
    from tonality.data import Dataset


@dataclass(frozen=True)
class ColumnOptions:
    """What stands in which column, as the options say, and how the files are read."""

    text_column: Sequence[str] | None = None
    label_column: str | None = None
    group_column: str | None = None
    label_map: Sequence[str] = ()
    bad_rows: Path | None = None
    encoding: str | None = None

    def load(self, data: str, table: TableOptions, **how: Any) -> Dataset:
        """The data; ``how`` are further arguments of :func:`tonality.data.load_dataset`."""
        from tonality.data import load_dataset, parse_label_map

        return load_dataset(
            data,
            text_column=self.text_column,
            label_column=self.label_column,
            group_column=self.group_column,
            label_map=parse_label_map(self.label_map),
            bad_rows=self.bad_rows,
            encoding=self.encoding,
            options=table.read(),
            **how,
        )


_LABELS = (
    text_column_option,
    click.option("--label-column", help="The column of the labels.", metavar="NAME"),
    click.option(
        "--group-column",
        help="Rows with the same value here stay on one side of the train/validation split.",
        metavar="NAME",
    ),
    click.option(
        "--label-map",
        multiple=True,
        help="Rename a label: 1=positive makes 1 positive, and 2= leaves out rows of label 2. "
        "Repeat it.",
        metavar="OLD=NEW",
    ),
)
_BAD_ROWS = click.option(
    "--bad-rows", type=FILE, help="Write rows that cannot be used here.", metavar="FILE"
)
column_options = taken_as("columns", ColumnOptions, *_LABELS, _BAD_ROWS, encoding_option)
column_options_of_good_rows = taken_as("columns", ColumnOptions, *_LABELS, encoding_option)
