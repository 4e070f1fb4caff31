"""Whole runs on made-up reviews: what comes out, and that stopping and going on change nothing."""

from __future__ import annotations

import csv
import dataclasses
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Timer
from made_up_reviews import TINY, make_dataset, make_table

import tonality
from tonality.artifact.model_folder import read
from tonality.data import Dataset, Table, load_dataset, split
from tonality.errors import ConfigError, DataError, TonalityError, TrainingError
from tonality.evaluate.select_rows import Part, choose_part, describe_seen
from tonality.train import train
from tonality.train.loop import session
from tonality.train.loop.lightning_module import TrainingModule
from tonality.train.prepare.batches import Batch
from tonality.train.prepare.held_out import divide
from tonality.train.prepare.small_data import with_patience
from tonality.train.records.history import MetricsRow
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe

LEARNS = TINY.with_settings(["training.epochs=4", "optimiser.learning_rate=0.1"])


class Recorder(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.evaluations: list[tuple[MetricsRow, bool]] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def evaluated(self, row: MetricsRow, *, best: bool) -> None:
        self.evaluations.append((row, best))


class SignalAt(Callback):
    """Sends this process a signal after a step, as Ctrl-C does."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step, self.number = step, number

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if pl_module.steps_done == self.step:
            os.kill(os.getpid(), self.number)


class Losses(Callback):
    """Keeps the loss of each step and how many texts it is of."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, int]] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *_: Any
    ) -> None:
        self.steps.append((float(outputs["cross_entropy"]), len(batch.lengths)))


class FailAtStart(Callback):
    """Fails just before the first step."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        raise OSError("no such device")


class StopAt(Callback):
    """Asks Lightning to stop after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        trainer.should_stop = bool(pl_module.steps_done == self.step)


