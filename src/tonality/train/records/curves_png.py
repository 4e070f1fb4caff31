"""``curves.png``: how training went, in one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from tonality.errors import DependencyError
from tonality.palette import NEGATIVE, POSITIVE
from tonality.train.records.history import MetricsRow

_TRAIN, _VALIDATION = POSITIVE.line, NEGATIVE.line

CURVES = "curves.png"


def draw_curves(rows: Sequence[MetricsRow], best: MetricsRow | None) -> bytes:
    """The loss on both parts and the accuracy on validation, over the epochs.

    Args:
        rows: what was measured, at least one row.
        best: the evaluation whose weights were kept.

    Returns:
        A PNG.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter
    except ImportError as missing:
        raise DependencyError("drawing curves", extra="train") from missing
    # pyplot would pick a window system and keep the figure alive.
    measured = [row for row in rows if row.is_evaluation]
    panels = 2 if measured else 1  # a language model has no accuracy, nor has a last run
    figure = Figure(figsize=(5 * panels, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _draw_losses(axes[0], rows, best)
    if measured:
        _draw_accuracy(axes[1], measured, best)
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


def _draw_accuracy(axes: Any, measured: Sequence[MetricsRow], best: MetricsRow | None) -> None:
    axes.plot(
        [row.epoch for row in measured],
        [row.validation_accuracy for row in measured],
        color=_VALIDATION, lw=1.8, marker="o", markersize=5,
    )  # fmt: skip
    title = "Accuracy on validation"
    if best is not None:
        title += f", {best.validation_accuracy:.2%} kept"
        axes.plot(
            [best.epoch], [best.validation_accuracy], marker="o", markersize=12,
            markerfacecolor="none", markeredgecolor="black", linestyle="none",
        )  # fmt: skip
    _finish(axes, title, "accuracy", best)


def _finish(axes: Any, title: str, label: str, best: MetricsRow | None) -> None:
    if best is not None:
        axes.axvline(best.epoch, color="0.6", lw=1, linestyle="--", zorder=0)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
