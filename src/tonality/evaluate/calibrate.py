"""Give a model its temperature and, if asked for, thresholds and when it abstains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from tonality.artifact import Artifact
from tonality.classifier import decide
from tonality.data import Table
from tonality.errors import DataError
from tonality.evaluate.abstaining import (
    Band,
    band_at,
    threshold_for_accuracy,
    threshold_for_coverage,
)
from tonality.evaluate.calibration import (
    Calibration,
    Floats,
    Integers,
    Mask,
    assess,
    at_temperature,
    cross_fit,
    fit_temperature,
    halves,
    to_logits,
)
from tonality.evaluate.thresholds import Chosen, choose, rescale


class Thresholds(StrEnum):
    """Which per-class thresholds a model shall have."""

    KEEP = "keep"
    EVEN = "even"
    MACRO_F1 = "macro-f1"


@dataclass(frozen=True)
class Aim:
    """What the model's answers shall reach; nothing asked for, it always answers.

    Attributes:
        accuracy: the least share of right answers among those it gives.
        coverage: the least share of texts that it answers.
    """

    accuracy: float | None = None
    coverage: float | None = None

    def threshold(self, confidence: Floats, right: Mask) -> float:
        """The confidence under which to abstain.

        Raises:
            ConfigError: a share out of range.
            DataError: the accuracy is out of reach.
        """
        if self.accuracy is not None:
            return threshold_for_accuracy(self.accuracy, confidence, right)
        if self.coverage is not None:
            return threshold_for_coverage(self.coverage, confidence)
        return 0.0


@dataclass(frozen=True)
class Calibrated:
    """A calibrated model.

    Attributes:
        artifact: the model, with its new temperature, thresholds and band, and in its metrics
            under ``calibration`` what was found.
        probabilities: (N, C), those of the rows with the new temperature.
        calibration: how far they can be trusted, before and after.
        chosen: the thresholds, if they were chosen here.
        band: what abstaining gives on the rows that its threshold was chosen on; ``None`` if the
            model always answers.
        cross_fitted: the same with thresholds chosen on one half of the rows and measured on
            the other; ``None`` where the rows cannot be halved.
    """

    artifact: Artifact
    probabilities: Floats
    calibration: Calibration
    chosen: Chosen | None
    band: Band | None
    cross_fitted: Band | None


def calibrate(
    artifact: Artifact,
    table: Table,
    labels: Integers,
    probabilities: Floats,
    read: Mask,
    *,
    source: Mapping[str, Any],
    aim: Aim | None = None,
    thresholds: Thresholds = Thresholds.KEEP,
) -> Calibrated:
    """Fits the temperature on labelled rows that the model was not trained on.

    Verdicts stay what they were, unless other thresholds are asked for: thresholds that the model
    has go with the temperature.

    Args:
        artifact: the model.
        table: the N rows; its groups decide what the halves keep together.
        labels: true classes, (N,).
        probabilities: the model's, (N, C).
        read: (N,), False for texts without a token.
        source: what the rows are, for the record: plain JSON.
        aim: what to abstain for.
        thresholds: which thresholds it shall have.

    Raises:
        ConfigError: a share to reach is out of range.
        DataError: the accuracy to reach is out of reach.
    """
    aim = aim or Aim()
    temperature = artifact.temperature
    if read.any():
        logits = to_logits(probabilities[read], temperature)
        temperature = fit_temperature(logits, labels[read])
    after = at_temperature(probabilities, artifact.temperature, temperature, read)
    half = halves(table)
    calibration = assess(labels, after, temperature, read=read, half=half)
    chosen, limits = _limits(artifact, thresholds, labels, after, temperature, half)
    confidence, right = _sureness(labels, after, limits)
    threshold = aim.threshold(confidence, right)
    band = crossed = None
    if threshold > 0:
        band = band_at(threshold, confidence, right)
        if half is not None:
            plain = at_temperature(probabilities, artifact.temperature, 1.0, read)
            found = _sureness(labels, cross_fit(labels, plain, read, half), limits)
            crossed = _cross_fit_band(aim, *found, half)
    record = {
        "data": dict(source),
        "n": len(labels),
        **_figures(calibration),
        "thresholds": None if chosen is None else chosen.to_json(artifact.labels),
        "abstain": None if band is None else {
            "aim": dataclasses.asdict(aim),
            **band.to_json(),
            "cross_fitted": None if crossed is None else crossed.to_json(),
        },
    }  # fmt: skip
    complete = dataclasses.replace(
        artifact,
        temperature=temperature,
        thresholds=limits,
        abstain=threshold,
        metrics={**artifact.metrics, "calibration": record},
    )
    return Calibrated(complete, after, calibration, chosen, band, crossed)


def _limits(
    artifact: Artifact,
    thresholds: Thresholds,
    labels: Integers,
    probabilities: Floats,
    temperature: float,
    half: Mask | None,
) -> tuple[Chosen | None, tuple[float, ...]]:
    """The thresholds asked for, and what was found if they were chosen on these rows."""
    if thresholds is Thresholds.KEEP:
        return None, rescale(artifact.thresholds, artifact.temperature, temperature)
    if thresholds is Thresholds.EVEN:
        return None, ()
    chosen = choose(labels, probabilities, half)
    return chosen, chosen.values


def _sureness(
    labels: Integers, probabilities: Floats, thresholds: tuple[float, ...]
) -> tuple[Floats, Mask]:
    """(N,) the probability of each verdict, and whether it is right."""
    verdicts = decide(probabilities, thresholds)
    return probabilities[np.arange(len(labels)), verdicts], verdicts == labels


def _cross_fit_band(aim: Aim, confidence: Floats, right: Mask, half: Mask) -> Band | None:
    """What the aim's thresholds give where they were not chosen, over both halves."""
    thresholds = np.empty(len(right))
    try:
        for side in (half, ~half):
            thresholds[side] = aim.threshold(confidence[~side], right[~side])
    except DataError:  # out of reach on half the rows
        return None
    # Shifted by its row's threshold, a confidence is compared with 0.
    found = band_at(0.0, confidence - thresholds, right)
    return dataclasses.replace(found, threshold=float(thresholds.mean()))


def _figures(calibration: Calibration) -> dict[str, Any]:
    crossed = calibration.cross_fitted
    return {
        "temperature": calibration.temperature,
        "error_before": calibration.before.error,
        "error_after": calibration.after.error,
        "error_cross_fitted": None if crossed is None else crossed.error,
        "error_by_chance": calibration.chance,
        "log_loss_before": calibration.before.log_loss,
        "log_loss_after": calibration.after.log_loss,
        "log_loss_cross_fitted": None if crossed is None else crossed.log_loss,
    }
