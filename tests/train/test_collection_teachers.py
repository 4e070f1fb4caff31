"""Other teachers for single collections, from the recipe's table to the student's card."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from made_up_reviews import TINY, make_dataset, make_table
from test_train_classifier import FailAtStart, Recorder
from test_train_command import run

import tonality
from tonality import artifact
from tonality.data import Dataset, Table
from tonality.errors import ConfigError
from tonality.train import train
from tonality.train.distill import distill
from tonality.train.prepare.preflight import check_run
from tonality.train.prepare.prepare import prepare
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe
from tonality.train.teachers.read_teachers import read_teaching
from tonality.train.teachers.teacher_answers import soften

LABELS = ("negative", "neutral", "positive")
FILM, SHOP = "film", "shop"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of two classes."""
    return train(make_dataset(80), TINY, tmp_path_factory.mktemp("runs") / "two")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of three classes."""
    return train(make_dataset(80, classes=3), TINY, tmp_path_factory.mktemp("runs") / "three")


def make_collections() -> Dataset:
    """Film reviews of two classes, of a shop three, and texts without labels of film and none."""
    film, shop = make_table(40, seed=3), make_table(60, classes=3, seed=4)
    names = [FILM] * len(film) + [SHOP] * len(shop)
    free = make_table(20, seed=5, labelled=False)
    return Dataset(
        train=dataclasses.replace(film.joined(shop), extras={"source": names}),
        test=None,
        unlabelled=dataclasses.replace(free, extras={"source": [FILM, ""] * 10}),
        name="made-up",
        sha256={},
    )


def recipe_of(table: Mapping[str, tuple[str, ...]], **settings: object) -> Recipe:
    """The student's recipe with teachers of single collections."""
    values = TINY.with_settings(["training.epochs=1"]).to_dict()
    values["distillation"] = {"teachers": table, "temperature": 100.0, **settings}
    return Recipe.from_dict(values)


def test_each_text_is_taught_by_the_teachers_of_its_collection(
    two: Path, three: Path, tmp_path: Path
) -> None:
    dataset = make_collections()
    recipe = recipe_of({FILM: (str(two), str(three))})
    checked = check_run("distill", recipe, dataset)
    data = prepare(checked, Reporter())
    teaching = read_teaching(dataset, [three], recipe.distillation, data.labels)
    taught = teaching.taught(checked, data, RunFolder(tmp_path), Reporter())
    assert taught.soft is not None
    names = [dataset.train.extras["source"][row] for row in checked.division.rows]
    assert dataset.unlabelled is not None
    names += [dataset.unlabelled.extras["source"][row] for row in checked.division.unlabelled_rows]
    expected = soften(tonality.load(three).predict_proba(data.corpus), 100.0)
    film = [row for row, name in enumerate(names) if name == FILM]
    second = tonality.load(two).predict_proba([data.corpus[row] for row in film])
    # A class that a teacher does not know is impossible to it, however high the temperature.
    wide = np.insert(soften(second, 100.0), 1, 0.0, axis=1)
    expected[film] = (expected[film] + wide) / 2
    np.testing.assert_allclose(taught.soft, expected, atol=1e-6)
    assert (taught.soft[film][:, 1] < 0.2).all()
    assert taught.teachers is not None
    assert [one["collections"] for one in taught.teachers["each"]] == [
        ["film", "all others"],
        ["film"],
    ]


def test_the_record_tells_teachers_and_collections_but_no_path(
    two: Path, three: Path, tmp_path: Path
) -> None:
    recipe = recipe_of({FILM: (str(two),)})
    model = artifact.read(distill(make_collections(), [three], recipe, tmp_path / "run"))
    assert model.provenance["recipe"]["distillation"]["teachers"] == {FILM: ["two"]}
    assert "; teaches all others) and two (" in model.card
    assert "; teaches film), averaged " in model.card
    assert str(two.parent.parent) not in model.card + str(model.provenance)


def test_a_run_that_is_resumed_has_the_same_collections(
    two: Path, three: Path, tmp_path: Path
) -> None:
    dataset, recipe = make_collections(), recipe_of({FILM: (str(two),)})
    distill(dataset, [three], recipe, tmp_path / "whole", cache=tmp_path / "cache")
    (tmp_path / "run").mkdir()
    for name in ("run.json", "recipe.toml"):  # as one that was killed before its first checkpoint
        (tmp_path / "run" / name).write_bytes((tmp_path / "whole" / name).read_bytes())
    assert dataset.unlabelled is not None
    turned = dataclasses.replace(dataset.unlabelled, extras={"source": ["", FILM] * 10})
    other = dataclasses.replace(dataset, unlabelled=turned)
    with pytest.raises(ConfigError, match=r"other settings or data: teachers\.sha256"):
        distill(other, [three], recipe, tmp_path / "run", resume=True)
    recorder = Recorder()
    distill(
        dataset, [three], recipe, tmp_path / "run",
        cache=tmp_path / "cache", resume=True, reporter=recorder,
    )  # fmt: skip
    assert "the answers of the teacher two are there from before" in recorder.lines
    assert (tmp_path / "run" / "model" / "weights.safetensors").read_bytes() == (
        tmp_path / "whole" / "model" / "weights.safetensors"
    ).read_bytes()


