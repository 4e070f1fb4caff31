"""What a run tells while it works: a bar on a terminal, plain lines elsewhere, or the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tonality.train.records.history import MetricsRow

logger = logging.getLogger(__name__)

# Seconds between lines where there is no terminal to draw a bar on.
QUIET = 30.0


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        step: steps done, over all sessions.
        total: steps of the whole run.
        epoch: epochs done, in parts.
        epochs: epochs of the whole run.
        loss: of the steps since the last row of metrics.
        accuracy: of the last evaluation.
        texts: texts read in this session.
        tokens: tokens read in this session.
        steps: steps done in this session.
        seconds: how long they took, evaluations left out.
    """

    step: int
    total: int
    epoch: float
    epochs: int
    loss: float
    accuracy: float | None
    texts: int
    tokens: int
    steps: int
    seconds: float

    @property
    def rate(self) -> str:
        """Texts and tokens a second."""
        seconds = max(self.seconds, 1e-9)
        return f"{self.texts / seconds:,.0f} texts/s, {self.tokens / seconds:,.0f} tokens/s"

    @property
    def time_left(self) -> str:
        """How long the steps that remain will take at this session's rate."""
        left = (self.total - self.step) * self.seconds / max(self.steps, 1)
        return duration(left)


class Reporter:
    """Tells through :mod:`logging` how a run is going; the others tell a person."""

    def say(self, line: str) -> None:
        """One line on what goes on."""
        logger.info(line)

    def advance(self, progress: Progress) -> None:
        """After each step."""

    def evaluated(self, row: MetricsRow, *, best: bool) -> None:
        """After each evaluation."""
        macro_f1 = row.validation_macro_f1
        self.say(
            f"step {row.step:,}, epoch {row.epoch:.2f}: training loss {row.train_loss:.4f}, "
            f"validation loss {row.validation_loss:.4f}, accuracy {row.validation_accuracy:.2%}"
            f"{'' if macro_f1 is None else f', macro F1 {macro_f1:.4f}'}"
            f"{' (best)' if best else ''}, {duration(row.seconds)} so far"
        )

    def close(self) -> None:
        """After the last step."""


class LineReporter(Reporter):
    """Plain lines: now and then while it steps, and at each evaluation.

    Args:
        write: takes a line.
        every: seconds between lines.
    """

    def __init__(self, write: Callable[[str], Any], every: float = QUIET) -> None:
        self._write, self._every = write, every
        self._said = time.monotonic()

    def say(self, line: str) -> None:
        self._write(line)
        self._said = time.monotonic()

    def advance(self, progress: Progress) -> None:
        if time.monotonic() - self._said >= self._every:
            self.say(
                f"step {progress.step:,} of {progress.total:,}, epoch {progress.epoch:.2f}: "
                f"loss {progress.loss:.4f}, {progress.rate}, "
                f"{duration(progress.seconds)} so far, {progress.time_left} left"
            )


class BarReporter(Reporter):
    """A progress bar on a terminal, lines of news above it.

    Args:
        console: the rich console to draw on.
    """

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._console = console
        self._bar = Bar(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[news]}"),
            console=console,
            transient=True,
        )
        self._task: Any = None

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)

    def advance(self, progress: Progress) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=progress.total, epoch="", news="")
        # Short, for a terminal of 80 columns to hold it and still have a bar.
        accuracy = "" if progress.accuracy is None else f"acc {progress.accuracy:.1%}  "
        seconds = max(progress.seconds, 1e-9)
        rates = (
            f"{progress.texts / seconds:.0f} texts/s {progress.tokens / seconds / 1e3:.0f}k tok/s"
        )
        self._bar.update(
            self._task,
            completed=progress.step,
            epoch=f"{progress.epoch:.2f}/{progress.epochs}",
            news=f"loss {progress.loss:.3f}  {accuracy}{rates}  {progress.time_left} left",
        )

    def close(self) -> None:
        self._bar.stop()


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Within it, the loggers of libraries tell of errors alone: a run speaks by its reporter."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def duration(seconds: float) -> str:
    """``3:07`` for minutes and seconds, ``1:03:07`` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
