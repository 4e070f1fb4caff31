"""Do the probabilities mean what they say? Measured, and mended with one temperature.

A model is calibrated if, of the verdicts given with 80 % confidence, 80 % are right. Networks
tend to be surer than they should be; dividing the logits by one number, the temperature, mends
most of that and leaves every verdict as it was (Guo et al. 2017, "On Calibration of Modern Neural
Networks").
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.data import Table, split
from tonality.errors import DataError
from tonality.prediction import softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

BINS = 15
# Beyond these a temperature says that the rows are too few or too easy, not how sure to be.
LOWEST, HIGHEST = 0.05, 20.0

_TINY = 1e-300  # a probability that is 0 in double precision has a logarithm all the same


@dataclass(frozen=True)
class ReliabilityBin:
    """The texts whose verdict had a confidence in ``(low, high]``.

    Attributes:
        low, high: the borders.
        n: how many texts.
        confidence, accuracy: their means; ``None`` where there is no text.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Trust:
    """How far the probabilities can be trusted.

    Attributes:
        error: the expected calibration error: the mean distance between confidence and accuracy
            over the bins, weighted by their texts (Naeini et al. 2015).
        log_loss: the mean negative log probability of the truth, in nats.
        bins: the reliability diagram, by confidence.
    """

    error: float
    log_loss: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Calibration:
    """Probabilities before and after the temperature.

    Attributes:
        temperature: what the logits are divided by.
        before: without it.
        after: with it.
        chance: the calibration error that a model of these very confidences would show on so
            many texts if it were perfectly calibrated: the mean of simulations.
        cross_fitted: with temperatures fitted on one half of these very rows and measured on the
            other, groups kept whole: the figure to believe where the temperature was fitted on
            the rows that it is measured on. ``None`` where that was not so, or where the rows
            cannot be halved.
    """

    temperature: float
    before: Trust
    after: Trust
    chance: float
    cross_fitted: Trust | None

    def to_json(self) -> dict[str, Any]:
        """Everything, in types that ``json`` writes."""
        return asdict(self)


def reliability(
    labels: Integers, probabilities: Floats, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram: accuracy by confidence in bins of equal width.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C); a row's confidence is its largest.
        bins: how many.
    """
    confidence = probabilities.max(axis=1)  # (N,)
    right = probabilities.argmax(axis=1) == labels
    place = _bin_numbers(confidence, bins)
    found = []
    for b in range(bins):
        inside = place == b
        n = int(inside.sum())
        found.append(
            ReliabilityBin(
                low=b / bins,
                high=(b + 1) / bins,
                n=n,
                confidence=float(confidence[inside].mean()) if n else None,
                accuracy=float(right[inside].mean()) if n else None,
            )
        )
    return tuple(found)


def _bin_numbers(confidence: Floats, bins: int) -> Integers:
    """The bin (N,) of each confidence."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def error_by_chance(
    confidence: Floats, *, bins: int = BINS, draws: int = 200, seed: int = 0
) -> float:
    """The mean calibration error of a perfectly calibrated model with confidences (N,).

    It is above 0, since even then as many verdicts of a bin are right as chance has it.
    """
    place = _bin_numbers(confidence, bins)
    expected = np.bincount(place, confidence, minlength=bins)  # right verdicts of each bin
    rng = np.random.default_rng(seed)
    errors = [
        np.abs(np.bincount(place, rng.random(len(confidence)) < confidence, bins) - expected).sum()
        for _ in range(draws)
    ]
    return float(np.mean(errors) / len(confidence))


def measure_trust(labels: Integers, probabilities: Floats, bins: int = BINS) -> Trust:
    """The expected calibration error of probabilities (N, C), their log loss and their bins."""
    found = reliability(labels, probabilities, bins)
    gaps = [
        b.n * abs(b.confidence - b.accuracy)
        for b in found
        if b.confidence is not None and b.accuracy is not None
    ]
    rows = np.arange(len(labels))
    loss = -np.log(np.maximum(probabilities[rows, labels], _TINY)).mean()
    return Trust(math.fsum(gaps) / len(labels), float(loss), found)


