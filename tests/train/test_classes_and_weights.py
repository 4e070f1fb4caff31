"""Weights of texts, rare classes and ordered ones: in batches, in the loss and in whole runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_reviews import TINY, make_dataset, prepared
from sklearn.metrics import f1_score
from test_batches import make_texts
from test_validation import make_case
from torch.nn import functional as F  # noqa: N812

from tonality.artifact.model_folder import read
from tonality.data import Dataset, Table
from tonality.errors import ConfigError, DataError
from tonality.train import train
from tonality.train.loop.validation import validate
from tonality.train.objectives.losses import weighted_cross_entropy
from tonality.train.prepare.batches import Batch, BatchStream, TrainingTexts
from tonality.train.prepare.data_checks import fingerprint
from tonality.train.prepare.ordered_labels import soft_targets

# Batches


def test_weights_travel_with_their_texts() -> None:
    texts, weights = make_texts([1, 2, 3, 4]), np.array([1, 2, 3, 4], np.float32)
    stream = BatchStream(
        TrainingTexts(texts, np.zeros(4, np.int64), weights), batch_size=2, seed=0, epochs=1
    )
    for batch in stream:
        assert batch.weights is not None
        assert torch.equal(batch.weights, batch.lengths.float())


# The loss


def make_batch(weights: list[float] | None = None) -> tuple[torch.Tensor, Batch]:
    """Logits (4, 3) and a batch of four texts."""
    torch.manual_seed(0)
    classes = torch.tensor([0, 2, 1, 2])
    given = None if weights is None else torch.tensor(weights)
    return torch.randn(4, 3), Batch(torch.zeros(4, 1), torch.ones(4), None, classes, given)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("class_weights", [None, torch.tensor([1.0, 3.0, 0.5])])
def test_weights_of_one_change_nothing(
    smoothing: float, class_weights: torch.Tensor | None
) -> None:
    logits, batch = make_batch([1.0] * 4)
    found = weighted_cross_entropy(logits, batch, class_weights, None, smoothing)
    plain = F.cross_entropy(logits, batch.classes, weight=class_weights, label_smoothing=smoothing)
    assert found.item() == pytest.approx(plain.item(), rel=1e-6)
    hard = weighted_cross_entropy(logits, batch, class_weights, torch.eye(3), 0.0)
    assert hard.item() == pytest.approx(
        F.cross_entropy(logits, batch.classes, weight=class_weights).item(), rel=1e-6
    )


def test_a_text_of_weight_two_counts_twice_and_of_none_not_at_all() -> None:
    logits, batch = make_batch([2.0, 0.0, 1.0, 1.0])
    each = F.cross_entropy(logits, batch.classes, reduction="none")
    expected = (2 * each[0] + each[2] + each[3]) / 4
    assert weighted_cross_entropy(logits, batch, None, None, 0.0).item() == pytest.approx(
        expected.item()
    )


# Ordered classes


@settings(max_examples=30)
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=8, unique=True), st.floats(0.1, 5))
def test_targets_fall_with_the_distance(numbers: list[int], sharpness: float) -> None:
    values = np.sort(np.array(numbers, float))
    targets = soft_targets(values, sharpness)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    assert (targets.argmax(axis=1) == np.arange(len(values))).all()
    for row, value in zip(targets, values, strict=True):
        order = np.argsort(np.abs(values - value), kind="stable")
        assert (np.diff(row[order]) <= 1e-12).all()
    np.testing.assert_allclose(targets, soft_targets(3 * values + 7, sharpness))


def test_uneven_gaps_count_as_what_they_are() -> None:
    targets = soft_targets([1, 2, 9])
    assert targets[1, 0] > 4 * targets[1, 2]


# Preparing


def with_labels(labels: dict[str, str], weights: list[float] | None = None) -> Dataset:
    """Made-up reviews with other names of the classes."""
    dataset = make_dataset(120, classes=3)
    names = [labels[label] for label in dataset.train.labels or []]
    return dataclasses.replace(
        dataset, train=dataclasses.replace(dataset.train, labels=names, weights=weights)
    )


STARS = {"negative": "1", "neutral": "3.5", "positive": "10"}


def test_labels_that_are_numbers_stand_in_their_order() -> None:
    assert prepared(with_labels(STARS), TINY).labels == ("1", "3.5", "10")


@pytest.mark.parametrize("names", [("1 star", "2 stars", "10 stars"), ("1,0", "2,5", "10,0")])
def test_numbers_in_any_spelling_have_an_order(names: tuple[str, ...]) -> None:
    labels = dict(zip(STARS, names, strict=True))
    assert prepared(with_labels(labels), TINY.with_settings(["training.ordered=true"])).labels == (
        names
    )


def test_words_have_no_order() -> None:
    recipe = TINY.with_settings(["training.ordered=true"])
    with pytest.raises(ConfigError, match="needs labels that are different numbers"):
        prepared(make_dataset(120, classes=3), recipe)


def test_weights_are_one_on_average_and_part_of_the_data() -> None:
    plain = with_labels(STARS)
    weights = [float(1 + row % 5) for row in range(120)]
    weighted = with_labels(STARS, weights=weights)
    data = prepared(weighted, TINY)
    for part in (data.train_weights, data.validation_weights):
        assert part is not None
        assert part.mean() == pytest.approx(1)
    assert fingerprint(weighted) != fingerprint(plain)
    assert prepared(plain, TINY).train_weights is None
    with pytest.raises(DataError, match="no text of a part has a weight above 0"):
        prepared(with_labels(STARS, weights=[0.0] * 120), TINY)


def test_classes_are_not_weighed_where_one_has_no_weight() -> None:
    labels = make_dataset(120, classes=3).train.labels or []
    weighted = with_labels(STARS, weights=[float(label != "neutral") for label in labels])
    assert prepared(weighted, TINY).priors[1] == 0
    with pytest.raises(DataError, match=r"every training text of class '3\.5' has the weight 0"):
        prepared(weighted, TINY.with_settings(["training.class_weights=balanced"]))


# Measuring


def test_validation_counts_by_weight_and_knows_the_macro_f1() -> None:
    network, texts, classes = make_case()
    plain = validate(network, texts, classes)
    same = validate(network, texts, classes, weights=np.full(len(classes), 2, np.float32))
    assert same == pytest.approx(plain)
    weights = np.random.default_rng(0).random(len(classes)).astype(np.float32)
    found = validate(network, texts, classes, weights=weights)
    verdicts = np.array([validate(network, texts.take([i]), classes[[i]]).accuracy
                         for i in range(len(classes))])  # fmt: skip
    assert found.accuracy == pytest.approx(np.average(verdicts, weights=weights))
    told = [
        next(c for c in range(3) if validate(network, texts.take([i]), np.array([c])).accuracy)
        for i in range(len(classes))
    ]
    assert plain.macro_f1 == pytest.approx(f1_score(classes, told, average="macro"))
    assert found.macro_f1 == pytest.approx(
        f1_score(classes, told, average="macro", sample_weight=weights)
    )


# Whole runs


def skewed() -> Dataset:
    """One class in eight, and a word that half tells it."""
    rng = np.random.default_rng(0)
    labels = ["rare" if row % 8 == 0 else "common" for row in range(240)]
    words = [rng.choice(["hm", "oh"], p=[0.8, 0.2] if y == "rare" else [0.3, 0.7]) for y in labels]
    texts = [f"{word} film number {row}" for row, word in enumerate(words)]
    return Dataset(Table(texts, labels), None, None, "skewed", {})


def test_rare_classes_are_found(tmp_path: Path) -> None:
    base = TINY.with_settings(["training.keep=macro_f1", "vocabulary.ngrams=0",
                               "vocabulary.min_count=5", "training.epochs=4"])  # fmt: skip
    found = []
    for number, changes in enumerate(([], ["training.class_weights=balanced"])):
        folder = train(
            skewed(),
            base.with_settings(changes),
            tmp_path / str(number),
            accelerator="cpu",
            records=False,
        )
        found.append(read(folder).metrics["validation"]["per_class"]["rare"]["recall"])
    assert found[1] > found[0] + 0.3


def test_an_ordered_run_is_an_ordinary_model(tmp_path: Path) -> None:
    recipe = TINY.with_settings(
        ["training.ordered=true", "training.epochs=5", "optimiser.learning_rate=0.1"]
    )
    folder = train(with_labels(STARS), recipe, tmp_path / "run", accelerator="cpu", records=False)
    model = read(folder)
    assert model.labels == ("1", "3.5", "10")
    assert model.metrics["validation"]["ordered"]["mean_absolute_error"] < 2
    assert not (tmp_path / "run" / "curves.png").exists()
