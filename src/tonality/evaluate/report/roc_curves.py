"""ROC and precision-recall curves, of one model or of two over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.drawing import COLOURS, DASHES, GRID, MUTED, canvas, percent
from tonality.messages import shorten
from tonality.palette import label_colours

Floats = npt.NDArray[np.float64]

_POINTS = 300  # a curve on screen shows no more


@dataclass(frozen=True)
class Ranking:
    """How surely each text was put in one class, and whether it belongs there.

    Attributes:
        name: what the curve is called.
        belongs: (N,).
        scores: the class's probability, (N,).
        line: its colour, and the number of its dashes.
    """

    name: str
    belongs: npt.NDArray[np.bool_]
    scores: Floats
    line: tuple[str, int]

    @property
    def style(self) -> dict[str, Any]:
        """The line as matplotlib wants it."""
        colour, dashes = self.line
        return {
            "color": colour,
            "linestyle": DASHES[dashes % len(DASHES)],
            "linewidth": 1.8,
        }


def rankings(
    labels: npt.NDArray[np.int64],
    models: Sequence[tuple[str, Floats]],
    names: Sequence[str],
    *,
    all_classes: bool = False,
) -> list[Ranking]:
    """The curves to draw: of two classes the second's alone, of more each against the rest.

    Args:
        labels: true classes, (N,).
        models: each model's name and probabilities (N, C).
        names: the C classes.
        all_classes: of two classes, both.

    Returns:
        Those that can be drawn: a class needs texts of its own and of others.
    """
    first = 1 if len(names) == 2 and not all_classes else 0
    found, colours = [], label_colours(names)
    for number, (model, probabilities) in enumerate(models):
        for c in range(first, len(names)):
            belongs = labels == c
            if belongs.all() or not belongs.any():
                continue
            name = (
                shorten(names[c]) if len(models) == 1 else f"{shorten(model)}, {shorten(names[c])}"
            )
            line = (colours[names[c]], c - first if len(models) == 1 else number)
            if first and len(models) > 1:
                name, line = shorten(model), (COLOURS[number % len(COLOURS)], number)
            found.append(Ranking(name, belongs, probabilities[:, c], line))
    return found


def draw_roc(rankings: Sequence[Ranking]) -> Any:
    """The ROC curves with their areas (Fawcett 2006)."""
    from sklearn.metrics import roc_auc_score, roc_curve

    figure, axes = canvas(4.4, 3.9)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":", label="chance")
    for ranking in rankings:
        false_positives, true_positives, _ = roc_curve(ranking.belongs, ranking.scores)
        area = roc_auc_score(ranking.belongs, ranking.scores)
        x, y = _thinned(false_positives, true_positives)
        axes.plot(x, y, label=f"{ranking.name}: area {area:.4f}", **ranking.style)
    _square(axes, "share of the others wrongly taken in", "share of the class found")
    axes.legend(loc="lower right", frameon=False)
    return figure


def draw_precision_recall(rankings: Sequence[Ranking]) -> Any:
    """The precision-recall curves with the mean precision over all thresholds."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    figure, axes = canvas(4.4, 3.9)
    for ranking in rankings:
        precision, recall, _ = precision_recall_curve(ranking.belongs, ranking.scores)
        mean = average_precision_score(ranking.belongs, ranking.scores)
        x, y = _thinned(recall[::-1], precision[::-1])
        axes.plot(x, y, label=f"{ranking.name}: mean {mean:.4f}", **ranking.style)
    _square(axes, "recall: share of the class found", "precision: share of it that is right")
    axes.legend(loc="lower left", frameon=False)
    return figure


def _square(axes: Any, x: str, y: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.xaxis.set_major_formatter(percent())
    axes.yaxis.set_major_formatter(percent())
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=GRID, linewidth=0.8)


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most about ``_POINTS`` points of a curve, near evenly along it."""
    if len(x) <= _POINTS:
        return x, y
    along = np.cumsum(np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0])))
    rows = np.searchsorted(along, np.linspace(0, along[-1], _POINTS))
    rows = np.unique(np.append(np.clip(rows, 0, len(x) - 1), [0, len(x) - 1]))
    return x[rows], y[rows]
