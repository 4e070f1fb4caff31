"""What a model is calibrated for, and what comes out: the model with a record of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tonality.artifact.model_folder import Artifact
from tonality.evaluate.model_offsets import offsets_of
from tonality.measures.abstaining import Band, threshold_for_accuracy, threshold_for_coverage
from tonality.measures.calibration import Calibration
from tonality.measures.scaling import Floats, Mask
from tonality.measures.thresholds import ChosenThresholds
from tonality.plain_json import mapping_at


class Thresholds(StrEnum):
    """Which per-class thresholds a model shall have."""

    KEEP = "keep"
    EVEN = "even"
    MACRO_F1 = "macro-f1"


@dataclass(frozen=True)
class Fit:
    """What is fitted besides the temperature.

    Attributes:
        thresholds: which thresholds the model shall have; with offsets, ``KEEP`` keeps none, for
            those that it has were chosen without.
        offsets: whether an offset for each label is fitted with the temperature
            (:mod:`tonality.measures.scaling`). They become part of the last layer.
    """

    thresholds: Thresholds = Thresholds.KEEP
    offsets: bool = False

    def __post_init__(self) -> None:
        if self.offsets and self.thresholds is Thresholds.KEEP:
            object.__setattr__(self, "thresholds", Thresholds.EVEN)


@dataclass(frozen=True)
class Aim:
    """What the model's answers shall reach; nothing asked for, the model keeps the band it has.

    It has none where its thresholds become others.

    Attributes:
        accuracy: the least share of right answers among those it gives.
        coverage: the least share of texts that it answers.
    """

    accuracy: float | None = None
    coverage: float | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Aim()

    def threshold(self, confidence: Floats, right: Mask) -> float:
        """The confidence under which to abstain; 0 where nothing is asked for.

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
class Offsets:
    """What was added to a model's logits, divided by the temperature, and what that gains.

    Attributes:
        values: (C,) of the labels.
        accuracy: on the rows that they were fitted on.
        accuracy_without: on the same rows without them.
        accuracy_cross_fitted: with offsets fitted on one half of the rows and measured on the
            other: the figure to believe; ``None`` where the rows cannot be halved.

    Where thresholds were chosen too, all three are of the likeliest label, before thresholds: what
    those gain is none of the offsets' merit.
    """

    values: tuple[float, ...]
    accuracy: float
    accuracy_without: float
    accuracy_cross_fitted: float | None

    @property
    def helps(self) -> bool | None:
        """Whether they serve rows that they were not fitted on; ``None`` where nothing tells."""
        crossed = self.accuracy_cross_fitted
        return None if crossed is None else crossed > self.accuracy_without

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Everything, the values by label, in types that ``json`` writes."""
        values = dict(zip(names, self.values, strict=True))
        return {**dataclasses.asdict(self), "values": values}


@dataclass(frozen=True)
class Calibrated:
    """A calibrated model.

    Attributes:
        artifact: the model, with its new temperature, thresholds and band, and in its metrics
            under ``calibration`` what was found.
        probabilities: (N, C), those of the rows with the new temperature.
        calibration: how far they can be trusted, before and after.
        offsets: what was added to the logits; ``None`` where none were asked for.
        thresholds: the model's, and what they give on these rows; ``None`` if it has none.
        chosen: whether they were chosen on these rows.
        band: what abstaining gives on these rows; ``None`` if the model always answers.
        cross_fitted: the same where nothing was fitted: temperature, thresholds and confidence
            are chosen on one half of the rows and measured on the other; ``None`` where the rows
            cannot be halved, or the model keeps a band from before.
    """

    artifact: Artifact
    probabilities: Floats
    calibration: Calibration
    offsets: Offsets | None
    thresholds: ChosenThresholds | None
    chosen: bool
    band: Band | None
    cross_fitted: Band | None


def recorded(found: Calibrated, source: Mapping[str, Any], aim: Aim) -> Calibrated:
    """The same with the record of it among the model's metrics.

    Args:
        found: what came out.
        source: what the rows are: plain JSON.
        aim: what it was to abstain for.
    """
    model, limits, band, crossed = found.artifact, found.thresholds, found.band, found.cross_fitted
    rows = len(found.probabilities)
    here = {**{key: source.get(key) for key in ("name", "part", "sha256")}, "n": rows}
    record: dict[str, Any] = {
        "data": dict(source),
        "n": rows,
        **_figures(found.calibration),
        "thresholds": None,
        "abstain": None,
        "offsets": _kept_offsets(model),
    }
    if found.offsets is not None:
        record["offsets"] = {**found.offsets.to_json(model.labels), "fitted_on": here}
    if limits is not None:
        record["thresholds"] = {
            **limits.to_json(model.labels),
            "chosen_on": here if found.chosen else _chosen_on(model.metrics),
        }
    if band is not None:
        record["abstain"] = {
            "aim": dataclasses.asdict(aim),
            **dataclasses.asdict(band),
            "cross_fitted": None if crossed is None else dataclasses.asdict(crossed),
        }
    metrics = {**model.metrics, "calibration": record}
    return dataclasses.replace(found, artifact=dataclasses.replace(model, metrics=metrics))


def _kept_offsets(model: Artifact) -> dict[str, Any] | None:
    """The record of offsets that a model has from before, as of its new temperature."""
    values = offsets_of(model)
    if not values:
        return None
    earlier = model.metrics["calibration"]
    factor = earlier["temperature"] / model.temperature
    scaled = {name: factor * each for name, each in zip(model.labels, values, strict=True)}
    return {**earlier["offsets"], "values": scaled}


def _chosen_on(metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a model records of the rows that its thresholds were chosen on; None for nothing."""
    found = mapping_at(metrics, "calibration", "thresholds", "chosen_on")
    kinds = {"name": str, "part": str, "n": int}
    if not all(isinstance(found.get(key), kind) for key, kind in kinds.items()):
        return None
    known = {key: found[key] for key in kinds}
    digests = mapping_at(found, "sha256")
    return {**known, "sha256": dict(digests)} if digests else known


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
