"""Give a model its temperature and, if asked for, offsets, thresholds and when it abstains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.data import Table
from tonality.errors import DataError
from tonality.evaluate.calibrated import (
    Aim,
    Calibrated,
    Fit,
    Offsets,
    Thresholds,
    recorded,
)
from tonality.evaluate.model_offsets import offsets_of, with_offsets, without_offsets
from tonality.measures.abstaining import Band, band_at, threshold_for_coverage
from tonality.measures.calibration import (
    Calibration,
    cross_fit,
    error_by_chance,
    measure_trust,
    split_halves,
)
from tonality.measures.labelled_predictions import LabelledPredictions
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
    found = _calibrated(artifact, predictions, aim, fit, split_halves(table))
    return recorded(found, source, aim)


def _calibrated(
    model: Artifact, given: LabelledPredictions, aim: Aim, fit: Fit, half: Mask | None
) -> Calibrated:
    before = _without_offsets(model, given) if fit.offsets else given
    model = without_offsets(model) if fit.offsets else model
    everything = np.ones(len(given.labels), dtype=np.bool_)
    scaling, limits, after = _fit(model, before, fit, everything, half)
    threshold = aim.threshold(after.confidence, after.right)
    same = fit.thresholds is Thresholds.KEEP or (
        fit.thresholds is Thresholds.EVEN and not model.thresholds
    )
    if not aim and model.abstain > 0 and same:
        answered = float((given.confidence >= model.abstain).mean())
        threshold = _kept_band(model, answered, scaling, after.confidence)
    band = band_at(threshold, after.confidence, after.right) if threshold > 0 else None
    crossed = halves = None
    if half is not None:
        halves = cross_fit(before, model.temperature, half, offsets=fit.offsets)
        if aim and band is not None:
            crossed = _cross_fit_band(model, before, aim, fit, half)
    return Calibrated(
        dataclasses.replace(
            with_offsets(model, scaling), thresholds=after.thresholds, abstain=threshold
        ),
        after.probabilities,
        Calibration(
            scaling.temperature,
            before=measure_trust(given.labels, given.probabilities),
            after=measure_trust(after.labels, after.probabilities),
            chance=error_by_chance(after.probabilities.max(axis=1)),
            cross_fitted=None if halves is None else measure_trust(after.labels, halves),
        ),
        offsets=_gain(scaling, before, after, halves) if fit.offsets else None,
        thresholds=limits,
        chosen=fit.thresholds is Thresholds.MACRO_F1,
        band=band,
        cross_fitted=crossed,
    )


def _without_offsets(model: Artifact, predictions: LabelledPredictions) -> LabelledPredictions:
    """The predictions as they were before the model's offsets: new ones take their place.

    Thresholds that were chosen with those go, too: they mean nothing without them.
    """
    taken = tuple(-each for each in offsets_of(model))
    scaling = Scaling(model.temperature, taken)
    before = rescaled(predictions.probabilities, model.temperature, scaling, predictions.read)
    kept = () if taken else predictions.thresholds
    return dataclasses.replace(predictions, probabilities=before, thresholds=kept)


def _kept_band(model: Artifact, answered: float, scaling: Scaling, confidence: Floats) -> float:
    """The confidence under which the model abstains as it did.

    Args:
        model: the model as it was.
        answered: the share of the rows that it answered.
        scaling: the new one.
        confidence: of each row with it, (N,).
    """
    old = model.abstain
    if old == 1:
        return old
    of_two = rescale((old, 1 - old), model.temperature, scaling.temperature)[0]
    if len(model.labels) == 2 and not scaling.offsets:
        return of_two
    if 0 < answered < 1 and (found := threshold_for_coverage(answered, confidence)):
        return found
    return of_two  # is near, and these rows say nothing better


def _gain(
    scaling: Scaling,
    before: LabelledPredictions,
    after: LabelledPredictions,
    halves: Floats | None,
) -> Offsets:
    """What offsets gain: predictions before and after, and probabilities (N, C) with the other
    half's offsets. Thresholds count before, unless they were chosen with the offsets."""
    if after.thresholds:
        before, after = (dataclasses.replace(each, thresholds=()) for each in (before, after))
    crossed = None
    if halves is not None:
        crossed = float((halves.argmax(axis=1) == before.labels).mean())
    # There are none where no row has a token.
    values = scaling.offsets or (0.0,) * before.probabilities.shape[1]
    return Offsets(values, float(after.right.mean()), float(before.right.mean()), crossed)


def _require_every_label(names: Sequence[str], labels: Integers, option: str) -> None:
    """A label without a row would be given less and less: such a sample is rarely meant."""
    counts = np.bincount(labels, minlength=len(names))
    absent = [name for name, count in zip(names, counts, strict=True) if not count]
    if absent:
        raise DataError(
            f"no row is labelled {', '.join(absent)}, and {option} would learn that none of your "
            f"texts is; give a random sample with rows of every label, or leave out {option}"
        )


def _fit(
    model: Artifact,
    predictions: LabelledPredictions,
    fit: Fit,
    rows: Mask,
    half: Mask | None = None,
) -> tuple[Scaling, ChosenThresholds | None, LabelledPredictions]:
    """What some of the rows (N,) ask for, of which ``half`` are one half.

    Returns:
        The scaling, the thresholds if there are any, and all predictions with both.
    """
    before = model.temperature
    scaling = Scaling(before)
    if (seen := rows & predictions.read).any():
        logits = to_logits(predictions.probabilities[seen], before)
        scaling = fit_scaling(logits, predictions.labels[seen], offsets=fit.offsets)
    probabilities = rescaled(predictions.probabilities, before, scaling, predictions.read)
    limits = None
    if fit.thresholds is Thresholds.MACRO_F1:
        limits = choose_thresholds(predictions.labels[rows], probabilities[rows], half)
    elif fit.thresholds is Thresholds.KEEP and model.thresholds:
        kept = rescale(model.thresholds, before, scaling.temperature)
        limits = measure_thresholds(kept, predictions.labels[rows], probabilities[rows])
    values = () if limits is None else limits.values
    after = dataclasses.replace(predictions, probabilities=probabilities, thresholds=values)
    return scaling, limits, after


def _cross_fit_band(
    model: Artifact, predictions: LabelledPredictions, aim: Aim, fit: Fit, half: Mask
) -> Band | None:
    """What the aim gives where nothing was chosen, over both halves.

    The scaling, the thresholds if they are chosen, and the confidence under which to abstain are
    all the other half's: ``half`` (N,) says which half each row is in.
    """
    margin, least = np.empty(len(half)), np.empty(len(half))
    right = np.empty(len(half), dtype=np.bool_)
    for side in (half, ~half):
        _, _, after = _fit(model, predictions, fit, ~side)
        confidence, correct = after.confidence, after.right
        try:
            least[side] = aim.threshold(confidence[~side], correct[~side])
        except DataError:  # out of reach on half the rows
            return None
        margin[side], right[side] = (confidence - least)[side], correct[side]
    # Shifted by its row's threshold, a confidence is compared with 0.
    return dataclasses.replace(band_at(0.0, margin, right), threshold=float(least.mean()))