def test_what_the_table_lacks_is_told_before_any_work(
    two: Path, three: Path, tmp_path: Path
) -> None:
    dataset = make_collections()
    without = dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, extras={}))
    here = {FILM: (str(three),), SHOP: (str(three),)}
    for data, given, table, settings, message in (
        (without, [three], {FILM: (str(two),)}, {}, "has no column 'source' that names"),
        (dataset, [three], {FILM: (str(two),)}, {"collection_column": "domain"},
         "has no column 'domain' that names collections; set distillation.collection_column"),
        (dataset, [three], {"flim": (str(two),)}, {}, "'flim' in the column 'source'.*'film'"),
        (dataset, [], {FILM: (str(three),)}, {},
         "no teacher is named for 'shop' and 10 texts without a collection; add them to"),
        (dataset, [], here, {}, "no teacher is named for 10 texts without a collection"),
        (dataset, [two], {SHOP: (str(three),)}, {}, "it never says 'neutral'; map them"),
        (dataset, [three], {SHOP: (str(two),)}, {},
         "two never says 'neutral', but 20 texts of the collection 'shop' are labelled so"),
        (dataset, [three], {FILM: (str(two), str(two))}, {}, "two and two are the same model"),
        (dataset, [], {}, {}, "there is no teacher; name a model folder with --teacher, or"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            distill(data, given, recipe_of(table, **settings), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_all_may_be_taught_by_the_table(three: Path, two: Path, tmp_path: Path) -> None:
    dataset = dataclasses.replace(make_collections(), unlabelled=None)
    recipe = recipe_of({FILM: (str(two),), SHOP: (str(three),)})
    with pytest.raises(OSError, match="no such device"):
        distill(dataset, [], recipe, tmp_path / "run", callbacks=[FailAtStart()])
    left = [path.name.split("-")[0] for path in (tmp_path / "run").iterdir()]
    assert left == ["answers", "answers"]  # of each teacher, for the next start


def write(path: Path, table: Table) -> None:
    columns = {"text": table.texts, "label": table.labels, **table.extras}
    there = {name: column for name, column in columns.items() if column is not None}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(there)
        writer.writerows(zip(*there.values(), strict=True))


def test_the_command_reads_the_column_and_the_table(two: Path, three: Path, tmp_path: Path) -> None:
    dataset, data = make_collections(), tmp_path / "data"
    data.mkdir()
    assert dataset.unlabelled is not None
    write(data / "train.csv", dataset.train)
    write(data / "unsup.csv", dataset.unlabelled)
    write(data / "test.csv", make_table(9, classes=3, seed=6))  # which need not have the column
    recipe = recipe_of({FILM: (str(two),)})
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    words = ["distill", "--data", str(data), "--recipe", str(tmp_path / "recipe.toml")]
    result = run([*words, "--teacher", str(three), "-o", str(tmp_path / "run")])
    assert result.exit_code == 0, result.stderr
    assert "asking the teacher two about 50 texts" in result.stderr  # 40 and 10 without labels
    assert "asking the teacher three about 70 texts" in result.stderr

    named = str(
        recipe.with_settings([f'distillation.teachers={{film=["{tmp_path}/no"]}}']).to_toml()
    )
    (tmp_path / "recipe.toml").write_text(named)
    result = run([*words, "--teacher", str(three), "-o", str(tmp_path / "other")])
    assert "no model folder is here" in str(result.exception)
    result = run([*words[:3], "--teacher", str(three), "-o", str(tmp_path / "other"),
                  "--set", f'distillation.teachers={{film=["{two}"]}}',
                  "--set", "distillation.collection_column=shelf"])  # fmt: skip
    assert "no column 'shelf'. Columns: 'text', 'label', 'source'" in str(result.exception)
    assert not (tmp_path / "other").exists()


def test_a_plan_reads_the_column_and_checks_the_table_first(two: Path, tmp_path: Path) -> None:
    dataset, data = make_collections(), tmp_path / "data"
    data.mkdir()
    write(data / "train.csv", dataset.train)
    (tmp_path / "tiny.toml").write_text(TINY.with_settings(["training.epochs=1"]).to_toml())
    (tmp_path / "plan.toml").write_text(f"""
        [[stages]]
        name = "large"
        task = "train"
        recipe = "{tmp_path}/tiny.toml"
        [[stages]]
        name = "small"
        task = "distill"
        recipe = "{tmp_path}/tiny.toml"
        teachers = ["large"]
    """)
    words = ["train", "--data", str(data), "--recipe", str(tmp_path / "plan.toml")]
    for folder, kind, message in (
        (two, "flim", "stage 'small': there is no collection 'flim'"),
        (tmp_path / "nowhere", FILM, "no model folder is here"),
    ):
        table = f'small.distillation.teachers={{{kind}=["{folder}"]}}'
        result = run([*words, "-o", str(tmp_path / "run"), "--set", table])
        assert message in str(result.exception)
    assert not (tmp_path / "run").exists()
    table = f'small.distillation.teachers={{{FILM}=["{two}"]}}'
    result = run([*words, "-o", str(tmp_path / "run"), "--set", table])
    assert result.exit_code == 0, result.stderr
    assert "asking the teacher two about 40 texts" in result.stderr
    assert "asking the teacher large about 60 texts" in result.stderr
