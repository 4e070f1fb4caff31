"""``models/imdb-large``, the teacher of ``imdb``: as measured, and read by the same code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tonality
from benchmarks import predictions
from tonality.classifier import BUNDLED, Classifier

FOLDER = Path(__file__).parent.parent / "models" / "imdb-large"
MOST_BYTES = 40_000_000


@pytest.fixture(scope="module")
def large() -> Classifier:
    return tonality.load(FOLDER)


def test_it_is_small_enough_to_ship_beside_the_package() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= MOST_BYTES


def test_it_answers_what_is_kept_of_every_validation_review(large: Classifier) -> None:
    kept = predictions.read(predictions.FOLDER / "teacher.csv")
    right = float((kept.probabilities.argmax(axis=1) == kept.labels).mean())
    assert right == pytest.approx(large.artifact.metrics["validation"]["accuracy"])

    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [json.loads(line) for line in lines][:100]
    rows = [kept.ids.index(sample["id"]) for sample in samples]
    found = large.predict_proba([sample["text"] for sample in samples])
    np.testing.assert_allclose(found, kept.probabilities[rows], atol=2e-6)
