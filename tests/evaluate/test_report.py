"""The report folder and its page: complete, whatever the model and the data are."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from results import make_result, with_labels

from reading_model import make_artifact
from small_models import small_artifact
from tonality.errors import DataError, DependencyError
from tonality.evaluate.report.example_texts import shortened
from tonality.evaluate.report.insights import insights
from tonality.evaluate.report.report_folder import write_report
from tonality.evaluate.report.training_run import read_run
from tonality.evaluate.result import EvaluationResult

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

FILES = {
    "evaluation.json", "predictions.csv", "mistakes.csv", "label_errors.csv", "report.html",
    "confusion.png", "accuracy_by_length.png", "roc.png", "precision_recall.png",
    "reliability.png", "coverage.png",
}  # fmt: skip


class Page(HTMLParser):
    """A page as a browser reads it: its tags with their attributes, and its text."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "every tag is closed in order"

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    @property
    def ids(self) -> list[str]:
        return [value for name, value in self.attributes if name == "id"]


def page(
    result: EvaluationResult, folder: Path, progress: Callable[[int], None] | None = None
) -> Page:
    write_report(folder, result, progress=progress)
    source = (folder / "report.html").read_text(encoding="utf-8")
    assert source.startswith("<!DOCTYPE html>")
    found = Page(source)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    links = [value for name, value in found.attributes if name in ("href", "src", "xlink:href")]
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= set(found.ids)
    # Nothing in the styles leads anywhere either.
    assert not re.search(r"url\((?!#)|@import", source)
    return found


def test_a_report_folder_holds_all_that_is_promised(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    ratings = [9.0, 1.0, 4.0, 7.0, 8.0, 2.0, 10.0, math.nan]
    result = make_result(ratings=ratings, extras={"shop": ["a", "b"] * 4})
    names = {path.name for path in write_report(folder, result)}

    assert names == FILES == {path.name for path in folder.iterdir()}
    written = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(result.to_json()))
    assert written["accuracy"] == 7 / 8
    assert [slicing["column"] for slicing in written["slices"]] == ["rating", "shop"]
    assert written["abstaining"]["curve"][0]["coverage"] == 1
    assert len(written["calibration"]["after"]["bins"]) == 15
    for picture in folder.glob("*.png"):
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert (rows[7]["id"], rows[7]["truth"], rows[7]["verdict"]) == ("r7", "negative", "positive")
    assert float(rows[7]["positive"]) == pytest.approx(result.first.measured.probabilities[7, 1])
    with (folder / "mistakes.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["r7"]


def test_the_page_says_what_was_found(tmp_path: Path) -> None:
    shops = {"shop": ["a", "b"] * 4}
    model = make_artifact(abstain=0.7)
    found = page(make_result(ratings=[1.0, 2.0] * 4, extras=shops, artifact=model), tmp_path)

    assert "small on made up" in found.text
    assert "87.5%" in found.text
    assert "errs on 1." in found.text
    assert "good good film" in found.text
    assert "By rating" in found.text
    assert "By shop" in found.text
    assert found.tags.count("svg") == 4
    assert found.tags.count("article") == 8
    assert "Towards positive" in found.text
    assert "less what it adds to that of the other class, before the temperature" in found.text
    assert "answers uncertain under a confidence of 0.7000" in found.text
    assert "training" not in found.ids


def test_the_page_says_of_which_label_the_calibration_is(tmp_path: Path) -> None:
    said = "are of the likeliest label, before the thresholds"
    limited = dataclasses.replace(make_artifact(), thresholds=(0.7, 0.3))
    assert said in page(make_result(artifact=limited), tmp_path / "limited").text
    assert said not in page(make_result(), tmp_path / "plain").text


def test_calibrating_is_advised_only_where_these_rows_have_not_calibrated() -> None:
    texts = [f"{text} {n}" for n in range(10) for text in ("I love it", "I hate it")]
    labels = ["positive", "negative"] * 7 + ["negative", "positive"] * 3
    model = make_artifact()
    record = {"data": {"sha256": {"reviews.csv": "ab12"}, "part": "all"}}
    fitted = dataclasses.replace(model, metrics={"calibration": record})
    for artifact, advised in ((model, True), (fitted, False)):
        found = insights(make_result(texts, labels, artifact=artifact).first)
        said = next(line for line in found.weaknesses if "surer than it should be" in line)
        assert ("the command tonality calibrate can mend that" in said) == advised


def test_a_run_beside_the_model_gives_training_curves(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "step,epoch,train_loss,validation_loss,validation_accuracy,learning_rate,seconds\n"
        "10,0.5,0.6,,,0.1,1\n20,1,0.4,0.5,0.8,0.1,2\n40,2,0.3,0.45,0.82,0.1,3\n"
    )
    model = dataclasses.replace(make_artifact(), provenance={"best": {"epoch": 2.0}})
    found = page(make_result(artifact=model, folder=tmp_path), tmp_path / "report")
    assert "training" in found.ids
    assert found.tags.count("svg") == 6


def test_a_run_that_cannot_be_read_is_left_aside(tmp_path: Path) -> None:
    for content in ("", "a,b\n1,2\n", "epoch,train_loss\nx,y\n", "\0\xff"):
        (tmp_path / "metrics.csv").write_text(content, encoding="latin-1")
        assert read_run(tmp_path / "model", {}) is None


def test_two_models_side_by_side(tmp_path: Path) -> None:
    other = make_artifact(seed=11)
    other.tensors["output.weight"][:] = other.tensors["output.weight"][::-1].copy()  # all wrong
    result = make_result(second=with_labels(other, "negative", "positive"))
    told: list[int] = []
    found = page(result, tmp_path, told.append)

    assert told == [8]
    assert "small and other on made up" in found.text
    assert "McNemar" in found.text
    assert "Only small is right" in found.text
    assert (tmp_path / "predictions_second.csv").exists()
    written = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    comparison = written["comparison"]
    assert comparison["with"] == "other"
    assert comparison["only_first"] == 7
    assert comparison["other"]["accuracy"] == 1 / 8


def test_several_classes_and_one_row(tmp_path: Path) -> None:
    names = ("class 0", "class 1", "class 2")
    model = with_labels(small_artifact(classes=3), *names)
    texts = ["good film", "bad films", "not good", ""] * 5
    found = page(make_result(texts, [*names, names[0]] * 5, artifact=model), tmp_path / "three")
    assert found.tags.count("svg") == 4
    assert all(f"Towards {name}" in found.text for name in names)
    assert "less the mean of what it adds to those of the other classes" in found.text

    alone = make_result(["good film"], [names[0]], artifact=model)
    found = page(alone, tmp_path / "one")
    assert found.tags.count("svg") == 2  # a class without texts has no curves
    assert not (tmp_path / "one" / "roc.png").exists()


HOSTILE = (
    "<script>alert(1)</script> love",
    "</style></svg></div></section><h1>out</h1> hate",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }}{% raw %} good",
    "\u202egnp.exe\u2066 love",
    "مرحبا هذا فيلم رائع " * 40,
    "\N{GRINNING FACE}" * 20_000,
    "a" * 100_000,
    "love hate " * 10_000,
    "\x00\x01\x1b[31m\x7f\x85\ufffe\ud800 love",
    "<!-- --><![CDATA[ ]]> $x^2_ &amp; &#60;script&#62;",
)


