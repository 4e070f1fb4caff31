"""Distillation: what the student takes from its teachers, and that nothing else is lost for it."""

from __future__ import annotations

import dataclasses
import random
import signal
from pathlib import Path

import numpy as np
import pytest
from made_up_reviews import TINY, make_dataset, make_table, prepared
from test_train_classifier import FailAtStart, Recorder, SignalAt, weights

import tonality
from tonality import artifact
from tonality.artifact.model_folder import Artifact
from tonality.classifier import Classifier
from tonality.data import Dataset, Table
from tonality.errors import ArtifactError, ConfigError
from tonality.train import train
from tonality.train.distill import distill
from tonality.train.prepare.preflight import check_run
from tonality.train.prepare.prepare import prepare
from tonality.train.prepare.unlabelled import batch_stream, encode_unlabelled
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.teachers.lstm_teacher import twin
from tonality.train.teachers.read_teachers import read_teachers
from tonality.train.teachers.soft_targets import Teaching
from tonality.train.teachers.teacher_answers import Answered, answers, averaged, soften

_SMALL = TINY.with_settings(
    ["optimiser.learning_rate=0.1", "distillation.hard_weight=0", "network.hidden_size=5"]
)
STUDENT = dataclasses.replace(_SMALL, changed=frozenset())  # as in a file: trained alone too
LABELS = ("negative", "positive")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt; it reads more tokens than its student."""
    recipe = TINY.with_settings(["training.epochs=6", "optimiser.learning_rate=0.1"])
    return train(make_dataset(300), recipe, tmp_path_factory.mktemp("runs") / "large")


@pytest.fixture(scope="module")
def other(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model with its labels in another order, and a little other."""
    model = artifact.read(teacher)
    tensors = dict(model.tensors)
    tensors["output.weight"] = tensors["output.weight"][::-1].copy() * 0.5
    tensors["output.bias"] = tensors["output.bias"][::-1].copy()
    turned: Artifact = dataclasses.replace(
        model, tensors=tensors, labels=model.labels[::-1], priors=model.priors[::-1]
    )
    return artifact.write(turned, tmp_path_factory.mktemp("models") / "other")


def noisy_dataset(rows: int = 160, unlabelled: int = 200) -> Dataset:
    """Labels of which every third is wrong."""
    rng = random.Random(3)
    swap = {"positive": "negative", "negative": "positive"}
    dataset = make_dataset(rows, unlabelled=unlabelled)
    given = dataset.train.labels or []
    labels = [swap[label] if rng.random() < 1 / 3 else label for label in given]
    return dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, labels=labels))


def test_a_student_says_what_its_teacher_says_where_labels_are_wrong(
    teacher: Path, tmp_path: Path
) -> None:
    dataset = noisy_dataset()
    taught = tonality.load(distill(dataset, [teacher], STUDENT, tmp_path / "taught"))
    told = tonality.load(train(dataset, STUDENT, tmp_path / "told"))
    texts = make_table(300, seed=9).texts
    expected = tonality.load(teacher).predict_proba(texts)
    agree = [
        (each.predict_proba(texts).argmax(1) == expected.argmax(1)).mean()
        for each in (taught, told)
    ]
    assert agree[0] > 0.95 > agree[1] + 0.1


