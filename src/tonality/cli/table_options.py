"""Options that say how a table is written, the same for each command that reads one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tonality.cli.common_options import completes, taken_as
from tonality.cli.plain_help import Number

if TYPE_CHECKING:
    from tonality.tables.read_options import ReadOptions


@dataclass(frozen=True)
class TableOptions:
    """How a table is written, as the options say."""

    delimiter: str | None = None
    no_header: bool = False
    header_row: int | None = None
    null: Sequence[str] = ()
    keep_null: Sequence[str] = ()
    sheet: str | None = None

    def read(self) -> ReadOptions:
        """The options as readers take them.

        Raises:
            ConfigError: they contradict one another, or one is impossible.
        """
        from tonality.tables.read_options import ReadOptions

        return ReadOptions.of(
            delimiter=self.delimiter,
            no_header=self.no_header,
            header_row=self.header_row,
            null=self.null,
            keep_null=self.keep_null,
            sheet=self.sheet,
        )


# Gives a command the options of tables, which it takes as one argument ``table``.
table_options = taken_as(
    "table",
    TableOptions,
    click.option(
        "--delimiter",
        help="What stands between the fields of CSV: one character, or comma, semicolon, tab or "
        "pipe; by default the first lines tell.",
        metavar="CHAR",
        shell_complete=completes(lambda: ("comma", "semicolon", "tab", "pipe")),
    ),
    click.option(
        "--no-header",
        is_flag=True,
        help="The first line is a row; columns go by their numbers.",
    ),
    click.option(
        "--header-row",
        type=Number(int),
        help="The line that names the columns, counted from 1; what is above is skipped.",
        metavar="N",
    ),
    click.option(
        "--null",
        multiple=True,
        help='Also treat cells with this text as missing, for example --null "no comment". Case '
        "does not matter. Repeat it.",
        metavar="TEXT",
    ),
    click.option(
        "--keep-null",
        multiple=True,
        help="NULL, NaN or another such marker that is a text here; all for all. Repeat it.",
        metavar="TEXT",
    ),
    click.option(
        "--sheet",
        help="The sheet of a spreadsheet, by its name or its number; by default the first that "
        "holds something.",
        metavar="NAME",
    ),
)
