"""Tables on a terminal."""

from __future__ import annotations

import io

import numpy as np
import pytest
from results import LABELS, TEXTS, make_result
from rich.console import Console, RenderableType

from reading_model import make_artifact
from small_models import small_artifact
from tonality.evaluate.result import EvaluationResult
from tonality.evaluate.terminal_report import class_table, confusion_table, show
from tonality.measures.scores import class_scores, confusion_matrix

pytest.importorskip("sklearn")

NAMES = ["negative", "positive"]
TRUTH = np.array([0, 0, 0, 0, 1, 1])
VERDICTS = np.array([0, 0, 0, 1, 1, 0])


def rendered(thing: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def shown(result: EvaluationResult) -> str:
    console = Console(file=io.StringIO(), width=100)
    show(console, result)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_whole_result_on_a_terminal() -> None:
    texts = [*TEXTS[:-1], "[red]good[/red]"]
    text = shown(make_result(texts * 5, LABELS * 5, extras={"[b]shop[/b]": ["a", "[i]b[/i]"] * 20}))

    assert text.startswith("made up (all), model small\n")
    assert "accuracy           87.50%  (95 % interval" in text
    assert "weighted average" in text
    assert "[red]good[/red]" in text  # a text is never read as markup
    assert "[b]shop[/b]" in text
    assert "[i]b[/i]" in text
    assert "calibration error" in text
    lengths = text.partition("Accuracy by length")[2]
    assert [line.split()[:2] for line in lengths.splitlines()[2:4]] == [["2", "10"], ["3", "10"]]


def test_a_band_and_a_second_model_are_told_of() -> None:
    text = shown(
        make_result(
            ["the film", *TEXTS[:-1], "love", "hate"],
            ["negative", *LABELS[:-1], "positive", "negative"],
            artifact=make_artifact(abstain=0.7),
            second=make_artifact(seed=5),
        )
    )
    assert "uncertain: answers" in text
    assert "leaving 10% unanswered avoids 100% of the mistakes" in text
    assert "Against other" in text
    assert "McNemar's test" in text


def test_an_undefined_value_is_said_in_words() -> None:
    text = shown(make_result(["I love it"], ["positive"]))
    assert "undefined: all texts are of one class" in text
    assert "Most confident mistakes" not in text
    assert "Accuracy by length" not in text


def test_a_label_that_no_row_has_is_told_of() -> None:
    artifact = small_artifact(classes=3)
    result = make_result(TEXTS, ["class 0", "class 2"] * 4, artifact=artifact)
    evaluation = result.first.evaluation
    wrong = sum(row[1] for row in evaluation.confusion)
    told = " ".join(shown(result).split())

    assert wrong == 7
    assert f"no text here is labelled class 1: such verdicts ({wrong}) count as wrong" in told
    assert evaluation.roc_auc is not None
    assert "no text here is labelled" not in shown(make_result())


def test_texts_without_a_value_are_counted_below_the_slices() -> None:
    shops = ["Harbour", "Garden", ""] + ["Harbour"] * 5
    told = shown(make_result(extras={"shop": shops}))
    assert "Accuracy by shop" in told
    assert "1 text has no value." in told
    assert "no value" not in shown(make_result(extras={"shop": ["Harbour"] * 8}))


def test_confusion_cells_are_shaded_by_their_share_of_the_row() -> None:
    confusion = confusion_matrix([0] * 100 + [1] * 4, [0] * 99 + [1] + [1, 1, 0, 0], 2)
    lines = rendered(confusion_table(confusion, NAMES)).splitlines()
    tiles = [line for line in lines if set("░▒▓█") & set(line)]

    assert [[c for c in "░▒▓█" if c in tile] for tile in tiles] == [["░", "█"], ["▒"]]
    assert "99.0%" in "".join(lines)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert rendered(confusion_table([[3, 1], [0, 0]], NAMES, encoding="ascii")).isascii()


def test_the_base_install_shows_scores_from_counts_alone() -> None:
    confusion = confusion_matrix(TRUTH, VERDICTS, 2)
    shown = rendered(class_table(class_scores(confusion, NAMES)))
    assert [line.split() for line in shown.splitlines()[-2:]] == [
        ["negative", "75.0%", "75.0%", "75.0%", "4"],
        ["positive", "50.0%", "50.0%", "50.0%", "2"],
    ]
