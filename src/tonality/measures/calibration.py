"""Do the probabilities mean what they say?

A model is calibrated if, of the likeliest labels that it gives 80 %, 80 % are right. They are its
verdicts, except with thresholds: these figures are of the likeliest label, before thresholds.
:mod:`tonality.measures.scaling` mends one that is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tonality.data import Table, split
from tonality.errors import DataError
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.log_loss import log_loss
from tonality.measures.scaling import (
    Floats,
    Integers,
    Mask,
    Scaling,
    fit_scaling,
    rescaled,
    to_logits,
)

BINS = 15
_DRAWS = 200  # simulations of chance


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


def reliability(labels: Integers, probabilities: Floats) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram: accuracy by confidence in ``BINS`` bins of equal width.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C); a row's confidence is its largest, whatever a model's thresholds
            make of it.
    """
    confidence = probabilities.max(axis=1)  # (N,)
    right = probabilities.argmax(axis=1) == labels
    place = _bin_numbers(confidence)
    found = []
    for b in range(BINS):
        inside = place == b
        n = int(inside.sum())
        found.append(
            ReliabilityBin(
                low=b / BINS,
                high=(b + 1) / BINS,
                n=n,
                confidence=float(confidence[inside].mean()) if n else None,
                accuracy=float(right[inside].mean()) if n else None,
            )
        )
    return tuple(found)


def _bin_numbers(confidence: Floats) -> Integers:
    """The bin (N,) of each confidence."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def error_by_chance(confidence: Floats) -> float:
    """The mean calibration error of a perfectly calibrated model with confidences (N,).

    It is above 0, since even then as many verdicts of a bin are right as chance has it.
    """
    place = _bin_numbers(confidence)
    expected = np.bincount(place, confidence, minlength=BINS)  # right verdicts of each bin
    rng = np.random.default_rng(0)
    errors = [
        np.abs(np.bincount(place, rng.random(len(confidence)) < confidence, BINS) - expected).sum()
        for _ in range(_DRAWS)
    ]
    return float(np.mean(errors) / len(confidence))


def measure_trust(labels: Integers, probabilities: Floats) -> Trust:
    """The expected calibration error of probabilities (N, C), their log loss and their bins."""
    found = reliability(labels, probabilities)
    gaps = [
        b.n * abs(b.confidence - b.accuracy)
        for b in found
        if b.confidence is not None and b.accuracy is not None
    ]
    return Trust(math.fsum(gaps) / len(labels), log_loss(labels, probabilities), found)


def split_halves(table: Table) -> Mask | None:
    """One half of the rows (N,), cut by group and class; ``None`` where that cannot be."""
    try:
        # Halves of any size serve, and a warning would speak of a validation part that is none.
        # A row in neither part would be a copy of one in the other half.
        first, _ = split(table, validation=0.5, seed=0, quiet=True, strict=True)
    except DataError:
        return None
    mask = np.zeros(len(table), dtype=np.bool_)
    mask[first] = True
    return mask


def cross_fit(
    predictions: LabelledPredictions, temperature: float, half: Mask, *, offsets: bool
) -> Floats:
    """Probabilities (N, C) with the scaling that the other half of the rows asks for.

    Args:
        predictions: of the N rows.
        temperature: that they were made with.
        half: (N,), which half each row is in.
        offsets: whether offsets are fitted, too.
    """
    labels, read = predictions.labels, predictions.read
    logits = to_logits(predictions.probabilities, temperature)
    result = np.empty_like(logits)
    for side in (half, ~half):
        others, scaling = ~side & read, Scaling(1.0)
        if others.any():
            scaling = fit_scaling(logits[others], labels[others], offsets=offsets)
        result[side] = rescaled(predictions.probabilities[side], temperature, scaling, read[side])
    return result


def assess(
    predictions: LabelledPredictions,
    temperature: float,
    *,
    half: Mask | None = None,
    offsets: tuple[float, ...] = (),
) -> Calibration:
    """Measures probabilities before and after the temperature they were computed with.

    Args:
        predictions: of N rows, with the temperature.
        temperature: the model's.
        half: (N,), halves of the rows to fit temperatures on crosswise, for rows that the
            model's own was fitted on.
        offsets: (C,) that were fitted on these rows, and are crosswise, too; empty for none.
    """
    labels, probabilities, read = predictions.labels, predictions.probabilities, predictions.read
    crossed = None
    if half is not None:
        taken = Scaling(1.0, tuple(-temperature * each for each in offsets))
        base = replace(predictions, probabilities=rescaled(probabilities, temperature, taken, read))
        crossed = measure_trust(labels, cross_fit(base, 1.0, half, offsets=bool(offsets)))
    return Calibration(
        temperature,
        before=measure_trust(labels, rescaled(probabilities, temperature, Scaling(1.0), read)),
        after=measure_trust(labels, probabilities),
        chance=error_by_chance(probabilities.max(axis=1)),
        cross_fitted=crossed,
    )
