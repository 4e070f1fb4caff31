"""The figures of an evaluation, as PNG files.

The colours are Okabe and Ito's, which colour-blind readers tell apart; the matrix is shaded in
one hue and carries its numbers, so nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.errors import DependencyError
from tonality.evaluate.metrics import Evaluation

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")
_DPI = 150


def plot_confusion(evaluation: Evaluation, path: Path) -> None:
    """Draw the confusion matrix: counts, shares of each row, shaded by share.

    Args:
        evaluation: what to draw.
        path: the PNG file to write.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    counts = np.asarray(evaluation.confusion)  # (C, C)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    classes = len(counts)
    side = 2.4 + 1.3 * classes
    figure, axes = _figure(side + 0.6, side)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(classes, classes):
        axes.text(
            column,
            row,
            f"{counts[row, column]:,}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            fontsize=12 if classes <= 4 else 8,
            color="white" if shares[row, column] > 0.55 else "black",
        )
    axes.set_xticks(range(classes), evaluation.labels, rotation=0 if classes <= 4 else 45)
    axes.set_yticks(range(classes), evaluation.labels)
    axes.set_xlabel("verdict")
    axes.set_ylabel("truth")
    axes.set_title(f"Confusion matrix: {evaluation.accuracy:.1%} of {evaluation.n:,} right")
    axes.spines[:].set_visible(False)
    figure.savefig(path, dpi=_DPI)


def plot_roc(
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating[Any]],
    names: Sequence[str],
    path: Path,
) -> bool:
    """Draw the ROC curve: one for two classes, otherwise each class against the rest.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C).
        names: the C classes.
        path: the PNG file to write.

    Returns:
        Whether there was a curve to draw: a class needs texts of its own and of others.

    Raises:
        DependencyError: matplotlib or scikit-learn is not installed.
    """
    shown = range(1, 2) if len(names) == 2 else range(len(names))
    drawable = [c for c in shown if 0 < np.count_nonzero(labels == c) < len(labels)]
    if not drawable:
        return False
    figure, axes = _figure(5.2, 5.2)
    from sklearn.metrics import roc_auc_score, roc_curve

    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle=":", label="chance")
    for line, c in enumerate(drawable):
        false_positives, true_positives, _ = roc_curve(labels == c, probabilities[:, c])
        area = roc_auc_score(labels == c, probabilities[:, c])
        axes.plot(
            false_positives, true_positives, linewidth=2, label=f"{names[c]}: area {area:.3f}",
            color=_COLOURS[line % len(_COLOURS)], linestyle=_DASHES[line % len(_DASHES)],
        )  # fmt: skip
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.xaxis.set_major_formatter(_percent())
    axes.yaxis.set_major_formatter(_percent())
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.set_title("ROC curve" if len(drawable) == 1 else "ROC curves, each class against the rest")
    axes.grid(color="0.9")
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=_DPI)
    return True


def plot_by_length(evaluation: Evaluation, path: Path) -> bool:
    """Draw the accuracy of each length bucket with its 95 % interval.

    Args:
        evaluation: what to draw.
        path: the PNG file to write.

    Returns:
        Whether there was anything to draw.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    buckets = evaluation.by_length
    if not buckets:
        return False
    figure, axes = _figure(7.0, 4.2)
    places = np.arange(len(buckets))
    accuracies = np.array([bucket.accuracy for bucket in buckets])
    bounds = np.array([bucket.interval for bucket in buckets])  # (buckets, 2)
    reach = np.abs(bounds.T - accuracies)  # (2, buckets): below, above
    colour = _COLOURS[0]
    axes.axhline(
        evaluation.accuracy, color="0.5", linestyle="--", linewidth=1,
        label=f"all texts: {evaluation.accuracy:.1%}",
    )  # fmt: skip
    axes.errorbar(
        places, accuracies, yerr=reach, fmt="o", color=colour, capsize=5, markersize=8,
        label="accuracy and its 95 % interval",
    )  # fmt: skip
    for place, accuracy in zip(places, accuracies, strict=True):
        axes.annotate(
            f"{accuracy:.1%}", (place, accuracy), xytext=(9, 0), textcoords="offset points",
            va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    axes.set_xticks(places, [f"{b.shortest}–{b.longest}\n{b.n:,} texts" for b in buckets])
    axes.set_xlim(-0.5, len(buckets) - 0.3)
    low, high = bounds.min(), bounds.max()
    margin = max((high - low) * 0.25, 0.005)
    axes.set_ylim(max(low - margin, -0.02), min(high + 2 * margin, 1.02))
    axes.yaxis.set_major_formatter(_percent(decimals=None))
    axes.set_xlabel("length in tokens")
    axes.set_ylabel("accuracy")
    axes.set_title("Accuracy by length")
    axes.grid(axis="y", color="0.9")
    axes.legend(loc="upper right", frameon=False, ncols=2)
    figure.savefig(path, dpi=_DPI)
    return True


def _figure(width: float, height: float) -> tuple[Any, Any]:
    """A figure of ``width`` x ``height`` inches and its axes, on the Agg canvas.

    ``pyplot`` is left alone: it would pick a window system and keep every figure alive.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DependencyError("drawing figures", extra="train") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _percent(decimals: int | None = 0) -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=decimals)
