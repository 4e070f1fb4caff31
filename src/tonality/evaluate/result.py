"""Everything that one ``tonality evaluate`` found, of one model or of two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tonality.classifier import Classifier
from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.evaluate.analysis import Analysis, analyse, fitted_on
from tonality.evaluate.classify_rows import Classified, classify
from tonality.evaluate.compare import Comparison, compare
from tonality.evaluate.select_rows import ChosenRows
from tonality.measures.metrics import Evaluation, evaluate


@dataclass(frozen=True)
class Judged:
    """One model on the rows.

    Attributes:
        name: what the model is called.
        folder: where it is.
        classifier: the model.
        measured: its predictions.
        evaluation: how good they are.
        analysis: what they say beyond that.
    """

    name: str
    folder: Path
    classifier: Classifier
    measured: Classified
    evaluation: Evaluation
    analysis: Analysis

    def to_json(self) -> dict[str, Any]:
        """Scores and analysis, in types that ``json`` writes."""
        return self.evaluation.to_json() | self.analysis.to_json()


@dataclass(frozen=True)
class EvaluationResult:
    """What was found.

    Attributes:
        facts: what was measured: data, part, model and the like; plain JSON.
        chosen: the rows.
        first: the model.
        second: the one that it is compared with, if any.
        comparison: the first less the second.
    """

    facts: dict[str, Any]
    chosen: ChosenRows
    first: Judged
    second: Judged | None = None
    comparison: Comparison | None = None

    @property
    def models(self) -> list[Judged]:
        """The one model, or both."""
        return [self.first] if self.second is None else [self.first, self.second]

    def to_json(self) -> dict[str, Any]:
        """Everything, in types that ``json`` writes."""
        found = self.first.to_json() | self.facts
        if self.second is not None and self.comparison is not None:
            found["comparison"] = {
                "with": self.second.name,
                **asdict(self.comparison),
                "other": self.second.to_json(),
            }
        return found


def judge(
    name: str,
    folder: Path,
    classifier: Classifier,
    dataset: Dataset,
    chosen: ChosenRows,
    *,
    progress: Callable[[int], None] | None = None,
) -> Judged:
    """Measures a model on the chosen rows.

    Raises:
        DataError: there are no labels, or one that the model does not know.
        DependencyError: scikit-learn is not installed.
    """
    artifact = classifier.artifact
    measured = classify(classifier, chosen.table, progress=progress)
    evaluation = evaluate(
        measured.labels,
        measured.probabilities,
        classifier.labels,
        lengths=measured.lengths,
        texts=chosen.table.texts,
        ids=chosen.ids,
        thresholds=measured.thresholds,
    )
    analysis = analyse(
        measured,
        artifact,
        chosen.table,
        chosen.ids,
        fitted_here=fitted_on(artifact, dataset, chosen.part),
    )
    return Judged(name, folder, classifier, measured, evaluation, analysis)


def side_by_side(
    facts: dict[str, Any], chosen: ChosenRows, first: Judged, second: Judged | None
) -> EvaluationResult:
    """The result of one model, or of two of the same labels with their comparison.

    Raises:
        DependencyError: scipy is not installed.
    """
    if second is None:
        return EvaluationResult(facts, chosen, first)
    names, others = first.classifier.labels, second.classifier.labels
    order = np.array([others.index(name) for name in names])
    place = order.argsort()  # where each of the second's classes is among the first's
    comparison = compare(
        first.measured.labels,
        first.measured.probabilities,
        second.measured.probabilities[:, order],
        verdicts=(first.measured.verdicts, place[second.measured.verdicts]),
    )
    return EvaluationResult(facts, chosen, first, second, comparison)


def check_comparable(labels: Mapping[str, Sequence[str]]) -> None:
    """Checks that models, given by name with their labels, have the same ones.

    Raises:
        ConfigError: they have not.
    """
    if len({frozenset(each) for each in labels.values()}) > 1:
        (first, names), (second, others) = labels.items()
        raise ConfigError(
            f"models can be compared if their labels are the same; {first} has "
            f"{', '.join(names)}, {second} has {', '.join(others)}. Measure each in a run "
            "of its own"
        )
