"""The one check before a run: what it refuses, in every task, and what it hands on."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_reviews import TINY, make_dataset
from test_language_model import RECIPE as LANGUAGE_MODEL

from tonality.data import Dataset
from tonality.errors import ConfigError, DataError
from tonality.train import train
from tonality.train.adapt import adapt
from tonality.train.prepare import preflight
from tonality.train.prepare.held_out import Division, divide
from tonality.train.prepare.preflight import Task, check
from tonality.train.settings.recipe import Recipe


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        ("train", "unlabelled.entropy=1", "unlabelled.entropy wants texts without labels"),
        ("train", "training.ordered=true", "training.ordered needs labels that are different"),
        ("train", "network.attention_size=8", "'max' has no attention"),
        ("train", "vectors.file=absent.vec", "the word vectors cannot be read"),
        ("distill", "training.class_weights=balanced", "class_weights does not go with teachers"),
        ("distill", "training.ordered=true", "ordered does not go with teachers"),
        ("pretrain", "vectors.file=absent.vec", "a language model begins at random"),
        ("pretrain", "training.validation=0.001", "validation"),
    ],
)
def test_what_is_wrong_is_found_before_any_work(task: Task, change: str, message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        check(task, TINY.with_settings([change]), make_dataset(40))


def test_what_was_found_is_taken_over_where_the_cut_is_the_same() -> None:
    dataset = make_dataset(80)
    first = check("train", TINY, dataset)
    other = TINY.with_settings(["training.validation_seed=1"])
    assert check("pretrain", LANGUAGE_MODEL, dataset, like=first).division is first.division
    assert check("train", other, dataset, like=first).division is not first.division
    assert first.labels == ("negative", "positive")
    assert check("pretrain", TINY, dataset).labels == ()


def test_an_adaptation_divides_its_data_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, quick = make_dataset(80), ["training.epochs=1"]
    model = train(dataset, TINY.with_settings(quick), tmp_path / "model")
    calls = []

    def counted(dataset: Dataset, recipe: Recipe) -> Division:
        calls.append(recipe)
        return divide(dataset, recipe)

    monkeypatch.setattr(preflight, "divide", counted)
    recipe = Recipe.load("adapt").with_settings(
        [*quick, "training.batch_size=64", "pretraining.streams=8", "pretraining.steps=8"]
    )
    adapt(dataset, recipe, tmp_path / "run", model=model, pretrain_epochs=1)
    assert len(calls) == 1
