"""``tonality evaluate`` from start to end, on a small model and small files."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tonality
from reading_model import make_artifact
from tonality.artifact.model_folder import write
from tonality.cli.evaluate import evaluate
from tonality.data import Table, read_table, split
from tonality.errors import ArtifactError, ConfigError, DataError, DependencyError
from tonality.evaluate import seen_texts
from tonality.evaluate.classify_rows import classify

pytest.importorskip("sklearn")

# The last one is a mistake: the model knows nothing of irony.
ROWS = [
    ("I love it", "positive"),
    ("I hate the plot", "negative"),
    ("not good", "negative"),
    ("not bad and never long", "positive"),
    ("good good film", "negative"),
]


def csv_of(rows: list[tuple[str, str]], path: Path, columns: str = "text,label") -> Path:
    path.write_text("\n".join([columns, *(f"{a},{b}" for a, b in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return csv_of(ROWS, tmp_path / "reviews.csv")


class Run:
    """The command with the small model."""

    def __init__(self, model: Path) -> None:
        self.model = model

    def __call__(self, data: Path, *options: str | Path, code: int = 0) -> tuple[str, str]:
        arguments = ["--data", str(data), "--model", str(self.model), *map(str, options)]
        result = CliRunner().invoke(evaluate, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.stderr
        return result.stdout, result.stderr


@pytest.fixture
def run(model_folder: Path) -> Run:
    return Run(model_folder)


def test_json_is_one_object_and_nothing_else(run: Run, reviews: Path) -> None:
    stdout, stderr = run(reviews, "--json")
    found = json.loads(stdout)

    assert stdout.count("\n") == 1
    assert stderr == ""
    assert next(iter(found)) == "n"
    assert (found["n"], found["accuracy"]) == (5, 0.8)
    assert found["confusion"] == [[2, 1], [0, 2]]
    assert found["per_class"]["positive"]["recall"] == 1
    assert (found["data"], found["part"]) == ("reviews", "all")
    assert found["sha256"] == {"reviews.csv": hashlib.sha256(reviews.read_bytes()).hexdigest()}
    assert [(m["id"], m["text"]) for m in found["mistakes"]] == [("5", "good good film")]


def test_rows_are_called_by_their_number_in_the_file(run: Run, tmp_path: Path) -> None:
    # Row 2 has no label, 3 no text, 5 nothing to read; 8 is wrong.
    rows = [*ROWS[:1], ("lost", ""), ("", "negative"), ROWS[1], ("?", "positive"), *ROWS[2:]]
    data = csv_of(rows, tmp_path / "reviews.csv")
    assert "(row 8)" in run(data)[0].split("good good film")[0]
    report = tmp_path / "report"
    run(data, "--report", report)
    for name, expected in (("predictions.csv", "14678"), ("mistakes.csv", "8")):
        with (report / name).open(newline="") as file:
            assert [row["row"] for row in csv.DictReader(file)] == list(expected)

    csv_of(ROWS, tmp_path / "train.csv", columns="text,label")
    csv_of(ROWS, tmp_path / "test.csv", columns="text,label")
    data.unlink()
    found = json.loads(run(tmp_path, "--json", "--split", "all")[0])
    assert [each["id"] for each in found["mistakes"]] == ["train.csv:5", "test.csv:5"]


def test_a_person_gets_tables(run: Run, reviews: Path) -> None:
    stdout, _ = run(reviews)
    for expected in ("reviews (all)", "accuracy", "80.00%", "Confusion matrix", "good good film"):
        assert expected in stdout


def test_the_test_part_of_a_dataset_is_measured(run: Run, tmp_path: Path) -> None:
    csv_of(ROWS, tmp_path / "train.csv")
    csv_of(ROWS[:4], tmp_path / "test.csv")

    assert json.loads(run(tmp_path, "--json")[0])["n"] == 4
    assert json.loads(run(tmp_path, "--json", "--split", "all")[0])["n"] == 9


def test_validation_is_cut_as_recorded_and_training_rows_are_warned_about(tmp_path: Path) -> None:
    reviews = csv_of([(f"{text} {n}", label) for n in range(8) for text, label in ROWS],
                     tmp_path / "reviews.csv")  # fmt: skip
    digest, table = hashlib.sha256(reviews.read_bytes()).hexdigest(), read_table(reviews)
    learnt, held_out = split(table, validation=0.25, seed=1)
    provenance = {
        "recipe": {"training": {"validation": 0.25, "validation_seed": 1}},
        "data": {"sha256": {"reviews.csv": digest}},
        seen_texts.KEY: seen_texts.record(table, table.take(learnt).texts, held_out.tolist()),
    }
    artifact = dataclasses.replace(make_artifact(), provenance=provenance)
    run = Run(write(artifact, tmp_path / "model"))

    stdout, stderr = run(reviews, "--json", "--split", "validation")
    assert (json.loads(stdout)["n"], stderr) == (10, "")
    stdout, stderr = run(reviews, "--json")
    assert json.loads(stdout)["n"] == 40
    assert "careful: the model was trained on this data (reviews.csv)" in stderr


def test_other_spellings_are_said_on_stderr(run: Run, tmp_path: Path) -> None:
    names = {"positive": "1", "negative": "0"}
    numbers = csv_of([(text, names[label]) for text, label in ROWS], tmp_path / "numbers.csv")
    stdout, stderr = run(numbers, "--json")

    assert json.loads(stdout)["accuracy"] == 0.8
    assert "'0' as negative, '1' as positive" in stderr


def test_columns_and_labels_can_be_given(run: Run, tmp_path: Path) -> None:
    rows = [("I love it", "up"), ("I hate it", "down"), ("the film", "sideways")]
    odd = csv_of(rows, tmp_path / "odd.csv", columns="words,mood")
    stdout, _ = run(
        odd, "--json", "--text-column", "words", "--label-column", "mood",
        "--label-map", "up=positive", "--label-map", "down=negative", "--label-map", "sideways=",
    )  # fmt: skip
    assert json.loads(stdout)["n"] == 2


def test_slices_are_by_columns_of_the_data(run: Run, tmp_path: Path) -> None:
    shops = [(f"{text},{'abc'[row % 3]}", label) for row, (text, label) in enumerate(ROWS)]
    data = csv_of(shops, tmp_path / "shops.csv", columns="text,shop,label")
    found = json.loads(run(data, "--json", "--slice", "Shop")[0])
    assert [(s["value"], s["n"]) for s in found["slices"][0]["slices"]] == [
        ("a", 2), ("b", 2), ("c", 1),
    ]  # fmt: skip
    rows = [(f"{text},", label) for text, label in ROWS]
    none = csv_of(rows, tmp_path / "none.csv", columns="text,shop,label")
    assert "no text has a value in column 'shop'" in run(none, "--slice", "shop")[1]
    with pytest.raises(DataError, match=r"no column 'store'. Columns: 'text', 'shop', 'label'"):
        run(data, "--slice", "store")


def test_two_models_are_compared_and_no_more(run: Run, reviews: Path, tmp_path: Path) -> None:
    other = write(make_artifact(seed=8), tmp_path / "other")
    found = json.loads(run(reviews, "--json", "--model", other)[0])
    assert found["comparison"]["with"] == str(other)
    assert found["comparison"]["other"]["n"] == 5
    stdout, _ = run(reviews, "--model", other)
    assert "McNemar's test" in stdout
    _, stderr = run(reviews, "--model", other, "--model", other, code=2)
    assert "two to compare" in stderr


def test_models_of_other_labels_are_refused_before_the_data_is_read(
    run: Run, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"general has negative, neutral, positive"):
        run(tmp_path / "nowhere.csv", "--model", "general")


def test_a_temperature_fitted_on_these_rows_is_cross_fitted(tmp_path: Path) -> None:
    data = csv_of([(f"{text} {n}", label) for n in range(8) for text, label in ROWS],
                  tmp_path / "reviews.csv")  # fmt: skip
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    record = {"data": {"sha256": {"reviews.csv": digest}, "part": "all"}}
    artifact = dataclasses.replace(make_artifact(), metrics={"calibration": record})
    run = Run(write(artifact, tmp_path / "model"))
    assert json.loads(run(data, "--json")[0])["calibration"]["cross_fitted"]["error"] > 0
    assert "cross-fitted" in run(data)[0]
    other = csv_of(ROWS, tmp_path / "other.csv")
    assert json.loads(run(other, "--json")[0])["calibration"]["cross_fitted"] is None


def test_a_report_is_written(run: Run, reviews: Path, tmp_path: Path) -> None:
    _, stderr = run(reviews, "--report", tmp_path / "report")

    assert "report in" in stderr
    written = json.loads((tmp_path / "report" / "evaluation.json").read_text(encoding="utf-8"))
    assert (written["n"], written["part"]) == (5, "all")
    with pytest.raises(DataError, match="exists already; --overwrite replaces it"):
        run(reviews, "--report", tmp_path / "report")
    run(reviews, "--report", tmp_path / "report", "--overwrite")


def test_evaluating_needs_no_torch(run: Run, reviews: Path, tmp_path: Path) -> None:
    """The extra ``analyse`` has what it needs."""
    words = ["evaluate", "--data", str(reviews), "--model", str(run.model)]
    words += ["--report", str(tmp_path / "report")]
    code = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('torch', 'lightning', 'gensim', 'kagglehub'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        f"from tonality.cli import app\napp({words!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "report.html").is_file()


def test_what_cannot_be_done_is_said_before_work_starts(
    run: Run, reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="--label-map meh=LABEL"):
        run(csv_of([("fine", "meh")], tmp_path / "meh.csv"))
    with pytest.raises(ConfigError, match="label map"):
        run(reviews, "--label-map", "positive")
    with pytest.raises(DataError, match="no test part"):
        run(reviews, "--split", "test")
    with pytest.raises(DataError, match="report cannot be written"):
        run(reviews, "--report", reviews)
    with pytest.raises(ArtifactError):
        Run(tmp_path / "nowhere")(reviews)
    _, stderr = run(reviews, "--split", "sideways", code=2)
    assert "test, validation, train, all" in stderr
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[analyse\]'"):
        run(reviews)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(DependencyError, match="writing a report needs an extra"):
        run(reviews, "--report", tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_long_work_says_how_far_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("tonality.cli.progress")
    monkeypatch.setattr(module, "QUIET", 0.0)
    many = csv_of(ROWS * 500, tmp_path / "many.csv")
    _, stderr = run(many, "--json")
    begun, half, done = stderr.splitlines()
    assert begun.startswith("classifying: 0 texts, ")
    assert " texts a second, 82% done, about " in half
    assert done.startswith("classifying: 2,500 texts, ")

    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the stream for a terminal
    _, stderr = run(many, "--json")
    assert "2,500 texts" in stderr


def test_a_terminal_without_unicode_is_no_reason_to_fail(
    model_folder: Path, tmp_path: Path
) -> None:
    reviews = csv_of([("I hate it \N{PENSIVE FACE}", "positive")], tmp_path / "reviews.csv")
    done = subprocess.run(
        [sys.executable, "-c", "from tonality.cli import main; main()", "evaluate",
         "--data", str(reviews), "--model", str(model_folder)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
    )  # fmt: skip
    assert b"I hate it ?" in done.stdout


def test_the_same_from_python(model_folder: Path) -> None:
    classifier = tonality.load(model_folder)
    texts, labels = ["I love it", "film " * 80], ["positive", "positive"]
    found = classify(classifier, Table(texts, labels))

    assert found.lengths.tolist() == [3, 80]
    assert found.shortened == 1
    np.testing.assert_allclose(found.probabilities, classifier.predict_proba(texts))
    with pytest.raises(DataError, match="no labels"):
        classify(classifier, Table(texts))


def test_importing_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys, tonality.cli.evaluate, tonality.measures.scores;"
        "import tonality.evaluate.terminal_report;"
        "print(sorted({'torch', 'sklearn', 'matplotlib', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_same_texts_in_another_file_are_known(tmp_path: Path) -> None:
    rows = [(f"{text} {n}", label) for n in range(8) for text, label in ROWS]
    labels = [label for _, label in rows]
    table = Table([text for text, _ in rows], labels, groups=[str(n // 5) for n in range(40)])
    learnt, held_out = split(table, validation=0.25, seed=1)
    provenance = {
        "recipe": {"training": {"validation": 0.25, "validation_seed": 1}},
        "data": {"sha256": {"reviews.csv": "of the file with the movies"}},
        seen_texts.KEY: seen_texts.record(table, table.take(learnt).texts, held_out.tolist()),
    }
    artifact = dataclasses.replace(make_artifact(), provenance=provenance)
    run = Run(write(artifact, tmp_path / "model"))
    copy = csv_of(rows, tmp_path / "copy.csv")

    stdout, stderr = run(copy, "--json")
    assert json.loads(stdout)["seen"] is True
    assert f"trained on about {len(learnt) / 40:.0%} of these texts" in stderr
    with pytest.raises(DataError, match=r"held out: training kept groups together; name"):
        run(copy, "--split", "validation")
    other = csv_of([(f"{text} again", label) for text, label in rows], tmp_path / "other.csv")
    stdout, stderr = run(other, "--json")
    assert (json.loads(stdout)["seen"], stderr) == (False, "")

    lines = [f"{text},{label},{row // 5}" for row, (text, label) in enumerate(rows)]
    whole = tmp_path / "whole.csv"
    whole.write_text("\n".join(["text,label,movie", *lines]) + "\n", encoding="utf-8")
    stdout, stderr = run(whole, "--json", "--split", "validation")
    assert (json.loads(stdout)["n"], stderr) == (len(held_out), "")
