"""``curves.png``: how training went, in one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from tonality.palette import NEGATIVE, POSITIVE
from tonality.train.records.history import MetricsRow

_TRAIN, _VALIDATION = POSITIVE.line, NEGATIVE.line

CURVES = "curves.png"

# What is drawn beside the loss: its name, and how a figure of it is written.
_SCORES = {"validation_accuracy": ("accuracy", ".2%"), "validation_macro_f1": ("macro F1", ".4f")}


def draw_curves(rows: Sequence[MetricsRow], best: MetricsRow | None) -> bytes:
    """The loss on both parts and the accuracy on validation, over the epochs.

    Where the macro F1 decided what is kept, it has a panel too.

    Args:
        rows: what was measured, at least one row.
        best: the evaluation whose weights were kept.

    Returns:
        A PNG.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    judged = [row for row in rows if row.has_accuracy]
    # A language model has no accuracy, and a macro F1 is there where it decides.
    scores = [
        score
        for score in _SCORES
        if judged and all(getattr(row, score) is not None for row in judged)
    ]
    panels = 1 + len(scores)
    # pyplot would pick a window system and keep the figure alive.
    figure = Figure(figsize=(5 * panels, 4), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _draw_losses(axes[0], rows, best)
    for panel, score in zip(axes[1:], scores, strict=True):
        _draw_score(panel, score, judged, best)
    if judged:
        axes[1].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=150)
    return png.getvalue()


def _draw_losses(axes: Any, rows: Sequence[MetricsRow], best: MetricsRow | None) -> None:
    measured = [row for row in rows if row.validation_loss is not None]
    steady = measured if len(measured) > 1 else rows  # between evaluations it is of a few batches
    axes.plot(
        [row.epoch for row in steady],
        [row.train_loss for row in steady],
        color=_TRAIN, lw=1.8, label="training",
    )  # fmt: skip
    if measured:
        axes.plot(
            [row.epoch for row in measured],
            [row.validation_loss for row in measured],
            color=_VALIDATION, lw=1.8, marker="o", markersize=5, label="validation",
        )  # fmt: skip
    _finish(axes, "Loss", "cross-entropy, nats", best)
    axes.legend(framealpha=0.9, edgecolor="none")


def _draw_score(
    axes: Any, score: str, judged: Sequence[MetricsRow], best: MetricsRow | None
) -> None:
    name, form = _SCORES[score]
    axes.plot(
        [row.epoch for row in judged],
        [getattr(row, score) for row in judged],
        color=_VALIDATION, lw=1.8, marker="o", markersize=5,
    )  # fmt: skip
    title = f"{name[:1].upper()}{name[1:]} on validation"
    if best is not None:
        title += f", {getattr(best, score):{form}} kept"
        axes.plot(
            [best.epoch], [getattr(best, score)], marker="o", markersize=12,
            markerfacecolor="none", markeredgecolor="black", linestyle="none",
        )  # fmt: skip
    _finish(axes, title, name, best)


def _finish(axes: Any, title: str, label: str, best: MetricsRow | None) -> None:
    if best is not None:
        axes.axvline(best.epoch, color="0.6", lw=1, linestyle="--", zorder=0)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
