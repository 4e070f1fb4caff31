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
from tonality.cli.completion import completes, one_of
from tonality.cli.plain_help import Argument, PlainCommand
from tonality.cli.progress import progress_of_share, say
from tonality.cli.read_texts import ascii_only
from tonality.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from rich.console import Console

    from tonality.summarise.groups import Group
    from tonality.summarise.summary import Summary

SHOWN = 20  # groups in a table


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
    help="day, week, month, quarter or year, for --time; by default month.",
    metavar="PERIOD",
    shell_complete=completes(one_of("day", "week", "month", "quarter", "year")),
)
@click.option(
    "--date-format",
    help="How dates are written where not as 2024-03-31, such as %d/%m/%Y.",
    metavar="FORMAT",
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
    )
    with progress_of_share("reading") as progress:
        summary = summary_of(found, options, progress=progress)
    if png is not None:
        _draw(summary, png, _title(inputs))
    if as_json:
        click.echo(plain_json.dumps(summary.to_json(), ascii_only=ascii_only()))
    else:
        from rich.console import Console

        _show(summary, Console(highlight=False))


def _draw(summary: Summary, png: Path, title: str) -> None:
    from tonality.errors import DataError
    from tonality.summarise.chart import write_chart

    try:
        write_chart(summary, png, f"{title}: {summary.rows:,} texts")
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", path=png) from error
    say(f"picture in {png}")


def _title(inputs: Sequence[str]) -> str:
    if list(inputs) == ["-"]:
        return "standard input"
    return Path(inputs[0]).name + (f" and {len(inputs) - 1} more" if len(inputs) > 1 else "")


def _show(summary: Summary, console: Console) -> None:
    from tonality.messages import counted, printable

    _show_labels(summary, console)
    for column, groups in summary.by.items():
        _show_groups(f"{summary.label} by {column}", groups, groups[:SHOWN], console)
    for periods in summary.periods:
        _show_groups(
            f"{summary.label} by {periods.title}", periods.groups, periods.groups[-SHOWN:], console
        )
        if periods.undated:
            undated = counted(periods.undated, "row")
            console.print(f"{undated} without a date that can be read\n")
    for column, names in summary.silent.items():
        for name, rows in list(names.items())[:SHOWN]:
            shown = " ".join(printable(name).split())
            text = f"{column} {shown}: no verdict, as {rows:,} of {rows:,} rows hold no text"
            console.print(text, markup=False)
    _show_phrases(summary, console)


def _show_phrases(summary: Summary, console: Console) -> None:
    for label, phrases in summary.phrases.items():
        if phrases:
            console.print(f"most telling of {label}", style="bold", markup=False)
            texts = [phrase.text for phrase in phrases]
            for wanted in (1, 2):
                if line := ", ".join(text for text in texts if len(text.split()) == wanted):
                    console.print(f"  {line}", markup=False)
            console.print()
    if summary.sampled:
        sample = "" if summary.sampled == summary.rows else f"a sample of {summary.sampled:,} "
        source = f"{sample or 'the '}texts in {summary.text_column}"
        found = any(summary.phrases.values())
        said = f"phrases from {source}" if found else f"no word of {source} tells a label surely"
        console.print(f"({said})", markup=False)


def _show_labels(summary: Summary, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from tonality.messages import unfamiliar

    table = Table(title=f"{summary.rows:,} texts", title_justify="left", box=None)
    for name in ("", "rows", "share", "95 % interval"):
        table.add_column(name, justify="right" if name else "left")
    for label, rows in summary.labels.items():
        low, high = summary.interval(label)
        share = f"{rows / summary.rows:.1%}"
        table.add_row(Text(label), f"{rows:,}", share, f"{low:.1%} to {high:.1%}")
    console.print(table)
    console.print(
        f"mean score {summary.mean_score:.3f}; {summary.truncated:,} texts truncated "
        f"({summary.truncated / summary.rows:.1%}); {summary.empty:,} empty"
    )
    if summary.unfamiliar:
        console.print(f"! {unfamiliar(summary.unfamiliar, summary.rows)}")
    if summary.unreadable:
        console.print(f"! {summary.unreadable:,} rows have no verdict that can be read")
    console.print()


def _show_groups(
    title: str, groups: Sequence[Group], shown: Sequence[Group], console: Console
) -> None:
    """A line a group; ``+`` and ``-`` mark those surely above or below all other rows."""
    from rich.table import Table
    from rich.text import Text

    from tonality.messages import printable

    table = Table(title=Text(title), title_justify="left", box=None)
    for name in ("", "rows", "share", "", "95 % interval", ""):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for group in shown:
        low, high = group.interval
        name = " ".join(printable(group.name).split())
        table.add_row(
            Text(name if len(name) <= 40 else f"{name[:39]}…"),
            f"{group.rows:,}",
            f"{group.share:.1%}",
            {1: "+", 0: "", -1: "-"}[group.differs],
            f"{low:.1%} to {high:.1%}",
            "few rows" if group.few and not group.differs else "",
        )
    console.print(table)
    if len(groups) > len(shown):
        left_out = len(groups) - len(shown)
        console.print(f"and {left_out:,} more; --json has all of them")
    console.print()
