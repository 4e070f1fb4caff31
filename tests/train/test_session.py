"""What both training loops share: the clock, the wish to stop, when to save."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from tonality.errors import TrainingError
from tonality.train.loop import session
from tonality.train.loop.session import APART, ROWS_PER_EPOCH, Session
from tonality.train.records.reporter import Progress, Reporter
from tonality.train.records.run_options import RunOptions


@dataclass
class Steps:
    """A run of two epochs of 50 steps."""

    first_step: int = 0
    steps_per_epoch: int = 50
    total_steps: int = 100


@dataclass
class Clock:
    """Stands for the module ``time``; goes when told to."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(session, "time", clock)
    return clock


def test_a_signal_is_a_wish_and_a_second_one_stops_at_once() -> None:
    before = signal.getsignal(signal.SIGTERM)
    made = Session(Steps(), RunOptions())
    with made.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        assert made.interrupted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_when_to_save(clock: Clock) -> None:
    """After the last step, after the minutes asked for, and after evaluations some time apart."""
    made = Session(Steps(), RunOptions(checkpoint_minutes=1.0))
    made.start()
    assert made.save_due(100, evaluate=False)
    clock.now += APART - 1
    assert not made.save_due(10, evaluate=True)
    clock.now += 1
    assert made.save_due(10, evaluate=True)
    assert not made.save_due(10, evaluate=False)
    clock.now += 50
    assert made.save_due(10, evaluate=False)
    made.saved()
    assert not made.save_due(10, evaluate=True)


def test_rows_and_evaluations_end_like_parts_of_an_epoch() -> None:
    made = Session(Steps(), RunOptions())
    due = [step for step in range(1, 101) if made.due(step, 2)]
    assert due == [25, 50, 75, 100]
    assert sum(made.row_due(step) for step in range(1, 51)) == ROWS_PER_EPOCH
    few = Session(Steps(steps_per_epoch=3, total_steps=3), RunOptions())
    assert all(few.row_due(step) for step in (1, 2, 3))


def test_the_clock_goes_on_over_sessions_and_pauses_are_no_time_for_steps(clock: Clock) -> None:
    told: list[Progress] = []

    class Told(Reporter):
        def advance(self, progress: Progress) -> None:
            told.append(progress)

    began = clock.now
    clock.now += 5  # of preparations
    first = Session(Steps(), RunOptions(reporter=Told()), began=began)
    first.start()
    clock.now += 10
    with first.pause():
        clock.now += 7
    first.history.add_loss(0.5)
    first.add_row(25, 0.1)
    first.tell(25, texts=250, tokens=2500)
    assert (told[0].seconds, told[0].epoch, told[0].epochs) == (10, 0.5, 2)
    assert first.seconds == 22
    again = Session(Steps(first_step=25), RunOptions(), first.state_dict(), began=clock.now)
    clock.now += 3
    assert again.seconds == 25
    assert again.history.rows == first.history.rows


def test_what_is_not_finite_stops_a_run() -> None:
    Session.check_loss(3, 0.1)
    with pytest.raises(TrainingError, match="the loss of step 3 is not finite: start anew"):
        Session.check_loss(3, float("nan"))
    layer = nn.Linear(2, 2)
    Session.check_weights(3, layer)
    with torch.no_grad():
        layer.weight[0, 0] = torch.inf
    with pytest.raises(TrainingError, match="the weights after step 3 are not finite"):
        Session.check_weights(3, layer)
