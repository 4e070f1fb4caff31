"""Measure a model: scores, intervals, figures and a report folder."""

from tonality.evaluate.labels import Matched, match_labels
from tonality.evaluate.metrics import Evaluation, LengthBucket, Mistake, evaluate
from tonality.evaluate.scores import ClassScores

__all__ = [
    "ClassScores",
    "Evaluation",
    "LengthBucket",
    "Matched",
    "Mistake",
    "evaluate",
    "match_labels",
]
