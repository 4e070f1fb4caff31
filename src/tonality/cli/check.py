"""``tonality check``: what a model gets right and wrong, one capability at a time."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.common_options import FILE, SHARE, model_option
from tonality.cli.plain_help import Number, PlainCommand
from tonality.cli.read_texts import ascii_only
from tonality.messages import counted

if TYPE_CHECKING:
    from rich.console import Console

    from tonality.check import Behaviour, CheckReport, Outcome


@click.command(cls=PlainCommand)
@model_option
@click.option(
    "--suite",
    type=FILE,
    help="Tests of your own: a TOML file, or a folder of them. The page on checks tells the form.",
    metavar="FILE|DIR",
)
@click.option(
    "--examples",
    type=Number(int, 0),
    default=2,
    help="Most failing examples of a test to print.",
    metavar="N",
)
@click.option(
    "--least",
    type=SHARE,
    help="Exit with 1 where a capability passes less than this share.",
    metavar="SHARE",
)
@click.option(
    "--positive",
    default="positive",
    help="The model's label of positive texts.",
    metavar="LABEL",
)
@click.option(
    "--negative",
    default="negative",
    help="The model's label of negative texts.",
    metavar="LABEL",
)
@click.option(
    "--neutral",
    help="The model's label of neutral texts; by default neutral, if it has that.",
    metavar="LABEL",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, with all that failed."
)
def check(
    model: str | None,
    suite: Path | None,
    examples: int,
    least: float | None,
    positive: str,
    negative: str,
    neutral: str | None,
    as_json: bool,
) -> None:
    """Try a model on hundreds of small cases: negation, comparisons, typos, names and more."""
    from tonality.check import read_suite, run
    from tonality.check.suite import SUITE
    from tonality.classifier import load

    tests = read_suite(suite or SUITE)
    classifier = load(model)
    report = run(tests, classifier.predict, positive=positive, negative=negative, neutral=neutral)
    if as_json:
        click.echo(plain_json.dumps(report.to_json(), ascii_only=ascii_only()))
    else:
        from rich.console import Console

        _show(Console(highlight=False), report, examples)
    if least is not None:
        under = [name for name, (passed, total) in report.rates.items() if passed < least * total]
        if under:
            click.echo(f"under {least:.0%}: {', '.join(under)}", err=True)
            raise click.exceptions.Exit(1)


def _show(console: Console, report: CheckReport, examples: int) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    rates = report.rates
    first: dict[str, int] = {}  # a capability's tests may lie in several files
    for number, (test, _) in enumerate(report.results):
        first.setdefault(test.capability, number)
    told = set()
    for test, outcomes in sorted(report.results, key=lambda result: first[result[0].capability]):
        if test.capability not in told:
            rate = rates.get(test.capability)
            share = "shown, not counted" if rate is None else _share(*rate)
            console.print(Text(f"\n{test.capability}: {share}", style="bold"))
            told.add(test.capability)
        failed = [outcome for outcome in outcomes if not outcome.passed]
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True, width=4)
        table.add_column()
        table.add_row(f"{1 - len(failed) / len(outcomes):.0%}", Text(_title(test, rates)))
        for outcome in failed[:examples]:
            table.add_row("", Text(_example(outcome), style="dim"))
        console.print(Padding(table, (0, 0, 0, 2)))
    if rates:
        passed, total = (sum(column) for column in zip(*rates.values(), strict=True))
        console.print(Text(f"\nall: {_share(passed, total)}", style="bold"))
    if (above := report.above_chance()) is not None:
        console.print(
            Text(f"above chance: {above:.0%}, where the best constant answer has 0%", style="dim")
        )


def _title(test: Behaviour, rates: Container[str]) -> str:
    title = f"{test.name} ({test.expect})"
    if not test.counts and test.capability in rates:
        title += ", not counted"
    if test.unchanged:
        title += f"; left out: {counted(test.unchanged, 'case')} that the change leaves alike"
    return title


def _share(passed: int, total: int) -> str:
    return f"{passed / total:4.0%} of {total:,}"


def _example(outcome: Outcome) -> str:
    shown = f"{outcome.case.text}  [{outcome.label}, positive {outcome.probability:.0%}]"
    if outcome.changed_probability is not None:
        shown += (
            f"\n-> {outcome.case.changed}  "
            f"[{outcome.changed_label}, positive {outcome.changed_probability:.0%}]"
        )
    return shown
