"""The folder that ``tonality evaluate --report`` writes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tonality import plain_json
from tonality.durable_files import check_writable
from tonality.errors import DataError
from tonality.evaluate.report.page import render
from tonality.evaluate.report.pictures import draw_all
from tonality.evaluate.result import EvaluationResult, Judged
from tonality.evaluate.select_rows import ChosenRows
from tonality.measures.metrics import excerpt

PAGE = "report.html"


def prepare_folder(folder: Path) -> None:
    """Make the folder, before any long work, so that a bad path is known at once.

    Raises:
        DataError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"the report cannot be written here: {reason}", path=folder) from error


def write_report(
    folder: Path, result: EvaluationResult, *, progress: Callable[[int], None] | None = None
) -> list[Path]:
    """Write every file of the report; files of an earlier report are replaced.

    Args:
        folder: where; made if missing.
        result: what was found.
        progress: called with the number of texts explained so far, now and then.

    Returns:
        The files written.

    Raises:
        DataError: the folder cannot be written to.
        DependencyError: matplotlib or Jinja2 is not installed.
    """
    prepare_folder(folder)
    whole = plain_json.dumps(result.to_json(), indent=2)
    _write(folder / "evaluation.json", whole + "\n")
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[Any]]]] = {
        "predictions.csv": _predictions(result.first, result.chosen),
        "mistakes.csv": _mistakes(result.first, result.chosen),
        "label_errors.csv": _label_errors(result),
    }
    if result.second is not None:
        tables["predictions_second.csv"] = _predictions(result.second, result.chosen)
    for name, (header, rows) in tables.items():
        # A lone surrogate in an id has no UTF-8; it is spelled out.
        with (folder / name).open(
            "w", encoding="utf-8", errors="backslashreplace", newline=""
        ) as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
    pictures, drawn = draw_all(result, folder)
    _write(folder / PAGE, render(result, pictures, progress=progress))
    return [folder / name for name in ("evaluation.json", *tables, *drawn, PAGE)]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _predictions(
    judged: Judged, chosen: ChosenRows
) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    names, measured = judged.classifier.labels, judged.measured
    verdicts = measured.verdicts
    rows = (
        [
            chosen.ids[row],
            names[truth],
            names[verdicts[row]],
            measured.lengths[row],
            *(f"{belief:.6f}" for belief in measured.probabilities[row]),
        ]
        for row, truth in enumerate(measured.labels)
    )
    return [chosen.named, "truth", "verdict", "tokens", *names], rows


def _mistakes(judged: Judged, chosen: ChosenRows) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    rows = (
        [mistake.id, mistake.truth, mistake.verdict, f"{mistake.probability:.6f}", mistake.text]
        for mistake in judged.evaluation.mistakes
    )
    return [chosen.named, "truth", "verdict", "probability", "text"], rows


def _label_errors(result: EvaluationResult) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    texts = result.chosen.table.texts
    rows = (
        [
            suspect.id,
            suspect.given,
            suspect.suggested,
            f"{suspect.margin:.6f}",
            excerpt(texts[suspect.index]),
        ]
        for suspect in result.first.analysis.label_errors.suspects
    )
    return [result.chosen.named, "given", "suggested", "margin", "text"], rows
