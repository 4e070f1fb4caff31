"""Everything that one ``tonality evaluate`` found, of one model or of two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tonality.classifier import Classifier
from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.evaluate.analysis import Analysis, analyse, fitted_on
from tonality.evaluate.compare import Comparison, compare
from tonality.evaluate.measure import Measured, measure
from tonality.evaluate.select_rows import ChosenRows


@dataclass(frozen=True)
class Judged:
    """One model on the rows.

    Attributes:
        name: what the model is called.
        folder: where it is.
        classifier: the model.
        measured: its answers and scores.
        analysis: what they say beyond that.
    """

    name: str
    folder: Path
    classifier: Classifier
    measured: Measured
    analysis: Analysis

    def to_json(self) -> dict[str, Any]:
        """Scores and analysis, in types that ``json`` writes."""
        return self.measured.evaluation.to_json() | self.analysis.to_json()


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
                **self.comparison.to_json(),
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
    measured = measure(classifier, chosen.table, ids=chosen.ids, progress=progress)
    analysis = analyse(
        measured,
        artifact,
        chosen.table,
        chosen.ids,
        fitted_here=fitted_on(artifact, dataset, chosen.part),
    )
    return Judged(name, folder, classifier, measured, analysis)


def side_by_side(
    facts: dict[str, Any], chosen: ChosenRows, first: Judged, second: Judged | None
) -> EvaluationResult:
    """The result of one model, or of two with their comparison.

    Raises:
        ConfigError: the models have different labels.
        DependencyError: scipy is not installed.
    """
    if second is None:
        return EvaluationResult(facts, chosen, first)
    names, others = first.classifier.labels, second.classifier.labels
    check_comparable({first.name: names, second.name: others})
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
