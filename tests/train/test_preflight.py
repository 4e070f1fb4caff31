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
from tonality.train.prepare.preflight import Task, check_run
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
        check_run(task, TINY.with_settings([change]), make_dataset(40))


@pytest.mark.parametrize(
    ("task", "change", "reason"),
    [
        ("train", "pretraining.epochs=3", "no language model is trained here; leave it out"),
        ("train", "distillation.temperature=1", "there are no teachers here"),
        ("train", "vocabulary.extend=10", "begins with no model .* add --start-from"),
        ("train", "vectors.window=3", "vectors.use is false; set it too"),
        ("train", "dropout.layer=0.2", "network.layers is 1"),
        ("train", "dropout.dense=0.2", "network.dense is empty"),
        ("train", "unlabelled.probe=0.2", "unlabelled.virtual_adversarial is 0"),
        ("train", "unlabelled.batch_size=8", "unlabelled.entropy are 0; set one of them"),
        ("train", "training.temperature=2", "set training.validation=0 too"),
        ("distill", "pretraining.steps=9", "no language model is trained here"),
        ("distill", "vocabulary.extend=10", "begins with no model"),
        ("pretrain", "training.epochs=3", "pretrain trains a language model"),
        ("pretrain", "network.pooling=mean", "has no use for it"),
        ("pretrain", "dropout.word=0.3", "has no use for it"),
        ("pretrain", "vocabulary.ngrams=9", "has no use for it"),
        ("pretrain", "vectors.deviation=0.5", "has no use for it"),
        ("pretrain", "text.max_tokens=9", "reads whole texts"),
    ],
)
def test_a_change_without_effect_is_refused(
    tmp_path: Path, task: Task, change: str, reason: str
) -> None:
    """In a file, which may serve other runs too, it is no mistake."""
    name = change.partition("=")[0]
    recipe, dataset = TINY.with_settings([change]), make_dataset(40)
    with pytest.raises(ConfigError, match=f"{name} has no effect: .*{reason}"):
        check_run(task, recipe, dataset)
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    check_run(task, Recipe.load(tmp_path / "mine.toml"), dataset)


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("train", ["vocabulary.ngrams=0", "dropout.ngram=0"]),
        ("train", ["vectors.use=true", "vectors.window=3"]),
        ("train", ["network.layers=2", "dropout.layer=0.2"]),
        ("train", ["training.validation=0", "training.temperature=2"]),
        ("pretrain", ["network.hidden_size=4", "training.seed=3", "optimiser.clip_norm=0.5"]),
        ("pretrain", ["text.lower_case=false", "vocabulary.max_size=90"]),
    ],
)
def test_a_change_that_has_an_effect_is_taken(task: Task, changes: list[str]) -> None:
    check_run(task, TINY.with_settings(changes), make_dataset(40))


def test_what_was_found_is_taken_over_where_the_cut_is_the_same() -> None:
    dataset = make_dataset(80)
    first = check_run("train", TINY, dataset)
    other = TINY.with_settings(["training.validation_seed=1"])
    assert check_run("pretrain", LANGUAGE_MODEL, dataset, like=first).division is first.division
    assert check_run("train", other, dataset, like=first).division is not first.division
    assert first.labels == ("negative", "positive")
    assert check_run("pretrain", TINY, dataset).labels == ()


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
