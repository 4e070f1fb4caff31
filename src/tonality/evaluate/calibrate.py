"""Give a model its temperature and, if asked for, the confidence under which it abstains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonality.artifact import Artifact
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
        artifact: the model, with its new temperature and band, and in its metrics under
            ``calibration`` what was found.
        probabilities: (N, C), those of the rows with the new temperature.
        calibration: how far they can be trusted, before and after.
        band: what abstaining gives on the rows that its threshold was chosen on; ``None`` if the
            model always answers.
        cross_fitted: the same with thresholds chosen on one half of the rows and measured on
            the other; ``None`` where the rows cannot be halved.
    """

    artifact: Artifact
    probabilities: Floats
    calibration: Calibration
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
) -> Calibrated:
    """Fits the temperature on labelled rows that the model was not trained on.

    Args:
        artifact: the model.
        table: the N rows; its groups decide what the halves keep together.
        labels: true classes, (N,).
        probabilities: the model's, (N, C).
        read: (N,), False for texts without a token.
        source: what the rows are, for the record: plain JSON.
        aim: what to abstain for.

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
    threshold = aim.threshold(after.max(axis=1), after.argmax(axis=1) == labels)
    band = crossed = None
    if threshold > 0:
        band = band_at(threshold, after.max(axis=1), after.argmax(axis=1) == labels)
        if half is not None:
            plain = at_temperature(probabilities, artifact.temperature, 1.0, read)
            crossed = _cross_fit_band(aim, labels, cross_fit(labels, plain, read, half), half)
    record = {
        "data": dict(source),
        "n": len(labels),
        **_figures(calibration),
        "abstain": None if band is None else {
            "aim": dataclasses.asdict(aim),
            **band.to_json(),
            "cross_fitted": None if crossed is None else crossed.to_json(),
        },
    }  # fmt: skip
    complete = dataclasses.replace(
        artifact,
        temperature=temperature,
        abstain=threshold,
        metrics={**artifact.metrics, "calibration": record},
    )
    return Calibrated(complete, after, calibration, band, crossed)


def _cross_fit_band(aim: Aim, labels: Integers, probabilities: Floats, half: Mask) -> Band | None:
    """What the aim's thresholds give where they were not chosen, over both halves."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    thresholds = np.empty(len(labels))
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
