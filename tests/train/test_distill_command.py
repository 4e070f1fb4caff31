"""``tonality distill`` as a user runs it, killed without warning included."""

from __future__ import annotations

import csv
import random
import re
import shlex
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from forked import forked_command
from made_up_reviews import TINY, make_dataset, make_table
from test_train_command import run, wait_for

import tonality
from tonality.train import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of made-up reviews, with labels and without."""
    folder = tmp_path_factory.mktemp("data")
    table = make_table(100)
    with (folder / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "movie"])
        writer.writerows(zip(table.texts, table.labels or (), table.groups or (), strict=True))
    (folder / "unsup.csv").write_text("\n".join(["text", *make_table(40, seed=1).texts]) + "\n")
    return folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt."""
    recipe = TINY.with_settings(["training.epochs=5", "optimiser.learning_rate=0.1"])
    return train(make_dataset(200), recipe, tmp_path_factory.mktemp("runs") / "large")


def test_killed_and_interrupted_a_student_ends_as_an_uninterrupted_one(
    data: Path, teacher: Path, recipe: Path, tmp_path: Path
) -> None:
    def words(output: Path) -> list[str]:
        return [
            "distill", "--data", str(data), "--teacher", str(teacher), "--recipe", str(recipe),
            "-o", str(output), "--temperature", "1.5", "--hard-weight", "0.2",
            "--set", "training.epochs=15", "--set", "training.adversarial=0.3",
            "--checkpoint-minutes", "0",
        ]  # fmt: skip

    output = tmp_path / "killed"
    checkpoint = output / "checkpoint.pt"
    process = forked_command(words(output))
    wait_for(checkpoint, process)
    time.sleep(random.uniform(0, 0.3))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    (kept,) = output.glob("answers-*.npy")
    assert np.load(kept).shape == (140, 2)

    process = forked_command([*words(output), "--resume"])
    wait_for(checkpoint, process, newer_than=checkpoint.stat().st_mtime)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), err
    (told,) = re.findall(r"^stopped; go on with: tonality (.*)$", err, re.M)
    assert shlex.split(told)[-1] == "--resume"
    assert "--teacher" in shlex.split(told)

    assert run(shlex.split(told)).exit_code == 0
    whole = tmp_path / "whole"
    result = run(words(whole))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{whole / 'model'}\n"
    assert "validation accuracy of the teachers: large " in result.stderr
    for name in ("weights.safetensors", "vocabulary.json"):
        assert (output / "model" / name).read_bytes() == (whole / "model" / name).read_bytes()
    settings = tonality.load(whole / "model").artifact.provenance["recipe"]["distillation"]
    assert (settings["temperature"], settings["hard_weight"]) == (1.5, 0.2)


def test_a_student_that_starts_from_a_model_goes_on_from_it_when_resumed(
    data: Path, teacher: Path, tmp_path: Path
) -> None:
    def words(output: Path) -> list[str]:
        return [
            "distill", "--data", str(data), "--teacher", str(teacher), "--recipe", "adapt",
            "--start-from", str(teacher), "-o", str(output), "--set", "training.epochs=30",
            "--checkpoint-minutes", "0",
        ]  # fmt: skip

    output, whole = tmp_path / "stopped", tmp_path / "whole"
    process = forked_command(words(output))
    wait_for(output / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    (told,) = re.findall(r"^stopped; go on with: tonality (.*)$", err, re.M)
    assert "--start-from" in shlex.split(told)
    assert run(shlex.split(told)).exit_code == 0
    assert run(words(whole)).exit_code == 0
    made = [tonality.load(folder / "model").artifact for folder in (output, whole)]
    for name, tensor in made[0].tensors.items():
        np.testing.assert_array_equal(tensor, made[1].tensors[name])
    assert made[0].provenance["start"]["name"] == "large"
    assert "40 without labels for the vocabulary and training." in made[0].card


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--teacher", "nowhere"], "no model folder is here"),
        (["--temperature", "0"], "distillation.temperature is 0.0; it takes a number from 0.01"),
        (["--hard-weight", "1.5"], "distillation.hard_weight is 1.5; it takes a number from 0 to"),
        (["--recipe", "studnet"], "did you mean 'student'?"),
        (["--label-map", "positive=good"], "tells 'negative', 'positive' apart, but the labels of"),
        (["--resume"], "no run in"),
        (["--start-from", "nowhere"], "no model folder is here"),
        (["--start-from", "imdb", "--set", "network.hidden_size=7"], "hidden_size is 7, but imdb"),
    ],
)
def test_mistakes_are_told_before_any_work(
    data: Path, teacher: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    output = tmp_path / "run"
    given = ["distill", "--data", str(data), "--teacher", str(teacher), "-o", str(output)]
    result = run([*given, *arguments])
    assert result.exit_code != 0
    assert message in str(result.exception)
    assert not output.exists()
