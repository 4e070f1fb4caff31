"""Options that say how a table is written, the same for each command that reads one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonality.cli.completion import one_of

if TYPE_CHECKING:
    from tonality.tables.read_options import ReadOptions

Delimiter = Annotated[
    str | None,
    typer.Option(
        help="What stands between the fields of CSV: one character, or comma, semicolon, tab or "
        "pipe; by default the first lines tell.",
        metavar="CHAR",
        autocompletion=one_of("comma", "semicolon", "tab", "pipe"),
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option("--no-header", help="The first line is a row; columns go by their numbers."),
]
HeaderRow = Annotated[
    int | None,
    typer.Option(
        help="The line that names the columns, counted from 1; what is above is skipped.",
        metavar="N",
    ),
]
Null = Annotated[
    list[str] | None,
    typer.Option(
        help="A cell that counts as missing, such as N/A, besides NULL, NaN and others. Repeat it.",
        metavar="TEXT",
    ),
]
KeepNull = Annotated[
    list[str] | None,
    typer.Option(
        help="NULL, NaN or another such marker that is a text here; all for all. Repeat it.",
        metavar="TEXT",
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        help="The sheet of a spreadsheet, by its name or its number; by default the first that "
        "holds something.",
        metavar="NAME",
    ),
]


@dataclass(frozen=True)
class TableOptions:
    """How a table is written, as the options say."""

    delimiter: Delimiter = None
    no_header: NoHeader = False
    header_row: HeaderRow = None
    null: Null = None
    keep_null: KeepNull = None
    sheet: Sheet = None

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
            null=self.null or (),
            keep_null=self.keep_null or (),
            sheet=self.sheet,
        )

    def words(self) -> list[str]:
        """The options as they are written."""
        given: dict[str, Sequence[object]] = {
            "--delimiter": [self.delimiter],
            "--header-row": [self.header_row],
            "--null": self.null or [],
            "--keep-null": self.keep_null or [],
            "--sheet": [self.sheet],
        }
        words = ["--no-header"] if self.no_header else []
        for name, values in given.items():
            words += [word for one in values if one is not None for word in (name, str(one))]
        return words


TABLE = TableOptions()  # as it is written where nothing is said


def reads_tables(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of tables, which it takes as one argument ``table``."""
    signature = inspect.signature(command, eval_str=True)
    kinds = inspect.signature(TableOptions, eval_str=True).parameters
    added = [kind.replace(kind=inspect.Parameter.KEYWORD_ONLY) for kind in kinds.values()]
    own = [kind for name, kind in signature.parameters.items() if name != "table"]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        named = {name: given.pop(name) for name in kinds if name in given}
        command(*args, **given, table=TableOptions(**named))

    parameters = [*own, *added]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {kind.name: kind.annotation for kind in parameters}
    return run
