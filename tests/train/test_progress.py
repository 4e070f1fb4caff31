"""What a person sees of a run."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from tonality.train.records.curves_png import draw_curves
from tonality.train.records.history import History, MetricsRow
from tonality.train.records.reporter import BarReporter, LineReporter, Progress, duration

PROGRESS = Progress(
    step=25, total=100, epoch=0.5, epochs=2, loss=0.25, accuracy=0.875,
    texts=800, tokens=160_000, steps=25, seconds=10.0,
)  # fmt: skip
ROW = MetricsRow(25, 0.5, 0.25, 0.5, 0.875, 1e-3, 3725.0)
MACRO = dataclasses.replace(ROW, validation_macro_f1=0.75)


def test_lines_say_how_far_how_fast_and_how_long() -> None:
    lines: list[str] = []
    reporter = LineReporter(lines.append, every=0)
    reporter.advance(PROGRESS)
    reporter.evaluated(ROW, best=True)
    reporter.evaluated(MACRO, best=True)
    reporter.close()
    assert lines == [
        "step 25 of 100, epoch 0.50: loss 0.2500, 80 texts/s, 16,000 tokens/s, 0:10 so far, "
        "0:30 left",
        "step 25, epoch 0.50: training loss 0.2500, validation loss 0.5000, accuracy 87.50% "
        "(best), 1:02:05 so far",
        "step 25, epoch 0.50: training loss 0.2500, validation loss 0.5000, accuracy 87.50%, "
        "macro F1 0.7500 (best), 1:02:05 so far",
    ]


def test_lines_are_few() -> None:
    lines: list[str] = []
    reporter = LineReporter(lines.append)
    for _ in range(1000):
        reporter.advance(PROGRESS)
    assert lines == []


def test_the_bar_shows_the_same_and_keeps_the_news_above() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    reporter = BarReporter(console)
    reporter.say("3 texts [to] train on")
    reporter.advance(PROGRESS)
    reporter.evaluated(ROW, best=False)
    reporter.close()
    reporter.close()
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for part in ("3 texts [to] train on", "0.50/2", "80 texts/s 16k tok/s", "0:30 left", "87.50%"):
        assert part in shown


def test_durations() -> None:
    assert [duration(s) for s in (0, 59.6, 187, 3787)] == ["0:00", "1:00", "3:07", "1:03:07"]


def test_history_means_the_losses_between_rows_and_goes_on_from_its_state() -> None:
    history = History()
    for loss in (1.0, 2.0, 3.0):
        history.add_loss(loss)
    assert history.train_loss == 2.0
    history.add(MetricsRow(3, 0.3, history.train_loss, None, None, 1e-3, 1.5))
    history.add_loss(7.0)
    other = History()
    other.load_state_dict(history.state_dict())
    assert other.train_loss == history.train_loss == 7.0
    other.add(ROW)
    other.add(MACRO)
    assert other.to_csv().splitlines() == [
        "step,epoch,train_loss,validation_loss,validation_accuracy,learning_rate,seconds,"
        "validation_macro_f1",
        "3,0.3,2,,,0.001,1.5,",
        "25,0.5,0.25,0.5,0.875,0.001,3725,",
        "25,0.5,0.25,0.5,0.875,0.001,3725,0.75",
    ]
    assert other.evaluations == [ROW, MACRO]


def test_an_evaluation_has_the_mean_over_all_texts_since_the_one_before() -> None:
    """Also in a run that was stopped between them."""
    history = History()
    for step, (loss, texts) in enumerate([(1.0, 30), (2.0, 30), (8.0, 4)]):
        history.add_loss(loss, texts)
        history.add(MetricsRow(step, 0.1, history.train_loss, None, None, 1e-3, 1.5))
        state, history = history.state_dict(), History()
        history.load_state_dict(state)
    assert [row.train_loss for row in history.rows] == [1.0, 2.0, 8.0]
    assert history.evaluated_train_loss == pytest.approx((30 + 60 + 32) / 64)
    history.add(ROW, evaluation=True)
    history.add_loss(5.0, 7)
    assert history.evaluated_train_loss == history.train_loss == 5.0


def test_curves_are_drawn_with_and_without_an_evaluation() -> None:
    plain = MetricsRow(3, 0.3, 0.6, None, None, 1e-3, 1.5)
    widths = []
    for rows in ([plain], [plain, ROW], [plain, MACRO], [ROW, MACRO]):
        picture = draw_curves(rows, None if rows == [plain] else rows[-1])
        widths.append(int.from_bytes(picture[16:20], "big"))
    panel = widths[0]
    assert widths == [panel, 2 * panel, 3 * panel, 2 * panel]
