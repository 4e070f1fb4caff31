"""``tonality download`` and ``tonality inspect``: getting data, and knowing it before training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.common_options import FILE, SOURCE, json_option
from tonality.cli.plain_help import Argument, Number, OneOf, PlainCommand
from tonality.cli.progress import progress_of_share, say
from tonality.cli.read_texts import ascii_only
from tonality.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from rich.console import Console

    from tonality.data.inspection_facts import Inspection, PartFacts

BAR = 30  # characters of the longest bar


@click.command(cls=PlainCommand)
@click.argument(
    "name",
    type=OneOf(["imdb"]),
    cls=Argument,
    help="What to fetch: imdb.",
    metavar="NAME",
)
@click.option(
    "--source",
    type=OneOf(["stanford", "kaggle"]),
    default="stanford",
    help="stanford (train, test, unlabelled) or kaggle (your own account).",
    metavar="NAME",
)
@click.option(
    "--to",
    type=FILE,
    help="A folder other than the cache, which is your own or what TONALITY_CACHE names.",
    metavar="DIR",
)
@click.option(
    "--url", help="A mirror of Stanford's archive; the checksum must hold.", metavar="URL"
)
def download(name: str, source: str, to: Path | None, url: str | None) -> None:
    """Fetch a dataset; run it again after a cut connection and it goes on where it stopped."""
    from tonality.data.imdb.sources import download_imdb

    try:
        with progress_of_share("downloading", "MB") as progress:
            path = download_imdb(
                to, source=source, url=url, progress=lambda n, all: progress(n // 10**6, n / all)
            )
    except KeyboardInterrupt:
        say("what arrived is kept; run the same command again to go on")
        raise
    data = "imdb" if to is None else str(path)
    say(f"IMDB is ready; use it as --data {data}")
    click.echo(str(path))


@click.command(cls=PlainCommand)
@click.argument(
    "data",
    type=SOURCE,
    cls=Argument,
    help="A file, a folder with train and test files, or imdb.",
    metavar="DATA",
)
@column_options
@click.option(
    "--validation",
    type=Number(float),
    default=0.2,
    help="The share of rows that training holds out, or their number.",
    metavar="SHARE|N",
)
@click.option(
    "--seed",
    type=Number(int),
    default=0,
    help="The seed of that split: a whole number.",
    metavar="N",
)
@json_option
@table_options
def inspect(
    data: str,
    columns: ColumnOptions,
    validation: float,
    seed: int,
    as_json: bool,
    table: TableOptions,
) -> None:
    """Show what is in a dataset: rows, classes, lengths, duplicates, leaks between parts."""
    from tonality.data.inspection import inspect_dataset

    dataset = columns.load(data, table, quiet=True)  # a note below says it
    held_out = int(validation) if validation >= 1 and validation.is_integer() else validation
    found = inspect_dataset(dataset, validation=held_out, seed=seed)
    if as_json:
        click.echo(plain_json.dumps(found.to_json(), ascii_only=ascii_only()))
        return
    from rich.console import Console

    _show(found, Console(soft_wrap=False))


def _show(found: Inspection, console: Console) -> None:
    _show_facts(found, console)
    for name, part in found.parts.items():
        if part.classes is not None:
            _show_classes(name, part.classes, console)
        _show_lengths(name, part, console)
    if not found.warnings:
        console.print("Nothing to worry about.", highlight=False)
    for warning in found.warnings:
        console.print(f"! {warning}", style="yellow", markup=False, highlight=False)
    for note in found.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def _show_facts(found: Inspection, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(found.name), title_justify="left", box=None)
    table.add_column("")
    for name in found.parts:
        table.add_column(name, justify="right")
    rows: dict[str, Callable[[PartFacts], float | None]] = {
        "rows": lambda part: part.rows,
        "bad rows": lambda part: part.bad_rows,
        "rows without a text": lambda part: part.without_text,
        "texts that say nothing": lambda part: part.empty_rows,
        "groups": lambda part: part.groups,
        "duplicates, exact": lambda part: part.duplicates.exact,
        "  but for case and space": lambda part: part.duplicates.normalised,
        "  mention, link, punctuation": lambda part: part.duplicates.loose,
        "words a text, least": lambda part: part.words.minimum,
        "  median": lambda part: part.words.median,
        "  mean": lambda part: part.words.mean,
        "  90 % have at most": lambda part: part.words.p90,
        "  99 % have at most": lambda part: part.words.p99,
        "  most": lambda part: part.words.maximum,
    }
    for title, value in rows.items():
        table.add_row(title, *(_count(value(part)) for part in found.parts.values()))
    console.print(table)
    shares = Table(title="shared", title_justify="left", box=None)
    for column in ("", "texts", "groups"):
        shares.add_column(column, justify="right" if column else "left")
    for pair, overlap in found.overlaps.items():
        name = pair
        if pair == "train/validation" and found.validation_rows is not None:
            name = f"{pair} ({found.validation_rows:,} rows held out)"
        shares.add_row(name, _count(overlap.texts), _count(overlap.groups))
    if found.overlaps:
        console.print(shares)


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _show_classes(name: str, classes: dict[str, int], console: Console) -> None:
    total = sum(classes.values())
    bars = [(label, count, f"{count / total:6.1%}") for label, count in classes.items()]
    _show_bars(f"{name}: classes", bars, console)


def _show_lengths(name: str, part: PartFacts, console: Console) -> None:
    bars = []
    for low, high, texts in part.words.histogram:
        share = texts / part.rows if part.rows else 0.0
        bars.append((f"{low:,}+" if high is None else f"{low:,}-{high:,}", texts, f"{share:6.1%}"))
    _show_bars(f"{name}: words a text", bars, console)


def _show_bars(title: str, bars: list[tuple[str, int, str]], console: Console) -> None:
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False)
    for justify in ("left", "right", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    largest = max((count for _, count, _ in bars), default=0) or 1
    for label, count, share in bars:
        table.add_row(
            Text(label), f"{count:,}", share, Bar(largest, 0, count, width=BAR, color="cyan")
        )
    console.print(Text(title, style="bold"))
    console.print(table)
