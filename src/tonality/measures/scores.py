"""Accuracy, precision, recall and F1 from confusion matrices, with numpy alone.

scikit-learn has them, too, but the demonstration runs on the base install, and the bootstrap needs
them for a thousand matrices at once. A test holds them to scikit-learn's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from tonality.number_labels import label_values

Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]  # whole, or sums of weights
Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


@dataclass(frozen=True)
class ClassScores:
    """One class's scores; all three are ``None`` where the class occurs nowhere.

    Attributes:
        precision: of the texts given this verdict, the share that deserve it.
        recall: of the texts of this class, the share that got this verdict.
        f1: the harmonic mean of the two.
        support: how many texts are of this class.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class OrderedScores:
    """How far off verdicts are where the classes are numbers, such as stars.

    Attributes:
        mean_absolute_error: the mean distance between truth and verdict, in the numbers' unit.
        quadratic_weighted_kappa: the agreement beyond chance, a mistake weighing as the square of
            its distance (Cohen 1968): 1 is perfect, 0 is chance; ``None`` where all truths and
            verdicts are one class.
    """

    mean_absolute_error: float
    quadratic_weighted_kappa: float | None


def ordered_scores(confusion: Counts, names: Sequence[str]) -> OrderedScores | None:
    """The scores of a (C, C) confusion matrix; None unless there are three or more numbers."""
    values = label_values(names)
    if values is None or len(values) < 3:
        return None
    numbers = np.asarray(values)
    distance = np.abs(numbers[:, None] - numbers[None, :])  # (C, C)
    n = confusion.sum()
    by_chance = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / n
    expected = float((by_chance * distance**2).sum())
    return OrderedScores(
        mean_absolute_error=float((confusion * distance).sum() / n),
        quadratic_weighted_kappa=(
            1 - float((confusion * distance**2).sum()) / expected if expected else None
        ),
    )


@overload
def confusion_matrix(
    labels: npt.ArrayLike, verdicts: npt.ArrayLike, classes: int, weights: None = None
) -> npt.NDArray[np.int64]: ...
@overload
def confusion_matrix(
    labels: npt.ArrayLike, verdicts: npt.ArrayLike, classes: int, weights: npt.ArrayLike
) -> Floats: ...
def confusion_matrix(
    labels: npt.ArrayLike,
    verdicts: npt.ArrayLike,
    classes: int,
    weights: npt.ArrayLike | None = None,
) -> Counts:
    """Count every pair of truth and verdict.

    Args:
        labels: the true classes, (N,) integers in [0, classes).
        verdicts: the predicted classes, (N,) integers in [0, classes).
        classes: how many classes there are, C.
        weights: what each pair counts (N,); by default 1.

    Returns:
        (C, C) counts, float64 with weights and else int64: a row a truth, a column a verdict.
    """
    pairs = np.asarray(labels, np.int64) * classes + np.asarray(verdicts, np.int64)  # (N,)
    return np.bincount(pairs, weights, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: Counts) -> Floats:
    """The share on the diagonal: (..., C, C) counts -> (...)."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return np.asarray(_ratio(right, confusion.sum(axis=(-2, -1))))


def precision_recall_f1(confusion: Counts) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of every class: (..., C, C) counts -> three of (..., C).

    A ratio with nothing below the line is 0, as in scikit-learn.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)  # (..., C)
    truths = confusion.sum(axis=-1)
    verdicts = confusion.sum(axis=-2)
    return _ratio(right, verdicts), _ratio(right, truths), _ratio(2 * right, truths + verdicts)


def macro(values: Floats, confusion: Counts) -> Floats:
    """The plain mean over the classes that occur as truth or verdict, as scikit-learn takes it.

    Args:
        values: a score of each class, (..., C).
        confusion: the counts that it came from, (..., C, C).

    Returns:
        (...) means.
    """
    occurs = (confusion.sum(axis=-1) + confusion.sum(axis=-2)) > 0  # (..., C)
    return np.asarray(_ratio((values * occurs).sum(axis=-1), occurs.sum(axis=-1)))


def macro_f1(confusion: Counts) -> Floats:
    """The plain mean F1 of the classes that occur: (..., C, C) counts -> (...)."""
    return macro(precision_recall_f1(confusion)[2], confusion)


def weighted(values: Floats, confusion: Counts) -> Floats:
    """The mean over the classes, weighed by their texts.

    Args:
        values: a score of each class, (..., C).
        confusion: the counts that it came from, (..., C, C).

    Returns:
        (...) means.
    """
    support = confusion.sum(axis=-1)  # (..., C)
    return np.asarray(_ratio((values * support).sum(axis=-1), support.sum(axis=-1)))


def class_scores(confusion: Counts, names: Sequence[str]) -> dict[str, ClassScores]:
    """The scores of every class by name, from one (C, C) confusion matrix."""
    precision, recall, f1 = precision_recall_f1(confusion)
    support = confusion.sum(axis=1)
    occurs = (support + confusion.sum(axis=0)) > 0
    return {
        name: (
            ClassScores(float(precision[c]), float(recall[c]), float(f1[c]), int(support[c]))
            if occurs[c]
            else ClassScores(None, None, None, 0)
        )
        for c, name in enumerate(names)
    }


def _ratio(above: npt.NDArray[np.generic], below: npt.NDArray[np.generic]) -> Floats:
    top, bottom = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def wilson(right: int, n: int) -> Interval:
    """The 95 % interval of a share (Wilson 1927), which also serves few and extreme counts."""
    share, squared = right / n, _Z * _Z
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    reach = _Z / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
