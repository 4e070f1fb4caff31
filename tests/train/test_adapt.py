"""Adapting a model: new words, few labels, other labels, pre-training, stopping and going on."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from forked import forked_command
from made_up_reviews import FEELINGS, TINY, make_dataset, make_table
from test_language_model import StopAt
from test_train_classifier import Recorder
from test_train_command import wait_for

import tonality
from tonality.artifact.config_json import folder_sha256
from tonality.artifact.model_folder import read, write
from tonality.artifact.weights import dequantise
from tonality.cli import app
from tonality.data import Dataset, load_dataset
from tonality.errors import ConfigError, TrainingError
from tonality.evaluate.select_rows import Part, choose_part
from tonality.train import train
from tonality.train.adapt import LEAST_STEPS, adapt, enough_steps
from tonality.train.prepare.preflight import check_run
from tonality.train.pretrain import pretrain
from tonality.train.records.run_folder import asked_recipe
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import read_start

_QUICK = Recipe.load("adapt").with_settings(
    [
        *("training.batch_size=16", "dropout.pooled=0.1"),
        *("optimiser.learning_rate=0.1", "optimiser.layer_decay=1.5", "optimiser.unfreeze_every=0"),
        *("pretraining.streams=8", "pretraining.steps=8"),
    ]
)
ADAPT = dataclasses.replace(_QUICK, changed=frozenset())  # as in a file: for all its uses
# The same feelings in other words, as another trade has them.
TRADE = {
    **{"great": "sturdy", "lovely": "sharp", "brilliant": "solid", "moving": "light"},
    **{"awful": "flimsy", "dull": "blunt", "boring": "rusty", "terrible": "leaky", "film": "knife"},
}


def of_the_trade(rows: int, *, classes: int = 2, seed: int = 7) -> Dataset:
    table = make_table(rows, classes=classes, seed=seed)
    # Without the last word, the film's name, which tells the label.
    texts = [" ".join(TRADE.get(word, word) for word in text.split()[:-1]) for text in table.texts]
    table = dataclasses.replace(table, texts=texts, groups=None, source="knives")
    return Dataset(table, None, make_table(60, seed=8, labelled=False), "knives", {})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = ["optimiser.learning_rate=0.1", "training.epochs=4", "training.patience=0"]
    return train(
        make_dataset(), TINY.with_settings(settings), tmp_path_factory.mktemp("model") / "run"
    )


def accuracy(folder: Path, dataset: Dataset) -> float:
    classifier = tonality.load(folder)
    verdicts = [p.label for p in classifier.predict(dataset.train.texts)]
    return float(
        np.mean([v == w for v, w in zip(verdicts, dataset.train.labels or (), strict=True)])
    )


def test_the_words_of_a_trade_are_learnt(model: Path, tmp_path: Path) -> None:
    unseen = of_the_trade(120, seed=11)
    before = accuracy(model, unseen)
    told = Recorder()
    adapted = adapt(of_the_trade(160), ADAPT, tmp_path / "run", model=model, reporter=told)
    assert any("on the 32 validation texts: " in line for line in told.lines)
    assert not any("consider the old model" in line for line in told.lines)
    assert accuracy(adapted, unseen) > max(before + 0.1, 0.9)
    assert "sturdy" in read(adapted).vocabulary.forms
    assert read(adapted).provenance["start"]["name"] == "run"


def test_pretraining_first_and_going_on_after_a_stop(model: Path, tmp_path: Path) -> None:
    dataset, run = of_the_trade(100), tmp_path / "run"
    whole = adapt(dataset, ADAPT, tmp_path / "whole", model=model, pretrain_epochs=2)
    with pytest.raises(KeyboardInterrupt):
        adapt(dataset, ADAPT, run, model=model, pretrain_epochs=2, reporter=StopAt(7))
    with pytest.raises(TrainingError, match="holds a run already"):
        adapt(dataset, ADAPT, run, model=model, pretrain_epochs=2)
    sha256 = folder_sha256(model)[:12]
    told = rf"with another model \(run, SHA-256 {sha256}\): name that one with --model"
    with pytest.raises(ConfigError, match=told):
        adapt(dataset, ADAPT, run, pretrain_epochs=2, resume=True)
    with pytest.raises(ConfigError, match="begun with another data"):
        adapt(of_the_trade(90), ADAPT, run, model=model, pretrain_epochs=2, resume=True)
    held = json.loads((run / "adapt.json").read_text())
    del held["data"]  # which earlier versions did not note
    (run / "adapt.json").write_text(json.dumps(held))
    folder = adapt(dataset, ADAPT, run, model=model, pretrain_epochs=2, resume=True)
    name = "weights.safetensors"
    assert (folder / name).read_bytes() == (whole / name).read_bytes()
    made = read(folder)
    assert len(made.provenance["start"]["pretrained"]) == 64
    assert "60 without labels for a language model." in made.card
    assert ", which first read the texts as a language model" in made.card
    with pytest.raises(TrainingError, match="no run"):
        adapt(dataset, ADAPT, tmp_path / "none", model=model, resume=True)


@pytest.mark.parametrize("epochs", [0, 1])
def test_the_vectors_size_that_is_asked_for_holds(model: Path, tmp_path: Path, epochs: int) -> None:
    """Over a language model too; nothing is learnt here, so the verdicts stay as they are."""
    still = ["optimiser.learning_rate=1e-8", "training.average=0", "vocabulary.extend=0"]
    recipe = ADAPT.with_settings([*still, "vectors.deviation=0.5", "training.epochs=1"])
    dataset = make_dataset(80)
    adapted = adapt(dataset, recipe, tmp_path / "run", model=model, pretrain_epochs=epochs)
    vectors = dequantise(read(adapted).tensors)["embedding.weight"]
    assert vectors.std() == pytest.approx(0.5, rel=1e-2)
    before, after = (tonality.load(each).predict_proba(dataset.train.texts).argmax(1)
                     for each in (model, adapted))  # fmt: skip
    assert (before == after).mean() > 0.97


def test_what_adapt_cannot_heed_is_refused(model: Path, tmp_path: Path) -> None:
    run, dataset = tmp_path / "run", of_the_trade(80)
    for change, epochs, message in (
        ("pretraining.epochs=3", 1, "pretraining.epochs is 3, but pretrain_epochs"),
        ("pretraining.epochs=3", 0, "pretraining.epochs is 3, but pretrain_epochs"),
        ("pretraining.direction=forward", 1, "direction is 'forward', but run, .* has 'both'"),
        ("network.hidden_size=128", 0, "network.hidden_size is 128, but run, .* has 6"),
        ("vectors.epochs=2", 0, "vectors.epochs has no effect: run, "),
    ):
        recipe = ADAPT.with_settings([change])
        with pytest.raises(ConfigError, match=message):
            adapt(dataset, recipe, run, model=model, pretrain_epochs=epochs)
    assert not run.exists()


def test_other_labels(model: Path, tmp_path: Path) -> None:
    adapted = adapt(of_the_trade(150, classes=3), ADAPT, tmp_path / "run", model=model)
    assert read(adapted).labels == tuple(sorted(FEELINGS))


def test_labels_that_the_data_lacks_are_gone_and_the_log_says_so(tmp_path: Path) -> None:
    quick = ["training.epochs=1"]
    three = train(make_dataset(classes=3), TINY.with_settings(quick), tmp_path / "three")
    few = ADAPT.with_settings(quick)
    for epochs, times in ((0, 1), (1, 2)):  # once more before a language model
        told = Recorder()
        folder = adapt(
            of_the_trade(80), few, tmp_path / f"two-{epochs}", model=three,
            pretrain_epochs=epochs, reporter=told,
        )  # fmt: skip
        assert read(folder).labels == ("negative", "positive")
        lines = [line for line in told.lines if "will not know 'neutral', as three does" in line]
        assert len(lines) == times
    told = Recorder()
    adapt(of_the_trade(80, classes=3), few, tmp_path / "all", model=three, reporter=told)
    assert "will not know" not in " ".join(told.lines)


def test_two_layers_of_both_directions_are_no_language_model(tmp_path: Path) -> None:
    deep = TINY.with_settings(["network.layers=2", "training.epochs=1"])
    model = train(make_dataset(), deep, tmp_path / "deep")
    with pytest.raises(ConfigError, match="deep cannot go on as a language model: it has 2 LSTM"):
        adapt(of_the_trade(80), ADAPT, tmp_path / "run", model=model, pretrain_epochs=1)
    with pytest.raises(ConfigError, match="cannot go on as a language model"):
        pretrain(of_the_trade(80), ADAPT, tmp_path / "run", start_from=model)
    assert not (tmp_path / "run").exists()
    more = make_table(30, seed=4, labelled=False)
    told, data = Recorder(), dataclasses.replace(of_the_trade(80), unlabelled=more)
    adapt(data, ADAPT.with_settings(["training.epochs=1"]), tmp_path / "run", model=model,
          reporter=told)  # fmt: skip
    lines = [line for line in told.lines if "texts without labels" in line]
    assert lines == ["careful: the texts without labels (30) serve the vocabulary alone"]


def test_what_did_not_help_is_told(model: Path, tmp_path: Path) -> None:
    told, known = Recorder(), make_table(80, seed=9)  # other reviews of what it was trained on
    adapt(Dataset(known, None, None, "known", {}), ADAPT, tmp_path / "run", model=model,
          reporter=told)  # fmt: skip
    assert any("epochs in place of 6: the data is small" in line for line in told.lines)
    (measured,) = [line for line in told.lines if "validation texts: " in line]
    shares = re.findall(r"[\d.]+%", measured)
    assert len(shares) == 2
    assert shares[1] == "100.00%"
    assert any("consider the old model" in line for line in told.lines)


def test_both_models_are_judged_by_the_macro_f1_where_it_decides(
    model: Path, tmp_path: Path
) -> None:
    told, known = Recorder(), make_table(80, seed=9)
    recipe = ADAPT.with_settings(["training.epochs=1", "training.keep=macro_f1"])
    adapt(Dataset(known, None, None, "known", {}), recipe, tmp_path / "run", model=model,
          reporter=told)  # fmt: skip
    (measured,) = [line for line in told.lines if "validation texts: " in line]
    now, was = re.findall(r"macro F1 ([\d.]+)", measured)
    assert was == "1.0000"
    assert now == f"{read(tmp_path / 'run' / 'model').metrics['validation']['macro']['f1']:.4f}"
    assert any("adapting has not raised the macro F1 there" in line for line in told.lines)


def test_the_model_as_it_was_goes_by_its_own_thresholds(model: Path, tmp_path: Path) -> None:
    """Its verdicts are what the adapted model has to beat."""
    source = read(model)
    one_sided = tmp_path / "one-sided"
    write(dataclasses.replace(source, thresholds=(0.001, 0.999)), one_sided)
    told, known = Recorder(), make_table(80, seed=9)
    adapt(Dataset(known, None, None, "known", {}), ADAPT.with_settings(["training.epochs=1"]),
          tmp_path / "run", model=one_sided, reporter=told)  # fmt: skip
    (measured,) = [line for line in told.lines if "validation texts: " in line]
    before = float(re.findall(r"[\d.]+(?=%)", measured)[1])
    assert before < 100


@pytest.mark.parametrize("keep", ["accuracy", "macro_f1"])
def test_a_gain_on_a_few_texts_may_be_chance(model: Path, tmp_path: Path, keep: str) -> None:
    one_sided = tmp_path / "one-sided"
    write(dataclasses.replace(read(model), thresholds=(0.001, 0.999)), one_sided)
    recipe, chance = ADAPT.with_settings([f"training.keep={keep}"]), {}
    for rows in (20, 160):
        told, known = Recorder(), make_table(rows, seed=9)
        adapt(Dataset(known, None, None, "known", {}), recipe, tmp_path / str(rows),
              model=one_sided, reporter=told)  # fmt: skip
        chance[rows] = [line for line in told.lines if "may be chance" in line]
        assert not any("consider the old model" in line for line in told.lines)
    (line,) = chance[20]
    assert line.endswith("too few texts to tell")
    assert ("McNemar's test, p = " in line) == (keep == "accuracy")
    assert not chance[160]


def with_labels(dataset: Dataset, negative: str, positive: str) -> Dataset:
    others = {"negative": negative, "positive": positive}
    labels = [others[label] for label in dataset.train.labels or ()]
    return dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, labels=labels))


def test_labels_by_another_name_are_told_how_to_map(model: Path, tmp_path: Path) -> None:
    dataset, told = with_labels(of_the_trade(80), "bad", "good"), Recorder()
    quick = ADAPT.with_settings(["training.epochs=1"])
    adapt(dataset, quick, tmp_path / "run", model=model, reporter=told)
    hint = "add --label-map bad=negative --label-map good=positive"
    assert any(line.endswith(hint) for line in told.lines)


def test_labels_in_another_spelling_are_the_models(model: Path, tmp_path: Path) -> None:
    dataset = with_labels(of_the_trade(80), "NEG", "positive")
    run = tmp_path / "run"
    with (tmp_path / "train.csv").open("w", newline="") as file:
        rows = zip(dataset.train.texts, dataset.train.labels or (), strict=True)
        # Most are spelled otherwise; some as in the model.
        some = [
            (t, "negative" if n < 20 and "N" in label else label)
            for n, (t, label) in enumerate(rows)
        ]
        csv.writer(file).writerows([("text", "label"), *some])
    dataset, told = load_dataset(tmp_path / "train.csv"), Recorder()
    assert set(dataset.train.labels or ()) == {"NEG", "positive"}
    adapt(dataset, ADAPT.with_settings(["training.epochs=1"]), run, model=model, reporter=told)
    assert read(run / "model").labels == ("negative", "positive")
    assert any("'NEG' as 'negative'" in line for line in told.lines)
    assert not any("will not know" in line or "at random" in line for line in told.lines)
    # The file gives the rows that were held out, as it spells them.
    origin = read(run / "model").provenance
    assert len(choose_part(dataset, Part.VALIDATION, origin).ids) == 16

    named = load_dataset(tmp_path / "train.csv", label_map={"NEG": "NEG", "negative": ""})
    checked = check_run("train", ADAPT, named, read_start(model))
    assert checked.labels == ("NEG", "positive")
    numbers = check_run("train", ADAPT, with_labels(of_the_trade(80), "0", "1"), read_start(model))
    assert numbers.labels == ("0", "1")  # what they mean is a guess


def test_few_texts_get_more_epochs() -> None:
    recipe = Recipe.load("adapt")
    few = enough_steps(recipe, 32)
    steps = -(-32 // 32) * few.training.epochs
    assert steps >= LEAST_STEPS or few.training.epochs == 60
    assert few.training.epochs > recipe.training.epochs
    assert shares(few) == pytest.approx(shares(recipe))
    patient = enough_steps(recipe.with_settings(["training.patience=4"]), 32).training
    assert (patient.epochs, patient.patience) == (few.training.epochs, 4)


def shares(recipe: Recipe) -> tuple[float, float]:
    """The patience and the epochs between two layers, each as a share of all epochs."""
    epochs = recipe.training.epochs
    return recipe.training.patience / epochs, recipe.optimiser.unfreeze_every / epochs


@pytest.mark.parametrize("epochs", [2, 100])
def test_patience_and_unfreezing_keep_their_share_of_epochs_that_are_asked_for(epochs: int) -> None:
    recipe = Recipe.load("adapt")
    asked = enough_steps(recipe.with_settings([f"training.epochs={epochs}"]), 80)
    assert asked.training.epochs == epochs
    assert shares(asked) == pytest.approx(shares(recipe))
    # So they do in the record of the run, taken for a recipe.
    again = enough_steps(Recipe.from_dict(asked.to_dict()), 80)
    assert again.settings() == asked.settings()
    both = ["training.patience=4", "optimiser.unfreeze_every=2"]
    kept = enough_steps(recipe.with_settings([f"training.epochs={epochs}", *both]), 80)
    assert (kept.training.patience, kept.optimiser.unfreeze_every) == (4, 2)


@pytest.mark.parametrize("epochs", [2, Recipe.load("adapt").training.epochs])
def test_epochs_that_somebody_asks_for_are_made(model: Path, tmp_path: Path, epochs: int) -> None:
    """Also in a run that goes on with the recipe it began with, as the command does."""
    dataset, run = of_the_trade(40), tmp_path / "run"
    recipe = ADAPT.with_settings([f"training.epochs={epochs}", "training.patience=0"])
    with pytest.raises(KeyboardInterrupt):
        adapt(dataset, recipe, run, model=model, reporter=StopAt(3))
    begun = asked_recipe(run)
    assert begun is not None
    adapted = adapt(dataset, begun, run, model=model, resume=True)
    assert read(adapted).provenance["recipe"]["training"]["epochs"] == epochs


def test_it_stops_where_the_loss_only_rises_and_keeps_the_same(model: Path, tmp_path: Path) -> None:
    table = make_table(100)
    labels = np.random.default_rng(0).permutation(table.labels or ()).tolist()  # nothing to learn
    dataset = Dataset(dataclasses.replace(table, labels=labels), None, None, "noise", {})
    evaluations, weights = [], []
    for patience in (0, 1):
        recipe = ADAPT.with_settings([f"training.patience={patience}"])
        adapted = adapt(dataset, recipe, tmp_path / f"{patience}", model=model)
        rows = (adapted.parent / "metrics.csv").read_text().splitlines()
        evaluations.append(sum(bool(row.split(",")[3]) for row in rows[1:]))
        weights.append((adapted / "weights.safetensors").read_bytes())
    asked = enough_steps(recipe, 80).training
    assert evaluations[0] == asked.epochs
    assert asked.patience < evaluations[1] < evaluations[0]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("stage", ["language-model", "."])
def test_killed_in_either_stage_the_command_goes_on(
    model: Path, tmp_path: Path, stage: str
) -> None:
    """With the settings said again, and without."""
    table = of_the_trade(80).train
    lines = [f"{label},{text}" for label, text in zip(table.labels or (), table.texts, strict=True)]
    (tmp_path / "knives.csv").write_text("\n".join(["label,text", *lines]))
    run = tmp_path / "run"
    words = ["adapt", "--data", str(tmp_path / "knives.csv"), "--model", str(model), "-o", str(run),
             "--pretrain-epochs", "3", "--checkpoint-minutes", "0"]  # fmt: skip
    settings = ["--set", "training.epochs=5", "--set", "pretraining.streams=2"]
    process = forked_command([*words, *settings])
    wait_for(run / stage / "checkpoint.pt", process)
    process.kill()
    process.communicate()
    again = [*words, "--resume", *(settings if stage == "." else [])]  # said again or not
    result = CliRunner().invoke(app, again)
    assert result.exit_code == 0, result.stderr
    recipe = read(run / "model").provenance["recipe"]
    assert recipe["pretraining"]["streams"] == 2
    (run / "model").rename(tmp_path / "finished")
    other = [*words[:-3], "2", "--resume"]
    assert "another pretrain epochs" in str(CliRunner().invoke(app, other).exception)


def test_the_command(model: Path, tmp_path: Path) -> None:
    table = of_the_trade(80).train
    lines = [f"{label},{text}" for label, text in zip(table.labels or (), table.texts, strict=True)]
    (tmp_path / "knives.csv").write_text("\n".join(["label,text", *lines]))
    (tmp_path / "more.csv").write_text("\n".join(["review", *make_table(30, seed=4).texts]))
    words = ["adapt", "--data", str(tmp_path / "knives.csv"), "--model", str(model),
             "--text-column", "text", "--unlabelled", str(tmp_path / "more.csv"),
             "--set", "training.epochs=1", "-o", str(tmp_path / "run")]  # fmt: skip
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(tmp_path / "run" / "model")
    assert read(tmp_path / "run" / "model").provenance["rows"]["unlabelled"] == 30
    assert (
        "careful: the texts without labels (30) serve the vocabulary alone; tonality adapt "
        "--pretrain-epochs 3 learns from them\n"
    ) in result.stderr
    again = [*words[:-1], str(tmp_path / "two")]
    wrong = CliRunner().invoke(app, [*again, "--model", "no-such"])
    assert wrong.exit_code != 0
    # The default, asked for: the model has 6.
    other = CliRunner().invoke(app, [*again, "--set", "network.hidden_size=128"])
    assert "network.hidden_size is 128, but run, from which to start, has 6" in str(other.exception)
    assert not (tmp_path / "two").exists()
