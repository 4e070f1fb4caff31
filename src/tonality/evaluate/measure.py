"""Run a model over labelled rows and measure it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tonality.classifier import Classifier
from tonality.data import Table
from tonality.errors import DataError
from tonality.evaluate.match_labels import match_labels
from tonality.measures.metrics import Evaluation, evaluate
from tonality.prediction import decide

WINDOW = 2048  # texts between two reports of progress


@dataclass(frozen=True)
class Answers:
    """A model's answers on labelled rows.

    Attributes:
        labels: the true classes, (N,) indices of the model's labels.
        probabilities: (N, C).
        lengths: the texts' lengths in tokens, read or not, (N,).
        shortened: how many texts were too long to be read whole.
        aliases: labels that were read as one of the model's: the data's -> the model's.
        thresholds: (C,) the model's, which its verdicts go by; empty for the likeliest class.
    """

    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    shortened: int
    aliases: dict[str, str]
    thresholds: tuple[float, ...] = field(default=(), kw_only=True)

    @property
    def verdicts(self) -> npt.NDArray[np.int64]:
        """(N,) the class that the model decides for, also where it would abstain."""
        return decide(self.probabilities, self.thresholds)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) whether that is the true one."""
        return np.asarray(self.verdicts == self.labels)

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """(N,) its probability."""
        rows = np.arange(len(self.labels))
        return np.asarray(self.probabilities[rows, self.verdicts], np.float64)


@dataclass(frozen=True)
class Measured(Answers):
    """A model's answers and how good they are.

    Attributes:
        evaluation: how good.
    """

    evaluation: Evaluation


def classify(
    classifier: Classifier, table: Table, *, progress: Callable[[int], None] | None = None
) -> Answers:
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
        raise DataError("the rows have no labels to compare with", path=table.source or None)
    matched = match_labels(table.labels, classifier.labels, source=table.source or None)
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
    return Answers(
        matched.classes,
        probabilities,
        lengths,
        shortened,
        matched.aliases,
        thresholds=classifier.artifact.thresholds,
    )


def measure(
    classifier: Classifier,
    table: Table,
    *,
    ids: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Classify labelled rows and compare.

    Args:
        classifier: the model.
        table: the N rows.
        ids: their names, for the list of mistakes.
        progress: called with the number of texts done so far, now and then.

    Returns:
        The answers and the evaluation.

    Raises:
        DataError: there are no labels, or one that the model does not know.
        DependencyError: scikit-learn is not installed.
    """
    answers = classify(classifier, table, progress=progress)
    evaluation = evaluate(
        answers.labels,
        answers.probabilities,
        classifier.labels,
        lengths=answers.lengths,
        texts=table.texts,
        ids=ids,
        thresholds=answers.thresholds,
    )
    return Measured(**vars(answers), evaluation=evaluation)