def test_hostile_text_is_text_everywhere(tmp_path: Path) -> None:
    n = len(HOSTILE)
    name = "<img src=x onerror=alert(1)>\u202e$x_"
    model = with_labels(make_artifact(max_tokens=400), "<b>bad</b> $x^", 'good" \N{PENSIVE FACE}')
    texts = list(HOSTILE) * 2
    labels = ([model.labels[0]] * n) + ([model.labels[1]] * n)
    result = make_result(
        texts, labels, artifact=model, second=with_labels(model, *model.labels),
        ids=[text[:500] for text in texts], extras={name: texts},
        facts={"data": name, "sha256": {name: "ab"}, "model": name},
    )  # fmt: skip
    found = page(result, tmp_path)

    assert {"h1", "b", "svg", "table"} <= set(found.tags)  # b: what words weigh
    assert found.tags.count("h1") == 1
    assert "<script>alert(1)</script>" in found.text
    assert "{{ 7 * 7 }}" in found.text
    assert "<h1>out</h1>" in found.text
    assert "<img src=x onerror=alert(1)>" in found.text
    assert "<b>bad</b>" in found.text
    assert "&#60;script&#62;" in found.text
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f]", "".join(found.pieces))
    assert (tmp_path / "report.html").stat().st_size < 300_000
    # A sentence is never turned around by a name in it.
    summary = re.search(r"What it does well.*?Which mistakes", found.text)
    assert summary is not None
    assert "\u202e" not in summary[0]
    json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))


def test_long_reviews_are_shortened_with_their_words_in_place() -> None:
    classifier = make_result(artifact=make_artifact(max_tokens=60)).first.classifier
    for text in ("love it " * 500, "love " * 40 + "film " * 500 + "hate " * 40, "x" * 9000):
        whole = classifier.explain(text)
        short = shortened(whole, 1000)
        assert len(short.text) < 1100
        assert "characters …]" in short.text
        assert len(short.tokens) == len(short.contributions)
        for token in short.tokens:
            assert short.text[token.start : token.end].lower() == token.text
    few = classifier.explain("love it")
    assert shortened(few, 1000) is few


def test_what_cannot_be_written_says_where_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match=r"taken: the report cannot be written here"):
        write_report(tmp_path / "taken", make_result())
    for missing in ("jinja2", "matplotlib.figure"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, missing, None)
            with pytest.raises(DependencyError, match=r"pip install 'tonality\[analyse\]'"):
                write_report(tmp_path / "report", make_result())
