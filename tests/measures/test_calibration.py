"""Temperatures and calibration errors: known cases, and what must hold of any."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from drawn_labels import calibrated
from reading_model import make_artifact
from tonality.artifact.model_card import with_calibration
from tonality.artifact.model_folder import Artifact
from tonality.data import Table
from tonality.errors import ConfigError, DataError
from tonality.evaluate.calibrate_model import calibrate
from tonality.evaluate.calibrated import Aim, Fit, Thresholds
from tonality.measures.calibration import (
    assess,
    error_by_chance,
    measure_trust,
    reliability,
    split_halves,
)
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.scaling import fit_temperature
from tonality.prediction import softmax


def test_calibration_error_of_a_small_case() -> None:
    # Four verdicts of 0.9 of which three are right, and two of 0.6 of which one is.
    beliefs = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    labels = np.array([0, 0, 0, 1, 0, 1])
    found = measure_trust(labels, beliefs)

    assert found.error == pytest.approx((4 * 0.15 + 2 * 0.1) / 6)
    bins = [b for b in reliability(labels, beliefs) if b.n]
    assert [(b.n, b.accuracy) for b in bins] == [(2, 0.5), (4, 0.75)]
    assert [b.confidence for b in bins] == pytest.approx([0.6, 0.9])
    assert (bins[1].low, bins[1].high) == pytest.approx((13 / 15, 14 / 15))
    certain = reliability(np.array([0, 0]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert [b.n for b in certain][-1] == 2


def test_chance_alone_shows_an_error_that_more_texts_make_smaller() -> None:
    labels, logits = calibrated(4000, 2)
    probabilities = softmax(logits)
    confidence = probabilities.max(axis=1)
    many, few = error_by_chance(confidence), error_by_chance(confidence[:200])
    assert 0 < many < few < 0.2
    assert measure_trust(labels, probabilities).error == pytest.approx(many, rel=0.8)


def test_halves_keep_groups_whole() -> None:
    table = Table(
        [f"text {n}" for n in range(60)],
        ["a", "b"] * 30,
        groups=[str(n // 6) for n in range(60)],
    )
    half = split_halves(table)
    assert half is not None
    assert 24 <= half.sum() <= 36
    assert all(len(set(half[n : n + 6])) == 1 for n in range(0, 60, 6))
    assert split_halves(Table(["a", "a"], ["x", "y"])) is None


@pytest.mark.parametrize("shops", [6, 9])
def test_halves_share_no_text(shops: int) -> None:
    """Ten shops; in many of them somebody wrote the same few words."""
    own = [(f"text {n}", str(n % 10), "ab"[n // 10 % 2]) for n in range(100)]
    shared = [("Good service.", str(shop), "a") for shop in range(shops)]
    texts, groups, labels = (list(column) for column in zip(*own, *shared, strict=True))
    half = split_halves(Table(texts, labels, groups=groups))
    assert half is not None
    assert not {texts[n] for n in np.flatnonzero(half)} & {texts[n] for n in np.flatnonzero(~half)}


def test_uneven_halves_are_not_called_a_validation_part(caplog: pytest.LogCaptureFixture) -> None:
    table = Table([f"text {n}" for n in range(60)], ["a", "b"] * 30, groups=["x"] * 15 + ["y"] * 45)
    half = split_halves(table)
    assert half is not None
    assert half.sum() in (15, 45)
    assert not caplog.text


def test_cross_fitting_measures_where_nothing_was_fitted() -> None:
    labels, logits = calibrated(3000, 2)
    temperature = fit_temperature(logits * 3, labels)
    probabilities = softmax(logits * 3 / temperature)
    half = np.arange(3000) % 2 == 0
    predictions = LabelledPredictions(labels, probabilities, np.full(3000, 9))
    found = assess(predictions, temperature, half=half)

    assert found.before.error > 5 * found.after.error
    assert found.cross_fitted is not None
    assert found.cross_fitted.log_loss > found.after.log_loss
    assert found.cross_fitted.log_loss == pytest.approx(found.after.log_loss, abs=1e-3)
    assert assess(predictions, temperature).cross_fitted is None
    json.dumps(dataclasses.asdict(found), allow_nan=False)


def sure_rows(n: int = 600) -> tuple[Table, LabelledPredictions]:
    labels, logits = calibrated(n, 2)
    table = Table([f"text {row}" for row in range(n)], [str(label) for label in labels])
    return table, LabelledPredictions(labels, softmax(logits * 3), np.full(n, 9))


def test_a_model_gets_its_temperature_and_band() -> None:
    table, predictions = sure_rows()
    source = {"name": "made up", "sha256": {}, "part": "validation"}
    model = dataclasses.replace(make_artifact(), metrics={"validation": {"accuracy": 0.5}})
    found = calibrate(model, table, predictions, source=source, aim=Aim(accuracy=0.95))

    assert found.artifact.temperature == pytest.approx(3, rel=0.3)
    assert found.band is not None
    assert found.artifact.abstain == found.band.threshold > 0.5
    assert found.band.accuracy is not None
    assert found.band.accuracy >= 0.95
    record = found.artifact.metrics["calibration"]
    assert record["error_after"] < record["error_before"]
    assert record["data"] == source
    assert record["abstain"]["aim"] == {"accuracy": 0.95, "coverage": None}
    assert record["abstain"]["cross_fitted"]["accuracy"] == pytest.approx(0.95, abs=0.03)
    assert found.artifact.metrics["validation"] == {"accuracy": 0.5}
    json.dumps(record, allow_nan=False)

    after = dataclasses.replace(predictions, probabilities=found.probabilities)
    always = calibrate(found.artifact, table, after, source=source, aim=Aim(coverage=1.0))
    assert always.artifact.temperature == pytest.approx(found.artifact.temperature)
    assert (always.band, always.artifact.abstain) == (None, 0)


@pytest.mark.parametrize("abstain", [0.7, 0.999999, 1.0])
@pytest.mark.parametrize(("classes", "offsets"), [(2, False), (2, True), (4, False), (4, True)])
def test_a_model_keeps_its_band(classes: int, offsets: bool, abstain: float) -> None:
    labels, logits = calibrated(600, classes)
    table = Table([f"text {row}" for row in range(600)], [str(label) for label in labels])
    predictions = LabelledPredictions(labels, softmax(logits * 3), np.full(600, 9))
    model = make_artifact()
    if classes > 2:
        names = tuple(map(str, range(classes)))
        tensors = {"output.bias": np.zeros(classes, np.float32)}
        model = dataclasses.replace(
            model, labels=names, tensors={**model.tensors, **tensors}, priors=(1 / classes,) * 4
        )
    model = dataclasses.replace(model, abstain=abstain)
    source = {"name": "made up", "part": "all"}
    found = calibrate(model, table, predictions, source=source, fit=Fit(offsets=offsets))

    assert found.artifact.temperature > 2
    before = predictions.confidence >= abstain
    after = dataclasses.replace(predictions, probabilities=found.probabilities)
    answered = after.confidence >= found.artifact.abstain
    assert found.band is not None
    assert found.cross_fitted is None
    if classes == 2 and not offsets:
        np.testing.assert_array_equal(answered, before)
    assert answered.mean() == pytest.approx(before.mean(), abs=0.002)
    record = found.artifact.metrics["calibration"]
    assert record["abstain"]["aim"] == {"accuracy": None, "coverage": None}
    assert "*uncertain*" in with_calibration(model.card, record)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_band_goes_with_the_thresholds_that_it_was_chosen_with(classes: int) -> None:
    table, predictions = sure_rows(400)
    model = dataclasses.replace(make_artifact(), abstain=0.8)
    if classes > 2:
        labels, logits = calibrated(400, classes)
        predictions = LabelledPredictions(labels, softmax(logits * 3), np.full(400, 9))
        model = dataclasses.replace(model, labels=("0", "1", "2"), priors=(1 / 3,) * 3)
    limits = (0.3, 0.7) if classes == 2 else (0.2, 0.3, 0.5)
    limited = dataclasses.replace(model, thresholds=limits)
    source = {"name": "made up", "part": "all"}

    def band(one: Artifact, thresholds: Thresholds, aim: Aim | None = None) -> float:
        rows = dataclasses.replace(predictions, thresholds=one.thresholds)
        found = calibrate(one, table, rows, source=source, aim=aim, fit=Fit(thresholds))
        return found.artifact.abstain

    assert band(model, Thresholds.KEEP) == band(model, Thresholds.EVEN) > 0
    assert band(limited, Thresholds.KEEP) > 0
    assert band(model, Thresholds.MACRO_F1) == band(limited, Thresholds.MACRO_F1) == 0
    assert band(limited, Thresholds.EVEN) == 0
    assert band(limited, Thresholds.MACRO_F1, Aim(coverage=0.9)) > 0


def test_thresholds_stay_on_record_whatever_the_earlier_record_is() -> None:
    table, predictions = sure_rows(60)
    source = {"name": "new", "sha256": {}, "part": "all"}
    data = {"name": "old", "sha256": {}, "part": "validation"}
    found = []
    for earlier in (
        {"data": data, "thresholds": {"chosen_on": {"name": "old", "part": "validation", "n": 50}}},
        {"data": data, "n": 50, "thresholds": {"chosen_on": {"name": 3}}},
        {"data": data, "n": 50, "thresholds": None},
        "damaged",
    ):
        metrics = {"calibration": earlier}
        model = dataclasses.replace(make_artifact(), thresholds=(0.4, 0.6), metrics=metrics)
        result = calibrate(model, table, predictions, source=source)
        record = result.artifact.metrics["calibration"]
        assert set(record["thresholds"]["values"]) == set(model.labels)
        with_calibration(model.card, record)
        found.append(record["thresholds"]["chosen_on"])
    assert found == [{"name": "old", "part": "validation", "n": 50}, None, None, None]


def test_the_cross_fitted_band_finds_nothing_in_noise() -> None:
    """Thresholds chosen on the rows that are measured seem to tell something even there."""
    model = dataclasses.replace(make_artifact(), labels=("0", "1", "2", "3"))
    flattered, honest = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 4, 100)
        probabilities = softmax(rng.normal(0, 1, (100, 4)))
        table = Table([f"text {row}" for row in range(100)], [str(label) for label in labels])
        found = calibrate(
            model,
            table,
            LabelledPredictions(labels, probabilities, np.full(100, 9)),
            source={},
            aim=Aim(coverage=0.8),
            fit=Fit(Thresholds.MACRO_F1),
        )
        assert found.band is not None
        assert found.cross_fitted is not None
        assert found.band.accuracy is not None
        assert found.cross_fitted.accuracy is not None
        flattered.append(found.band.accuracy)
        honest.append(found.cross_fitted.accuracy)
    assert np.mean(flattered) > 0.3
    assert np.mean(honest) == pytest.approx(0.25, abs=0.01)


def test_aims_out_of_reach_or_range_are_refused() -> None:
    table, predictions = sure_rows()

    def aimed(aim: Aim) -> None:
        calibrate(make_artifact(), table, predictions, source={}, aim=aim)

    with pytest.raises(ConfigError, match=r"accuracy is 1\.5"):
        aimed(Aim(accuracy=1.5))
    with pytest.raises(ConfigError, match="coverage is 0"):
        aimed(Aim(coverage=0.0))
    predictions.labels[predictions.confidence.argmax()] ^= 1  # the surest verdict is a mistake
    with pytest.raises(DataError, match=r"no confidence gives an accuracy of 100.00%.*the most is"):
        aimed(Aim(accuracy=1.0))


def test_texts_without_a_token_keep_the_priors() -> None:
    probabilities = np.array([[0.4, 0.6]] * 3)
    table = Table(["", "", ""], ["0", "1", "1"])
    predictions = LabelledPredictions(np.array([0, 1, 1]), probabilities, np.zeros(3, np.int64))
    found = calibrate(make_artifact(), table, predictions, source={})
    assert found.artifact.temperature == 1
    np.testing.assert_array_equal(found.probabilities, probabilities)
