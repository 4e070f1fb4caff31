"""One session of a run: its clock, the wish to stop, when to save, what it tells."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from torch import nn

from tonality.errors import TrainingError
from tonality.train.records.history import History, MetricsRow
from tonality.train.records.reporter import Progress
from tonality.train.records.run_options import RunOptions

DIVERGED = (
    "start anew in another folder with a lower optimiser.learning_rate, or with "
    "optimiser.clip_norm (1.0 is usual)"
)

# Seconds from one checkpoint to an evaluation's, at least: with few texts there are several
# evaluations a second, and a checkpoint has all weights three times.
APART = 10.0

# Rows of metrics an epoch, apart from the evaluations.
ROWS_PER_EPOCH = 20


class Steps(Protocol):
    """The steps of a run, from one of them to the last."""

    first_step: int  # done in earlier sessions
    steps_per_epoch: int
    total_steps: int


class Session:
    """One session of a run, for any training loop.

    All it decides, but for when to save, is a function of the steps done, so a resumed run decides
    the same.

    Args:
        steps: the run's.
        options: how the run is carried out.
        state: the checkpoint to go on from, with what :meth:`state_dict` gave; None for none.
        began: when the session began, preparations included, by ``time.monotonic``; None for now.

    Attributes:
        history: the rows of metrics so far.
        interrupted: whether Ctrl-C or SIGTERM asks to save and stop.
    """

    def __init__(
        self,
        steps: Steps,
        options: RunOptions,
        state: Mapping[str, Any] | None = None,
        began: float | None = None,
    ) -> None:
        self.steps, self.options = steps, options
        self.history, self.interrupted = History(), False
        self._began = time.monotonic() if began is None else began
        self._seconds_before, self._paused = 0.0, 0.0
        self._started = self._saved = time.monotonic()
        if state is not None:
            self.history.load_state_dict(state["history"])
            self._seconds_before = state["seconds"]

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {"history": self.history.state_dict(), "seconds": self.seconds}

    @property
    def seconds(self) -> float:
        """Seconds spent on the run, preparations included, over all sessions."""
        return self._seconds_before + time.monotonic() - self._began

    def start(self) -> None:
        """Before the first step: starts the clock of the steps."""
        self._started = self._saved = time.monotonic()

    def take_signals(self) -> dict[int, Any]:
        """Takes Ctrl-C and SIGTERM as a wish to save and stop; a second one stops at once.

        Returns:
            The handlers that were there; none where this is not the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return {}
        return {n: signal.signal(n, self._interrupt) for n in (signal.SIGINT, signal.SIGTERM)}

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within it, the signals are taken; afterwards they do as before."""
        before = self.take_signals()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:  # again: do not wait for the step to end
            raise KeyboardInterrupt
        self.interrupted = True

    def due(self, step: int, parts: int) -> bool:
        """Whether a step (from 1) is the last of one of the parts of its epoch."""
        steps = self.steps.steps_per_epoch
        within = (step - 1) % steps
        return within * parts // steps != (within + 1) * parts // steps

    def row_due(self, step: int) -> bool:
        """Whether a row of metrics is due after a step."""
        return self.due(step, ROWS_PER_EPOCH)

    def save_due(self, step: int, *, evaluate: bool) -> bool:
        """Whether a checkpoint is due after a step, one with an evaluation or not."""
        since = time.monotonic() - self._saved
        last = step == self.steps.total_steps
        return (
            last or since >= self.options.checkpoint_minutes * 60 or (evaluate and since >= APART)
        )

    def saved(self) -> None:
        """After a checkpoint."""
        self._saved = time.monotonic()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """What is done within it, such as an evaluation, does not count as time for steps."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._paused += time.monotonic() - began

    @staticmethod
    def check_loss(step: int, loss: float) -> None:
        """Stops a run whose loss is not finite.

        Raises:
            TrainingError: it is not.
        """
        if not math.isfinite(loss):
            raise TrainingError(f"the loss of step {step} is not finite: {DIVERGED}")

    @staticmethod
    def check_weights(step: int, network: nn.Module) -> None:
        """Keeps spoiled weights from being saved; a finite loss does not prove them sound.

        Raises:
            TrainingError: some are not finite.
        """
        if not all(bool(weights.isfinite().all()) for weights in network.parameters()):
            raise TrainingError(f"the weights after step {step} are not finite: {DIVERGED}")

    def add_row(
        self,
        step: int,
        rate: float,
        loss: float | None = None,
        accuracy: float | None = None,
        *,
        macro_f1: float | None = None,
        evaluation: bool = False,
    ) -> MetricsRow:
        """Ends a stretch of steps with a row of metrics.

        Args:
            step: steps done.
            rate: the learning rate of the last of them.
            loss, accuracy: on the validation part, where they were measured.
            macro_f1: likewise, where it decides which evaluation is the best.
            evaluation: whether one was due, even if there is no validation part.
        """
        history = self.history
        row = MetricsRow(
            step=step,
            epoch=step / self.steps.steps_per_epoch,
            train_loss=history.evaluated_train_loss if evaluation else history.train_loss,
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=rate,
            seconds=self.seconds,
            validation_macro_f1=macro_f1,
        )
        history.add(row, evaluation=evaluation)
        return row

    def tell(self, step: int, texts: int, tokens: int) -> None:
        """Tells the reporter how far the run is.

        Args:
            step: steps done.
            texts, tokens: read in this session.
        """
        steps, evaluations = self.steps, self.history.evaluations
        self.options.reporter.advance(
            Progress(
                step=step,
                total=steps.total_steps,
                epoch=step / steps.steps_per_epoch,
                epochs=steps.total_steps // steps.steps_per_epoch,
                loss=self.history.train_loss,
                accuracy=evaluations[-1].validation_accuracy if evaluations else None,
                texts=texts,
                tokens=tokens,
                steps=step - steps.first_step,
                seconds=time.monotonic() - self._started - self._paused,
            )
        )
