"""What ``tonality score`` says at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.progress import say, spoken

if TYPE_CHECKING:
    from tonality.score.tally import Tally

UNREADABLE = 3  # exit status where some rows could not be read


def tell(
    tally: Tally,
    output: str | None,
    side: Path | str | None,
    seconds: float,
    before: int,
    as_json: bool,
) -> None:
    """Prints what was scored; ends the command with 3 where rows could not be read, 1 if none.

    Args:
        tally: what was counted.
        output: where the rows are; ``-`` for standard output; None where nothing was written.
        side: where the rows are that could not be read.
        seconds: how long it took.
        before: rows that earlier runs had done.
        as_json: whether a program reads it.
    """
    from tonality.messages import counted, shares, unfamiliar

    rate = (tally.rows - before) / max(seconds, 1e-9)
    if as_json:
        found = {
            **tally.to_json(),
            "seconds": round(seconds, 3),
            "rows_per_second": round(rate, 1),
        }
        click.echo(plain_json.dumps({"output": output, **found}, ascii_only=True))
    where = "" if output in (None, "-") else f" in {output}"
    say(f"{counted(tally.rows, 'row')}{where}; {spoken(seconds)}, {rate:,.0f} a second")
    _tell_labels(tally)
    if tally.unfamiliar:
        say(f"  {unfamiliar(tally.unfamiliar, tally.judged)}")
    if tally.languages:
        say(f"  languages: {shares(tally.languages)}")
    if tally.empty:
        say(f"  {counted(tally.empty, 'row')} without a text: no verdict, and in no share above")
    if tally.unreadable:
        _tell_unreadable(tally, side)
        if output is None:
            say("  no row could be read, so there is no output")
        raise click.exceptions.Exit(1 if tally.none_read else UNREADABLE)


def _tell_labels(tally: Tally) -> None:
    """Prints how many texts got each label, and how sure the model is."""
    if not tally.judged:
        return
    for label, count in tally.labels.items():
        mean = tally.probabilities.get(label)
        text = "" if mean is None else f"   mean probability {mean / tally.judged:.3f}"
        say(f"  {label:<12} {count:>12,} {count / tally.judged:>7.1%}{text}")
    say(
        f"  mean confidence {tally.scores / tally.judged:.3f}; {tally.truncated:,} texts "
        f"truncated ({tally.truncated / tally.judged:.1%}); {tally.empty:,} empty"
    )


def _tell_unreadable(tally: Tally, side: Path | str | None) -> None:
    """Prints how many rows could not be read, where they are, and why some could not."""
    from tonality.messages import counted
    from tonality.tables.encoding import REMEDY
    from tonality.tables.row_stream import INVALID

    rows = counted(tally.rows + tally.unreadable, "row")
    where = "" if side is None else f"; they are in {side}"
    say(f"  {tally.unreadable:,} of {rows} could not be read{where}")
    for example in tally.examples:
        say(f"    {example}")
    if INVALID in tally.reasons:
        say(f"  {REMEDY}")
