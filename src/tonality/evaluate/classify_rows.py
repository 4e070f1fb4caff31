"""A model's predictions on labelled rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tonality.classifier import Classifier
from tonality.data import Table
from tonality.errors import DataError
from tonality.evaluate.match_labels import match_labels
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.tables.column_names import no_labels

WINDOW = 2048  # texts between two reports of progress


@dataclass(frozen=True)
class Classified(LabelledPredictions):
    """A model's predictions on labelled rows, and how it took the rows.

    Attributes:
        shortened: how many texts were too long to be read whole.
        aliases: labels that were read as one of the model's: the data's -> the model's.
    """

    shortened: int
    aliases: dict[str, str]


def classify(
    classifier: Classifier, table: Table, *, progress: Callable[[int], None] | None = None
) -> Classified:
    """Classify labelled rows.

    A row counts as the model's verdict even where the model would abstain.

    Args:
        classifier: the model.
        table: the N rows.
        progress: called with the number of texts done so far, now and then.

    Raises:
        DataError: there are no labels, or one that the model does not know.
    """
    if table.labels is None:
        reason = no_labels("the rows have no labels to compare with", table.columns)
        raise DataError(reason, path=table.source or None)
    matched = match_labels(
        table.labels, classifier.labels, mapped=table.mapped, source=table.source or None
    )
    probabilities = np.empty((len(table), len(classifier.labels)))  # (N, C)
    lengths = np.empty(len(table), np.int64)  # (N,)
    shortened = 0
    for begin in range(0, len(table), WINDOW):
        predictions = classifier.predict(table.texts[begin : begin + WINDOW])
        for row, found in enumerate(predictions, start=begin):
            probabilities[row] = list(found.probabilities.values())
            lengths[row] = found.tokens_read + found.tokens_left_out
            shortened += found.tokens_left_out > 0
        if progress is not None:
            progress(begin + len(predictions))
    return Classified(
        matched.classes,
        probabilities,
        lengths,
        shortened,
        matched.aliases,
        thresholds=classifier.artifact.thresholds,
    )
