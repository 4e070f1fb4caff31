"""Recipes: what ships, what a file may say, what is refused and how."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tonality.errors import ConfigError
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.shipped_recipes import shipped


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_load_and_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    recipe = Recipe.load(name)
    assert recipe.name == name
    assert recipe.description
    file = tmp_path / "copy.toml"
    file.write_text(recipe.to_toml(), encoding="utf-8")
    assert Recipe.load(file) == recipe
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_quick_and_base_ship() -> None:
    assert {"quick", "base"} <= set(shipped())


def test_an_empty_file_is_the_defaults_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("", encoding="utf-8")
    assert Recipe.load(file) == Recipe(name="mine")


def test_settings_change_one_value_each_and_void_what_was_measured() -> None:
    recipe = Recipe.from_dict({"expected": {"minutes": 8, "accuracy": 0.9}})
    changed = recipe.with_settings(
        [
            "network.hidden_size=64",
            "network.dense=[32, 16]",
            "optimiser.schedule=cosine",
            'text.truncate="head"',
            "optimiser.clip_norm=0",
            "vectors.use = true",
        ]
    )
    assert changed.network == dataclasses.replace(recipe.network, hidden_size=64, dense=(32, 16))
    assert changed.optimiser.schedule == "cosine"
    assert changed.text.truncate == "head"
    assert changed.optimiser.clip_norm == 0.0
    assert changed.vectors.use
    assert changed.expected.minutes == 0
    assert recipe.with_settings([]) == recipe


def test_tables_survive_a_round_trip(tmp_path: Path) -> None:
    table = r'distillation.teachers={"film \"noir\"" = ["imdb", "a/b"], "é" = ["c"]}'
    recipe = Recipe().with_settings([table, 'distillation.teacher_labels={LABEL_0 = "no"}'])
    file = tmp_path / "custom.toml"
    file.write_text(recipe.to_toml(), encoding="utf-8")
    assert Recipe.load(file) == recipe
    assert recipe.distillation.teachers == {'film "noir"': ("imdb", "a/b"), "é": ("c",)}
    assert recipe.distillation.teacher_labels == {"LABEL_0": "no"}


def test_a_pooling_without_attention_takes_the_recipes_size_of_it_away() -> None:
    student = Recipe.load("student").with_settings(["network.pooling=attention+max"])
    assert student.network.attention_size == 64
    assert student.with_settings(["network.pooling=max"]).network.attention_size == 0
    both = ["network.pooling=max", "network.attention_size=8"]
    assert student.with_settings(both).network.attention_size == 8  # to be refused, not dropped


def test_a_number_stands_for_the_choice_it_spells(tmp_path: Path) -> None:
    """TOML makes one of ``32``, and who writes it means the precision."""
    file = tmp_path / "mine.toml"
    file.write_text("[training]\nprecision = 32\n", encoding="utf-8")
    half = Recipe().with_settings(["training.precision=bf16"])
    for recipe in (Recipe.load(file), half.with_settings(["training.precision=32"])):
        assert recipe.training.precision == "32"
        assert recipe.settings() == Recipe().settings()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("network.hiden_size=3", "network.hiden_size; did you mean 'hidden_size'? Valid: embed"),
        ("trainig.epochs=3", "section 'trainig' in a recipe; did you mean 'training'?"),
        ("text.lowercase=true", "did you mean 'lower_case'?"),
        ("expected.minutes=3", "no section 'expected'"),
        ("epochs=3", "write section.key=value"),
        ("training.epochs", "write section.key=value"),
        ("training.epochs=1.5", "training.epochs is 1.5; it takes a whole number"),
        ("training.epochs=0", "training.epochs is 0; it takes a number from 1"),
        ("training.epochs=true", "training.epochs is True; it takes a whole number"),
        ("training.average=1", "training.average is 1.0; it takes a number from 0 to below 1"),
        ("training.seed=-1", "training.seed is -1; it takes a number from 0 to"),
        ("optimiser.learning_rate=nan", "optimiser.learning_rate is nan; it takes a number"),
        ("optimiser.schedule=step", "one of 'linear', 'cosine', 'constant'"),
        ("training.precision=16", "training.precision is 16; it takes one of '32', 'bf16'"),
        ("optimiser.betas=[0.9]", "it takes a list of 2, each a number"),
        ("network.dense=[4, 0]", "network.dense is (4, 0); it takes a number from 1"),
        (f"network.dense={[4] * 65}", "network.dense has 65 layers; 64 are the most"),
        ("network.layers=65", "network.layers is 65; it takes a number from 1 to 64"),
        ("network.dense=4", "it takes a list, each a whole number"),
        ("network.pooling=maxx", "network.pooling must be one of max, mean"),
        ("text.max_tokens=-1", "'max_tokens' to be from 0 to 2147483647, got -1"),
        (f"training.max_tokens={2**63}", "training.max_tokens is 9223372036854775808; it takes"),
        ('vectors.file="a\\u0000b"', "vectors.file holds a null character; name the file"),
        ('distillation.collection_column=""', "collection_column is empty; name a column"),
        ("vectors.use=yes", "vectors.use is 'yes'; it takes true or false"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_valid(change: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Recipe().with_settings([change])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[network]\nhidden = 3\n", "no setting network.hidden"),
        ("[netwrok]\n", "no section 'netwrok' in a recipe; did you mean 'network'?"),
        ("network = 3\n", "[network] must be a table"),
        ("description = 3\n", "description is 3; it takes a string"),
        ("[network\n", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Recipe.load(file)
    assert message in str(caught.value)


def test_a_recipe_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ConfigError, match="is a plan of several runs, which tonality train takes"):
        Recipe.load("flagship-cpu")
    with pytest.raises(ConfigError, match=r"'bas'; did you mean 'base'\? Valid: adapt, base"):
        Recipe.load("bas")


def test_the_settings_that_decide_a_run_leave_out_names_and_expectations() -> None:
    one = Recipe.from_dict({"name": "a", "description": "b", "expected": {"minutes": 1}})
    assert one.settings() == Recipe().settings()
    assert one.settings() != Recipe().with_settings(["training.seed=1"]).settings()


def test_the_record_of_an_earlier_version_is_no_wish() -> None:
    text = Recipe().to_dict()["text"]
    del text["typos"]  # a setting that came later
    recipe = Recipe.from_dict({"text": text})
    assert not recipe.names("text", "hashtags")
    assert recipe.text.typos == "keep"
    del text["hashtags"]
    assert Recipe.from_dict({"text": text}).names("text", "lower_case")


def test_a_run_of_an_earlier_version_does_not_go_on_reading_otherwise(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    settings = Recipe().settings()
    before = {**settings, "text": {**settings["text"]}}
    del before["text"]["typos"]
    folder.begin({"settings": before}, "")
    with pytest.raises(ConfigError, match=r"text\.typos was 'keep' and is 'read'\. Resume it as"):
        folder.reopen({"settings": settings})
    folder.reopen({"settings": Recipe().with_settings(["text.typos=keep"]).settings()})
