"""The benchmarks run, on a small scale; their figures are not this file's concern."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import cold_start, install_size, predict_speed, predictions, valence
from benchmarks.contenders import contenders
from benchmarks.machine import describe, peak_mb
from tonality import artifact
from tonality.classifier import load
from tonality.data import Table
from tonality.evaluate import seen_texts

TEXTS = ["I love it, a good film", "bad, I hate it"] * 30
LABELS = ["positive", "negative"] * 30


def test_a_run_measures_and_writes_everything(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, output = tmp_path / "reviews.csv", tmp_path / "out" / "speed.json"
    rows = [
        f'"{text} {n}",{label}' for n, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    data.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    predict_speed.main(
        ["--data", str(data), "--model", str(model_folder), "--only", "tonality, 1", "--n", "10",
         "--rounds", "2", "--starts", "1", "--output", str(output)]
    )  # fmt: skip

    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["data"]["reviews"] == 10
    assert written["data"]["trained_on"] == 48
    assert str(tmp_path) not in json.dumps({**written, "data": ""})
    result = written["results"]["tonality, 1 thread"]
    assert result["accuracy"] == 1
    assert len(result["rounds"]) == 2
    assert all(result[key] > 0 for key in ("reviews_per_second", "first_answer_s", "peak_mb"))
    assert written["tonality_predict_command_s"] > 0
    assert "| tonality, 1 thread |" in capsys.readouterr().out


def test_valence_is_compared_with_stars() -> None:
    pytest.importorskip("scipy")
    stars = np.array([1.0, 2, 3, 4, 5] * 20)
    figures = valence.measure(stars / 5, stars)
    assert figures["rank correlation"] == 1
    assert figures["means"] == {"1": 0.2, "2": 0.4, "3": 0.6, "4": 0.8, "5": 1.0}
    kept = {"texts": 100, "valence": figures, "VADER": valence.measure(-stars, stars)}
    assert "| 100 films | 1.00 (1.00 to 1.00) | -1.00 | 1: +0.20," in "".join(
        valence.table({"films": kept})
    )


def test_of_a_model_that_learnt_from_the_reviews_there_is_no_accuracy(
    model_folder: Path, tmp_path: Path
) -> None:
    texts = [f"{text} {n}" for n, text in enumerate(TEXTS)]
    record = seen_texts.record(Table(texts, LABELS), texts, [])
    model = artifact.read(model_folder)
    knows = dataclasses.replace(model, provenance={seen_texts.KEY: record})
    folder = str(artifact.write(knows, tmp_path / "model"))
    assert predict_speed.learnt_from(folder, texts[:10])
    assert not predict_speed.learnt_from(folder, TEXTS)
    assert not predict_speed.learnt_from(str(model_folder), texts)
    shown = predict_speed.table({"it": predict_speed.Result(500.0, 1.0, [2.0], None, 0.25, 20.0)})
    assert "| - |" in shown


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("VADER", "vaderSentiment"),
        ("TextBlob", "textblob"),
        ("TF-IDF + logistic regression", "sklearn"),
        ("fastText", "fasttext"),
    ],
)
def test_each_contender_gives_labels(name: str, module: str, tmp_path: Path) -> None:
    found = pytest.importorskip(module, exc_type=ImportError)
    if name == "fastText" and not hasattr(found, "train_supervised"):
        pytest.skip("this fasttext cannot train")
    contender = contenders()[name]
    if contender.train is not None:
        contender.train(TEXTS, LABELS, tmp_path)
    found = contender.load(tmp_path)(TEXTS[:2])
    assert len(found) == 2
    assert set(found) <= {"positive", "negative"}
    if name != "fastText":  # it needs more than sixty lines
        assert found == LABELS[:2]


def test_reviews_are_cut_to_short_texts() -> None:
    cut = predict_speed._cut(predict_speed.Reviews(["a b c d e", "", "f"], ["x", "y", "z"]), 2)
    assert cut == predict_speed.Reviews(["a b", "c d", "e", "f"], ["x", "x", "x", "z"])


def test_onnx_runtime_gives_the_same_logits(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from benchmarks.onnx_network import OnnxClassifier, export

    export("general", tmp_path / "general.onnx")
    classifier = load("general")
    expected = classifier._network.logits(classifier._encoder.encode(TEXTS))
    found = OnnxClassifier("general", tmp_path / "general.onnx").logits(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_table_names_who_was_left_out() -> None:
    results = {
        "VADER": predict_speed.Result(500.0, 1.0, [2.0], 0.7, 0.25, 20.0),
        "fastText": predict_speed.Result(skipped="No module named 'fasttext'"),
    }
    shown = predict_speed.table(results).splitlines()
    assert shown[2] == "| VADER | 500 | 1.00 x | 70.0% | 0.25 s | 20 MB |"
    assert shown[-1] == "fastText: skipped, No module named 'fasttext'"


def test_disk_use_counts_files_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"x" * 10_000)
    (tmp_path / "link").symlink_to(tmp_path / "sub" / "file")
    assert 10_000 <= install_size.disk_bytes(tmp_path) <= 20_000


def test_a_cold_start_takes_time_and_must_succeed() -> None:
    found = cold_start.measured({"now": sys.executable}, ["-c", "pass"], starts=2)
    processor, wall = found["now"]
    assert min(processor, wall) > 0
    with pytest.raises(subprocess.CalledProcessError):
        cold_start.start([sys.executable, "-c", "raise SystemExit(1)"])


def test_the_machine_is_described_without_paths_or_names() -> None:
    found = describe()
    assert set(found) == {"cpu", "cores", "memory_gb", "system", "python", "packages"}
    assert str(Path.home()) not in json.dumps(found)
    assert peak_mb() > 10


def test_kept_predictions_give_the_figures_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn")
    for name, shares in {"teacher": (0.9, 0.2, 0.6, 0.1), "student": (0.7, 0.6, 0.45, 0.3)}.items():
        run = tmp_path / f"run-{name}"
        run.mkdir()
        labels = ("positive", "negative", "positive", "negative")
        rows = [
            f"{row},b{9 - row},{label},{1 - share},{share}\n"
            for row, (label, share) in enumerate(zip(labels, shares, strict=True))
        ]
        (run / "validation.csv").write_text("row,id,label,negative,positive\n" + "".join(rows))
        predictions.main(["--folder", str(tmp_path / "kept"), "keep", name, str(run)])
    kept = (tmp_path / "kept" / "teacher.csv").read_text()
    assert kept.startswith("id,label,positive\nb6,negative,0.1\n")

    capsys.readouterr()
    predictions.main(["--folder", str(tmp_path / "kept")])
    shown = capsys.readouterr().out
    assert "| teacher | 4 | 100.00% (" in shown
    assert "| student | 4 | 50.00% (" in shown
    assert "teacher less student: +50.00 points" in shown
    assert "alone right on 2, student on 0; averaged 100.00%" in shown


def test_the_kept_predictions_need_no_torch() -> None:
    code = "import sys, benchmarks.predictions; print({'torch', 'lightning'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
