"""A bar that shows how far long work is, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[int], None]  # called with how many texts are done


@contextmanager
def rich_bar(console: Console, total: int, doing: str) -> Iterator[Progress]:
    """A bar with rate and time left, which goes when all is done.

    Args:
        console: where it is drawn.
        total: how many texts there are.
        doing: what is done with them.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), rate)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task, start = bar.add_task("", total=total, rate=""), monotonic()

        def progress(done: int) -> None:
            rate = f"{done / max(monotonic() - start, 1e-9):,.0f} texts/s"
            bar.update(task, completed=done, rate=rate)

        yield progress


@contextmanager
def tqdm_bar(total: int, doing: str) -> Iterator[Progress]:
    """The same as plain text, which every notebook shows."""
    from tqdm import tqdm

    with tqdm(total=total, desc=doing, unit=" texts", leave=False) as bar:
        yield lambda done: bar.update(done - bar.n) and None


class LateBar:
    """A bar for work that turns out to be long; short work shows none.

    It is drawn with rich on a terminal. A notebook needs ipywidgets for that, and gets tqdm's
    where it has tqdm alone. Elsewhere nothing is shown: a program that logs has no use for it.

    Args:
        total: how many texts there are.
        doing: what is done with them.
        after: seconds after which work is long.
    """

    def __init__(self, total: int, doing: str, after: float = 2.0) -> None:
        self._total = total
        self._doing = doing
        self._start = monotonic()
        self._after = after
        self._bar: Any = None
        self._progress: Progress | None = None

    def __enter__(self) -> LateBar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)

    def update(self, done: int) -> None:
        """Tells how many texts are done."""
        if self._progress is None and monotonic() - self._start > self._after:
            self._bar = _bar(self._total, self._doing)
            self._progress = _nothing if self._bar is None else self._bar.__enter__()
        if self._progress is not None:
            self._progress(done)


def _bar(total: int, doing: str) -> Any:
    """The bar that can be shown here, not begun; None for none."""
    from rich.console import Console

    console = Console(stderr=True)
    notebook = console.is_jupyter
    if notebook and find_spec("ipywidgets") is None:
        return tqdm_bar(total, doing) if find_spec("tqdm") is not None else None
    return rich_bar(console, total, doing) if notebook or console.is_terminal else None


def _nothing(done: int) -> None:
    """Shows nothing."""
