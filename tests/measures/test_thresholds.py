"""Per-class thresholds: found exactly, applied everywhere, kept through a new temperature."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import tonality
from reading_model import make_artifact
from tonality.artifact.model_folder import read, write
from tonality.classifier import Classifier
from tonality.cli import app
from tonality.data import Table
from tonality.evaluate.classify_rows import classify
from tonality.measures.scores import confusion_matrix, macro_f1
from tonality.measures.thresholds import best_thresholds, choose_thresholds, rescale
from tonality.prediction import decide, softmax


def skewed(seed: int, n: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Truths of falling frequency and beliefs that know something of them: (N,), (N, C)."""
    rng = np.random.default_rng(seed)
    shares = 0.5 ** np.arange(classes)
    truth = rng.choice(classes, n, p=shares / shares.sum())
    logits = rng.normal(0, 1, (n, classes)) + np.log(shares) + 1.2 * np.eye(classes)[truth]
    return truth, softmax(logits)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_two_classes_get_the_best_threshold_there_is(seed: int, n: int) -> None:
    truth, beliefs = skewed(seed, n, classes=2)
    edges = np.sort(np.concatenate([beliefs[:, 0], [0.0011, 0.9989]]))
    every = [(t, 1 - t) for t in (edges[1:] + edges[:-1]) / 2]
    found, *possible = (
        macro_f1(confusion_matrix(truth, decide(beliefs, pair), 2))
        for pair in (best_thresholds(truth, beliefs), *every)
    )
    assert found == pytest.approx(max(possible))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(2, 5))
def test_never_worse_than_without_and_always_valid(seed: int, n: int, classes: int) -> None:
    truth, beliefs = skewed(seed, n, classes)
    found = choose_thresholds(truth, beliefs)

    assert found.macro_f1 >= found.macro_f1_even
    assert sum(found.values) == pytest.approx(1)
    assert min(found.values) > 0


def test_skewed_classes_gain_where_thresholds_were_not_chosen() -> None:
    truth, beliefs = skewed(1, 4000)
    half = np.arange(4000) % 2 == 0
    found = choose_thresholds(truth, beliefs, half)

    assert found.macro_f1_cross_fitted is not None
    assert found.macro_f1_cross_fitted > found.macro_f1_even + 0.005
    assert found.values[2] < found.values[0]  # the rare class needs less


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.2, 5), st.floats(0.2, 5))
def test_verdicts_stay_at_another_temperature(seed: int, before: float, after: float) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (50, 3))
    limits = tuple(rng.dirichlet([2, 2, 2]).tolist())
    old = decide(softmax(logits / before), limits)
    new = decide(softmax(logits / after), rescale(limits, before, after))

    assert (old == new).mean() >= 0.98  # ties may fall either way in the last digit


def test_the_classifier_goes_by_the_folders_thresholds(tmp_path: Path) -> None:
    plain = dataclasses.replace(make_artifact(), temperature=10.0)
    folder = write(dataclasses.replace(plain, thresholds=(0.001, 0.999)), tmp_path / "model")
    classifier = tonality.load(folder)
    texts = ["good film", "the film", "bad film", ""]
    before, after = Classifier(plain).predict(texts), classifier.predict(texts)

    assert read(folder).thresholds == (0.001, 0.999)
    assert [p.probabilities for p in after] == [p.probabilities for p in before]
    assert before[0].label == "positive"
    assert {p.label for p in after[:3]} == {"negative"}
    assert after[3].label is None  # nothing to judge
    assert after[0].score == after[0].probabilities["negative"] < 0.5
    assert classifier.explain("good film").label == "negative"
    measured = classify(classifier, Table(texts=texts[:3], labels=["negative"] * 3))
    assert measured.right.all()
    assert measured.confidence.tolist() == [p.score for p in after[:3]]


def test_an_uncertain_answer_still_has_a_verdict() -> None:
    model = dataclasses.replace(
        make_artifact(abstain=0.9), temperature=10.0, thresholds=(0.001, 0.999)
    )
    prediction = Classifier(model).predict("good film")

    assert prediction.label == "uncertain"
    assert prediction.verdict == "negative"


def test_a_folder_without_thresholds_has_no_such_key(tmp_path: Path) -> None:
    """Versions that know no thresholds read it; one with them they refuse, naming the key."""
    text = (write(make_artifact(), tmp_path / "model") / "config.json").read_text()
    assert "thresholds" not in text


def test_scored_files_say_what_the_classifier_says(tmp_path: Path) -> None:
    model = dataclasses.replace(make_artifact(), temperature=10.0, thresholds=(0.001, 0.999))
    folder = write(model, tmp_path / "model")
    (tmp_path / "in.csv").write_text("text\ngood film\n", encoding="utf-8")
    options = ["--model", str(folder), "-o", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(app, ["score", str(tmp_path / "in.csv"), *options])

    assert result.exit_code == 0, result.output
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["label"] == "negative"
    assert row["score"] == row["p_negative"]
