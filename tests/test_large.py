"""``models/imdb-large`` and ``imdb``, and what was measured of both before the end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import tonality
from benchmarks import predictions
from tonality.data import load_dataset
from tonality.data.splits import split_dataset
from tonality.model_names import BUNDLED

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models" / "imdb-large"
MOST_BYTES = 40_000_000
REVIEWS = 25_000
# It is no part of the package, nor of the archive of its source.
needs_large = pytest.mark.skipif(not FOLDER.exists(), reason="models/imdb-large is not here")
MEASURED = ("transformer", "imdb", "imdb-large")


@needs_large
def test_it_is_small_enough_to_ship_beside_the_package() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("model", "measured"),
    [pytest.param(str(FOLDER), "93.60%", marks=needs_large), ("imdb", "93.36%")],
)
def test_the_last_training_held_nothing_out(model: str, measured: str) -> None:
    classifier = tonality.load(model)
    provenance = classifier.artifact.provenance
    assert (provenance["rows"]["train"], provenance["rows"]["validation"]) == (REVIEWS, 0)
    assert not classifier.artifact.metrics
    assert measured in classifier.artifact.card  # of the same training on a part of them


@needs_large
def test_it_knows_the_samples_that_it_learnt_from() -> None:
    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    verdicts = tonality.load(FOLDER).predict([sample["text"] for sample in samples])
    labels = [sample["label"] for sample in samples]
    right = sum(one.label == label for one, label in zip(verdicts, labels, strict=True))
    assert right >= 280  # of 300; it followed a teacher more than the labels


@needs_large
def test_it_reads_more_than_the_other() -> None:
    long = "A fine film. " * 500
    assert tonality.load(FOLDER).predict(long).tokens_read == 800
    assert tonality.load("imdb").predict(long).tokens_read == 400


@pytest.mark.parametrize("name", MEASURED)
def test_the_figures_on_the_page_are_those_of_the_answers_that_are_kept(name: str) -> None:
    kept = predictions.read(predictions.FOLDER / f"{name}.csv")
    assert len(set(kept.ids)) == len(kept.ids) == 5_000
    right = float((kept.probabilities.argmax(axis=1) == kept.labels).mean())
    (row,) = [
        line
        for line in (ROOT / "docs" / "results.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {name}: ")
    ]
    assert f"| {100 * right:.2f} % (" in row


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("the forward teacher", ["forward"]),
        ("the backward teacher", ["backward"]),
        ("the mean of both", ["forward", "backward"]),
        ("the mean of `imdb` and `imdb-large`", ["imdb", "imdb-large"]),
        ("the mean of these and the backward teacher", ["imdb", "imdb-large", "backward"]),
    ],
)
def test_the_means_on_the_page_are_those_of_the_answers_that_are_kept(
    row: str, names: list[str]
) -> None:
    kept = [predictions.read(predictions.FOLDER / f"{name}.csv") for name in names]
    assert all(one.ids == kept[0].ids for one in kept)
    verdicts = np.sum([one.probabilities for one in kept], axis=0).argmax(axis=1)
    right = float((verdicts == kept[0].labels).mean())
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert f"| {row} | {100 * right:.2f} % |" in page


def test_the_answers_are_of_the_reviews_that_were_held_out() -> None:
    place = os.environ.get("TONALITY_DATA")
    if not place:
        pytest.skip("TONALITY_DATA is not set")
    dataset = load_dataset(Path(place) / "imdb" / "train.parquet")
    _, rows = split_dataset(dataset, validation=0.2, seed=0)
    held_out = dataset.train.take(rows)
    labels = dict(zip(held_out.ids or [], held_out.labels or [], strict=True))
    for name in MEASURED:
        kept = predictions.read(predictions.FOLDER / f"{name}.csv")
        found = np.array(predictions.LABELS)[kept.labels]
        assert dict(zip(kept.ids, found, strict=True)) == labels
