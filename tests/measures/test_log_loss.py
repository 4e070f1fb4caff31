"""Every report has the same log loss of the same probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tonality.evaluate import evaluate
from tonality.evaluate.compare import compare
from tonality.measures.calibration import measure_trust
from tonality.measures.log_loss import TINY, log_loss, log_losses

NAMES = ["negative", "positive"]


@pytest.mark.parametrize("least", [1e-40, 1e-10, 0.1])
def test_all_figures_are_of_one_log_loss(least: float) -> None:
    labels, even = np.array([0, 1, 0]), np.full((3, 2), 0.5)
    sure = np.array([[least, 1 - least], [0.5, 0.5], [0.5, 0.5]])
    expected = (-math.log(least) + 2 * math.log(2)) / 3

    first, second = (evaluate(labels, each, NAMES).log_loss for each in (sure, even))
    assert first == pytest.approx(expected)
    assert second == pytest.approx(math.log(2))
    assert measure_trust(labels, sure).log_loss == pytest.approx(first)
    assert compare(labels, sure, even).log_loss.value == pytest.approx(first - second)


def test_it_is_finite_and_never_below_nothing() -> None:
    losses = log_losses(np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]], np.float32))
    assert losses.tolist() == [-math.log(TINY), 0.0]
    assert math.copysign(1, losses[1]) == 1


def test_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 3, 200), rng.dirichlet(np.ones(3), 200)
    assert log_loss(labels, probabilities) == pytest.approx(metrics.log_loss(labels, probabilities))
