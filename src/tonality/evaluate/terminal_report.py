"""Evaluation results on a terminal, with rich."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tonality.measures.metrics import Evaluation, LengthBucket
from tonality.measures.scores import ClassScores, Interval
from tonality.measures.slices import Slice
from tonality.messages import printable, shorten

if TYPE_CHECKING:
    from tonality.evaluate.analysis import Analysis
    from tonality.evaluate.compare import Comparison
    from tonality.evaluate.result import EvaluationResult, Judged

_SHADES = " ░▒▓█"
_ASCII_SHADES = " .:*#"
_MISTAKES = 5
_TILE = 9  # characters of shading a cell


def show(console: Console, result: EvaluationResult) -> None:
    """Print a result: the scores, the confusion matrix, lengths, slices and mistakes.

    Args:
        console: where to print.
        result: what was found.
    """
    facts, evaluation = result.facts, result.first.evaluation
    title = f"{facts['data']} ({facts['part']}), model {result.first.name}"
    console.print(Text(title, style="bold"))
    limited = bool(result.first.classifier.artifact.thresholds)
    console.print(_summary(evaluation, result.first.analysis, limited=limited))
    if absent := _absent(evaluation):
        console.print(Text(absent))
    if result.second is not None and result.comparison is not None:
        console.print(_comparison(result.second, result.comparison))
    averages = {"macro average": evaluation.macro, "weighted average": evaluation.weighted}
    console.print(class_table(evaluation.per_class, averages))
    console.print(confusion_table(evaluation.confusion, evaluation.labels, console.encoding))
    if len(evaluation.by_length) > 1:
        console.print(_accuracy_table("Accuracy by length", "tokens", evaluation.by_length))
    for slicing in result.first.analysis.slices:
        title = f"Accuracy by {slicing.column}"
        console.print(_accuracy_table(title, slicing.column, slicing.parts))
        if slicing.note:
            console.print(Padding(Text(slicing.note), (0, 2), expand=False))
    if evaluation.mistakes:
        console.print(_mistake_list(evaluation, result.chosen.named))


def class_table(
    per_class: Mapping[str, ClassScores], averages: Mapping[str, ClassScores] | None = None
) -> Group:
    """Precision, recall and F1, a row a class, then a row an average."""
    table = _table("class")
    for column in ("precision", "recall", "F1", "texts"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, found in per_class.items():
        _add_scores(table, name, found)
    table.add_section()
    for name, found in (averages or {}).items():
        _add_scores(table, name, found)
    return _titled("By class", table)


def confusion_table(
    confusion: Sequence[Sequence[int]] | np.ndarray[tuple[int, int], np.dtype[np.int64]],
    names: Sequence[str],
    encoding: str = "utf-8",
) -> Group:
    """The confusion matrix, each cell shaded by its share of its row.

    Args:
        confusion: (C, C) counts, a row a truth, a column a verdict.
        names: the C classes.
        encoding: of the terminal; without Unicode the shading is plain ASCII.
    """
    shades = _SHADES if encoding.lower().startswith("utf") else _ASCII_SHADES
    counts = np.asarray(confusion, np.int64)
    table = _table("truth")
    for name in names:
        table.add_column(Text(name), justify="center", no_wrap=True)
    totals = counts.sum(axis=1)  # (C,)
    for row, name in enumerate(names):
        cells = [
            _cell(int(counts[row, column]), int(totals[row]), row == column, shades)
            for column in range(len(names))
        ]
        table.add_row(Text(f"\n{name}"), *cells)
    return _titled("Confusion matrix: a row a truth, a column a verdict", table)


def _cell(count: int, total: int, right: bool, shades: str) -> Text:
    share = count / total if total else 0.0
    # A count above nought always leaves a trace.
    shade = shades[max(round(share * (len(shades) - 1)), int(count > 0))]
    colour = "blue" if right else "yellow"
    tile = Text(shade * _TILE, style=colour)
    number = Text(f"{count:,}", style="bold")
    percent = Text(f"{share:.1%}" if total else "-", style="dim")
    return Text("\n").join([tile, number, percent])


def _summary(evaluation: Evaluation, analysis: Analysis, *, limited: bool) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_row("texts", f"{evaluation.n:,}")
    grid.add_row("accuracy", _with_interval(evaluation.accuracy, evaluation.accuracy_interval))
    f1 = evaluation.macro.f1
    grid.add_row("macro F1", _with_interval(f1 or 0.0, evaluation.macro_f1_interval))
    auc = evaluation.roc_auc
    grid.add_row(
        "ROC AUC", "undefined: all texts are of one class" if auc is None else f"{auc:.4f}"
    )
    grid.add_row("log loss", f"{evaluation.log_loss:.4f}")
    if evaluation.ordered is not None:
        kappa = evaluation.ordered.quadratic_weighted_kappa
        grid.add_row("mean error", f"{evaluation.ordered.mean_absolute_error:.3f} from the truth")
        grid.add_row("weighted kappa", "undefined" if kappa is None else f"{kappa:.4f} (quadratic)")
    calibration, spared = analysis.calibration, analysis.nine_in_ten
    error = f"{calibration.after.error:.2%}"
    if calibration.cross_fitted is not None:
        error += f", cross-fitted {calibration.cross_fitted.error:.2%}"
    chance = f"by chance alone {calibration.chance:.2%}"
    # With thresholds a verdict may be another label.
    told = f"{chance}; of the likeliest label, before thresholds" if limited else chance
    grid.add_row("calibration error", f"{error}  ({told})")
    if spared.mistakes_removed is not None and spared.coverage < 1:
        grid.add_row(
            "least sure",
            f"leaving {1 - spared.coverage:.0%} unanswered avoids {spared.mistakes_removed:.0%} "
            "of the mistakes",
        )
    band = analysis.band
    if band is not None and band.accuracy is not None:
        kept = f"answers {band.coverage:.1%}, {band.accuracy:.2%} of them right"
        grid.add_row(f"under {band.threshold:.4f}", f"uncertain: {kept}")
    return grid


def _absent(evaluation: Evaluation) -> str:
    """What it means that the rows lack classes of the model; empty where they have all."""
    truths, verdicts = (np.sum(evaluation.confusion, axis=axis) for axis in (1, 0))
    names = [shorten(name) for name, n in zip(evaluation.labels, truths, strict=True) if not n]
    if not names:
        return ""
    wrong = int(verdicts[truths == 0].sum())
    return (
        f"no text here is labelled {' or '.join(names)}: such verdicts ({wrong:,}) count as wrong, "
        "also in the macro F1"
    )


def _comparison(second: Judged, found: Comparison) -> Group:
    grid = Table.grid(padding=(0, 2))
    for name, difference in (("accuracy", found.accuracy), ("macro F1", found.macro_f1)):
        low, high = (f"{100 * bound:+.2f}" for bound in difference.interval)
        grid.add_row(name, f"{100 * difference.value:+.2f} points  (95 % interval {low} to {high})")
    loss = found.log_loss
    low, high = (f"{bound:+.4f}" for bound in loss.interval)
    grid.add_row("log loss", f"{loss.value:+.4f}  (95 % interval {low} to {high})")
    grid.add_row("it alone right", f"{found.only_first:,}; the other alone {found.only_second:,}")
    grid.add_row("McNemar's test", f"p = {found.p_value:.3g}")
    return Group(Text(f"\nAgainst {second.name}", style="bold"), grid)


def _accuracy_table(title: str, first: str, rows: Iterable[Slice | LengthBucket]) -> Group:
    table = _table(first)
    for column in ("texts", "accuracy", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        low, high = row.interval
        table.add_row(
            Text(shorten(row.value, 40)),
            f"{row.n:,}",
            f"{row.accuracy:.1%}",
            f"{low:.1%} to {high:.1%}",
        )
    return _titled(title, table)


def _mistake_list(evaluation: Evaluation, named: str) -> Group:
    lines: list[RenderableType] = [Text("\nMost confident mistakes", style="bold")]
    for mistake in evaluation.mistakes[:_MISTAKES]:
        head = f"{mistake.probability:.1%} {mistake.verdict}, in truth {mistake.truth}"
        lines.append(Padding(Text.assemble((head, "yellow"), f"  ({named} {mistake.id})"), (0, 2)))
        lines.append(Padding(Text(printable(mistake.text)), (0, 4)))
    return Group(*lines)


def _table(first: str) -> Table:
    table = Table(box=None, padding=(0, 2))
    table.add_column(Text(first), no_wrap=True)
    return table


def _titled(title: str, table: Table) -> Group:
    # A table's own title would be folded to the table's width.
    return Group(Text(f"\n{title}", style="bold"), table)


def _add_scores(table: Table, name: str, found: ClassScores) -> None:
    values = (found.precision, found.recall, found.f1)
    shown = ("-" if value is None else f"{value:.1%}" for value in values)
    table.add_row(Text(name), *shown, f"{found.support:,}")


def _with_interval(value: float, interval: Interval) -> str:
    low, high = interval
    return f"{value:.2%}  (95 % interval {low:.2%} to {high:.2%})"
