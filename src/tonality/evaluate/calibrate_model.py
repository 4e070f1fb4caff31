"""Give a model its temperature and, if asked for, offsets, thresholds and when it abstains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.data import Table
from tonality.errors import DataError
from tonality.evaluate.calibrated import Aim, Calibrated, Fit, Thresholds, recorded
from tonality.evaluate.model_offsets import offsets_of, with_offsets, without_offsets
from tonality.measures.abstaining import Band, band_at, threshold_for_coverage
from tonality.measures.calibration import (
    Calibration,
    Trust,
    cross_fit,
    error_by_chance,
    measure_trust,
    split_halves,
)
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.offsets import measure_offsets
from tonality.measures.scaling import (
    Floats,
    Integers,
    Mask,
    Scaling,
    fit_scaling,
    rescaled,
    to_logits,
)
from tonality.measures.thresholds import (
    ChosenThresholds,
    choose_thresholds,
    measure_thresholds,
    rescale,
)


def calibrate(
    artifact: Artifact,
    table: Table,
    predictions: LabelledPredictions,
    *,
    source: Mapping[str, Any],
    aim: Aim | None = None,
    fit: Fit | None = None,
) -> Calibrated:
    """Fits the temperature on labelled rows that the model was not trained on.

    Verdicts stay what they were, unless offsets or other thresholds are asked for: thresholds and
    band of the model go with the temperature. With offsets, or three labels or more, the band is
    such that as many of these rows are answered as before. Other thresholds take it away: the
    confidence goes by them.

    Args:
        artifact: the model.
        table: the rows; its groups decide what the halves keep together.
        predictions: the model's, on these rows.
        source: what the rows are, for the record: plain JSON.
        aim: what to abstain for.
        fit: what is fitted besides.

    Raises:
        ConfigError: a share to reach is out of range.
        DataError: the accuracy to reach is out of reach, or a label without a row is to have a
            threshold or an offset.
    """
    aim, fit = aim or Aim(), fit or Fit()
    if fit.thresholds is Thresholds.MACRO_F1:
        _require_every_label(artifact.labels, predictions.labels, "--thresholds macro-f1")
    if fit.offsets:
        _require_every_label(artifact.labels, predictions.labels, "--offsets")
    way = _Way.of(artifact, fit, predictions)
    if fit.offsets:
        way = way._replace(artifact=without_offsets(artifact))
        predictions = _without(artifact, predictions)
    found = _calibrated(way, aim, predictions, split_halves(table))
    return recorded(found, source, aim)


class _Way(NamedTuple):
    """What is calibrated, how, how far its probabilities could be trusted before, and the share
    of the rows that it answered."""

    artifact: Artifact
    fit: Fit
    before: Trust
    answered: float

    @property
    def keeps_band(self) -> bool:
        """Whether the thresholds stay those that the band was chosen with."""
        own, asked = self.artifact.thresholds, self.fit.thresholds
        return asked is Thresholds.KEEP or (asked is Thresholds.EVEN and not own)

    @classmethod
    def of(cls, artifact: Artifact, fit: Fit, predictions: LabelledPredictions) -> Self:
        """The way, as the predictions have it."""
        before = measure_trust(predictions.labels, predictions.probabilities)
        answered = predictions.confidence >= artifact.abstain
        return cls(artifact, fit, before, float(answered.mean()))


def _without(artifact: Artifact, predictions: LabelledPredictions) -> LabelledPredictions:
    """The predictions as they were before the model's offsets: new ones take their place.

    Thresholds that were chosen with those go, too: they mean nothing without them.
    """
    taken = tuple(-each for each in offsets_of(artifact))
    scaling = Scaling(artifact.temperature, taken)
    before = rescaled(predictions.probabilities, artifact.temperature, scaling, predictions.read)
    kept = () if taken else predictions.thresholds
    return dataclasses.replace(predictions, probabilities=before, thresholds=kept)


def _calibrated(
    way: _Way, aim: Aim, predictions: LabelledPredictions, half: Mask | None
) -> Calibrated:
    everything = np.ones(len(predictions.labels), dtype=np.bool_)
    scaling, limits, after = _fit(way, predictions, everything, half)
    threshold = aim.threshold(after.confidence, after.right)
    if not aim and way.artifact.abstain > 0 and way.keeps_band:
        threshold = _kept_band(way, scaling, after.confidence)
    band = band_at(threshold, after.confidence, after.right) if threshold > 0 else None
    crossed = None
    if aim and band is not None and half is not None:
        crossed = _cross_fit_band(way, aim, predictions, half)
    plain = rescaled(
        predictions.probabilities, way.artifact.temperature, Scaling(1.0), predictions.read
    )
    halves = None
    if half is not None:
        halves = cross_fit(after.labels, plain, after.read, half, offsets=way.fit.offsets)
    return Calibrated(
        dataclasses.replace(
            with_offsets(way.artifact, scaling), thresholds=after.thresholds, abstain=threshold
        ),
        after.probabilities,
        Calibration(
            scaling.temperature,
            before=way.before,
            after=measure_trust(after.labels, after.probabilities),
            chance=error_by_chance(after.probabilities.max(axis=1)),
            cross_fitted=None if halves is None else measure_trust(after.labels, halves),
        ),
        offsets=measure_offsets(scaling, predictions, after, halves) if way.fit.offsets else None,
        thresholds=limits,
        chosen=way.fit.thresholds is Thresholds.MACRO_F1,
        band=band,
        cross_fitted=crossed,
    )


def _kept_band(way: _Way, scaling: Scaling, confidence: Floats) -> float:
    """The confidence under which the model abstains as it did, by those it has now (N,)."""
    old = way.artifact.abstain
    if old == 1:
        return old
    of_two = rescale((old, 1 - old), way.artifact.temperature, scaling.temperature)[0]
    if len(way.artifact.labels) == 2 and not scaling.offsets:
        return of_two
    if 0 < way.answered < 1 and (found := threshold_for_coverage(way.answered, confidence)):
        return found
    return of_two  # is near, and these rows say nothing better


def _require_every_label(names: Sequence[str], labels: Integers, option: str) -> None:
    """A label without a row would be given less and less: such a sample is rarely meant."""
    counts = np.bincount(labels, minlength=len(names))
    absent = [name for name, count in zip(names, counts, strict=True) if not count]
    if absent:
        raise DataError(
            f"no row is labelled {', '.join(absent)}, and {option} would learn that none of your "
            f"texts is; give a random sample with rows of every label, or leave out {option}"
        )


class _Fitted(NamedTuple):
    """The scaling, the thresholds if there are any, and all predictions with both."""

    scaling: Scaling
    thresholds: ChosenThresholds | None
    predictions: LabelledPredictions


def _fit(
    way: _Way, predictions: LabelledPredictions, rows: Mask, half: Mask | None = None
) -> _Fitted:
    """What some of the rows (N,) ask for, of which ``half`` are one half."""
    artifact, thresholds = way.artifact, way.fit.thresholds
    before = artifact.temperature
    scaling = Scaling(before)
    if (seen := rows & predictions.read).any():
        logits = to_logits(predictions.probabilities[seen], before)
        scaling = fit_scaling(logits, predictions.labels[seen], offsets=way.fit.offsets)
    probabilities = rescaled(predictions.probabilities, before, scaling, predictions.read)
    limits = None
    if thresholds is Thresholds.MACRO_F1:
        limits = choose_thresholds(predictions.labels[rows], probabilities[rows], half)
    elif thresholds is Thresholds.KEEP and artifact.thresholds:
        kept = rescale(artifact.thresholds, before, scaling.temperature)
        limits = measure_thresholds(kept, predictions.labels[rows], probabilities[rows])
    values = () if limits is None else limits.values
    after = dataclasses.replace(predictions, probabilities=probabilities, thresholds=values)
    return _Fitted(scaling, limits, after)


def _cross_fit_band(
    way: _Way, aim: Aim, predictions: LabelledPredictions, half: Mask
) -> Band | None:
    """What the aim gives where nothing was chosen, over both halves.

    The scaling, the thresholds if they are chosen, and the confidence under which to abstain are
    all the other half's.

    Args:
        way, aim, predictions: as for :func:`calibrate`.
        half: (N,), which half each row is in.
    """
    margin, least = np.empty(len(half)), np.empty(len(half))
    right = np.empty(len(half), dtype=np.bool_)
    for side in (half, ~half):
        others = ~side
        after = _fit(way, predictions, others).predictions
        confidence, correct = after.confidence, after.right
        try:
            least[side] = aim.threshold(confidence[others], correct[others])
        except DataError:  # out of reach on half the rows
            return None
        margin[side], right[side] = (confidence - least)[side], correct[side]
    # Shifted by its row's threshold, a confidence is compared with 0.
    return dataclasses.replace(band_at(0.0, margin, right), threshold=float(least.mean()))
