"""Measure a model: scores, intervals, figures and a report folder."""

from tonality.evaluate.match_labels import Matched, match_labels
from tonality.measures.metrics import Evaluation, LengthBucket, Mistake, evaluate
from tonality.measures.scores import ClassScores

__all__ = [
    "ClassScores",
    "Evaluation",
    "LengthBucket",
    "Matched",
    "Mistake",
    "evaluate",
    "match_labels",
]
