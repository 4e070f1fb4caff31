"""``tonality train`` as a user runs it, killed without warning included."""

from __future__ import annotations

import csv
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from forked import Forked, forked_command
from made_up_reviews import make_table

import tonality
from tonality.cli import app

COLUMNS = [
    "--text-column", "words", "--label-column", "stars", "--group-column", "film",
    "--label-map", "5=positive", "--label-map", "1=negative",
]  # fmt: skip
# Long enough to be killed on the way, with evaluations and checkpoints all along.
LONG = ["training.epochs=25", "vectors.use=true"]
OFTEN = ["--checkpoint-minutes", "0"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file of made-up reviews, its columns under names of its own."""
    table = make_table(120)
    path = tmp_path_factory.mktemp("data") / "reviews.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["words", "stars", "film"])
        stars = {"positive": "5", "negative": "1"}
        labels = [stars[label] for label in table.labels or ()]
        writer.writerows(zip(table.texts, labels, table.groups or (), strict=True))
    return path


def words(
    data: Path, recipe: Path, output: Path, *settings: str, resume: bool = False
) -> list[str]:
    """The arguments of the command."""
    return [
        "train", "--data", str(data), "--recipe", str(recipe), "-o", str(output),
        *COLUMNS,
        *(word for setting in settings for word in ("--set", setting)),
        *(["--resume"] if resume else []),
    ]  # fmt: skip


def run(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments)


def start(arguments: list[str]) -> subprocess.Popen[str]:
    """Starts the command as a user does; it starts itself anew, with settings of malloc."""
    return subprocess.Popen(
        [sys.executable, "-m", "tonality", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for(path: Path, process: Forked | subprocess.Popen[str], newer_than: float = 0.0) -> None:
    """Waits until a process has written a file."""
    until = time.monotonic() + 600
    while not path.exists() or path.stat().st_mtime <= newer_than:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until, "no checkpoint in ten minutes"
        time.sleep(0.01)


def test_it_trains_and_prints_the_model_folder_alone_on_stdout(
    data: Path, recipe: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    result = run(words(data, recipe, output, "training.epochs=1"))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{output / 'model'}\n"
    assert "96 texts to train on, 24 for validation" in result.stderr
    assert "epoch 1.00: training loss" in result.stderr
    assert "validation accuracy" in result.stderr
    assert tonality.load(output / "model").labels == ("negative", "positive")


def test_killed_and_interrupted_it_ends_as_an_uninterrupted_run(
    data: Path, recipe: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed by 'me'"
    checkpoint = output / "checkpoint.pt"

    process = forked_command([*words(data, recipe, output, *LONG), *OFTEN])
    wait_for(checkpoint, process)
    time.sleep(random.uniform(0, 0.3))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (output / "model").exists()

    anew = start([*words(data, recipe, output, *LONG, resume=True), *OFTEN])
    wait_for(checkpoint, anew, newer_than=checkpoint.stat().st_mtime)
    anew.send_signal(signal.SIGINT)
    out, err = anew.communicate(timeout=60)
    assert (anew.returncode, out) == (130, ""), err
    (told,) = re.findall(r"^stopped; go on with: tonality (.*)$", err, re.M)
    resume = shlex.split(told)
    assert "--resume" in resume
    assert "Traceback" not in err

    assert run(resume).exit_code == 0
    whole = tmp_path / "whole"
    assert run(words(data, recipe, whole, *LONG)).exit_code == 0
    for name in ("weights.safetensors", "vocabulary.json"):
        assert (output / "model" / name).read_bytes() == (whole / "model" / name).read_bytes()
    assert len(list(output.glob("best-*"))) == 1
    assert not list(output.glob(".*"))


def test_killed_while_word_vectors_are_trained_it_can_be_resumed(
    data: Path, recipe: Path, tmp_path: Path
) -> None:
    output, changes = tmp_path / "run", ["training.epochs=1", "vectors.use=true"]
    process = forked_command(words(data, recipe, output, *changes, "vectors.epochs=100000"))
    wait_for(output / "run.json", process)
    process.kill()
    process.communicate()
    assert not (output / "vectors.npy").exists()
    for name in ("run.json", "recipe.toml"):  # nobody waits for so many epochs: the run had 5
        file = output / name
        file.write_text(file.read_text().replace("100000", "5"))
    resumed = ["train", "--data", str(data), "-o", str(output), "--resume", *COLUMNS]
    result = run(resumed)
    assert result.exit_code == 0, result.stderr
    assert "word vectors: epoch 5 of 5" in result.stderr
    assert (output / "model").is_dir()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "training.epoch=1"], "did you mean 'epochs'?"),
        (["--recipe", "quik"], "did you mean 'quick'?"),
        (["--label-map", "5"], "expected OLD=NEW"),
        (["--text-column", "review"], "no column 'review'"),
        (["--label-map", "1=positive"], "mapped twice"),
        (["--resume"], "no run in"),
    ],
)
def test_mistakes_are_told_before_any_work(
    data: Path, recipe: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run([*words(data, recipe, tmp_path / "run"), *arguments])
    assert result.exit_code != 0
    assert message in str(result.exception)
    assert not (tmp_path / "run").exists()


FEW = "text,label\n" + "good,pos\nbad,neg\n" * 9  # rows
ONE = "text,label\n" + "good,pos\n" * 30  # class


@pytest.mark.parametrize(
    ("command", "rows", "output", "options", "message"),
    [
        ("train", None, "run", ["--set", "a.b=1"], "no section 'a'"),
        ("train", FEW, "run", [], "18 labelled rows are too few"),
        ("train", FEW, "run", ["--recipe", "flagship"], "18 labelled rows are too few"),
        ("train", ONE, "run", [], "every row has the label 'pos'"),
        ("adapt", FEW, "run", [], "18 labelled rows are too few"),
        ("adapt", ONE, "run", [], "every row has the label 'pos'"),
        ("distill", ONE, "run", ["--teacher", "imdb"], "every row has the label 'pos'"),
        ("train", None, "data.csv/run", [], "cannot be written: Not a directory"),
        ("adapt", None, "data.csv/run", [], "cannot be written: Not a directory"),
        ("train", None, "data.csv/run", ["--recipe", "flagship"], "cannot be written: Not a dir"),
        ("distill", None, "run", ["--teacher", "imdb", "--cache", "loop"], "loop cannot be"),
        ("pretrain", None, "loop/run", [], "cannot be written: Too many levels"),
    ],
)  # fmt: skip
def test_mistakes_are_told_without_loading_torch(
    tmp_path: Path, command: str, rows: str | None, output: str, options: list[str], message: str
) -> None:
    (tmp_path / "data.csv").write_text(rows or ONE)
    (tmp_path / "loop").symlink_to("loop")
    code = (
        "import sys\nfrom tonality.cli import app\n"
        "from tonality.errors import TonalityError\n"
        "try: app(sys.argv[1:])\n"
        "except TonalityError as e: print(e, {'torch', 'lightning'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, "--data", "data.csv", "-o", output, *options],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert message in done.stdout
    assert done.stdout.endswith(" set()\n")
    assert {path.name for path in tmp_path.iterdir()} == {"data.csv", "loop"}


def test_without_a_package_the_extra_is_named_before_any_work(
    data: Path, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonality.train.settings.recipe._PACKAGES", ("torch", "no_such_package"))
    result = run(words(data, recipe, tmp_path / "run"))
    assert "pip install 'tonality[train]'" in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_resuming_needs_no_recipe(data: Path, recipe: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert run(words(data, recipe, output, "training.epochs=1")).exit_code == 0
    without = [
        word for word in words(data, recipe, output, resume=True)
        if word not in ("--recipe", str(recipe))
    ]  # fmt: skip
    assert "is finished" in str(run(without).exception)


def test_what_to_expect_is_told_of_the_data_it_was_measured_on(
    data: Path, recipe: Path, tmp_path: Path
) -> None:
    for name, told in (("reviews", True), ("imdb", False)):
        path = tmp_path / f"{name}.toml"
        measured = (
            f'[expected]\ndata = "{name}"\nmachine = "one core"\nminutes = 7\naccuracy = 0.9\n'
        )
        path.write_text(recipe.read_text().partition("[expected]")[0] + measured)
        asked = words(data, path, tmp_path / f"run-{name}")
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.stderr
        assert ("expect about 7 minutes and 90.0% on validation" in result.stderr) is told
