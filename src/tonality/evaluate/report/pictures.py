"""Which drawings an evaluation has: as PNG files in the folder, as SVG in the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonality.drawing import drawing, save_png, to_svg
from tonality.evaluate.report.plots import (
    draw_by_length,
    draw_confusion,
    draw_coverage,
    draw_reliability,
    draw_training,
)
from tonality.evaluate.report.roc_curves import draw_precision_recall, draw_roc, rankings
from tonality.evaluate.report.training_run import Run, read_run
from tonality.evaluate.result import EvaluationResult, Judged


@dataclass(frozen=True)
class Picture:
    """One drawing.

    Attributes:
        name: a word for it.
        title: what it is.
        alternative: what it shows, for those who cannot see it.
        svg: it as an ``svg`` element, safe markup.
    """

    name: str
    title: str
    alternative: str
    svg: Any


@dataclass(frozen=True)
class _Plan:
    name: str
    title: str
    alternative: str  # empty for what the page does not show
    draw: Callable[[], Any]
    file: str | None = None


def draw_all(result: EvaluationResult, folder: Path) -> tuple[list[Picture], list[str]]:
    """Draws what there is to draw.

    Args:
        result: what was found.
        folder: where the PNG files go.

    Returns:
        The pictures for the page, and the names of the files written.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    from markupsafe import Markup

    pictures, files = [], []
    with drawing():
        for plan in _plans(result):
            figure = plan.draw()
            if plan.alternative:
                svg = Markup(to_svg(figure, plan.name, plan.alternative))
                pictures.append(Picture(plan.name, plan.title, plan.alternative, svg))
            if plan.file is not None:
                save_png(figure, folder / plan.file, plan.title)
                files.append(plan.file)
    return pictures, files


def _plans(result: EvaluationResult) -> list[_Plan]:
    first = result.first
    evaluation = first.evaluation
    confusion = f"Confusion matrix: {evaluation.accuracy:.1%} of {evaluation.n:,} right"
    plans = [
        _Plan(
            "confusion", confusion, "", lambda: draw_confusion(evaluation), "confusion.png",
        ),
        *_ranking_plans(result),
        *_trust_plans(result),
        *_training_plans(read_run(first.folder, first.classifier.artifact.provenance)),
    ]  # fmt: skip
    if evaluation.by_length:
        plans.append(
            _Plan(
                "length", "Accuracy by length", "", lambda: draw_by_length(evaluation),
                "accuracy_by_length.png",
            )
        )  # fmt: skip
    return plans


def _ranking_plans(result: EvaluationResult) -> list[_Plan]:
    first, names = result.first, result.first.classifier.labels
    models = [(judged.name, _columns(judged, names)) for judged in result.models]
    roc = rankings(first.measured.labels, models, names)
    precision = rankings(first.measured.labels, models, names, all_classes=len(models) == 1)
    each = "" if len(names) == 2 else ", each class against the rest"
    if not roc:
        return []
    return [
        _Plan(
            "roc",
            f"ROC curve{each}",
            "How many of the others are taken in wrongly for the share of the class that is found.",
            lambda: draw_roc(roc),
            file="roc.png",
        ),
        _Plan(
            "precision",
            f"Precision and recall{each}",
            "How much of what is called by a class's name deserves it, by how much is found.",
            lambda: draw_precision_recall(precision),
            file="precision_recall.png",
        ),
    ]


def _trust_plans(result: EvaluationResult) -> list[_Plan]:
    first, classes = result.first, len(result.first.classifier.labels)
    calibration = first.analysis.calibration
    series = [(judged.name, judged.analysis.calibration.after.bins) for judged in result.models]
    if len(series) == 1:
        series = [("as it answers", calibration.after.bins)]
        if calibration.temperature != 1:
            series.append(("without the temperature", calibration.before.bins))
    curves = [(judged.name, judged.analysis.curve) for judged in result.models]
    return [
        _Plan(
            "reliability",
            "Confidence and accuracy",
            "How often the likeliest label is right, by its probability; on the diagonal they are "
            "equal.",
            lambda: draw_reliability(series, classes),
            file="reliability.png",
        ),
        _Plan(
            "coverage",
            "Accuracy by what is answered",
            "The share of right answers where only the surest texts are answered.",
            lambda: draw_coverage(curves, first.analysis.band),
            file="coverage.png",
        ),
    ]


def _training_plans(run: Run | None) -> list[_Plan]:
    if run is None:
        return []
    return [
        _Plan(
            "loss",
            "Loss",
            "Cross-entropy on training and validation texts over the epochs.",
            lambda: draw_training(run.train_loss, run.validation_loss, "nats", run.kept),
        ),
        _Plan(
            "accuracy",
            "Accuracy on validation",
            "The share of right verdicts on validation texts over the epochs.",
            lambda: draw_training([], run.validation_accuracy, "accuracy", run.kept, share=True),
        ),
    ]


def _columns(judged: Judged, names: Sequence[str]) -> Any:
    """A model's probabilities (N, C) in the order of ``names``."""
    own = judged.classifier.labels
    return judged.measured.probabilities[:, [own.index(name) for name in names]]
