"""Two models on the same texts: is the difference more than chance?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonality.errors import DependencyError
from tonality.measures import scores
from tonality.measures.log_loss import log_losses

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_RESAMPLES = 1000  # of the bootstrap, behind each interval
_SEED = 0


@dataclass(frozen=True)
class Difference:
    """The first model's figure less the second's, with its 95 % interval.

    That of the accuracy is Newcombe's (1998, method 10): where few verdicts differ, and all of them
    for one model, no resample would ever favour the other. The others are by paired bootstrap.
    """

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Two models on the same texts.

    Attributes:
        both_right, only_first, only_second, both_wrong: texts by who judged them right.
        p_value: of McNemar's exact test (1947): how probable a split of the disagreements as
            uneven as this is if the models are equally good.
        accuracy, macro_f1, log_loss: the first model's less the second's.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float
    accuracy: Difference
    macro_f1: Difference
    log_loss: Difference


def compare(
    labels: Integers,
    first: Floats,
    second: Floats,
    *,
    verdicts: tuple[Integers, Integers] | None = None,
) -> Comparison:
    """Compares two models' probabilities on the same N texts.

    Args:
        labels: true classes, (N,).
        first, second: each model's probabilities, (N, C), in the same order of classes.
        verdicts: each model's, (N,); by default its likeliest class.

    Raises:
        DependencyError: scipy, which comes with scikit-learn, is not installed.
    """
    classes = first.shape[1]
    verdicts = verdicts or (first.argmax(axis=1), second.argmax(axis=1))
    right = [verdict == labels for verdict in verdicts]
    both_right = int((right[0] & right[1]).sum())
    only_first, only_second = int(right[0].sum()) - both_right, int(right[1].sum()) - both_right
    both_wrong = len(labels) - both_right - only_first - only_second
    rng = np.random.default_rng(_SEED)
    matrices = _resampled_confusions(labels, verdicts, classes, rng)
    return Comparison(
        both_right=both_right,
        only_first=only_first,
        only_second=only_second,
        both_wrong=both_wrong,
        p_value=_mcnemar(only_first, only_second),
        accuracy=_share_difference(both_right, only_first, only_second, both_wrong),
        macro_f1=_macro_f1_difference(*matrices),
        log_loss=_loss_difference(labels, first, second, rng),
    )


def _resampled_confusions(
    labels: Integers,
    verdicts: tuple[Integers, Integers],
    classes: int,
    rng: np.random.Generator,
) -> tuple[scores.Counts, scores.Counts]:
    """Each model's confusion matrix and those of its resamples, (_RESAMPLES + 1, C, C)."""
    # Every text is one of C x C x C cases: truth and both verdicts. Resampling the counts of
    # those resamples the texts in pairs.
    case = (labels * classes + verdicts[0]) * classes + verdicts[1]  # (N,)
    counts = np.bincount(case, minlength=classes**3)
    drawn = rng.multinomial(len(labels), counts / counts.sum(), size=_RESAMPLES)
    shape = (-1, classes, classes, classes)
    tables = np.concatenate([counts[None], drawn]).reshape(shape)  # the real one first
    return tables.sum(axis=3), tables.sum(axis=2)


def _mcnemar(only_first: int, only_second: int) -> float:
    try:
        from scipy.stats import binomtest
    except ImportError as error:
        raise DependencyError("comparing models", extra="analyse") from error
    disagreements = only_first + only_second
    return float(binomtest(only_first, disagreements).pvalue) if disagreements else 1.0


def _share_difference(both: int, first: int, second: int, neither: int) -> Difference:
    """The difference of two shares of the same texts, which both, one or neither judged right."""
    n = both + first + second + neither
    one, other = both + first, both + second
    correlation = 0.0
    if spread := one * (n - one) * other * (n - other):
        association = float(both * neither - first * second)
        if association > 0:  # the correction for continuity
            association = max(association - n / 2, 0)
        correlation = association / math.sqrt(spread)
    value = (first - second) / n
    (one_low, one_high), (other_low, other_high) = scores.wilson(one, n), scores.wilson(other, n)

    def reach(one_side: float, other_side: float) -> float:
        a, b = abs(one_side - one / n), abs(other_side - other / n)
        return math.sqrt(max(a * a - 2 * correlation * a * b + b * b, 0))

    return Difference(
        value, (value - reach(one_low, other_high), value + reach(one_high, other_low))
    )


def _macro_f1_difference(first: scores.Counts, second: scores.Counts) -> Difference:
    values = scores.macro_f1(first) - scores.macro_f1(second)
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Difference(float(values[0]), (float(low), float(high)))


def _loss_difference(
    labels: Integers, first: Floats, second: Floats, rng: np.random.Generator
) -> Difference:
    gaps = log_losses(labels, first) - log_losses(labels, second)  # (N,)
    means = [gaps[rng.integers(0, len(gaps), len(gaps))].mean() for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(gaps.mean()), (float(low), float(high)))
