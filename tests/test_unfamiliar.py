"""Texts in another language are marked; short texts, names and emoji in English are not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.unfamiliar_texts import other_languages
from tonality import load
from tonality.cli import app
from tonality.prediction import Prediction

FAMILIAR = [
    "good", "Saoirse Ronan", "Arnold Schwarzenegger and Sylvester Stallone", "🫨🥹🫠", "lol omg",
    "xyzzy", "@someone http://example.org", "AAPL TSLA", "????", "gr8 m8", "5/10", "",
    "The bouillabaisse at Panisse was sublime.", "Soooooo gooooood!!!",
]  # fmt: skip
GERMAN = "Das Essen war kalt und die Bedienung unfreundlich."


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("read", "known", "unfamiliar"),
    [(0, 0, False), (2, 0, False), (3, 0, True), (10, 7, False), (10, 6, True), (500, 400, False)],
)
def test_the_rule(read: int, known: int, unfamiliar: bool) -> None:
    found = Prediction("positive", 0.9, {"negative": 0.1, "positive": 0.9}, read, 0, known)
    assert found.unfamiliar is unfamiliar


@pytest.mark.parametrize("name", ["general", "imdb"])
def test_other_languages_are_marked_and_english_is_not(name: str) -> None:
    classifier = load(name)
    marked = [found.unfamiliar for found in classifier.predict(other_languages())]
    assert sum(marked) >= 0.85 * len(marked)
    found = classifier.predict(FAMILIAR)
    assert [text for text, one in zip(FAMILIAR, found, strict=True) if one.unfamiliar] == []


def test_each_command_says_it(tmp_path: Path) -> None:
    assert "few of its words are known" in run("predict", GERMAN)
    assert "few of its words" not in run("predict", "good")
    assert json.loads(run("predict", "--json", GERMAN))["unfamiliar"] is True
    assert "few of its words are known" in run("explain", GERMAN)
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"text\ngood film\n{GERMAN}\n")
    said = "1 text (50.0%) in words of which the model knows few, as in another language"
    assert said in run("score", str(source), "-o", str(target))
    with target.open() as file:
        assert [row["unfamiliar"] for row in csv.DictReader(file)] == ["0", "1"]
    assert said in " ".join(run("summarise", str(target)).split())
    assert json.loads(run("summarise", "--json", str(target)))["unfamiliar"] == 1
