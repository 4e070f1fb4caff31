"""An evaluation of known verdicts, its edges and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tonality.errors import DataError
from tonality.evaluate import Evaluation, evaluate
from tonality.measures.metrics import excerpt

stats = pytest.importorskip("scipy.stats")
sklearn_metrics = pytest.importorskip("sklearn.metrics")

NAMES = ["negative", "positive"]


def sure(verdicts: list[int], classes: int = 2, by: float = 0.9) -> npt.NDArray[np.float64]:
    """Probabilities (N, C) that give these verdicts."""
    other = (1 - by) / (classes - 1)
    return np.where(np.eye(classes, dtype=bool)[verdicts], by, other)


def noisy(
    n: int, classes: int, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Truths (N,) and the probabilities (N, C) of a model that is right more often than not."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, n)
    logits = 1.5 * np.eye(classes)[truth] + rng.normal(size=(n, classes))
    odds = np.exp(logits)
    return truth, (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def strict_json(evaluation: Evaluation) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    return read


def test_counts_and_scores_of_a_small_case() -> None:
    found = evaluate([0, 0, 0, 1, 1], sure([0, 0, 1, 1, 0]), NAMES)

    assert found.n == 5
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.confusion == ((2, 1), (1, 1))
    assert found.per_class["negative"].precision == pytest.approx(2 / 3)
    assert found.per_class["positive"].recall == pytest.approx(1 / 2)
    assert found.macro.f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.weighted.f1 == pytest.approx((2 / 3 * 3 + 1 / 2 * 2) / 5)
    assert found.log_loss == pytest.approx(-(3 * np.log(0.9) + 2 * np.log(0.1)) / 5)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_agrees_with_scikit_learn(classes: int) -> None:
    truth, beliefs = noisy(400, classes)
    names = [f"class {c}" for c in range(classes)]
    found = evaluate(truth, beliefs, names)

    verdicts = beliefs.argmax(axis=1)
    report = sklearn_metrics.classification_report(
        truth, verdicts, target_names=names, output_dict=True
    )
    for name in names:
        scores = found.per_class[name]
        assert scores.precision == pytest.approx(report[name]["precision"])
        assert scores.recall == pytest.approx(report[name]["recall"])
        assert scores.f1 == pytest.approx(report[name]["f1-score"])
        assert scores.support == report[name]["support"]
    assert found.macro.f1 == pytest.approx(report["macro avg"]["f1-score"])
    assert found.weighted.f1 == pytest.approx(report["weighted avg"]["f1-score"])
    areas = [sklearn_metrics.roc_auc_score(truth == c, beliefs[:, c]) for c in range(classes)]
    assert found.roc_auc == pytest.approx(np.mean(areas), abs=1e-6)


def test_json_has_the_promised_keys_and_no_nan() -> None:
    truth, beliefs = noisy(50, 3)
    written = strict_json(evaluate(truth, beliefs, ["a", "b", "c"], lengths=range(50)))

    assert set(written) == {
        "n", "labels", "accuracy", "accuracy_interval", "per_class", "macro", "macro_f1_interval",
        "weighted", "roc_auc", "log_loss", "confusion", "by_length", "mistakes",
        "ordered",
    }  # fmt: skip
    assert written["n"] == 50
    assert np.shape(written["confusion"]) == (3, 3)


def test_a_class_absent_from_the_data_is_null_not_nan() -> None:
    found = evaluate([0, 2, 0, 2], sure([0, 2, 2, 2], classes=3), ["a", "b", "c"])

    assert found.roc_auc == pytest.approx(0.75)  # of a and of c against the rest
    assert found.per_class["b"].f1 is None
    assert found.macro.recall == pytest.approx((0.5 + 1) / 2)
    assert strict_json(found)["per_class"]["b"]["f1"] is None


def test_one_row() -> None:
    found = evaluate([1], sure([1]), NAMES, lengths=[7], texts=["fine"])

    assert found.accuracy == 1
    assert found.accuracy_interval == pytest.approx((0.2065, 1), abs=1e-4)
    assert found.roc_auc is None
    assert [(b.shortest, b.longest, b.n) for b in found.by_length] == [(7, 7, 1)]
    assert found.mistakes == ()
    strict_json(found)


def test_few_texts_all_right_are_not_certain() -> None:
    found = evaluate([0, 1, 0, 1, 1], sure([0, 1, 0, 1, 1]), NAMES, lengths=[3] * 5)
    expected = stats.binomtest(5, 5).proportion_ci(method="wilson")
    assert found.accuracy_interval == pytest.approx((expected.low, expected.high))
    assert found.accuracy_interval[0] == pytest.approx(0.5655, abs=1e-4)
    assert found.by_length[0].interval == found.accuracy_interval
    none = evaluate([0, 1], sure([1, 0]), NAMES)
    assert none.accuracy_interval == pytest.approx((0, 0.6576), abs=1e-4)


def test_intervals_are_seeded_and_match_resampled_rows() -> None:
    truth, beliefs = noisy(600, 3)
    names = ["a", "b", "c"]
    found = evaluate(truth, beliefs, names, seed=3)

    assert found == evaluate(truth, beliefs, names, seed=3)
    assert found.macro_f1_interval != evaluate(truth, beliefs, names, seed=4).macro_f1_interval
    # The plain bootstrap, row by row, gives the same bounds but for the draw; of so many texts
    # that holds for the accuracy's too, which are Wilson's.
    rng = np.random.default_rng(0)
    verdicts = beliefs.argmax(axis=1)
    rows = rng.integers(0, len(truth), (300, len(truth)))
    accuracies = (truth[rows] == verdicts[rows]).mean(axis=1)
    f1 = [sklearn_metrics.f1_score(truth[r], verdicts[r], average="macro") for r in rows]
    for interval, plain in ((found.accuracy_interval, accuracies), (found.macro_f1_interval, f1)):
        np.testing.assert_allclose(interval, np.percentile(plain, [2.5, 97.5]), atol=0.008)


def test_lengths_fall_into_equal_buckets() -> None:
    lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    verdicts = [0] * 5 + [1] * 5
    found = evaluate([0] * 10, sure(verdicts), NAMES, lengths=lengths)

    assert [(b.shortest, b.longest, b.n) for b in found.by_length] == [
        (1, 2, 2), (3, 4, 2), (5, 6, 2), (7, 8, 2), (9, 10, 2),
    ]  # fmt: skip
    assert [b.accuracy for b in found.by_length] == [1, 1, 0.5, 0, 0]
    assert found.by_length[0].interval == pytest.approx((0.3424, 1), abs=1e-4)


def test_equal_lengths_make_one_bucket() -> None:
    found = evaluate([0] * 6, sure([0] * 6), NAMES, lengths=[3] * 6)
    assert [(b.n, b.value) for b in found.by_length] == [(6, "3")]


def test_mistakes_come_surest_first_and_quote_the_text() -> None:
    beliefs = [[0.6, 0.4], [0.01, 0.99], [0.9, 0.1], [0.2, 0.8]]
    texts = ["right", "a<br /><br />b", None, "c"]
    found = evaluate([0, 0, 1, 0], beliefs, NAMES, texts=texts, mistakes=2)

    assert [mistake.index for mistake in found.mistakes] == [1, 2]
    first = found.mistakes[0]
    assert (first.id, first.truth, first.verdict, first.text) == (
        "1",
        "negative",
        "positive",
        "a b",
    )
    assert first.probability == pytest.approx(0.99)
    assert found.mistakes[1].text == ""


def test_an_excerpt_keeps_both_ends() -> None:
    assert excerpt("  so\n good ") == "so good"
    cut = excerpt("one two three four five six seven eight nine ten", width=25)
    assert cut == "one two … nine ten"
    assert len(excerpt("x" * 1000)) <= 240


def test_nothing_to_measure() -> None:
    with pytest.raises(DataError, match="no labelled row"):
        evaluate([], np.zeros((0, 2)), NAMES)


@pytest.mark.parametrize(
    ("labels", "beliefs", "lengths"),
    [
        ([0, 1], [[0.5, 0.5]], None),
        ([0], [[0.5, 0.25, 0.25]], None),
        ([2], [[0.5, 0.5]], None),
        ([-1], [[0.5, 0.5]], None),
        ([0], [[float("nan"), 0.5]], None),
        ([0], [[1.5, -0.5]], None),
        ([0], [[0.9, 0.9]], None),
        ([0], [[0.5, 0.5]], [1, 2]),
    ],
)
def test_arrays_that_make_no_sense_are_refused(
    labels: list[int], beliefs: list[list[float]], lengths: list[int] | None
) -> None:
    with pytest.raises(ValueError, match=r"fit|outside|probabilities|lengths"):
        evaluate(labels, beliefs, NAMES, lengths=lengths)
