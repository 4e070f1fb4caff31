"""Temperatures and offsets: known cases, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_labels import calibrated, drawn
from tonality.errors import DataError
from tonality.measures.calibration import measure_trust
from tonality.measures.scaling import (
    HIGHEST,
    LOWEST,
    Scaling,
    fit_offsets,
    fit_temperature,
    rescaled,
    to_logits,
)
from tonality.prediction import softmax


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("sureness", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_too_much_or_too_little_confidence(
    classes: int, sureness: float
) -> None:
    labels, logits = calibrated(6000, classes)
    assert fit_temperature(logits * sureness, labels) == pytest.approx(sureness, rel=0.08)


def test_no_other_temperature_has_a_lower_loss() -> None:
    labels, logits = calibrated(300, 3)
    best = fit_temperature(logits, labels)
    found = measure_trust(labels, softmax(logits / best)).log_loss
    for factor in (0.8, 0.95, 1.05, 1.2):
        assert found < measure_trust(labels, softmax(logits / (best * factor))).log_loss


def test_a_few_rows_without_a_mistake_do_not_make_it_certain() -> None:
    logits = np.array([[3.0, -3.0], [-3.0, 3.0]] * 4)
    labels = np.array([0, 1] * 4)
    temperature = fit_temperature(logits, labels)
    assert LOWEST < temperature < HIGHEST
    # The rule of succession (Laplace): 8 of 8 right makes 9 of 10 expected.
    assert softmax(logits / temperature).max() == pytest.approx(0.9, abs=1e-3)
    wrong = fit_temperature(logits, 1 - labels)
    assert wrong == pytest.approx(HIGHEST, rel=1e-3)
    with pytest.raises(DataError, match="no labelled row"):
        fit_temperature(np.empty((0, 2)), np.empty(0, np.int64))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.floats(0.05, 20), st.floats(0.05, 20), st.integers(0, 2**32 - 1))
def test_probabilities_move_between_temperatures_and_back(
    classes: int, old: float, new: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (6, classes))
    read = np.array([True, True, False, True, True, True])
    probabilities = softmax(logits / old)
    moved = rescaled(probabilities, old, Scaling(new), read)
    np.testing.assert_allclose(moved[read], softmax(logits / new)[read], rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(moved[~read], probabilities[~read])
    np.testing.assert_array_equal(moved.argmax(axis=1)[read], probabilities.argmax(axis=1)[read])
    np.testing.assert_allclose(moved.sum(axis=1), 1)


def test_logits_of_impossible_classes_are_finite() -> None:
    assert np.isfinite(to_logits(np.array([[1.0, 0.0]]), 2.0)).all()


@pytest.mark.parametrize("offsets", [(0.6, -0.6), (-0.5, 0.4, 0.1), (0.0, 0.0, 0.0, 0.0)])
def test_offsets_and_temperature_are_found_together(offsets: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (6000, len(offsets)))
    labels = drawn(softmax(logits / 1.7 + np.array(offsets)), rng)
    found = fit_offsets(logits, labels)
    assert found.temperature == pytest.approx(1.7, rel=0.08)
    assert found.offsets == pytest.approx(offsets, abs=0.08)
    assert sum(found.offsets) == pytest.approx(0, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5), st.integers(1, 60), st.floats(0.01, 30), st.integers(0, 2**32 - 1))
def test_no_offset_near_by_has_a_lower_loss(
    classes: int, n: int, sureness: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = sureness * rng.normal(0, 1, (n, classes)), rng.integers(0, classes, n)
    found = fit_offsets(logits, labels)
    assert LOWEST <= found.temperature <= HIGHEST
    assert np.isfinite(found.offsets).all()
    target = np.full((n, classes), 1 / (n + 2) / (classes - 1))
    target[np.arange(n), labels] = 1 - 1 / (n + 2)

    def loss(temperature: float, offsets: np.ndarray) -> float:
        chances = softmax(logits / temperature + offsets)
        surprise = -(target * np.log(np.maximum(chances, 1e-300))).sum(axis=1)
        return float(surprise.mean() + (offsets**2).sum() * 2 / n)

    best = loss(found.temperature, np.array(found.offsets))
    for step in rng.normal(0, 0.1, (10, classes + 1)):
        temperature = np.clip(found.temperature * np.exp(step[0]), LOWEST, HIGHEST)
        other = loss(float(temperature), np.array(found.offsets) + step[1:])
        assert best <= other + 1e-7


def test_few_rows_move_offsets_little() -> None:
    logits = np.zeros((3, 2))
    found = fit_offsets(logits, np.array([0, 0, 0]))
    assert 0.1 < found.offsets[0] < 0.5
    with pytest.raises(DataError, match="no labelled row"):
        fit_offsets(np.empty((0, 2)), np.empty(0, np.int64))
