"""Terminal tables, figures and the report folder."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console, RenderableType

from tonality.errors import DataError, DependencyError
from tonality.evaluate import Evaluation, evaluate
from tonality.evaluate.report import write_report
from tonality.evaluate.scores import class_scores, confusion_matrix
from tonality.evaluate.terminal import class_table, confusion_table, show

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

NAMES = ["negative", "positive"]
TRUTH = np.array([0, 0, 0, 0, 1, 1])
BELIEFS = np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]] * 2 + [[0.7, 0.3]])
LENGTHS = np.array([1, 2, 3, 4, 5, 6])
IDS = [f"r{row}" for row in range(6)]
TEXTS = ["poor", "bad", "sad", "[red]dull[/red]", "good", 'a "fine" film, yes']


def evaluation() -> Evaluation:
    return evaluate(TRUTH, BELIEFS, NAMES, lengths=LENGTHS, texts=TEXTS, ids=IDS, buckets=2)


def rendered(thing: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_whole_evaluation_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=100)
    show(console, evaluation(), "reviews.csv, model imdb")
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert shown.startswith("reviews.csv, model imdb\n")
    assert "accuracy  66.67%  (95 % interval" in shown
    assert "weighted average" in shown
    assert "[red]dull[/red]" in shown  # a text is never read as markup
    assert "4–6" in shown


def test_an_undefined_value_is_said_in_words() -> None:
    console = Console(file=io.StringIO(), width=100)
    show(console, evaluate([0], [[0.6, 0.2, 0.2]], ["a", "b", "c"]), "one row")
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert "undefined: a class has no text" in shown
    assert "Most confident mistakes" not in shown
    assert "Accuracy by length" not in shown


def test_confusion_cells_are_shaded_by_their_share_of_the_row() -> None:
    confusion = confusion_matrix([0] * 100 + [1] * 4, [0] * 99 + [1] + [1, 1, 0, 0], 2)
    lines = rendered(confusion_table(confusion, NAMES)).splitlines()
    tiles = [line for line in lines if set("░▒▓█") & set(line)]

    assert [[c for c in "░▒▓█" if c in tile] for tile in tiles] == [["░", "█"], ["▒"]]
    assert "99.0%" in "".join(lines)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert rendered(confusion_table([[3, 1], [0, 0]], NAMES, encoding="ascii")).isascii()


def test_the_base_install_shows_scores_from_counts_alone() -> None:
    confusion = confusion_matrix(TRUTH, BELIEFS.argmax(axis=1), 2)
    shown = rendered(class_table(class_scores(confusion, NAMES)))
    assert [line.split() for line in shown.splitlines()[-2:]] == [
        ["negative", "75.0%", "75.0%", "75.0%", "4"],
        ["positive", "50.0%", "50.0%", "50.0%", "2"],
    ]


def write(folder: Path, found: Evaluation, **changes: Any) -> set[str]:
    given: dict[str, Any] = {
        "labels": TRUTH,
        "probabilities": BELIEFS,
        "ids": IDS,
        "lengths": LENGTHS,
    }
    return {path.name for path in write_report(folder, found, {"data": "x"}, **given | changes)}


def test_a_report_folder_holds_all_that_is_promised(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    found = evaluation()
    names = write(folder, found)

    assert names == {
        "evaluation.json", "predictions.csv", "mistakes.csv", "confusion.png",
        "accuracy_by_length.png", "roc.png",
    }  # fmt: skip
    assert names == {path.name for path in folder.iterdir()}
    written = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps({"data": "x"} | found.to_json()))
    for picture in folder.glob("*.png"):
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert rows[3] == {
        "id": "r3", "truth": "negative", "verdict": "positive", "tokens": "4",
        "negative": "0.200000", "positive": "0.800000",
    }  # fmt: skip
    with (folder / "mistakes.csv").open(encoding="utf-8", newline="") as file:
        mistakes = list(csv.DictReader(file))
    assert [row["id"] for row in mistakes] == ["r3", "r5"]
    assert mistakes[1]["text"] == TEXTS[5]


def test_figures_that_cannot_be_drawn_are_left_out(tmp_path: Path) -> None:
    found = evaluate([0, 0], [[0.9, 0.1], [0.6, 0.4]], NAMES)
    names = write(
        tmp_path, found, labels=np.array([0, 0]), probabilities=BELIEFS[:2], lengths=LENGTHS[:2]
    )
    assert names == {"evaluation.json", "predictions.csv", "mistakes.csv", "confusion.png"}


def test_several_classes_are_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    beliefs = rng.dirichlet(np.ones(6), 60)
    truth = rng.integers(0, 6, 60)
    found = evaluate(truth, beliefs, list("abcdef"), lengths=rng.integers(1, 9, 60))
    names = write(
        tmp_path, found, labels=truth, probabilities=beliefs, ids=["x"] * 60,
        lengths=np.ones(60, np.int64),
    )  # fmt: skip
    assert "roc.png" in names


def test_a_report_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match=r"taken: the report cannot be written here"):
        write(tmp_path / "taken", evaluation())


def test_without_matplotlib_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[train\]'"):
        write(tmp_path, evaluation())
