"""The numpy formulae agree with scikit-learn's on anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.measures import scores

sklearn_metrics = pytest.importorskip("sklearn.metrics")


@st.composite
def truths_and_verdicts(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    classes = draw(st.integers(2, 4))
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)),
            min_size=1,
            max_size=30,
        )
    )
    return [truth for truth, _ in pairs], [verdict for _, verdict in pairs], classes


@settings(max_examples=50, deadline=None)
@given(truths_and_verdicts())
def test_formulae_agree_with_scikit_learn(case: tuple[list[int], list[int], int]) -> None:
    truth, verdicts, classes = case
    confusion = scores.confusion_matrix(truth, verdicts, classes)

    expected = sklearn_metrics.confusion_matrix(truth, verdicts, labels=range(classes))
    np.testing.assert_array_equal(confusion, expected)
    assert scores.accuracy(confusion) == pytest.approx(
        sklearn_metrics.accuracy_score(truth, verdicts)
    )
    per_class = sklearn_metrics.precision_recall_fscore_support(
        truth, verdicts, labels=range(classes), zero_division=0.0
    )[:3]
    ours = scores.precision_recall_f1(confusion)
    np.testing.assert_allclose(ours, per_class, atol=1e-12)
    for name, mean in (("macro", scores.macro), ("weighted", scores.weighted)):
        averages = sklearn_metrics.precision_recall_fscore_support(
            truth, verdicts, average=name, zero_division=0.0
        )[:3]
        np.testing.assert_allclose(
            [mean(values, confusion) for values in ours], averages, atol=1e-12
        )


def test_a_stack_of_matrices_gives_what_each_gives_alone() -> None:
    stack = np.random.default_rng(0).integers(0, 9, (5, 3, 3))
    stack[0, 2] = stack[0, :, 2] = 0  # a class that occurs nowhere
    _, _, f1 = scores.precision_recall_f1(stack)

    assert scores.accuracy(stack).shape == (5,)
    for index, confusion in enumerate(stack):
        _, _, alone = scores.precision_recall_f1(confusion)
        np.testing.assert_array_equal(f1[index], alone)
        assert scores.accuracy(stack)[index] == scores.accuracy(confusion)
        assert scores.macro(f1, stack)[index] == scores.macro(alone, confusion)


def test_class_scores_by_name() -> None:
    confusion = np.array([[8, 2, 0], [4, 6, 0], [0, 0, 0]])
    found = scores.class_scores(confusion, ["bad", "good", "mixed"])

    assert found["bad"] == scores.ClassScores(8 / 12, 0.8, 16 / 22, 10)
    assert found["good"] == scores.ClassScores(0.75, 0.6, 12 / 18, 10)
    assert found["mixed"] == scores.ClassScores(None, None, None, 0)


@settings(max_examples=50, deadline=None)
@given(truths_and_verdicts())
def test_weighted_kappa_is_scikit_learns(case: tuple[list[int], list[int], int]) -> None:
    truth, verdicts, classes = case
    names = [str(c) for c in range(1, classes + 1)]
    found = scores.ordered_scores(scores.confusion_matrix(truth, verdicts, classes), names)

    if classes < 3:
        assert found is None
        return
    assert found is not None
    assert found.mean_absolute_error == pytest.approx(np.mean(np.abs(np.subtract(truth, verdicts))))
    if len({*truth, *verdicts}) == 1:
        assert found.quadratic_weighted_kappa is None
    else:
        assert found.quadratic_weighted_kappa == pytest.approx(
            sklearn_metrics.cohen_kappa_score(
                truth, verdicts, weights="quadratic", labels=list(range(classes))
            )
        )


@pytest.mark.parametrize("names", [["1", "4", "4.5"], ["1 star", "4 stars", "4,5"]])
def test_distances_are_those_of_the_numbers(names: list[str]) -> None:
    confusion = np.zeros((3, 3), np.int64)
    confusion[0, 1] = confusion[1, 2] = 1  # 1 taken for 4, 4 taken for 4.5
    found = scores.ordered_scores(confusion, names)

    assert found is not None
    assert found.mean_absolute_error == pytest.approx(1.75)


@pytest.mark.parametrize(
    "names", [["a", "b", "c"], ["1", "2"], ["1", "2", "nan"], ["1", "2", "2.0"]]
)
def test_other_labels_have_no_order(names: list[str]) -> None:
    assert scores.ordered_scores(np.eye(len(names), dtype=np.int64), names) is None
