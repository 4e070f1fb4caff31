"""Give a model its temperature and, if asked for, thresholds and when it abstains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.data import Table
from tonality.errors import DataError
from tonality.measures.abstaining import (
    Band,
    band_at,
    threshold_for_accuracy,
    threshold_for_coverage,
)
from tonality.measures.calibration import (
    Calibration,
    Floats,
    Integers,
    Mask,
    assess,
    at_temperature,
    fit_temperature,
    split_halves,
    to_logits,
)
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.thresholds import (
    ChosenThresholds,
    choose_thresholds,
    measure_thresholds,
    rescale,
)


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
        thresholds: the model's, and what they give on these rows; ``None`` if it has none.
        chosen: whether they were chosen on these rows.
        band: what abstaining gives on the rows that its threshold was chosen on; ``None`` if the
            model always answers.
        cross_fitted: the same where nothing was fitted: temperature, thresholds and confidence
            are chosen on one half of the rows and measured on the other; ``None`` where the rows
            cannot be halved.
    """

    artifact: Artifact
    probabilities: Floats
    calibration: Calibration
    thresholds: ChosenThresholds | None
    chosen: bool
    band: Band | None
    cross_fitted: Band | None


def calibrate(
    artifact: Artifact,
    table: Table,
    predictions: LabelledPredictions,
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
        table: the rows; its groups decide what the halves keep together.
        predictions: the model's, on these rows.
        source: what the rows are, for the record: plain JSON.
        aim: what to abstain for.
        thresholds: which thresholds it shall have.

    Raises:
        ConfigError: a share to reach is out of range.
        DataError: the accuracy to reach is out of reach, or a label without a row is to have a
            threshold.
    """
    aim = aim or Aim()
    if thresholds is Thresholds.MACRO_F1:
        _require_every_label(artifact.labels, predictions.labels)
    found = _calibrated(artifact, thresholds, aim, predictions, split_halves(table))
    return _recorded(found, source, aim)


def _calibrated(
    artifact: Artifact,
    thresholds: Thresholds,
    aim: Aim,
    predictions: LabelledPredictions,
    half: Mask | None,
) -> Calibrated:
    everything = np.ones(len(predictions.labels), dtype=np.bool_)
    temperature, limits, after = _fit(artifact, thresholds, predictions, everything, half)
    threshold = aim.threshold(after.confidence, after.right)
    band = band_at(threshold, after.confidence, after.right) if threshold > 0 else None
    crossed = None
    if band is not None and half is not None:
        crossed = _cross_fit_band(artifact, thresholds, aim, predictions, half)
    return Calibrated(
        dataclasses.replace(
            artifact, temperature=temperature, thresholds=after.thresholds, abstain=threshold
        ),
        after.probabilities,
        assess(after.labels, after.probabilities, temperature, read=after.read, half=half),
        thresholds=limits,
        chosen=thresholds is Thresholds.MACRO_F1,
        band=band,
        cross_fitted=crossed,
    )


def _require_every_label(names: Sequence[str], labels: Integers) -> None:
    """A label without a row would get a threshold that no text reaches."""
    counts = np.bincount(labels, minlength=len(names))
    absent = [name for name, count in zip(names, counts, strict=True) if not count]
    if absent:
        raise DataError(
            f"no row is labelled {', '.join(absent)}: thresholds chosen here would take that "
            "verdict from the model; give rows of every label, or leave out --thresholds macro-f1"
        )


class _Fit(NamedTuple):
    """The temperature, the thresholds if there are any, and all predictions with both."""

    temperature: float
    thresholds: ChosenThresholds | None
    predictions: LabelledPredictions


def _fit(
    artifact: Artifact,
    thresholds: Thresholds,
    predictions: LabelledPredictions,
    rows: Mask,
    half: Mask | None = None,
) -> _Fit:
    """What some of the rows (N,) ask for, of which ``half`` are one half."""
    before = temperature = artifact.temperature
    if (seen := rows & predictions.read).any():
        logits = to_logits(predictions.probabilities[seen], before)
        temperature = fit_temperature(logits, predictions.labels[seen])
    probabilities = at_temperature(predictions.probabilities, before, temperature, predictions.read)
    limits = None
    if thresholds is Thresholds.MACRO_F1:
        limits = choose_thresholds(predictions.labels[rows], probabilities[rows], half)
    elif thresholds is Thresholds.KEEP and artifact.thresholds:
        kept = rescale(artifact.thresholds, before, temperature)
        limits = measure_thresholds(kept, predictions.labels[rows], probabilities[rows])
    values = () if limits is None else limits.values
    after = dataclasses.replace(predictions, probabilities=probabilities, thresholds=values)
    return _Fit(temperature, limits, after)


def _cross_fit_band(
    artifact: Artifact,
    thresholds: Thresholds,
    aim: Aim,
    predictions: LabelledPredictions,
    half: Mask,
) -> Band | None:
    """What the aim gives where nothing was chosen, over both halves.

    The temperature, the thresholds if they are chosen, and the confidence under which to abstain
    are all the other half's.

    Args:
        artifact, thresholds, aim, predictions: as for :func:`calibrate`.
        half: (N,), which half each row is in.
    """
    margin, least = np.empty(len(half)), np.empty(len(half))
    right = np.empty(len(half), dtype=np.bool_)
    for side in (half, ~half):
        others = ~side
        after = _fit(artifact, thresholds, predictions, others).predictions
        confidence, correct = after.confidence, after.right
        try:
            least[side] = aim.threshold(confidence[others], correct[others])
        except DataError:  # out of reach on half the rows
            return None
        margin[side], right[side] = (confidence - least)[side], correct[side]
    # Shifted by its row's threshold, a confidence is compared with 0.
    return dataclasses.replace(band_at(0.0, margin, right), threshold=float(least.mean()))


def _recorded(found: Calibrated, source: Mapping[str, Any], aim: Aim) -> Calibrated:
    """The same with the record of it among the model's metrics."""
    model, limits, band, crossed = found.artifact, found.thresholds, found.band, found.cross_fitted
    rows = len(found.probabilities)
    record: dict[str, Any] = {"data": dict(source), "n": rows, **_figures(found.calibration)}
    record["thresholds"] = record["abstain"] = None
    if limits is not None:
        here = {"name": source.get("name"), "part": source.get("part"), "n": rows}
        record["thresholds"] = {
            **limits.to_json(model.labels),
            "chosen_on": here if found.chosen else _chosen_on(model.metrics),
        }
    if band is not None:
        record["abstain"] = {
            "aim": dataclasses.asdict(aim),
            **band.to_json(),
            "cross_fitted": None if crossed is None else crossed.to_json(),
        }
    metrics = {**model.metrics, "calibration": record}
    return dataclasses.replace(found, artifact=dataclasses.replace(model, metrics=metrics))


def _chosen_on(metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a model records of the rows that its thresholds were chosen on; None for nothing."""
    earlier = metrics.get("calibration")
    limits = earlier.get("thresholds") if isinstance(earlier, Mapping) else None
    if not isinstance(earlier, Mapping) or not isinstance(limits, Mapping):
        return None
    data = earlier.get("data")  # the first records say it there alone
    of_all = {**data, "n": earlier.get("n")} if isinstance(data, Mapping) else {}
    found = limits.get("chosen_on", of_all)
    kinds = {"name": str, "part": str, "n": int}
    if not isinstance(found, Mapping) or not all(
        isinstance(found.get(key), kind) for key, kind in kinds.items()
    ):
        return None
    return {key: found[key] for key in kinds}


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
