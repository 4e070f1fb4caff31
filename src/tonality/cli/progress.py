"""How far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import typer

# Seconds between lines of progress where there is no terminal to draw a bar on.
QUIET = 10.0


@contextmanager
def progress_of(total: int, doing: str) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal, a line now and then elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(total, doing)
        return
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), rate)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task, start = bar.add_task("", total=total, rate=""), monotonic()

        def progress(done: int) -> None:
            rate = f"{done / max(monotonic() - start, 1e-9):,.0f} texts/s"
            bar.update(task, completed=done, rate=rate)

        yield progress


def _lines(total: int, doing: str) -> Callable[[int], None]:
    said = monotonic()

    def progress(done: int) -> None:
        nonlocal said
        if monotonic() - said > QUIET:
            said = monotonic()
            say(f"{doing}: {done:,} of {total:,} texts")

    return progress


def say(line: str) -> None:
    """A line on stderr, for a person."""
    typer.echo(line, err=True)
