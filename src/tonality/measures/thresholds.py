"""Per-class thresholds that raise the macro F1: skewed classes, after training.

A network that learns rare classes rarely gives them as its verdict: a text must be more likely of
the rare class than of any other, and the macro F1, to which each class counts alike, would gain
from less. With thresholds the verdict is the class whose probability is largest relative to its
own threshold; the probabilities stay what they are.

The search goes one class at a time and is exact in each: sorting the texts by the weight at which
they change to the class gives the macro F1 of every threshold there is. (The F1-optimal threshold
of each class depends on all verdicts: Lipton, Elkan & Naryanaswamy 2014, "Optimal Thresholding of
Classifiers to Maximize F1 Measure".)
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonality.measures.scaling import Floats, Integers, Mask
from tonality.measures.scores import confusion_matrix, macro_f1
from tonality.prediction import decide, softmax

# Beyond these a class's weight says that the rows are too few, not how rare the class is.
_LIGHTEST, _HEAVIEST = 1e-3, 1e3
_ROUNDS = 20  # over the classes; three or four are usual
_LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class ChosenThresholds:
    """Thresholds and what they give.

    Attributes:
        values: (C,) the thresholds; they sum to 1, and equal ones change nothing.
        macro_f1: with them, on the rows that they were chosen on, or measured on.
        macro_f1_even: without them.
        macro_f1_cross_fitted: with thresholds chosen on one half of the rows and measured on the
            other; ``None`` where they were chosen elsewhere, or the rows cannot be halved.
    """

    values: tuple[float, ...]
    macro_f1: float
    macro_f1_even: float
    macro_f1_cross_fitted: float | None

    @property
    def helps(self) -> bool:
        """Whether they raise the macro F1 where they were not chosen, as far as that is known."""
        crossed = self.macro_f1_cross_fitted
        return crossed is None or crossed > self.macro_f1_even

    def to_json(self, labels: tuple[str, ...]) -> dict[str, Any]:
        """Plain values, the thresholds by label."""
        return {**vars(self), "values": dict(zip(labels, self.values, strict=True))}


def choose_thresholds(
    labels: Integers, probabilities: Floats, half: Mask | None = None
) -> ChosenThresholds:
    """The thresholds that give the highest macro F1.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C).
        half: (N,) which half each row is in, to measure thresholds where they were not chosen.
    """
    classes = probabilities.shape[1]
    values = best_thresholds(labels, probabilities)
    crossed = None
    if half is not None:
        verdicts = np.empty_like(labels)
        for side in (half, ~half):
            found = best_thresholds(labels[~side], probabilities[~side])
            verdicts[side] = decide(probabilities[side], found)
        crossed = _macro_f1(labels, verdicts, classes)
    measured = measure_thresholds(values, labels, probabilities)
    return dataclasses.replace(measured, macro_f1_cross_fitted=crossed)


def measure_thresholds(
    values: tuple[float, ...], labels: Integers, probabilities: Floats
) -> ChosenThresholds:
    """What thresholds (C,) that were not chosen on these rows give there.

    Args:
        values: the thresholds.
        labels, probabilities: as for :func:`choose_thresholds`.
    """
    classes = probabilities.shape[1]
    return ChosenThresholds(
        values=values,
        macro_f1=_macro_f1(labels, decide(probabilities, values), classes),
        macro_f1_even=_macro_f1(labels, decide(probabilities), classes),
        macro_f1_cross_fitted=None,
    )


def _macro_f1(labels: Integers, verdicts: Integers, classes: int) -> float:
    return float(macro_f1(confusion_matrix(labels, verdicts, classes)))


def best_thresholds(labels: Integers, probabilities: Floats) -> tuple[float, ...]:
    """The (C,) thresholds, summing to 1, of the highest macro F1 that the search finds."""
    classes = probabilities.shape[1]
    shares = np.bincount(labels, minlength=classes) / len(labels)
    even = np.ones(classes)
    by_share = np.clip(1 / np.maximum(shares, 1 / _HEAVIEST), _LIGHTEST, _HEAVIEST)
    _, weights = max(
        (_coordinate_ascent(labels, probabilities, start) for start in (even, by_share)),
        key=lambda found: found[0],
    )
    thresholds = 1 / weights
    return tuple((thresholds / thresholds.sum()).tolist())


def rescale(thresholds: tuple[float, ...], before: float, after: float) -> tuple[float, ...]:
    """Thresholds that give, at another temperature, the verdicts that these gave."""
    if not thresholds:
        return thresholds
    logs = np.log(thresholds) * (before / after)
    return tuple(softmax(logs[None])[0].tolist())


def _coordinate_ascent(
    labels: Integers, probabilities: Floats, start: Floats
) -> tuple[float, Floats]:
    """Improves one class's weight after the other until none helps: the macro F1 and weights."""
    weights = start.copy()
    best = _macro_f1(labels, decide(probabilities, 1 / weights), len(weights))
    for _ in range(_ROUNDS):
        before = best
        for c in range(len(weights)):
            found, weight = _best_weight(labels, probabilities, weights, c)
            if found > best + _LEAST_GAIN:
                best, weights[c] = found, weight
        if best <= before + _LEAST_GAIN:
            break
    return best, weights


def _best_weight(
    labels: Integers, probabilities: Floats, weights: Floats, c: int
) -> tuple[float, float]:
    """The weight of class ``c`` that is best while the others stay, and its macro F1."""
    weighed = probabilities * weights
    weighed[:, c] = -1.0
    otherwise = weighed.argmax(axis=1)  # (N,) the verdict where it is not c
    ratio = weighed.max(axis=1) / np.maximum(probabilities[:, c], 1e-12)  # (N,) c beyond this
    order = np.argsort(ratio, kind="stable")
    ratio, otherwise, truth = ratio[order], otherwise[order], labels[order]
    classes = np.arange(len(weights))
    leaving = otherwise[:, None] == classes  # (N, C): with k texts given to c, the first k left
    right = leaving & (truth[:, None] == classes)
    given = leaving.sum(axis=0) - _cumulative_counts(leaving)  # (N + 1, C) verdicts
    hits = right.sum(axis=0) - _cumulative_counts(right)
    given[:, c] = np.arange(len(labels) + 1)
    hits[:, c] = _cumulative_counts((truth == c)[:, None])[:, 0]
    support = np.bincount(labels, minlength=len(weights))
    below = given + support
    f1 = np.divide(2 * hits, below, out=np.zeros(below.shape), where=below > 0)
    macro = f1.sum(axis=1) / (below > 0).sum(axis=1)  # (N + 1,)
    # The middle, in logarithms, between the texts on either side of the border.
    edges = np.log(np.clip(np.concatenate([ratio[:1], ratio, ratio[-1:]]), _LIGHTEST, _HEAVIEST))
    edges[0], edges[-1] = edges[0] - 0.1, edges[-1] + 0.1
    possible = edges[1:] > edges[:-1]
    k = int(np.where(possible, macro, -1.0).argmax())
    weight = float(np.exp((edges[k] + edges[k + 1]) / 2))
    return float(macro[k]), weight


def _cumulative_counts(rows: Mask) -> Integers:
    """Column sums of the first k rows, for k = 0 to N: (N, C) -> (N + 1, C)."""
    sums = np.zeros((len(rows) + 1, rows.shape[1]), np.int64)
    np.cumsum(rows, axis=0, out=sums[1:])
    return sums
