"""The model card: front matter that the Hub reads, numbers that were measured."""

from __future__ import annotations

import dataclasses
import json

from small_models import small_artifact
from tonality.artifact.model_card import Card


def test_card_says_what_was_measured() -> None:
    model = small_artifact()
    scores = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 10}
    never = {"precision": None, "recall": None, "f1": None, "support": 0}
    text = Card(
        name="imdb",
        labels=("neg|ative", "positive"),
        network=model.network,
        data={"IMDB": "25,000 reviews."},
        evaluations={
            "validation": {
                "n": 5000,
                "accuracy": 0.9123,
                "accuracy_interval": (0.904, 0.92),
                "per_class": {"neg|ative": scores, "positive": never},
            }
        },
        training={"recipe": "base", "seed": 7},
        hub_datasets=("stanfordnlp/imdb",),
        limits=("It has seen films only.",),
    ).render()
    front = text.split("---\n")[1].splitlines()
    entries = dict(line.split(": ", 1) for line in front)
    assert entries["library_name"] == "tonality"
    assert entries["pipeline_tag"] == "text-classification"
    assert json.loads(entries["datasets"]) == ["stanfordnlp/imdb"]
    index = json.loads(entries["model-index"])
    assert index[0]["results"][0]["metrics"] == [{"type": "accuracy", "value": 0.9123}]
    assert "accuracy 91.23% (95 % interval 90.40% to 92.00%) on 5,000 texts." in text
    assert "| neg\\|ative | 0.9000 | 0.8000 | 0.8500 |" in text
    assert "| positive | - | - | - |" in text
    assert "- seed: 7" in text
    assert "- It has seen films only." in text
    assert "flatter" not in text


def test_card_says_that_figures_of_a_validation_part_flatter() -> None:
    scores = {"precision": 0.9, "recall": 0.8, "f1": 0.85}
    card = Card(
        name="imdb",
        labels=("negative", "positive"),
        network=small_artifact().network,
        data={},
        evaluations={"validation": {"n": 9, "accuracy": 0.9, "per_class": {"positive": scores}}},
        held_out=True,
    )
    results = card.render().partition("## Results")[2].partition("\n## ")[0]
    assert "figures flatter a little: the weights are the best of several" in results
    unmeasured = dataclasses.replace(card, evaluations={})
    assert "flatter" not in unmeasured.render()