def test_the_model_records_its_teachers(teacher: Path, other: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    recipe = STUDENT.with_settings(["training.epochs=1", "distillation.temperature=3"])
    model = artifact.read(
        distill(make_dataset(60, unlabelled=20), [teacher, other], recipe, tmp_path / "run",
                reporter=recorder)
    )  # fmt: skip
    taught = model.provenance["teachers"]
    assert [one["name"] for one in taught["each"]] == ["large", "other"]
    assert all(len(one["sha256"]) == 64 for one in taught["each"])
    assert 0.8 <= taught["each"][0]["accuracy"] <= 1
    assert taught["accuracy"] == taught["each"][0]["accuracy"] == taught["each"][1]["accuracy"]
    # It was trained on another cut of the same reviews.
    assert "of these texts" in taught["each"][0]["learnt_from_validation"]
    assert any("no secret to the teacher large, which learnt" in line for line in recorder.lines)
    assert "- teachers: large (" in model.card
    assert "temperature 3, labels count 0" in model.card
    assert "20 without labels for the vocabulary and training" in model.card
    assert model.provenance["rows"] == {"train": 48, "validation": 12, "unlabelled": 20}
    assert "validation accuracy of the teachers: large " in "\n".join(recorder.lines)
    assert str(tmp_path) not in str(model.provenance) + model.card


def test_without_a_validation_part_the_teachers_own_figure_stands(
    teacher: Path, tmp_path: Path
) -> None:
    recipe = STUDENT.with_settings(["training.epochs=1", "training.validation=0"])
    model = artifact.read(distill(make_dataset(60), [teacher], recipe, tmp_path / "run"))
    own = artifact.read(teacher).metrics["validation"]["accuracy"]
    (one,) = model.provenance["teachers"]["each"]
    assert (one["accuracy"], one["own_accuracy"]) == (None, own)
    assert f"{own:.2%} on its own validation part" in model.card


def test_every_text_but_those_held_out_teaches_once_an_epoch(teacher: Path, tmp_path: Path) -> None:
    train_table = make_table(60)
    dataset = Dataset(
        train=train_table,
        test=Table(["a test text"]),
        unlabelled=Table(["free", "A test  TEXT", *train_table.texts[:5], " "]),
        name="made-up",
        sha256={},
    )
    checked = check_run("distill", STUDENT, dataset)
    data = prepare(checked, Reporter())
    teaching = Teaching(read_teachers([teacher], data.labels))
    taught = teaching.taught(checked, data, RunFolder(tmp_path), Reporter())
    assert taught.soft is not None
    assert len(taught.soft) == len(data.corpus)
    assert not {train_table.texts[row] for row in checked.division.held_out} & set(data.corpus)
    assert "A test  TEXT" not in data.corpus
    expected = soften(tonality.load(teacher).predict_proba(data.corpus), 2.0)
    np.testing.assert_allclose(taught.soft, expected, atol=1e-6)
    stream = batch_stream(taught, STUDENT, 0)
    classes, soft = [], []
    for _, batch in zip(range(stream.steps_per_epoch), stream, strict=False):
        classes += batch.classes.tolist()
        assert batch.soft is not None
        soft += batch.soft.tolist()
    assert sorted(soft) == sorted(taught.soft.tolist())
    assert classes.count(-1) == data.unlabelled
    assert len(classes) == len(data.corpus)


def test_a_student_that_is_stopped_goes_on_exactly(teacher: Path, tmp_path: Path) -> None:
    recipe = STUDENT.with_settings(
        ["training.adversarial=0.3", "distillation.hard_weight=0.3", "vectors.use=true",
         "unlabelled.virtual_adversarial=0.3"]
    )  # fmt: skip
    dataset = make_dataset(100, unlabelled=30)
    with pytest.raises(KeyboardInterrupt):
        distill(dataset, [teacher], recipe, tmp_path / "a", callbacks=[SignalAt(5, signal.SIGTERM)])
    alone = dataclasses.replace(recipe, changed=frozenset())
    with pytest.raises(ConfigError, match="teachers was"):
        train(dataset, alone, tmp_path / "a", resume=True)
    recorder = Recorder()
    distill(dataset, [teacher], recipe, tmp_path / "a", resume=True, reporter=recorder)
    assert "the answers of the teacher large are there from before" in recorder.lines
    distill(dataset, [teacher], recipe, tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_a_teacher_reads_whole_texts_of_which_the_student_learns_a_part(
    teacher: Path, tmp_path: Path
) -> None:
    """What is asked of it does not depend on ``training.max_tokens``; the unlabelled texts do."""
    dataset, kept = make_dataset(60, unlabelled=40), []
    for name, more in (("all", []), ("part", ["training.max_tokens=3"])):
        recipe = STUDENT.with_settings(["training.epochs=1", *more])
        distill(dataset, [teacher], recipe, tmp_path / name)
        (file,) = (tmp_path / name).glob("answers-*.npy")
        kept.append(np.load(file))
        texts = encode_unlabelled(prepared(dataset, recipe), recipe)
        assert (texts.lengths.max() == 3) == (name == "part")
    np.testing.assert_array_equal(*kept)
    assert weights(tmp_path / "all") != weights(tmp_path / "part")


def test_answers_are_kept_and_taken_up_where_they_stopped(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonality.train.teachers.teacher_answers.WINDOW", 20)
    monkeypatch.setattr("tonality.train.teachers.teacher_answers.EVERY", 0.0)
    (one,) = read_teachers([teacher], LABELS)
    texts = make_table(90).texts

    class Stops(Reporter):
        def say(self, line: str) -> None:
            if line.startswith("40 of 90"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answers(one, texts, LABELS, RunFolder(tmp_path), Stops())
    (file,) = tmp_path.iterdir()
    assert len(np.load(file)) == 40
    recorder = Recorder()
    found = answers(one, texts, LABELS, RunFolder(tmp_path), recorder)
    assert recorder.lines[0] == "asking the teacher large about 50 texts"
    np.testing.assert_allclose(found, tonality.load(teacher).predict_proba(texts), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    file.write_bytes(file.read_bytes()[:100])  # damaged: asked again
    np.testing.assert_array_equal(
        answers(one, texts, LABELS, RunFolder(tmp_path), Reporter()), found
    )
    answers(one, texts[1:], LABELS, RunFolder(tmp_path), Reporter())
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failed_start_leaves_its_answers_to_the_next(teacher: Path, tmp_path: Path) -> None:
    dataset, folder = make_dataset(60, unlabelled=20), tmp_path / "run"
    recipe = STUDENT.with_settings(["training.epochs=1", "vectors.use=true"])
    with pytest.raises(OSError, match="no such device") as caught:
        distill(dataset, [teacher], recipe, folder, callbacks=[FailAtStart()])
    assert f"answers are kept in {folder}" in caught.value.__notes__[0]
    (kept,) = folder.iterdir()
    assert kept.name.startswith("answers-")
    recorder = Recorder()
    # Other settings: what depends on them is made anew.
    slower = recipe.with_settings(["optimiser.learning_rate=0.002", "vectors.window=2"])
    distill(dataset, [teacher], slower, folder, reporter=recorder)
    assert "the answers of the teacher large are there from before" in recorder.lines
    assert not any("word vectors are" in line for line in recorder.lines)
    distill(dataset, [teacher], slower, tmp_path / "fresh")
    assert weights(folder) == weights(tmp_path / "fresh")


def test_answers_that_a_failed_start_left_serve_no_other_texts(
    teacher: Path, tmp_path: Path
) -> None:
    recipe, folder = STUDENT.with_settings(["training.epochs=1"]), tmp_path / "run"
    with pytest.raises(OSError, match="no such device"):
        distill(make_dataset(60), [teacher], recipe, folder, callbacks=[FailAtStart()])
    recorder = Recorder()
    distill(make_dataset(80), [teacher], recipe, folder, reporter=recorder)
    assert "asking the teacher large about 80 texts" in recorder.lines


def test_students_share_answers_and_a_failed_start_leaves_nothing(
    teacher: Path, tmp_path: Path
) -> None:
    dataset, cache = make_dataset(60, unlabelled=20), tmp_path / "cache"
    recipe = STUDENT.with_settings(["training.epochs=1"])
    distill(dataset, [teacher], recipe, tmp_path / "one", cache=cache)
    assert len(list(cache.iterdir())) == 1
    assert not list((tmp_path / "one").glob("answers-*"))
    recorder = Recorder()
    wider = recipe.with_settings(["network.hidden_size=7"])
    distill(dataset, [teacher], wider, tmp_path / "two", cache=cache, reporter=recorder)
    assert "the answers of the teacher large are there from before" in recorder.lines
    with pytest.raises(OSError, match="no such device"):
        distill(
            dataset, [teacher], recipe, tmp_path / "three", cache=cache, callbacks=[FailAtStart()]
        )
    assert not (tmp_path / "three").exists()


def test_a_teachers_labels_may_stand_in_another_order(
    teacher: Path, other: Path, tmp_path: Path
) -> None:
    texts = make_table(40).texts
    one, two = read_teachers([teacher, other], LABELS)
    first = answers(one, texts, LABELS, RunFolder(tmp_path), Reporter())
    second = answers(two, texts, LABELS, RunFolder(tmp_path), Reporter())
    assert (first.argmax(1) == second.argmax(1)).all()


def test_the_average_by_hand() -> None:
    one, other = np.array([[0.9, 0.1]], np.float32), np.array([[0.5, 0.5]], np.float32)
    # At temperature 2, the odds of 9 become 3.
    np.testing.assert_allclose(soften(one, 2.0), [[0.75, 0.25]], rtol=1e-6)
    row, both, second = np.array([0]), np.array([0, 1]), np.array([1])
    said = [Answered(row, both, one), Answered(row, both, other)]
    np.testing.assert_allclose(averaged(said, (1, 2), 2.0), [[0.625, 0.375]], rtol=1e-6)
    # One teaches the first text, the other the second, and the third class is unknown to it.
    said = [Answered(row, np.array([2, 0]), one), Answered(second, both, other)]
    expected = [[0.25, 0, 0.75], [0.5, 0.5, 0]]
    np.testing.assert_allclose(averaged(said, (2, 3), 2.0), expected, rtol=1e-6)
    sure = np.array([[1.0, 0.0]], np.float32)
    assert np.isfinite(soften(sure, 0.5)).all()


@pytest.mark.parametrize("which", ["teacher", "other"])
def test_the_twin_of_a_teacher_says_the_same(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonality.train.teachers.lstm_teacher.BATCH_TOKENS", 100)
    classifier: Classifier = tonality.load(request.getfixturevalue(which))
    texts = ["", *make_table(30).texts, "..."]
    np.testing.assert_allclose(
        twin(classifier, "cpu")(texts), classifier.predict_proba(texts), atol=1e-4
    )


def test_wrong_teachers_and_settings_are_told_before_any_work(
    teacher: Path, model_folder: Path, tmp_path: Path
) -> None:
    dataset, run = make_dataset(60), tmp_path / "run"
    three = make_dataset(60, classes=3)
    for given, data, error, message in (
        ([], dataset, ConfigError, "there is no teacher"),
        ([tmp_path / "no"], dataset, ArtifactError, "no model folder is here"),
        ([teacher.parent], dataset, ArtifactError, "is a training run; its model is"),
        ([teacher, teacher], dataset, ConfigError, "large and large are the same model"),
        (
            [teacher], three, ConfigError,
            "the teacher large tells 'negative', 'positive' apart, but the labels of the data are "
            "'negative', 'neutral', 'positive': it never says 'neutral'; map them",
        ),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            distill(data, given, STUDENT, run)
    for change in (
        "training.class_weights=balanced", "training.ordered=true", "unlabelled.entropy=1",
    ):  # fmt: skip
        with pytest.raises(ConfigError, match="does not go with teachers"):
            distill(dataset, [teacher], STUDENT.with_settings([change]), run)
    assert not run.exists()
