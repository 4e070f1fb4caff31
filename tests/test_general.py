"""The bundled model ``general``, which everything takes unless told otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tonality
from tonality.classifier import Classifier
from tonality.cli import app
from tonality.errors import ArtifactError
from tonality.model_names import DEFAULT_MODEL, bundled_models, model_path
from tonality.sklearn import LSTMClassifier

FOLDER = model_path("general")
MOST_BYTES = 16_000_000  # every user downloads them


@pytest.fixture(scope="module")
def general() -> Classifier:
    return tonality.load()


def test_it_is_the_default_and_knows_three_labels(general: Classifier) -> None:
    assert DEFAULT_MODEL == "general"
    assert model_path() == FOLDER
    assert general.labels == ("negative", "neutral", "positive")
    assert bundled_models() == ["general", "imdb"]
    assert tonality.load("imdb").labels == ("negative", "positive")


def test_a_path_is_never_the_name_of_a_bundled_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``Path("./general")`` has lost its ``./``; the name says which one it means."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArtifactError, match="no model folder is here"):
        tonality.load(Path("general"))
    shutil.copytree(model_path("imdb"), tmp_path / "general")
    assert tonality.load(Path("./general")).labels == ("negative", "positive")
    assert tonality.load("./general").labels == ("negative", "positive")
    assert LSTMClassifier.from_folder(Path("general")).classes_.tolist() == ["negative", "positive"]
    with pytest.warns(UserWarning, match=r"'general' is the bundled model; .* write './general'"):
        assert len(tonality.load("general").labels) == 3
    told = subprocess.run(
        [sys.executable, "-m", "tonality", "predict", "--model", "general", "Lovely."],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stderr.startswith("careful: 'general' is the bundled model")
    assert told.stderr.count("\n") == 1
    Path("in.csv").write_text("text\nlovely film\n")
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "tonality",
            "score",
            "in.csv",
            "-o",
            "out.csv",
            "--model",
            "general",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stderr.count("'general' is the bundled model") == 1


def test_probabilities_are_the_same_to_the_bit_in_every_batch(general: Classifier) -> None:
    texts = [f"The {word} was {'not ' * (row % 3)}good." * (row % 7) for row, word in
             enumerate(["film", "room", "soup", "phone", "bus"] * 60)]  # fmt: skip
    together = general.predict_proba(texts)
    np.testing.assert_array_equal(together, general.predict_proba(texts, batch_size=1))


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("positive", "I love it."),
        ("positive", "Great film."),
        ("positive", "A wonderful story."),
        ("positive", "Excellent service, thank you!"),
        ("positive", "The best phone I have ever owned."),
        ("positive", "Works perfectly."),
        ("negative", "Terrible film."),
        ("negative", "Awful."),
        ("negative", "Boring and far too long."),
        ("negative", "Rude staff and a late flight."),
        ("negative", "It broke after a day."),
        ("negative", "A complete waste of money."),
        ("neutral", "What time does the flight leave?"),
        ("neutral", "Is there a flight from Boston to Denver?"),
    ],
)
def test_plain_sentences_get_their_pole(general: Classifier, label: str, text: str) -> None:
    assert general.predict(text).label == label


def test_why_a_text_is_neutral_adds_up(general: Classifier) -> None:
    text = "@united can you tell me the gate number?"
    found = general.explain(text)
    assert found.prediction.label == "neutral"
    assert found.contributions.shape == (len(found.tokens), 3)
    total = found.contributions.sum(axis=0) + found.bias + found.remainder
    np.testing.assert_allclose(total, found.logits, atol=1e-4)
    own = list(found.prediction.probabilities.values())
    np.testing.assert_allclose(own, general.predict_proba([text])[0], atol=1e-6)
    told = found.to_json()
    assert told["weighed"] == "neutral"
    weights = sum(sentence["weight"] for sentence in told["sentences"])
    assert weights == pytest.approx(float(found.evidence("neutral").sum()), abs=1e-3)


def test_the_demo_leaves_out_the_class_that_no_sample_has() -> None:
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 0, result.stderr
    by_class = result.stdout.partition("By class")[2].partition("Confusion")[0].splitlines()
    rows = [line.split() for line in by_class if line.strip()][1:]
    assert [row[0] for row in rows] == ["negative", "positive"]
    share = float(result.stdout.partition("accuracy ")[2].partition("%")[0])
    assert share > 90


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize(
    "collection",
    [
        "Large Movie Review Dataset",
        "FDU-MTL",
        "product reviews of 14 categories of Amazon",
        "MR's sentences on films",
        "tweets on US airlines (CrowdFlower",
        "Stanford Sentiment Treebank",
    ],
)
def test_its_card_names_what_it_learnt_from(collection: str) -> None:
    assert collection in (FOLDER / "README.md").read_text(encoding="utf-8")
