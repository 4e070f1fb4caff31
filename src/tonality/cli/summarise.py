"""``tonality summarise``: what scored tables say, by column and over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.common_options import (
    FILE,
    SOURCE,
    check_free,
    encoding_option,
    input_format_option,
    json_option,
    languages_option,
    overwrite_option,
    text_column_option,
)
from tonality.cli.plain_help import Argument, OneOf, PlainCommand
from tonality.cli.progress import progress_of_share, say
from tonality.cli.read_texts import ascii_only
from tonality.cli.table_options import TableOptions, table_options
from tonality.errors import DataError
from tonality.messages import STANDARD_INPUT

if TYPE_CHECKING:
    from tonality.summarise.summary import Summary


@click.command(cls=PlainCommand)
@click.argument(
    "inputs",
    nargs=-1,
    required=True,
    type=SOURCE,
    cls=Argument,
    help="What tonality score wrote, in any format; patterns; - for standard input.",
    metavar="IN",
)
@click.option(
    "--by",
    multiple=True,
    help="Shares by the values of this column. Repeat it.",
    metavar="COLUMN",
)
@click.option(
    "--time",
    multiple=True,
    help="Shares over time, by this column of dates.",
    metavar="COLUMN",
)
@click.option(
    "--every",
    type=OneOf(["day", "week", "month", "quarter", "year"]),
    help="day, week, month, quarter or year, for --time; by default month.",
    metavar="PERIOD",
)
@click.option(
    "--date-format",
    help="How dates are written where not as 2024-03-31, such as %d/%m/%Y.",
    metavar="FORMAT",
)
@click.option(
    "--where",
    multiple=True,
    help="Only rows of this value, such as branch=Harbour. Repeat it.",
    metavar="COLUMN=VALUE",
)
@click.option(
    "--label",
    help="The label whose share is looked at, `uncertain` included; by default the model's first.",
    metavar="LABEL",
)
@languages_option
@click.option("--png", type=FILE, help="Draw it all as a picture, too.", metavar="FILE")
@overwrite_option
@json_option
@input_format_option
@text_column_option
@encoding_option
@table_options
def summarise(
    inputs: tuple[str, ...],
    by: tuple[str, ...],
    time: tuple[str, ...],
    every: str | None,
    date_format: str | None,
    where: tuple[str, ...],
    label: str | None,
    languages: bool,
    png: Path | None,
    overwrite: bool,
    as_json: bool,
    input_format: str | None,
    text_column: tuple[str, ...] | None,
    encoding: str | None,
    table: TableOptions,
) -> None:
    """Summarise scored tables: shares by column and over time, and what is said on each side."""
    if not time and (every is not None or date_format is not None):
        raise click.BadParameter("--every and --date-format go with --time, which names the column")
    from tonality.score.files.input_files import find_inputs
    from tonality.summarise.summarise_tables import summarise as summary_of
    from tonality.summarise.summary_options import SummaryOptions

    if png is not None:
        from tonality.drawing import require_matplotlib

        require_matplotlib()  # to fail before any long work
        check_free(png, overwrite=overwrite)
    found = find_inputs(inputs, input_format, encoding)
    options = SummaryOptions(
        by=by,
        time=time,
        every=every or "month",
        date_format=date_format,
        label=label,
        text_column=text_column,
        encoding=encoding,
        read=table.read(),
        languages=languages,
        where=where,
    )
    with progress_of_share("reading") as progress:
        summary = summary_of(found, options, progress=progress)
    if png is not None:
        _draw(summary, png, _title(inputs))
    if as_json:
        click.echo(plain_json.dumps(summary.to_json(), ascii_only=ascii_only()))
    else:
        from rich.console import Console

        from tonality.summarise.terminal_summary import show

        show(summary, Console(highlight=False))


def _draw(summary: Summary, png: Path, title: str) -> None:
    from tonality.summarise.chart import write_chart

    try:
        write_chart(summary, png, f"{title}: {summary.title}")
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror or error}", path=png) from error
    say(f"picture in {png}")


def _title(inputs: Sequence[str]) -> str:
    if list(inputs) == ["-"]:
        return STANDARD_INPUT
    return Path(inputs[0]).name + (f" and {len(inputs) - 1} more" if len(inputs) > 1 else "")
