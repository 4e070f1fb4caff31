"""``tonality check``: what a model gets right and wrong, one capability at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonality import plain_json
from tonality.cli.common_options import Model
from tonality.cli.read_texts import ascii_only

if TYPE_CHECKING:
    from rich.console import Console

    from tonality.check import CheckReport, Outcome


def check(
    model: Model = None,
    suite: Annotated[
        Path | None,
        typer.Option(
            help="Tests of your own: a TOML file like the packaged ones, or a folder.",
            metavar="FILE|DIR",
        ),
    ] = None,
    examples: Annotated[
        int, typer.Option(help="Most failing examples of a test to print.", metavar="N", min=0)
    ] = 2,
    least: Annotated[
        float | None,
        typer.Option(
            help="Exit with 1 where a capability passes less than this share.",
            metavar="SHARE",
            min=0.0,
            max=1.0,
        ),
    ] = None,
    positive: Annotated[
        str, typer.Option(help="The model's label of positive texts.", metavar="LABEL")
    ] = "positive",
    negative: Annotated[
        str, typer.Option(help="The model's label of negative texts.", metavar="LABEL")
    ] = "negative",
    neutral: Annotated[
        str, typer.Option(help="The model's label of neutral texts, if any.", metavar="LABEL")
    ] = "neutral",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, with all that failed.")
    ] = False,
) -> None:
    """Try a model on hundreds of small cases: negation, comparisons, typos, names and more."""
    from tonality.check import read_suite, run
    from tonality.check.suite import SUITE
    from tonality.classifier import load

    tests = read_suite(suite or SUITE)
    classifier = load(model)
    report = run(tests, classifier.predict, positive=positive, negative=negative, neutral=neutral)
    if as_json:
        typer.echo(plain_json.dumps(report.to_json(), ascii_only=ascii_only()))
    else:
        from rich.console import Console

        _show(Console(highlight=False), report, examples)
    if least is not None:
        under = [name for name, (passed, total) in report.rates.items() if passed < least * total]
        if under:
            typer.echo(f"under {least:.0%}: {', '.join(under)}", err=True)
            raise typer.Exit(1)


def _show(console: Console, report: CheckReport, examples: int) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    rates = report.rates
    told = set()
    for test, outcomes in report.results:
        if test.capability not in told:
            share = _share(*rates[test.capability]) if test.counts else "shown, not counted"
            console.print(Text(f"\n{test.capability}: {share}", style="bold"))
            told.add(test.capability)
        failed = [outcome for outcome in outcomes if not outcome.passed]
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True, width=4)
        table.add_column()
        table.add_row(f"{1 - len(failed) / len(outcomes):.0%}", f"{test.name} ({test.expect})")
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
