"""What is gained by not answering: accuracy on what is kept, by how much is kept.

A classifier that may say *uncertain* errs less on what it does answer (Chow 1970; El-Yaniv &
Wiener 2010). The confidence under which it abstains is its band.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonality.errors import ConfigError, DataError

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEP = 0.05  # of coverage, between the points of a curve


@dataclass(frozen=True)
class Band:
    """What abstaining under a confidence gives.

    Attributes:
        threshold: verdicts of a lower confidence are *uncertain*.
        coverage: the share of the texts that get an answer.
        accuracy: the share of those answers that is right; ``None`` if there is none.
        mistakes_removed: the share of all mistakes that is not made any more; ``None`` if there
            were none.
    """

    threshold: float
    coverage: float
    accuracy: float | None
    mistakes_removed: float | None


def band_at(threshold: float, confidence: Floats, right: Mask) -> Band:
    """What abstaining under ``threshold`` gives.

    Args:
        threshold: the confidence.
        confidence: of each verdict, (N,).
        right: whether it is right, (N,).
    """
    kept = confidence >= threshold
    wrong = int((~right).sum())
    return Band(
        threshold=float(threshold),
        coverage=float(kept.mean()),
        accuracy=float(right[kept].mean()) if kept.any() else None,
        mistakes_removed=float((~right & ~kept).sum() / wrong) if wrong else None,
    )


def coverage_curve(confidence: Floats, right: Mask) -> tuple[Band, ...]:
    """The coverage-accuracy curve, from all texts down to the surest ``STEP`` of them.

    Texts of equal confidence stay together, so a point keeps as much as it says or a little more.
    """
    shares = 1 - STEP * np.arange(round(1 / STEP))
    thresholds = [threshold_for_coverage(float(share), confidence) for share in shares]
    bands = {threshold: band_at(threshold, confidence, right) for threshold in thresholds}
    return tuple(bands.values())


def threshold_for_coverage(coverage: float, confidence: Floats) -> float:
    """The highest threshold that answers at least a share of the texts.

    Args:
        coverage: the share, above 0 and at most 1.
        confidence: of each verdict, (N,).

    Raises:
        ConfigError: a share out of range.
    """
    if not 0 < coverage <= 1:
        raise ConfigError(f"coverage is {coverage:g}; it takes a share above 0 and up to 1")
    ordered = np.sort(confidence)[::-1]
    kept = max(int(np.ceil(round(coverage * len(ordered), 9))), 1)
    return _just_below(float(ordered[kept - 1]), ordered)


def threshold_for_accuracy(accuracy: float, confidence: Floats, right: Mask) -> float:
    """The threshold that answers the most texts with at least an accuracy.

    Args:
        accuracy: what to reach on the texts that are answered, above 0 and at most 1.
        confidence: of each verdict, (N,).
        right: whether it is right, (N,).

    Raises:
        ConfigError: an accuracy out of range.
        DataError: no threshold reaches it on these rows.
    """
    if not 0 < accuracy <= 1:
        raise ConfigError(f"accuracy is {accuracy:g}; it takes a share above 0 and up to 1")
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # A threshold cannot part equals: only the last row of each confidence ends a choice.
    ends = np.flatnonzero(np.append(np.diff(ordered) < 0, True))
    enough = ends[reached[ends] >= accuracy]
    if not len(enough):
        best = ends[reached[ends].argmax()]
        raise DataError(
            f"no confidence gives an accuracy of {accuracy:.2%} on these rows; the most is "
            f"{reached[best]:.2%}, on the surest {(best + 1) / len(order):.1%}"
        )
    return _just_below(float(ordered[enough[-1]]), ordered)


def _just_below(value: float, ordered: Floats) -> float:
    """A threshold just under ``value``: halfway to the next confidence; 0 if it is the least."""
    lower = ordered[ordered < value]
    return (value + float(lower[0])) / 2 if len(lower) else 0.0
