"""Small datasets: when a training stops by itself, and what it says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs tonality[train]")

from made_up_reviews import TINY, make_table

from tonality.artifact.model_folder import read
from tonality.data import Dataset
from tonality.train import train
from tonality.train.adapt import adapt
from tonality.train.fit_classifier import no_better_than_one_label
from tonality.train.prepare.preflight import check_run
from tonality.train.prepare.prepare import prepare
from tonality.train.prepare.small_data import (
    FEW_FROM_NOTHING,
    LEAST_PATIENCE,
    MOST_EPOCHS,
    SMALL_TEXTS,
    with_patience,
    with_steps,
)
from tonality.train.records.reporter import Reporter
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.shipped_recipes import shipped
from tonality.train.start.read_start import read_start

# On labels by chance it learns by heart, and the validation loss rises.
RISES = ["training.epochs=30", "optimiser.learning_rate=0.1"]


class Lines(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def noise() -> Dataset:
    """Texts whose labels are by chance."""
    table = make_table(100)
    labels = np.random.default_rng(0).permutation(table.labels or ()).tolist()
    return Dataset(dataclasses.replace(table, labels=labels), None, None, "noise", {})


def test_only_small_data_gets_a_patience() -> None:
    recipe = Recipe.load("base")  # twice an epoch
    few = with_patience(recipe, SMALL_TEXTS).training
    assert (few.patience, few.keep) == (LEAST_PATIENCE, "accuracy")
    assert (few.epochs, few.batch_size) == (recipe.training.epochs, recipe.training.batch_size)
    longer = with_patience(recipe.with_settings(["training.epochs=20"]), 100).training
    assert longer.patience == 10
    for texts in (SMALL_TEXTS + 1, None):
        many = with_patience(recipe, texts).training
        assert many == dataclasses.replace(recipe.training, patience=0)


@pytest.mark.parametrize(
    ("settings", "patience", "keep"),
    [
        (["training.patience=0"], 0, "accuracy"),
        (["training.patience=2"], 2, "accuracy"),
        (["training.keep=accuracy"], 0, "accuracy"),
        (["training.validation=0"], 0, "accuracy"),
    ],
)
def test_what_somebody_asks_for_stays(settings: list[str], patience: int, keep: str) -> None:
    found = with_patience(Recipe.load("base").with_settings(settings), 100).training
    assert (found.patience, found.keep) == (patience, keep)


@pytest.mark.parametrize("name", ["quick", "base", "student"])
@pytest.mark.parametrize("texts", [60, 400, 1_000, 2_000, 5_000, 10_000])
def test_small_data_gets_enough_steps(name: str, texts: int) -> None:
    recipe = Recipe.load(name)
    found = with_steps(recipe, texts).training
    steps = found.epochs * -(-texts // found.batch_size)
    least = {"quick": 1_000, "base": 2_000, "student": 2_000}[name]
    assert steps >= least or found.epochs == MOST_EPOCHS
    assert found.epochs >= recipe.training.epochs
    assert found.batch_size <= recipe.training.batch_size
    for asked in ("training.epochs=4", "training.epochs=5", "training.batch_size=64"):
        told = recipe.with_settings([asked])
        assert with_steps(told, texts) is told


def test_only_a_network_that_begins_from_nothing_gets_more_steps(tmp_path: Path) -> None:
    """And the run says so; what settings of another one say is the start's own matter."""
    told = Lines()
    quick = Recipe.load("quick")
    made = check_run("train", quick, noise())
    assert (made.recipe.training.batch_size, made.recipe.training.epochs) == (16, MOST_EPOCHS)
    prepare(made, told)
    begins = f"batches of 16 texts and {MOST_EPOCHS} epochs in place of 64 and 4: the data is small"
    assert sum(line.startswith(begins) for line in told.lines) == 1
    start = read_start(train(noise(), TINY.with_settings(["training.epochs=1"]), tmp_path / "run"))
    on = check_run("train", quick, noise(), start)
    assert (on.recipe.training.batch_size, on.recipe.training.epochs) == (64, 4)
    assert not on.told


@pytest.mark.parametrize(
    ("settings", "keep"),
    [
        ([], "macro_f1"),
        (["training.keep=accuracy"], "accuracy"),
        (["training.keep=loss"], "loss"),
        (["training.validation=0"], "accuracy"),
    ],
)
def test_weighed_classes_are_kept_by_the_macro_f1(settings: list[str], keep: str) -> None:
    """Accuracy and loss count texts alike, and would keep a model that misses the rare ones."""
    for name in ("quick", "adapt"):
        usual = Recipe.load(name).training.keep
        recipe = Recipe.load(name).with_settings(["training.class_weights=balanced", *settings])
        found = check_run("train", recipe, noise()).recipe.training
        assert found.keep == (usual if settings == ["training.validation=0"] else keep)
        assert found.patience == {"quick": 0, "adapt": 3}[name]


@pytest.mark.parametrize("name", [name for name in shipped() if name != "adapt"])
def test_recipes_that_ship_train_large_data_to_their_end(name: str) -> None:
    recipe = Recipe.load(name)
    assert with_steps(recipe, 20_000) is recipe
    assert with_patience(recipe, 25_000).training == dataclasses.replace(
        recipe.training, patience=0
    )


