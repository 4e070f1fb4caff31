"""Do the probabilities mean what they say?

A model is calibrated if, of the likeliest labels that it gives 80 %, 80 % are right. They are its
verdicts, except with thresholds: these figures are of the likeliest label, before thresholds.
:mod:`tonality.measures.scaling` mends one that is not.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tonality.data import Table, split
from tonality.errors import DataError
from tonality.measures.scaling import (
    TINY,
    Floats,
    Integers,
    Mask,
    Scaling,
    fit_scaling,
    rescaled,
    to_logits,
)

BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The texts whose likeliest label, before any thresholds, has a probability in ``(low, high]``.

    Attributes:
        low, high: the borders.
        n: how many texts.
        confidence: the mean probability of that label; ``None`` where there is no text.
        accuracy: the share of texts of which that label is the true one; likewise.
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
            over the bins, weighted by their texts (Naeini et al. 2015); of the likeliest label.
        log_loss: the mean negative log probability of the truth, in nats.
        bins: the reliability diagram, by confidence.
    """

    error: float
    log_loss: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Calibration:
    """Probabilities before and after the temperature, and offsets if there are any.

    Attributes:
        temperature: what the logits are divided by.
        before: without it; where it was fitted anew, as the model was.
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
        probabilities: (N, C); a row's confidence is its largest, whatever a model's thresholds
            make of it.
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
    loss = -np.log(np.maximum(probabilities[rows, labels], TINY)).mean()
    return Trust(math.fsum(gaps) / len(labels), float(loss), found)


def split_halves(table: Table, seed: int = 0) -> Mask | None:
    """One half of the rows (N,), cut by group and class; ``None`` where that cannot be."""
    try:
        # Halves of any size serve, and a warning would speak of a validation part that is none.
        first, _ = split(table, validation=0.5, seed=seed, quiet=True)
    except DataError:
        return None
    mask = np.zeros(len(table), dtype=np.bool_)
    mask[first] = True
    return mask


def cross_fit(
    labels: Integers, probabilities: Floats, read: Mask, half: Mask, *, offsets: bool = False
) -> Floats:
    """Probabilities (N, C) with the temperature that the other half of the rows asks for.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C), with temperature 1.
        read: (N,), False for texts without a token.
        half: (N,), which half each row is in.
        offsets: whether offsets are fitted, too.
    """
    logits = to_logits(probabilities, 1.0)
    result = probabilities.copy()
    for side in (half, ~half):
        others = ~side & read
        if others.any():
            scaling = fit_scaling(logits[others], labels[others], offsets=offsets)
            result[side] = rescaled(probabilities[side], 1.0, scaling, read[side])
    return result


def assess(
    labels: Integers,
    probabilities: Floats,
    temperature: float,
    *,
    read: Mask | None = None,
    half: Mask | None = None,
    offsets: tuple[float, ...] = (),
) -> Calibration:
    """Measures probabilities before and after the temperature they were computed with.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C), with the temperature.
        temperature: the model's.
        read: (N,), False for texts without a token; by default all have some.
        half: (N,), halves of the rows to fit temperatures on crosswise, for rows that the
            model's own was fitted on.
        offsets: (C,) that were fitted on these rows, and are crosswise, too; empty for none.
    """
    read = np.ones(len(labels), dtype=np.bool_) if read is None else read
    plain = rescaled(probabilities, temperature, Scaling(1.0), read)
    crossed = None
    if half is not None:
        taken = tuple(-temperature * each for each in offsets)
        base = rescaled(probabilities, temperature, Scaling(1.0, taken), read)
        found = cross_fit(labels, base, read, half, offsets=bool(offsets))
        crossed = measure_trust(labels, found)
    return Calibration(
        temperature,
        before=measure_trust(labels, plain),
        after=measure_trust(labels, probabilities),
        chance=error_by_chance(probabilities.max(axis=1)),
        cross_fitted=crossed,
    )
