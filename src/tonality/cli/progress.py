"""How far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

# Seconds between lines of progress where there is no terminal to draw a bar on.
QUIET = 10.0


@contextmanager
def progress_of(total: int, doing: str) -> Iterator[Callable[[int], None]]:
    """Tells how many of the texts are done, how fast, and how long the rest takes."""
    with progress_of_share(doing, "texts") as progress:
        progress(0, 0.0)
        yield lambda done: progress(done, done / total)


@contextmanager
def progress_of_share(
    doing: str, unit: str = "rows"
) -> Iterator[Callable[[int, float | None], None]]:
    """A bar on a terminal, a line now and then elsewhere; maybe the share that is done is known.

    Rate and time left count from the first report: what was done before may be another run's.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(doing, unit)
        return
    begun: tuple[float, int] | None = None
    columns = (TextColumn(doing), BarColumn(), TextColumn("{task.fields[rows]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None, rows="")

        def update(done: int, share: float | None) -> None:
            nonlocal begun
            begun = begun or (monotonic(), done)
            rate = (done - begun[1]) / max(monotonic() - begun[0], 1e-9)
            rows = f"{done:,} {unit}, {rate:,.0f} {unit}/s"
            total = None if share is None else 1.0
            bar.update(task, total=total, completed=share or 0.0, rows=rows)

        yield update


def _lines(doing: str, unit: str) -> Callable[[int, float | None], None]:
    begun: tuple[float, int, float] | None = None
    said = monotonic()

    def line(done: int, share: float | None) -> None:
        nonlocal begun, said
        now = monotonic()
        begun = begun or (now, done, share or 0.0)
        if now - said < QUIET:
            return
        said = now
        time, rows = now - begun[0], done - begun[1]
        text = f"{doing}: {done:,} {unit}, {rows / max(time, 1e-9):,.0f} {unit} a second"
        if share is not None and share > begun[2]:
            left = time * (1 - share) / (share - begun[2])
            text += f", {share:.0%} done, about {spoken(left)} left"
        say(text)

    return line


def spoken(seconds: float) -> str:
    """A span of time for a person."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def say(line: str) -> None:
    """A line on stderr, for a person."""
    click.echo(line, err=True)
