"""How good a model's verdicts are: everything that ``tonality evaluate`` reports.

scikit-learn computes the area under the ROC curve, :mod:`tonality.measures.scores` what follows
from the confusion matrix. The intervals of accuracies are Wilson's (1927): a bootstrap of few texts
that are all right would give no width at all. Those of the macro F1, for which there is no formula,
are percentile bootstraps (Efron 1979).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.errors import DataError, DependencyError
from tonality.measures import scores
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.log_loss import log_loss
from tonality.measures.scores import (
    ClassScores,
    Counts,
    Floats,
    Interval,
    OrderedScores,
    ordered_scores,
    wilson,
)
from tonality.measures.slices import cut_evenly

_RESAMPLES = 1000  # of the bootstrap behind the interval of the macro F1
_EXCERPT = 240  # characters of a mistaken text that a report quotes


@dataclass(frozen=True)
class LengthBucket:
    """The accuracy on the texts of ``shortest`` to ``longest`` tokens, both included, and its 95 %
    interval."""

    shortest: int
    longest: int
    n: int
    accuracy: float
    interval: Interval

    @property
    def value(self) -> str:
        """What the texts have in common, as for a :class:`~tonality.measures.slices.Slice`."""
        shortest, longest = f"{self.shortest:,}", f"{self.longest:,}"
        return shortest if shortest == longest else f"{shortest} to {longest}"


@dataclass(frozen=True)
class Mistake:
    """One wrong verdict: which row, what was true, what was said and how surely."""

    index: int
    id: str
    truth: str
    verdict: str
    probability: float
    text: str


@dataclass(frozen=True)
class Evaluation:
    """What :func:`evaluate` found.

    Attributes:
        n: texts measured.
        labels: the classes in the model's order.
        accuracy, accuracy_interval: the share of right verdicts, and its 95 % interval.
        per_class: precision, recall, F1 and support by class.
        macro: the plain mean of those over the classes that occur.
        macro_f1_interval: the 95 % interval of the macro F1.
        weighted: the mean weighted by support.
        roc_auc: the area under the ROC curve, with more than two classes the mean of one against
            the rest, over those that have texts; ``None`` where all texts are of one class.
        log_loss: the mean negative log probability of the truth, in nats.
        confusion: counts; a row a truth, a column a verdict, both in the order of ``labels``.
        by_length: accuracy in equal shares of the texts from the shortest to the longest; empty
            if no lengths were given.
        mistakes: the wrong verdicts that were given most surely, surest first.
        ordered: how far off the verdicts are, where the labels are three numbers or more.
    """

    n: int
    labels: tuple[str, ...]
    accuracy: float
    accuracy_interval: Interval
    per_class: dict[str, ClassScores]
    macro: ClassScores
    macro_f1_interval: Interval
    weighted: ClassScores
    roc_auc: float | None
    log_loss: float
    confusion: tuple[tuple[int, ...], ...]
    by_length: tuple[LengthBucket, ...]
    mistakes: tuple[Mistake, ...]
    ordered: OrderedScores | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything, in types that ``json`` writes; undefined values are ``None``, never NaN."""
        return asdict(self)


def evaluate(
    labels: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    names: Sequence[str],
    *,
    lengths: npt.ArrayLike | None = None,
    texts: Sequence[str | None] | None = None,
    ids: Sequence[str] | None = None,
    thresholds: Sequence[float] = (),
    mistakes: int = 20,
    seed: int = 0,
) -> Evaluation:
    """Measure the verdicts of a model against the truth.

    Args:
        labels: true classes, (N,) integers in [0, C).
        probabilities: (N, C).
        names: the C classes by name, in the order of the columns.
        lengths: the texts' lengths in tokens, (N,).
        texts: the N texts, quoted in the list of mistakes.
        ids: the N rows' names for that list; by default their numbers, from 0.
        thresholds: (C,) those that the verdicts go by; by default a row's largest probability.
        mistakes: how many wrong verdicts to list at most.
        seed: of the bootstrap.

    Returns:
        The evaluation.

    Raises:
        DataError: there is no row to measure.
        ValueError: shapes do not fit, a label is out of range or a probability is not one.
        DependencyError: scikit-learn is not installed.
    """
    judged = _checked(labels, probabilities, names, lengths, thresholds)
    sklearn = require_sklearn()
    n, classes = judged.probabilities.shape
    confusion = scores.confusion_matrix(judged.labels, judged.verdicts, classes)
    return Evaluation(
        n=n,
        labels=tuple(names),
        accuracy=float(scores.accuracy(confusion)),
        accuracy_interval=wilson(int(judged.right.sum()), n),
        per_class=scores.class_scores(confusion, names),
        macro=_mean(confusion, scores.macro),
        macro_f1_interval=_macro_f1_interval(confusion, seed),
        weighted=_mean(confusion, scores.weighted),
        roc_auc=_roc_auc(sklearn, judged),
        log_loss=log_loss(judged.labels, judged.probabilities),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        by_length=() if lengths is None else _by_length(judged),
        mistakes=_mistakes(judged, names, mistakes, texts, ids),
        ordered=ordered_scores(confusion, names),
    )


