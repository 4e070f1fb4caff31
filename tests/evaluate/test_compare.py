"""Two models on the same texts."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from results import make_result, with_labels

from reading_model import make_artifact
from tonality.errors import DependencyError
from tonality.evaluate.compare import compare

pytest.importorskip("scipy")


def beliefs(verdicts: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.where(np.eye(2, dtype=bool)[verdicts], 0.8, 0.2)


def test_counts_and_mcnemar_by_hand() -> None:
    labels = np.array([0] * 10)
    found = compare(labels, beliefs([0] * 8 + [1, 1]), beliefs([0] * 2 + [1] * 7 + [0]))

    counts = (found.both_right, found.only_first, found.only_second, found.both_wrong)
    assert counts == (2, 6, 1, 1)
    # Seven disagreements, at most one of them on one side: 2 * (1 + 7) / 2 ** 7.
    assert found.p_value == pytest.approx(2 * 8 / 2**7)
    assert found.accuracy.value == pytest.approx(0.5)
    low, high = found.accuracy.interval
    assert low < 0.5 < high
    assert found.log_loss.value == pytest.approx(0.5 * (math.log(0.2) - math.log(0.8)))


def test_a_model_and_itself_do_not_differ() -> None:
    labels = np.array([0, 1, 1])
    found = compare(labels, beliefs([0, 1, 0]), beliefs([0, 1, 0]))
    assert found.p_value == 1
    for difference in (found.macro_f1, found.log_loss):
        assert (difference.value, difference.interval) == (0, (0, 0))
    # On other texts they might differ, and the fewer there are here, the more.
    low, high = found.accuracy.interval
    assert found.accuracy.value == 0
    assert low == pytest.approx(-high)
    assert 0.3 < high < 0.9


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        # Newcombe 1998, "Improved confidence intervals for the difference between binomial
        # proportions based on paired data", table III.
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((18, 14, 0, 18), (0.1441, 0.3963)),
        ((2, 97, 1, 0), (0.8721, 0.9854)),
        ((30, 0, 0, 24), (-0.0358, 0.0358)),
        ((54, 0, 0, 0), (-0.0664, 0.0664)),
        # The R package contingencytables: Cavo et al. 2012.
        ((59, 6, 16, 80), (-0.1186, -0.0046)),
    ],
)
def test_the_interval_of_the_accuracy_is_newcombes(
    counts: tuple[int, int, int, int], interval: tuple[float, float]
) -> None:
    first, second = (np.repeat(right, counts) for right in ([1, 1, 0, 0], [1, 0, 1, 0]))
    labels = np.ones(sum(counts), np.int64)
    found = compare(labels, beliefs(first.tolist()), beliefs(second.tolist()))
    assert found.accuracy.interval == pytest.approx(interval, abs=5e-5)


def test_few_verdicts_for_one_model_are_no_sure_difference() -> None:
    first, second = np.ones(800, np.int64), np.ones(800, np.int64)
    first[:200], second[4:200] = 0, 0
    labels = np.ones(800, np.int64)
    found = compare(labels, beliefs(first.tolist()), beliefs(second.tolist()))
    assert (found.only_first, found.only_second, found.p_value) == (0, 4, 0.125)
    low, high = found.accuracy.interval
    assert low < found.accuracy.value < 0 < high


def test_classes_may_stand_in_another_order() -> None:
    turned = make_artifact()
    for name in ("output.weight", "output.bias"):
        turned.tensors[name][:] = turned.tensors[name][::-1].copy()
    result = make_result(second=with_labels(turned, "positive", "negative"))
    assert result.comparison is not None
    assert result.comparison.both_right == 7
    assert result.comparison.log_loss.value == pytest.approx(0, abs=0.2)


def test_without_scipy_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[analyse\]'"):
        compare(np.array([0]), beliefs([0]), beliefs([1]))