def test_a_run_is_what_its_own_record_says() -> None:
    """So that going on with it changes nothing."""
    base = Recipe.load("base")
    weighed = base.with_settings(["training.class_weights=balanced"])
    for recipe in (
        base,
        base.with_settings(["training.keep=accuracy"]),
        base.with_settings(["training.epochs=5", "training.patience=0"]),
        weighed,
        weighed.with_settings(["training.keep=accuracy"]),
    ):
        found = check_run("train", recipe, noise()).recipe
        again = Recipe.from_dict({"name": "recipe", **found.to_dict()})
        assert check_run("train", again, noise(), resume=True).recipe.settings() == found.settings()


@pytest.mark.parametrize(("rows", "few"), [(FEW_FROM_NOTHING, True), (3_000, False)])
def test_a_better_start_is_told_where_texts_are_few(rows: int, few: bool) -> None:
    told = Lines()
    run = check_run("train", TINY, Dataset(make_table(rows), None, None, "made up", {}))
    prepare(run, told)
    assert any("tonality adapt begins with a model" in line for line in told.lines) is few


def test_it_stops_by_itself_and_says_so(tmp_path: Path) -> None:
    told = Lines()
    model = train(noise(), TINY.with_settings(RISES), tmp_path / "run", reporter=told)
    kept = read(model).provenance["best"]["step"]
    ends = [line for line in told.lines if line.startswith("stopped after epoch")]
    assert len(ends) == 1
    assert ends[0].endswith(
        f" of 30: the validation accuracy had not risen for 7 evaluations; step {kept} is kept"
    )
    assert any("tonality adapt begins with a model" in line for line in told.lines)
    whole = Lines()
    settings = [*RISES, "training.patience=0"]
    train(noise(), TINY.with_settings(settings), tmp_path / "whole", reporter=whole)
    assert not any(line.startswith("stopped") for line in whole.lines)


@pytest.mark.parametrize("learns", [False, True])
def test_a_model_no_better_than_one_label_is_told_at_the_end(tmp_path: Path, learns: bool) -> None:
    told = Lines()
    dataset = Dataset(make_table(200), None, None, "made up", {}) if learns else noise()
    recipe = TINY.with_settings(["training.epochs=10", "training.patience=0"])
    found = read(train(dataset, recipe, tmp_path / "run", reporter=told)).metrics["validation"]
    share = max(scores["support"] for scores in found["per_class"].values()) / found["n"]
    warnings = [line for line in told.lines if "always answering" in line]
    if learns:
        assert found["accuracy_interval"][0] > share
        assert not warnings
    else:
        assert warnings == [told.lines[-1]]
        assert f"which is right on {share:.2%}; try more epochs" in warnings[0]
        batch = recipe.training.batch_size // 4
        assert (
            f"(training.epochs=20), smaller batches (training.batch_size={batch}), a start"
            in (warnings[0])
        )


def test_a_model_chosen_by_the_macro_f1_is_judged_by_it(tmp_path: Path) -> None:
    """Nine in ten texts are of one class: an accuracy no higher than that may be a good model."""
    told, table = Lines(), make_table(400)
    rare = [row for row in range(400) if (table.labels or [])[row] == "negative"][:22]
    common = [row for row in range(400) if (table.labels or [])[row] == "positive"]
    dataset = Dataset(table.take(sorted([*rare, *common])), None, None, "made up", {})
    settings = ["training.epochs=6", "training.class_weights=balanced"]
    run = check_run("train", TINY.with_settings(settings), dataset)
    found = read(train(dataset, TINY.with_settings(settings), tmp_path / "run", reporter=told))
    measured = dict(found.metrics["validation"])
    assert any(f", macro F1 {measured['macro']['f1']:.4f} (best), " in line for line in told.lines)
    assert f"macro F1 {measured['macro']['f1']:.4f} (" in told.lines[-1]

    share = max(one["support"] for one in measured["per_class"].values()) / measured["n"]
    least = (2 * share / (1 + share)) / 2
    measured["accuracy_interval"] = [share - 0.1, share]
    measured["macro_f1_interval"] = [least + 0.001, 1.0]
    assert not no_better_than_one_label(measured, run, stopped=False)
    measured["macro_f1_interval"] = [least - 0.001, 1.0]
    warning = no_better_than_one_label(measured, run, stopped=False)
    assert f"always answering 'positive', which has a macro F1 of {least:.4f}; try" in warning


def test_more_epochs_are_no_advice_after_an_early_stop(tmp_path: Path) -> None:
    told = Lines()
    train(noise(), TINY.with_settings(RISES), tmp_path / "run", reporter=told)
    assert any(line.startswith("stopped after epoch") for line in told.lines)
    assert "always answering" in told.lines[-1]
    assert "more epochs" not in told.lines[-1]


def test_what_was_done_already_is_not_advised(tmp_path: Path) -> None:
    told = Lines()
    small = TINY.with_settings(["training.epochs=1", "training.batch_size=1"])
    model = train(noise(), small, tmp_path / "first", reporter=told)
    assert told.lines[-1].endswith("(training.epochs=2), a start from a trained model (adapt), "
                                   "or more texts")  # fmt: skip
    adapt(noise(), Recipe.load("adapt").with_settings(["training.epochs=1"]), tmp_path / "second",
          model=model, reporter=told)  # fmt: skip
    warning = [line for line in told.lines if "always answering" in line][-1]
    assert "smaller batches" in warning
    assert "(adapt)" not in warning