def require_sklearn() -> Any:
    """Load ``sklearn.metrics``; a command calls it first, to fail before any long work.

    Raises:
        DependencyError: scikit-learn is not installed.
    """
    try:
        import sklearn.metrics
    except ImportError as error:
        raise DependencyError("evaluation", extra="analyse") from error
    return sklearn.metrics


def _checked(
    labels: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    names: Sequence[str],
    lengths: npt.ArrayLike | None,
    thresholds: Sequence[float],
) -> LabelledPredictions:
    truth = np.asarray(labels, np.int64)
    beliefs = np.asarray(probabilities, np.float64)
    classes = len(names)
    if beliefs.ndim != 2 or beliefs.shape[1] != classes or truth.shape != beliefs.shape[:1]:
        raise ValueError(
            f"labels {truth.shape} and probabilities {beliefs.shape} do not fit {classes} classes"
        )
    if not len(truth):
        raise DataError("there is no labelled row to evaluate")
    if truth.min() < 0 or truth.max() >= classes:
        raise ValueError(f"a label lies outside [0, {classes})")
    totals = beliefs.sum(axis=1, keepdims=True)  # (N, 1)
    if not (
        np.isfinite(beliefs).all() and beliefs.min() >= 0 and np.allclose(totals, 1, atol=1e-3)
    ):
        raise ValueError("probabilities must be finite, at least 0 and add up to 1 in each row")
    # float32 rows add up to 1 only nearly.
    beliefs = beliefs / totals
    tokens = np.zeros_like(truth) if lengths is None else np.asarray(lengths, np.int64)
    if tokens.shape != truth.shape:
        raise ValueError(f"{tokens.size} lengths for {truth.size} texts")
    return LabelledPredictions(truth, beliefs, tokens, thresholds=tuple(thresholds))


def _mean(confusion: Counts, mean: Callable[[Floats, Counts], Floats]) -> ClassScores:
    precision, recall, f1 = (
        float(mean(values, confusion)) for values in scores.precision_recall_f1(confusion)
    )
    return ClassScores(precision, recall, f1, int(confusion.sum()))


def _roc_auc(sklearn: Any, judged: LabelledPredictions) -> float | None:
    truth, beliefs = judged.labels, judged.probabilities
    present = np.unique(truth)
    if len(present) < 2:
        return None
    if beliefs.shape[1] == 2:
        return float(sklearn.roc_auc_score(truth, beliefs[:, 1]))
    return float(np.mean([sklearn.roc_auc_score(truth == c, beliefs[:, c]) for c in present]))


def _macro_f1_interval(confusion: Counts, seed: int) -> Interval:
    # Drawing N rows with replacement and counting them again is one multinomial draw from the
    # counts' shares, so a resample costs as many steps as the matrix has cells, not N.
    n, rng = confusion.sum(), np.random.default_rng(seed)
    draws = rng.multinomial(n, confusion.ravel() / n, size=_RESAMPLES)
    low, high = np.percentile(
        scores.macro_f1(draws.reshape(_RESAMPLES, *confusion.shape)), [2.5, 97.5]
    )
    return float(low), float(high)


def _by_length(judged: LabelledPredictions) -> tuple[LengthBucket, ...]:
    found = []
    for rows in cut_evenly(judged.lengths):
        tokens, hits, n = judged.lengths[rows], int(judged.right[rows].sum()), len(rows)
        found.append(
            LengthBucket(int(tokens.min()), int(tokens.max()), n, hits / n, wilson(hits, n))
        )
    return tuple(found)


def _mistakes(
    judged: LabelledPredictions,
    names: Sequence[str],
    most: int,
    texts: Sequence[str | None] | None,
    ids: Sequence[str] | None,
) -> tuple[Mistake, ...]:
    verdicts, confidence = judged.verdicts, judged.confidence
    wrong = np.flatnonzero(~judged.right)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")[:most]].tolist()
    return tuple(
        Mistake(
            index=row,
            id=str(row) if ids is None else ids[row],
            truth=names[judged.labels[row]],
            verdict=names[verdicts[row]],
            probability=float(confidence[row]),
            text="" if texts is None else excerpt(texts[row] or ""),
        )
        for row in surest
    )


def excerpt(text: str, width: int = _EXCERPT) -> str:
    """One line of at most ``width`` characters: a longer text keeps its beginning and its end.

    A review gives its verdict at either end more often than in the middle.
    """
    line = " ".join(re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE).split())
    if len(line) <= width:
        return line
    half = (width - 3) // 2
    head, tail = line[:half], line[-half:]
    # Cut between words, unless a word fills the whole half.
    return f"{head.rpartition(' ')[0] or head} … {tail.partition(' ')[2] or tail}"