def to_logits(probabilities: Floats, temperature: float) -> Floats:
    """The logits (N, C) behind probabilities, but for a constant a row, which changes nothing."""
    logits: Floats = np.log(np.maximum(probabilities, _TINY)) * temperature
    return logits


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """The temperature of the least log loss (Guo et al. 2017).

    The loss is convex in the inverse of the temperature, so a golden-section search finds the one
    minimum between ``LOWEST`` and ``HIGHEST``. As in Platt 1999, the truth counts a little less
    than 1, by 1 / (N + 2): a few rows without a mistake do not make the model certain of all.

    Args:
        logits: (N, C), as with temperature 1.
        labels: true classes, (N,), of rows that the model was not trained on.

    Returns:
        The temperature, to six digits.

    Raises:
        DataError: there are no rows.
    """
    if not len(labels):
        raise DataError("there is no labelled row to fit a temperature on")
    n, classes = logits.shape
    target = np.full((n, classes), 1 / (n + 2) / (classes - 1))
    target[np.arange(n), labels] = 1 - 1 / (n + 2)
    wanted = (logits * target).sum(axis=1)  # (N,)

    def loss(log_inverse: float) -> float:
        inverse = math.exp(log_inverse)
        scaled = logits * inverse
        highest = scaled.max(axis=1)
        total = np.log(np.exp(scaled - highest[:, None]).sum(axis=1)) + highest  # (N,)
        return float((total - inverse * wanted).mean())

    best = _golden_section(loss, -math.log(HIGHEST), -math.log(LOWEST))
    return float(f"{math.exp(-best):.6g}")


def _golden_section(function: Any, low: float, high: float, width: float = 1e-7) -> float:
    """Where a function with one minimum between ``low`` and ``high`` has it (Kiefer 1953)."""
    ratio = (math.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > width:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = function(right)
    return (low + high) / 2


def at_temperature(probabilities: Floats, old: float, new: float, read: Mask) -> Floats:
    """Probabilities (N, C) computed with one temperature as they would be with another.

    Args:
        probabilities: (N, C), with temperature ``old``.
        old, new: the temperatures.
        read: (N,), False for texts without a token, which get the priors at any temperature.
    """
    changed = softmax(to_logits(probabilities, old) / new)
    changed[~read] = probabilities[~read]
    return changed


def split_halves(table: Table, seed: int = 0) -> Mask | None:
    """One half of the rows (N,), cut by group and class; ``None`` where that cannot be."""
    try:
        first, _ = split(table, validation=0.5, seed=seed)
    except DataError:
        return None
    mask = np.zeros(len(table), dtype=np.bool_)
    mask[first] = True
    return mask


def cross_fit(labels: Integers, probabilities: Floats, read: Mask, half: Mask) -> Floats:
    """Probabilities (N, C) at the temperature that the other half of the rows asks for.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C), with temperature 1.
        read: (N,), False for texts without a token.
        half: (N,), which half each row is in.
    """
    logits = to_logits(probabilities, 1.0)
    result = probabilities.copy()
    for side in (half, ~half):
        others = ~side & read
        if others.any():
            temperature = fit_temperature(logits[others], labels[others])
            result[side] = at_temperature(probabilities[side], 1.0, temperature, read[side])
    return result


def assess(
    labels: Integers,
    probabilities: Floats,
    temperature: float,
    *,
    read: Mask | None = None,
    half: Mask | None = None,
) -> Calibration:
    """Measures probabilities before and after the temperature they were computed with.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C), with the temperature.
        temperature: the model's.
        read: (N,), False for texts without a token; by default all have some.
        half: (N,), halves of the rows to fit temperatures on crosswise, for rows that the
            model's own was fitted on.
    """
    read = np.ones(len(labels), dtype=np.bool_) if read is None else read
    plain = at_temperature(probabilities, temperature, 1.0, read)
    crossed = None if half is None else measure_trust(labels, cross_fit(labels, plain, read, half))
    return Calibration(
        temperature,
        before=measure_trust(labels, plain),
        after=measure_trust(labels, probabilities),
        chance=error_by_chance(probabilities.max(axis=1)),
        cross_fitted=crossed,
    )
