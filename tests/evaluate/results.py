"""Results of the small model of ``conftest`` on texts that a test makes up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reading_model import make_artifact
from tonality.artifact.model_folder import Artifact
from tonality.classifier import Classifier
from tonality.data import Dataset, Table
from tonality.evaluate.result import EvaluationResult, Judged, judge, side_by_side
from tonality.evaluate.select_rows import ChosenRows, Part

# The model is wrong on the last of each eight: it knows nothing of irony.
TEXTS = (
    "I love it", "I hate the plot", "not good", "not bad and never long", "good film",
    "a bad bad film", "love love love", "good good film",
)  # fmt: skip
LABELS = (
    "positive", "negative", "negative", "positive", "positive", "negative", "positive", "negative",
)  # fmt: skip


def make_result(
    texts: Sequence[str] = TEXTS,
    labels: Sequence[str] = LABELS,
    *,
    ids: Sequence[str] | None = None,
    ratings: Sequence[float] | None = None,
    extras: Mapping[str, list[str]] | None = None,
    artifact: Artifact | None = None,
    second: Artifact | None = None,
    folder: Path = Path("nowhere"),
    facts: Mapping[str, Any] | None = None,
) -> EvaluationResult:
    """The small model, or another, or two, judged on the texts."""
    table = Table(
        texts=list(texts),
        labels=list(labels),
        ratings=None if ratings is None else list(ratings),
        extras=extras or {},
    )
    names = [f"r{row}" for row in range(len(table))] if ids is None else list(ids)
    dataset = Dataset(table, None, None, "made up", {"reviews.csv": "ab12"})
    chosen = ChosenRows(Part.ALL, table, names)

    def judged(name: str, model: Artifact) -> Judged:
        return judge(name, folder / "model", Classifier(model), dataset, chosen)

    known = {
        "data": "made up", "sha256": dataset.sha256, "part": "all", "model": "small",
        "bad_rows": 0, "empty": 0, "seen": False, "shortened": 0,
    }  # fmt: skip
    return side_by_side(
        known | dict(facts or {}),
        chosen,
        judged("small", artifact or make_artifact()),
        None if second is None else judged("other", second),
    )


def with_labels(artifact: Artifact, *labels: str) -> Artifact:
    """The model with its classes called otherwise."""
    return dataclasses.replace(artifact, labels=labels)
