"""What is drawn of an evaluation, but for the curves of :mod:`tonality.evaluate.report.roc_curves`.

The matrix is shaded in one hue and carries its numbers, and lines differ in dashes as in colour,
so nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tonality.drawing import COLOURS, DASHES, GRID, INK, MUTED, PAPER, canvas, percent
from tonality.measures.abstaining import Band
from tonality.measures.calibration import ReliabilityBin
from tonality.measures.metrics import Evaluation
from tonality.measures.scores import wilson
from tonality.messages import shorten


def draw_reliability(series: Sequence[tuple[str, Sequence[ReliabilityBin]]], classes: int) -> Any:
    """Reliability diagrams over one another, and how many texts are in each bin below.

    Args:
        series: names and bins, the one that matters first: it has intervals and is counted.
        classes: C; no confidence is under 1 / C.
    """
    figure, (axes, below) = canvas(4.4, 4.2, rows=(4, 1))
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":", label="as it should be")
    lowest = 1.0
    for number, (name, bins) in enumerate(series):
        found = [(b.confidence, b.accuracy, b.n) for b in bins if b.n]
        x, y, n = (np.array(column, dtype=np.float64) for column in zip(*found, strict=True))
        style = {"color": COLOURS[number], "linestyle": DASHES[number], "linewidth": 1.8}
        axes.plot(x, y, marker="os"[number % 2], markersize=4.5, label=shorten(name, 40), **style)
        if not number:
            bounds = np.array([wilson(round(a * k), int(k)) for a, k in zip(y, n, strict=True)])
            axes.vlines(x, bounds[:, 0], bounds[:, 1], color=COLOURS[0], linewidth=1, alpha=0.6)
            lowest = bounds.min()
        lowest = min(lowest, y.min())
    width = 1 / len(series[0][1])
    total = sum(b.n for b in series[0][1])
    for b in series[0][1]:
        if b.n:
            below.bar(b.low + width / 2, b.n / total, width=width * 0.85, color=COLOURS[0])
    low = max(1 / classes - width, 0)
    axes.set_xlim(low, 1.01)
    axes.set_ylim(max(min(low, lowest - 0.02), -0.02), 1.02)
    axes.set_ylabel("share that is right")
    below.set_ylabel("texts")
    below.set_xlabel("probability of the likeliest label")
    for part in (axes, below):
        part.yaxis.set_major_formatter(percent())
        part.grid(color=GRID, linewidth=0.8)
    below.xaxis.set_major_formatter(percent())
    axes.legend(loc="lower right", frameon=False)
    return figure


def draw_coverage(series: Sequence[tuple[str, Sequence[Band]]], band: Band | None = None) -> Any:
    """Accuracy by the share of the texts that is answered, the surest first.

    Args:
        series: the models' names and curves.
        band: the first model's own band, if it has one.
    """
    figure, axes = canvas(4.4, 4.2)
    for number, (name, curve) in enumerate(series):
        points = [(b.coverage, b.accuracy) for b in curve if b.accuracy is not None]
        x, y = zip(*points, strict=True)
        style = {"color": COLOURS[number], "linestyle": DASHES[number], "linewidth": 1.8}
        axes.plot(x, y, marker="os"[number % 2], markersize=3.5, label=shorten(name), **style)
    _, curve = series[0]
    for share in (1.0, 0.9):
        quoted = min(curve, key=lambda b: abs(b.coverage - share))
        if quoted.accuracy is not None:
            _annotate(axes, quoted.coverage, quoted.accuracy)
    if band is not None and band.accuracy is not None:
        axes.plot(
            [band.coverage], [band.accuracy], marker="D", markersize=8, color=COLOURS[2],
            linestyle="none", label="the model's band",
        )  # fmt: skip
    axes.set_xlim(1.02, 0)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.1 * (high - low), min(high + 0.05 * (high - low), 1.003))
    axes.xaxis.set_major_formatter(percent())
    axes.yaxis.set_major_formatter(percent(decimals=None))
    axes.set_xlabel("share of the texts that is answered")
    axes.set_ylabel("share of the answers that is right")
    axes.grid(color=GRID, linewidth=0.8)
    if len(series) > 1 or band is not None:
        axes.legend(loc="lower right", frameon=False)
    return figure


def draw_training(
    train: Sequence[tuple[float, float]],
    validation: Sequence[tuple[float, float]],
    label: str,
    kept: float | None,
    *,
    share: bool = False,
) -> Any:
    """How one measure went over the epochs.

    Args:
        train, validation: pairs of epoch and value.
        label: what is measured.
        kept: the epoch whose weights were kept.
        share: whether that is a share, shown in per cent.
    """
    figure, axes = canvas(4.4, 3.2)
    if kept is not None:
        axes.axvline(kept, color=MUTED, linewidth=1, linestyle=":", label="kept")
    for points, name, colour, dashes in (
        (train, "training", COLOURS[0], "-"),
        (validation, "validation", COLOURS[1], "--"),
    ):
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(
                x, y, color=colour, linestyle=dashes, linewidth=1.8, label=name,
                marker="o" if len(points) <= 60 else None, markersize=3.5,
            )  # fmt: skip
    if share:
        axes.yaxis.set_major_formatter(percent(decimals=None))
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.grid(color=GRID, linewidth=0.8)
    axes.legend(frameon=False)
    return figure


def draw_confusion(evaluation: Evaluation) -> Any:
    """The confusion matrix: counts, shares of each row, shaded by share."""
    counts = np.asarray(evaluation.confusion)  # (C, C)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    classes = len(counts)
    side = 2.4 + 1.3 * classes
    figure, axes = canvas(side + 0.6, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(classes, classes):
        axes.text(
            column,
            row,
            f"{counts[row, column]:,}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            fontsize=12 if classes <= 4 else 8,
            color=PAPER if shares[row, column] > 0.55 else INK,
        )
    names = [shorten(name) for name in evaluation.labels]
    axes.set_xticks(range(classes), names, rotation=0 if classes <= 4 else 45)
    axes.set_yticks(range(classes), names)
    axes.set_xlabel("verdict")
    axes.set_ylabel("truth")
    axes.spines[:].set_visible(False)
    return figure


def draw_by_length(evaluation: Evaluation) -> Any:
    """The accuracy of each length bucket with its 95 % interval."""
    buckets = evaluation.by_length
    figure, axes = canvas(7.0, 4.2)
    places = np.arange(len(buckets))
    accuracies = np.array([bucket.accuracy for bucket in buckets])
    bounds = np.array([bucket.interval for bucket in buckets])  # (buckets, 2)
    reach = np.abs(bounds.T - accuracies)  # (2, buckets): below, above
    axes.axhline(
        evaluation.accuracy, color=MUTED, linestyle="--", linewidth=1,
        label=f"all texts: {evaluation.accuracy:.1%}",
    )  # fmt: skip
    axes.errorbar(
        places, accuracies, yerr=reach, fmt="o", color=COLOURS[0], capsize=5, markersize=8,
        label="accuracy and its 95 % interval",
    )  # fmt: skip
    for place, accuracy in zip(places, accuracies, strict=True):
        axes.annotate(
            f"{accuracy:.1%}", (place, accuracy), xytext=(9, 0), textcoords="offset points",
            va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    axes.set_xticks(places, [f"{b.value}\n{b.n:,} texts" for b in buckets])
    axes.set_xlim(-0.5, len(buckets) - 0.3)
    low, high = bounds.min(), bounds.max()
    margin = max((high - low) * 0.25, 0.005)
    axes.set_ylim(max(low - margin, -0.02), min(high + 2 * margin, 1.02))
    axes.yaxis.set_major_formatter(percent(decimals=None))
    axes.set_xlabel("length in tokens")
    axes.set_ylabel("accuracy")
    axes.grid(axis="y", color=GRID)
    axes.legend(loc="upper right", frameon=False, ncols=2)
    return figure


def _annotate(axes: Any, x: float, y: float) -> None:
    axes.annotate(
        f"{y:.1%} on {x:.0%}", (x, y), xytext=(10, -12), textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8},
    )  # fmt: skip
