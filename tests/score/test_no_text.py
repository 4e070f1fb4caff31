"""No text is no opinion: in predictions, scored files, counts, summaries and figures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tonality
from score_tables import ADDED, objects, run, scored, table
from tonality.cli import app
from tonality.text.content import has_content

EMPTY = ["", None, "   ", "\n\t", "\0\0", "\u200b\u200d", "<br />", "\ufeff"]


# Where nobody said anything, people and programs write these.
SILENT = ["?", "-", "---", "— —", "...", "…", "????? ???", "!!!", "/", "_", "&mdash;", "<p>-</p>"]
# Each of these says something, if little.
SAYING = [
    "5",
    "***",
    "★★☆",
    "👍",
    ":(",
    ":’(",
    "：）",
    "-_-",
    "<3",
    "é",
    "好",
    "١",
    "🇩🇪",
    "None",
    "&#9733;",
    "<x>",
]


@pytest.mark.parametrize("text", SAYING)
def test_a_sign_may_say_something(text: str) -> None:
    assert has_content(text)


@pytest.mark.parametrize("text", [*EMPTY, *SILENT])
def test_an_empty_text_gets_no_verdict(model_folder: Path, text: str | None) -> None:
    classifier = tonality.load(model_folder)
    found = classifier.predict(text)
    assert (found.label, found.verdict, found.score, found.tokens_read) == (None, None, 0.0, 0)
    proba = classifier.predict_proba([text, "love"])
    assert proba[0].tolist() == pytest.approx([0.4, 0.6])  # the priors
    assert found.probabilities == pytest.approx({"negative": 0.4, "positive": 0.6})
    assert classifier.explain(text).prediction.label is None
    assert classifier.reads([text, "love"]).tolist() == [False, True]
    abstaining = tonality.load(model_folder, abstain=1.0)
    assert abstaining.predict(text).label is None


def test_scored_tables_leave_the_verdict_empty(model_folder: Path) -> None:
    classifier = tonality.load(model_folder)
    data = b"text,n\nlove,1\n,2\nNULL,3\nNone,4\nN/A,5\n?,6\n"
    rows = table(scored(classifier, data))
    assert rows[2][2:8] == ["", "", "", "", "0", "0"]
    assert rows[3][:8] == ["NULL", "3", "", "", "", "", "0", "0"]
    assert rows[4][2] in classifier.labels
    assert [row[2:8] for row in rows[5:]] == [["", "", "", "", "0", "0"]] * 2
    found = objects(scored(classifier, data, "csv", "jsonl"))[1]
    assert [found[name] for name in ADDED] == [None, None, None, None, 0, 0, 0]
    explained = objects(scored(classifier, data, "csv", "jsonl", explain=2))[1]
    assert (explained["label"], explained["words_for"]) == (None, None)


def test_rows_without_a_text_are_in_no_share(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    months = ["2024-01,"] * 40 + ["2024-02,I love it"] * 30 + ["2024-02,I hate it"] * 10
    Path("in.csv").write_text("\n".join(["month,review", *months]) + "\n")
    result = run(model_folder, "in.csv", "-o", "out.csv", "--json")
    found = json.loads(result.stdout)
    assert (found["rows"], found["empty"]) == (80, 40)
    assert found["labels"] == {"negative": 10, "positive": 30}
    assert found["mean_probabilities"] == pytest.approx(
        {"negative": 0.25, "positive": 0.75}, abs=1e-3
    )
    assert "40 rows without a text: no verdict, and in no share above" in result.stderr
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        if name.endswith("parquet"):
            pytest.importorskip("pyarrow")
        run(model_folder, "in.csv", "-o", name, "--overwrite")
        words = ["summarise", name, "--by", "month", "--time", "month", "--label", "negative"]
        summary = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
        assert (summary["rows"], summary["empty"]) == (40, 40)
        assert summary["labels"]["negative"] == 10
        assert [group["name"] for group in summary["by"]["month"]] == ["2024-02"]
        assert [group["differs"] for group in summary["by"]["month"]] == [0]
        assert summary["without_text"] == {"month": {"2024-01": 40}}
        shown = CliRunner().invoke(app, words).stdout
        assert (
            "month 2024-01: no verdict, as none of its 40 rows holds a text that was scored"
            in shown
        )
    nothing = [line for line in months if line.endswith(",")]
    Path("none.csv").write_text("\n".join(["month,review", *nothing]) + "\n")
    assert run(model_folder, "none.csv", "-o", "none.scored.csv").exit_code == 0
    result = CliRunner().invoke(app, ["summarise", "none.scored.csv"])
    assert "no row has a verdict: there was no text to judge" in str(result.exception)


def test_files_of_an_earlier_version_are_read_so_too(tmp_path: Path) -> None:
    """They have the likeliest class of all beside the priors, and no token."""
    header = [
        "text",
        "label",
        "score",
        "p_negative",
        "p_positive",
        "tokens_read",
        "tokens_left_out",
    ]
    rows = [
        ["", "negative", "0.6", "0.6", "0.4", "0", "0"],
        ["good", "positive", "1", "0", "1", "1", "0"],
    ]
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path = tmp_path / "old.csv"
    path.write_text(text.getvalue())
    found = json.loads(CliRunner().invoke(app, ["summarise", str(path), "--json"]).stdout)
    assert (found["rows"], found["empty"], found["labels"]["negative"]) == (1, 1, 0)


def test_the_command_line_says_so(model_folder: Path, tmp_path: Path) -> None:
    words = ["--model", str(model_folder)]
    shown = CliRunner().invoke(app, ["predict", "", *words]).stdout
    assert shown.strip() == "no text"
    found = json.loads(CliRunner().invoke(app, ["predict", "", "--json", *words]).stdout)
    assert (found["label"], found["score"]) == (None, 0.0)
    assert "no verdict" in CliRunner().invoke(app, ["explain", "", *words]).stdout
    page = tmp_path / "page.html"
    CliRunner().invoke(app, ["explain", "", "love", "--html", str(page), *words])
    assert "<h2>no text</h2>" in page.read_text()


def test_an_explanation_shows_the_text_of_which_nothing_is_read(model_folder: Path) -> None:
    found = tonality.load(model_folder).explain("?")
    assert (found.text, found.tokens, found.prediction.label) == ("?", (), None)


def test_named_markers_are_met_in_any_case(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("text\nlove\nNOTHING\n Nothing \nnil\n", "utf-8")
    run(model_folder, "in.csv", "-o", "out.csv", "--null", "nothing")
    assert [row[1] == "" for row in table(Path("out.csv").read_text())[1:]] == [
        False, True, True, False,
    ]  # fmt: skip


def test_figures_are_of_rows_with_a_text(model_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    path = tmp_path / "a.csv"
    rows = ["love,positive", "hate,negative", "\u200b\u200d,negative", "<br />,negative"]
    path.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    words = ["evaluate", "--data", str(path), "--model", str(model_folder), "--json"]
    result = CliRunner().invoke(app, words)
    found = json.loads(result.stdout)
    assert (found["n"], found["empty"], found["accuracy"]) == (2, 2, 1.0)
    assert "2 rows without a text to read: in no figure" in result.stderr
    calibrate = ["calibrate", *words[1:-1], "-o", str(tmp_path / "new")]
    for lines in ("<br />,negative\n<br />,positive\n", ""):
        path.write_text(f"text,label\n{lines}")
        for command in (words, calibrate):
            assert "no row has a text to read" in str(CliRunner().invoke(app, command).exception)


def test_probabilities_of_texts_do_not_depend_on_empty_company(model_folder: Path) -> None:
    classifier = tonality.load(model_folder)
    alone = classifier.predict_proba(["love", "hate"])
    among = classifier.predict_proba(["love", *EMPTY, "hate"])
    np.testing.assert_allclose(among[[0, -1]], alone, atol=1e-9)