class Fails(Callback):
    """Does at the start what raises."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.work()


class SpoilAt(Callback):
    """Makes the weights not finite after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, TrainingModule)
        if pl_module.steps_done == self.step:
            with torch.no_grad():
                pl_module.network.output.weight.fill_(float("nan"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(make_dataset(unlabelled=60), LEARNS, folder)
    return folder


def weights(folder: Path) -> bytes:
    return (folder / "model" / "weights.safetensors").read_bytes()


def rows(folder: Path) -> list[dict[str, str]]:
    """The metrics without the time they took."""
    with (folder / "metrics.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_a_run_leaves_a_model_that_learned_and_its_records(finished: Path) -> None:
    classifier = tonality.load(finished / "model")
    assert classifier.labels == ("negative", "positive")
    assert classifier.predict("the film was brilliant").label == "positive"
    assert classifier.predict("a boring plot").label == "negative"
    names = {path.name for path in finished.iterdir()} - {"tensorboard"}
    assert {"metrics.csv", "curves.png", "validation.csv", "recipe.toml", "model"} <= names
    assert not [name for name in names if name.startswith(".")]
    if find_spec("tensorboard") is not None:
        assert list((finished / "tensorboard").glob("events.out.tfevents.*"))
    assert (finished / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert Recipe.load(finished / "recipe.toml") == with_patience(LEARNS, 160)


def test_the_model_says_what_it_was_made_of_and_how_good_it_is(finished: Path) -> None:
    model = read(finished / "model")
    measured = model.metrics["validation"]
    assert measured["n"] == 40
    assert measured["accuracy"] > 0.85
    calibration = model.metrics["calibration"]
    assert calibration["temperature"] == model.temperature != 1
    assert calibration["log_loss_after"] == pytest.approx(measured["log_loss"])
    assert calibration["data"]["part"] == "validation"
    assert f"temperature of {model.temperature:.3g}, fitted on 40 texts" in model.card
    assert "These figures flatter a little" in model.card
    assert model.abstain == 0
    json.dumps(model.metrics, allow_nan=False)
    origin = model.provenance
    assert Recipe.from_dict(origin["recipe"]) == with_patience(LEARNS, 160)
    assert origin["data"] == {"name": "made-up", "sha256": {"train.csv": "0" * 64}}
    assert origin["rows"] == {"train": 160, "validation": 40, "unlabelled": 60}
    assert origin["left_out"] == {"train": 0, "validation": 0, "unlabelled": 0}
    assert origin["seed"] == 0
    assert origin["versions"]["torch"] == metadata.version("torch")
    assert model.priors == pytest.approx((0.5, 0.5), abs=0.02)
    assert "made-up" in model.card
    assert f"{measured['accuracy']:.2%}" in model.card


def test_validation_csv_holds_what_the_model_says_of_the_held_out_rows(finished: Path) -> None:
    dataset = make_dataset()
    _, held_out = split(dataset.train, validation=0.2, seed=0)
    classifier = tonality.load(finished / "model")
    with (finished / "validation.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [int(row["row"]) for row in found] == held_out.tolist()
    assert [row["id"] for row in found] == [f"review-{row}" for row in held_out]
    texts = [dataset.train.texts[row] for row in held_out]
    given = np.array([[float(row[label]) for label in classifier.labels] for row in found])
    np.testing.assert_allclose(given, classifier.predict_proba(texts), atol=1e-6)
    recorded = choose_part(dataset, Part.VALIDATION, classifier.artifact.provenance)
    assert recorded.ids == [row["id"] for row in found]
    assert describe_seen(dataset, recorded, classifier.artifact.provenance) == ""
    whole = choose_part(dataset, Part.ALL, classifier.artifact.provenance)
    resaved = dataclasses.replace(dataset, sha256={"copy.csv": "1" * 64})
    assert "about 80% of these texts" in describe_seen(
        resaved, whole, classifier.artifact.provenance
    )


def test_texts_that_are_measured_on_shape_nothing(tmp_path: Path) -> None:
    table = make_table(60)
    texts = [f"{text} word{row}" for row, text in enumerate(table.texts)]
    table = dataclasses.replace(table, texts=texts)
    rows, held_out = split(table, validation=0.2, seed=0)
    dataset = Dataset(
        train=table,
        test=Table([f" {texts[rows[0]].upper()}", "a test text, word-t", " "]),
        unlabelled=Table(
            [*(texts[row].title() for row in held_out), "A  test text, word-t", "free", " "]
        ),
        name="made-up",
        sha256={},
    )
    recipe = TINY.with_settings(["training.epochs=1", "vectors.use=true"])
    recorder = Recorder()
    model = read(train(dataset, recipe, tmp_path / "run", reporter=recorder))
    given = len(held_out) + 1
    assert model.provenance["left_out"] == {"train": 1, "validation": 0, "unlabelled": given}
    assert model.provenance["rows"] == {
        "train": len(rows) - 1, "validation": len(held_out), "unlabelled": 1
    }  # fmt: skip
    assert (
        "left out, for saying nothing: 1 text" in recorder.lines
    )  # no copy of the blank test text
    assert any(f"1 texts with labels, {given} without" in line for line in recorder.lines)
    words = {word for word in model.vocabulary.forms if word.startswith("word")}
    assert words == {f"word{row}" for row in rows[1:]}
    assert "free" in model.vocabulary.forms


def test_a_test_part_with_all_of_a_class_in_it_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset(60)
    with pytest.raises(DataError, match="no text of class 'negative' is left to learn from"):
        train(dataclasses.replace(dataset, test=dataset.train), TINY, tmp_path / "run")


def test_the_time_counts_preparations_and_all_sessions(tmp_path: Path) -> None:
    dataset, recipe = make_dataset(60), TINY.with_settings(["training.epochs=2"])

    class Slow(Recorder):
        def say(self, line: str) -> None:
            if "words and" in line:
                time.sleep(0.6)

    with pytest.raises(KeyboardInterrupt):
        train(dataset, recipe, tmp_path / "run", reporter=Slow(), callbacks=[SignalAt(1)])
    train(dataset, recipe, tmp_path / "run", reporter=Slow(), resume=True)
    assert read(tmp_path / "run" / "model").provenance["minutes"] * 60 > 1.2 - 0.31


def test_the_vocabulary_does_not_see_the_validation_part(tmp_path: Path) -> None:
    table = make_table(40)
    texts = [f"{text} word{row}" for row, text in enumerate(table.texts)]
    dataset = Dataset(
        train=dataclasses.replace(table, texts=texts),
        test=Table(["the test part is none of its business"]),
        unlabelled=Table(["unlabelled texts lend words"]),
        name="made-up",
        sha256={},
    )
    rows, _ = split(dataset.train, validation=0.2, seed=0)
    told, recipe = Recorder(), TINY.with_settings(["training.epochs=1"])
    model = read(train(dataset, recipe, tmp_path / "run", reporter=told))
    assert any("labels (1) serve the vocabulary alone" in line for line in told.lines)
    words = set(model.vocabulary.forms)
    assert {word for word in words if word.startswith("word")} == {f"word{row}" for row in rows} | {
        "words"
    }
    assert "unlabelled" in words
    assert "business" not in words


@pytest.mark.parametrize("step", [1, 9, 10, 13, 40])
def test_ctrl_c_saves_and_resuming_ends_as_if_nothing_had_been(
    finished: Path, tmp_path: Path, step: int
) -> None:
    folder, dataset = tmp_path / "run", make_dataset(unlabelled=60)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(dataset, LEARNS, folder, callbacks=[SignalAt(step)])
    assert signal.getsignal(signal.SIGINT) is handler
    assert not (folder / "model").exists()
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == step
    train(dataset, LEARNS, folder, resume=True)
    assert weights(folder) == weights(finished)
    assert rows(folder) == rows(finished)


def test_everything_at_once_resumes_exactly(tmp_path: Path) -> None:
    recipe = LEARNS.with_settings(
        [
            "vectors.use=true", "network.layers=2", "network.pooling=max+attention",
            "network.dense=[4]", "dropout.layer=0.2", "dropout.dense=0.2",
            "optimiser.schedule=cosine", "optimiser.warmup_steps=7", "optimiser.weight_decay=0.1",
            "optimiser.embedding_rate=0.5", "training.class_weights=balanced",
            "training.label_smoothing=0.1", "training.evaluations_per_epoch=3",
            "training.keep=loss", "training.epochs=2", "training.seed=5",
        ]
    )  # fmt: skip
    dataset = make_dataset(90, classes=3, unlabelled=30)
    with pytest.raises(KeyboardInterrupt):
        train(dataset, recipe, tmp_path / "a", callbacks=[SignalAt(7, signal.SIGTERM)])
    train(dataset, recipe, tmp_path / "a", resume=True)
    train(dataset, recipe, tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert read(tmp_path / "a" / "model").labels == ("negative", "neutral", "positive")


def test_the_best_weights_are_kept_and_training_stops_without_progress(tmp_path: Path) -> None:
    recipe = LEARNS.with_settings(
        ["training.epochs=50", "training.patience=2", "training.keep=loss"]
    )
    recorder = Recorder()
    model = read(train(make_dataset(), recipe, tmp_path / "run", reporter=recorder))
    losses = [row.validation_loss or np.inf for row, _ in recorder.evaluations]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 50
    assert [best for _, best in recorder.evaluations][best:] == [True, False, False]
    assert model.provenance["best"]["step"] == recorder.evaluations[best][0].step
    assert model.metrics["calibration"]["log_loss_before"] == pytest.approx(losses[best], abs=5e-3)
    names = [path.name for path in (tmp_path / "run").glob("best-*")]
    assert names == [f"best-{recorder.evaluations[best][0].step}.safetensors"]


@pytest.fixture
def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at each evaluation, however quick they come."""
    monkeypatch.setattr(session, "APART", 0.0)


@pytest.mark.usefixtures("save_always")
def test_a_run_that_diverges_says_what_to_change_and_keeps_its_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(
        TrainingError, match=r"step 14 is not finite: start anew in another folder with a lower opt"
    ):
        train(make_dataset(), LEARNS, folder, callbacks=[SpoilAt(13)])
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert state["step"] == 10
    assert all(torch.isfinite(tensor).all() for tensor in state["weights"].values())


@pytest.mark.usefixtures("save_always")
def test_spoiled_weights_do_not_replace_a_good_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(TrainingError, match="the weights after step 13 are not finite: start anew"):
        train(make_dataset(), LEARNS, folder, callbacks=[SpoilAt(13), SignalAt(13)])
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == 10


def test_quick_evaluations_do_not_each_write_all_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    save = RunFolder.save_checkpoint

    def watched(folder: RunFolder, state: Mapping[str, Any]) -> None:
        saved.append(state["step"])
        save(folder, state)

    monkeypatch.setattr(RunFolder, "save_checkpoint", watched)
    monkeypatch.setattr(session, "APART", 1000.0)
    train(make_dataset(60), TINY.with_settings(["training.epochs=9"]), tmp_path / "run")
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert saved == [int(rows[-1].split(",")[0])]
    assert len(list((tmp_path / "run").glob("best-*"))) == 1


@pytest.mark.parametrize("validation", [0.2, 0])
def test_a_callback_ends_a_run_which_is_evaluated_saved_and_finished(
    tmp_path: Path, validation: float
) -> None:
    told, recipe = Recorder(), LEARNS.with_settings([f"training.validation={validation}"])
    model = train(make_dataset(), recipe, tmp_path / "run", callbacks=[StopAt(13)], reporter=told)
    assert tonality.load(model).labels == ("negative", "positive")
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 13
    last = rows(tmp_path / "run")[-1]
    assert (last["step"], last["validation_loss"] != "") == ("13", validation > 0)
    assert any("a callback asked for it; step" in line for line in told.lines)


def test_a_timer_of_lightning_ends_a_run(tmp_path: Path) -> None:
    recipe = LEARNS.with_settings(["training.epochs=1000"])
    timer = Timer(timedelta(milliseconds=1))
    model = train(make_dataset(60), recipe, tmp_path / "run", callbacks=[timer])
    assert read(model).provenance["best"]["epoch"] < 1000
    with pytest.raises(TrainingError, match="got a callback that stops the training before it"):
        train(make_dataset(60), recipe, tmp_path / "none", callbacks=[Timer(timedelta())])
    assert not (tmp_path / "none").exists()


def test_the_training_loss_is_the_mean_over_the_texts_since_the_last_evaluation(
    tmp_path: Path,
) -> None:
    kept, told = Losses(), Recorder()
    recipe = LEARNS.with_settings(["training.epochs=2", "training.batch_size=25"])
    train(make_dataset(), recipe, tmp_path / "run", callbacks=[kept], reporter=told)
    losses, texts = np.array(kept.steps).T  # (steps,) each; the last batch of an epoch is small
    epochs = zip(np.split(losses, 2), np.split(texts, 2), strict=True)
    found = [row.train_loss for row, _ in told.evaluations]
    means = [np.average(loss, weights=count) for loss, count in epochs]
    assert found == pytest.approx(means, rel=1e-6)


def test_a_folder_is_not_trained_into_twice(finished: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    dataset = make_dataset(unlabelled=60)
    with pytest.raises(TrainingError, match="holds a run already: go on with it with --resume"):
        train(dataset, LEARNS, finished)
    with pytest.raises(TrainingError, match=r"is finished, its model is in .*nothing to resume"):
        train(dataset, LEARNS, finished, resume=True)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before
    with pytest.raises(TrainingError, match=r"no run in .*absent to resume"):
        train(dataset, LEARNS, tmp_path / "absent", resume=True)
    assert not (tmp_path / "absent").exists()


def test_resuming_wants_the_same_settings_and_data(tmp_path: Path) -> None:
    folder, dataset = tmp_path / "run", make_dataset()
    with pytest.raises(KeyboardInterrupt):
        train(dataset, LEARNS, folder, callbacks=[SignalAt(1)])
    other = LEARNS.with_settings(["network.hidden_size=9"])
    with pytest.raises(ConfigError, match=r"settings.network.hidden_size was 6 and is 9"):
        train(dataset, other, folder, resume=True)
    with pytest.raises(ConfigError, match=r"data\.sha256 was"):
        train(make_dataset(198), LEARNS, folder, resume=True)
    run = (folder / "run.json").read_bytes()
    held = json.loads(run)
    # As if a version that prepares the data in another way had begun the run.
    (folder / "run.json").write_text(json.dumps({**held, "vocabulary": "another"}))
    with pytest.raises(ConfigError, match="vocabulary was 'another'"):
        train(dataset, LEARNS, folder, resume=True)
    (folder / "run.json").write_bytes(run)
    (folder / "checkpoint.pt").write_bytes(b"nonsense")
    with pytest.raises(TrainingError, match=r"checkpoint\.pt is damaged"):
        train(dataset, LEARNS, folder, resume=True)


def test_a_run_stopped_before_its_first_checkpoint_can_be_resumed(
    finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "recipe.toml"):
        (folder / name).write_bytes((finished / name).read_bytes())
    train(make_dataset(unlabelled=60), LEARNS, folder, resume=True)
    assert weights(folder) == weights(finished)


@pytest.mark.parametrize("name", ["recipe.toml", "vectors.npy", "best-model.safetensors", ".mine"])
def test_a_folder_of_other_files_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(TrainingError, match="is no part of a run") as raised:
        train(make_dataset(), LEARNS, tmp_path)
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_run_removes_only_the_weights_it_saved(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    names = {"best-12.safetensors", "best-ever.safetensors", "best-3.safetensors", "best-1.csv"}
    for name in names:
        (tmp_path / name).touch()
    folder.keep_best("best-12.safetensors")
    assert {path.name for path in tmp_path.iterdir()} == names - {"best-3.safetensors"}


@pytest.mark.parametrize(
    "change", ["text.stop_words=/nope", "training.validation=0.999", "vocabulary.max_size=3"]
)
def test_a_start_that_fails_leaves_nothing_and_the_corrected_one_works(
    tmp_path: Path, change: str
) -> None:
    folder = tmp_path / "runs" / "first"
    dataset = make_dataset(60)
    recipe = TINY.with_settings(["training.epochs=1", "vectors.use=true"])
    failing: list[Callback] = []
    if change == "vocabulary.max_size=3":  # this one holds; the failure comes with the first step
        failing = [FailAtStart()]
    with pytest.raises((TonalityError, OSError)):
        train(dataset, recipe.with_settings([change]), folder, callbacks=failing)
    assert not folder.parent.exists()
    assert train(dataset, recipe, folder).is_dir()


def test_word_vectors_serve_other_runs_on_the_same_texts(tmp_path: Path) -> None:
    dataset, cache = make_dataset(60), tmp_path / "cache"
    recipe = TINY.with_settings(["training.epochs=1", "vectors.use=true"])

    def run(name: str, *changes: str) -> list[str]:
        recorder = Recorder()
        train(
            dataset, recipe.with_settings(changes), tmp_path / name, cache=cache, reporter=recorder
        )
        return [line for line in recorder.lines if line.startswith("word vectors")]

    assert "another run" not in run("first")[0]
    assert run("again") == ["word vectors are those of another run"]
    assert weights(tmp_path / "again") == weights(tmp_path / "first")
    assert "another run" in run("wider", "network.hidden_size=5")[0]
    for change in ("vectors.window=2", "training.seed=1", "network.embedding_size=5"):
        assert "another run" not in run(change, change)[0]
    assert len(list(cache.iterdir())) == 4


def test_a_run_that_failed_in_an_empty_folder_leaves_it_empty(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no such device"):
        train(make_dataset(60), TINY, tmp_path, callbacks=[FailAtStart()])
    assert not list(tmp_path.iterdir())


def test_want_of_memory_is_told_from_other_faults(tmp_path: Path) -> None:
    """What the CPU lacks is asked for here; of others torch's own texts stand for them."""

    def fail(text: str) -> None:
        raise RuntimeError(text)

    dataset, folder = make_dataset(60), tmp_path / "run"
    for lack in (lambda: torch.empty(2**50), lambda: fail("MPS backend out of memory")):
        with pytest.raises(TrainingError, match=r"out of memory: start anew .*batch_size"):
            train(dataset, TINY, folder, callbacks=[Fails(lack)])
    for other in (
        "CUDA error: an illegal memory access was encountered",
        "unable to open shared memory object </torch_1> in read-write mode",
        "Pin memory thread exited unexpectedly",
    ):
        with pytest.raises(RuntimeError, match=other):
            train(dataset, TINY, folder, callbacks=[Fails(partial(fail, other))])


def test_a_resumed_run_that_fails_can_be_resumed_again(finished: Path, tmp_path: Path) -> None:
    for name in ("run.json", "recipe.toml"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    dataset = make_dataset(unlabelled=60)
    with pytest.raises(OSError, match="no such device"):
        train(dataset, LEARNS, tmp_path, resume=True, callbacks=[FailAtStart()])
    train(dataset, LEARNS, tmp_path, resume=True)
    assert weights(tmp_path) == weights(finished)


@pytest.mark.parametrize("label", ["so\tso", "\x1b[31mred", "a\nb", " "])
def test_labels_that_no_model_can_have_are_refused_at_once(tmp_path: Path, label: str) -> None:
    table = make_table(40)
    labels = [label if name == "negative" else name for name in table.labels or ()]
    dataset = dataclasses.replace(make_dataset(), train=dataclasses.replace(table, labels=labels))
    with pytest.raises(DataError, match="is blank or has control characters"):
        train(dataset, TINY, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_model_that_could_not_be_saved_is_told_of_before_the_first_step(tmp_path: Path) -> None:
    table = make_table(40)
    labels = [name * 100_000 for name in table.labels or ()]
    dataset = dataclasses.replace(make_dataset(), train=dataclasses.replace(table, labels=labels))
    recorder = Recorder()
    with pytest.raises(TrainingError, match=r"could not be saved after training: its config\.json"):
        train(dataset, TINY, tmp_path / "run", reporter=recorder)
    assert not any("steps" in line for line in recorder.lines)
    assert not (tmp_path / "run").exists()


def test_hundreds_of_classes_make_a_model(tmp_path: Path) -> None:
    names = [f"subject number {row}" for row in range(300)]
    rows = [name for name in names for _ in range(4)]
    table = Table([f"on {name} {row}" for row, name in enumerate(rows)], rows)
    dataset = Dataset(train=table, test=None, unlabelled=None, name="many", sha256={})
    recipe = TINY.with_settings(["training.epochs=1", "training.batch_size=256"])
    model = read(train(dataset, recipe, tmp_path / "run"))
    assert len(model.labels) == 300
    measured = model.metrics["validation"]
    assert "confusion" not in measured
    assert len(measured["per_class"]) == 300


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (make_table(40, labelled=False), "no labels to learn; name their column with --label-col"),
        (make_table(40, classes=1), "every row has the label 'positive'; a classifier needs two"),
        (make_table(18), "18 labelled rows are too few; 20 are the least"),
        (Table([], []), "there are no rows"),
        (
            dataclasses.replace(make_table(40), groups=["one"] * 40),
            "all rows belong to one group",
        ),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused_at_once(
    table: Table, message: str, tmp_path: Path
) -> None:
    dataset = Dataset(train=table, test=None, unlabelled=None, name="bad", sha256={})
    with pytest.raises(DataError, match=message):
        train(dataset, TINY, tmp_path / "run")


VALIDATION_FAULTS = [
    (
        {"validation.csv": "text,label\ngood,pos\nbad,neg\nso so,mixed\n"},
        r"train\.csv: no text of class 'mixed' is left to learn from: .*label map mixed=",
    ),
    (
        {"validation.csv": "text\ngood\nbad\n"},
        r"validation\.csv: the validation part has no column of labels, but the training part has",
    ),
    (
        {
            "validation.csv": "text,label\ngood,pos\nbad,neg\n",
            "test.csv": "text,label\nFilm 1 of neg,neg\n" + "".join(
                f"film {n} of neg,neg\n" for n in range(1, 40, 2)
            ),
        },
        r"train\.csv: no text of class 'neg' is left to learn from",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "message"), VALIDATION_FAULTS)
def test_a_validation_file_that_does_not_fit_is_named(
    files: dict[str, str], message: str, tmp_path: Path
) -> None:
    rows = "".join(f"film {n} of {('pos', 'neg')[n % 2]},{('pos', 'neg')[n % 2]}\n"
                   for n in range(40))  # fmt: skip
    for name, content in {"train.csv": f"text,label\n{rows}", **files}.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        train(load_dataset(tmp_path), TINY, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        train(make_dataset(), TINY, tmp_path / "file" / "run")


def test_numbers_as_labels_stay_in_the_order_of_numbers(tmp_path: Path) -> None:
    table = make_table(60, classes=3)
    names = {"positive": "10", "negative": "-1", "neutral": "2"}
    table = dataclasses.replace(table, labels=[names[label] for label in table.labels or ()])
    dataset = Dataset(train=table, test=None, unlabelled=None, name="numbers", sha256={})
    recipe = TINY.with_settings(["training.epochs=1", "vocabulary.ngrams=0"])
    assert read(train(dataset, recipe, tmp_path / "run")).labels == ("-1", "2", "10")


def test_it_is_quiet_but_for_the_log_and_touches_only_its_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    state = torch.get_rng_state()
    with caplog.at_level(logging.INFO):
        train(make_dataset(40), TINY.with_settings(["training.epochs=1"]), tmp_path / "run")
    assert capfd.readouterr() == ("", "")
    assert {record.name.split(".")[0] for record in caplog.records} == {"tonality"}
    assert not any("film" in record.getMessage() for record in caplog.records)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "run"]
    assert not list((tmp_path / "elsewhere").iterdir())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_last_run_learns_from_all_rows(tmp_path: Path) -> None:
    """Nothing is held out, so nothing is measured; the recipe gives the temperature."""
    dataset = make_dataset()
    recipe = TINY.with_settings(["training.validation=0", "training.temperature=1.5"])
    said = Recorder()
    model = train(dataset, recipe, tmp_path / "run", reporter=said)
    found = read(model)
    assert found.provenance["rows"] == {"train": 200, "validation": 0, "unlabelled": 0}
    assert found.metrics == {}
    assert found.temperature == 1.5
    assert "nothing is measured" in said.lines[-1]
    assert not (tmp_path / "run" / "validation.csv").exists()
    lines = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    rows = list(csv.DictReader(lines))
    assert rows[-1]["validation_loss"] == ""
    assert found.provenance["best"]["step"] == int(rows[-1]["step"])


def test_a_last_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    dataset = make_dataset()
    recipe = TINY.with_settings(["training.validation=0"])
    whole = train(dataset, recipe, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(dataset, recipe, tmp_path / "parts", callbacks=[SignalAt(9)])
    parts = train(dataset, recipe, tmp_path / "parts", resume=True)
    name = "weights.safetensors"
    assert (parts / name).read_bytes() == (whole / name).read_bytes()


def test_a_model_may_read_more_than_it_learnt_from(tmp_path: Path) -> None:
    """Training on the first tokens is the same whatever the model reads of a text later."""
    dataset = make_dataset(unlabelled=40)
    # With n-grams, virtual adversarial training on the texts without labels, and no choice of best.
    recipe = TINY.with_settings(["training.validation=0", "unlabelled.virtual_adversarial=0.3"])
    short = train(dataset, recipe.with_settings(["text.max_tokens=6"]), tmp_path / "short")
    more = recipe.with_settings(["training.max_tokens=6", "text.max_tokens=12"])
    longer = train(dataset, more, tmp_path / "longer")
    assert weights(tmp_path / "longer") == weights(tmp_path / "short")
    assert [tonality.load(m).predict("a " * 20).tokens_read for m in (short, longer)] == [6, 12]
    for given, most in ((0, 12), (6, 6), (20, 12)):
        asked = [f"training.max_tokens={given}", "text.max_tokens=12"]
        assert recipe.with_settings(asked).learnt_text.max_tokens == most
    assert more.with_settings(["text.max_tokens=0"]).learnt_text.max_tokens == 6


def test_texts_that_say_nothing_teach_nothing_and_are_in_no_figure(tmp_path: Path) -> None:
    """As they have no verdict later: they would choose the best step, and flatter or harm it."""
    table = make_table(60)
    marks = ["?", "...", "-", " "] * 10
    labels = [*(table.labels or ()), *["positive", "negative"] * 20]
    table = Table([*table.texts, *marks], labels)
    recipe = TINY.with_settings(["training.epochs=1"])
    recorder = Recorder()
    dataset = Dataset(table, None, None, name="made-up", sha256={})
    folder = train(dataset, recipe, tmp_path / "run", reporter=recorder)
    assert "left out, for saying nothing: 40 texts" in recorder.lines
    classifier = tonality.load(folder)
    record = classifier.artifact.provenance["rows"]
    assert record["train"] + record["validation"] == 60
    with (tmp_path / "run" / "validation.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == record["validation"]
    held_out = choose_part(dataset, Part.VALIDATION, classifier.artifact.provenance)
    assert len(held_out.table) == record["validation"]
    only = Table([*make_table(40).texts, *marks], ["good"] * 20 + ["bad"] * 20 + ["none"] * 40)
    with pytest.raises(DataError, match="no text of class 'none' is left to learn from"):
        train(Dataset(only, None, None, name="a", sha256={}), recipe, tmp_path / "other")


def test_groups_on_both_sides_of_a_given_validation_part_are_told(tmp_path: Path) -> None:
    """A cut keeps them whole; nobody does so for files."""
    table = dataclasses.replace(make_table(100), groups=[f"film{row % 12}" for row in range(100)])
    given = Dataset(table, None, None, "given", {}, validation_rows=10)
    told = Recorder()
    recipe = TINY.with_settings(["training.epochs=1"])
    model = train(given, recipe, tmp_path / "given", reporter=told)
    line = "careful: 10 groups (such as movies) have texts both to train on and for validation, "
    assert [one.startswith(line) for one in told.lines].count(True) == 1
    assert "10 held out (10 groups with texts in both, so its figures flatter)" in read(model).card

    own = divide(dataclasses.replace(given, validation_rows=0), recipe)
    blank = dataclasses.replace(given, train=dataclasses.replace(table, groups=[""] * 100))
    assert own.shared_groups == divide(blank, recipe).shared_groups == 0
    assert "careful" not in str(own)


def test_a_comment_that_all_groups_share_is_learnt_and_told_of(tmp_path: Path) -> None:
    table = make_table(100)
    shared = Table(["Good service."] * 5, ["positive"] * 5)
    table = Table(
        [*table.texts, *shared.texts],
        [*(table.labels or []), *(shared.labels or [])],
        [f"shop{row // 2 % 5}" for row in range(100)] + [f"shop{row}" for row in range(5)],
    )
    dataset = Dataset(table, None, None, "shops", {})
    told = Recorder()
    folder = train(
        dataset, TINY.with_settings(["training.epochs=1"]), tmp_path / "run", reporter=told
    )
    model = read(folder)
    line = "left out of validation, for being in training, too, in another group: 1 text"
    assert line in told.lines
    assert model.provenance["rows"] == {"train": 84, "validation": 20, "unlabelled": 0}
    assert model.provenance["left_out"] == {"train": 0, "validation": 1, "unlabelled": 0}
    assert "20 held out (1 more text left out, being among those" in model.card
    assert len(choose_part(dataset, Part.VALIDATION, model.provenance).table) == 20
