"""The folder that ``tonality evaluate --report`` writes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tonality.errors import DataError
from tonality.evaluate.metrics import Evaluation
from tonality.evaluate.plots import plot_by_length, plot_confusion, plot_roc


def prepare_folder(folder: Path) -> None:
    """Make the folder, before any long work, so that a bad path is known at once.

    Raises:
        DataError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"the report cannot be written here: {reason}", path=folder) from error


def write_report(
    folder: Path,
    evaluation: Evaluation,
    facts: dict[str, Any],
    *,
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating[Any]],
    ids: Sequence[str],
    lengths: npt.NDArray[np.int64],
) -> list[Path]:
    """Write every file of the report; files of an earlier report are replaced.

    Args:
        folder: where; made if missing.
        evaluation: the result.
        facts: what was measured, joined to the result in ``evaluation.json``.
        labels: true classes, (N,).
        probabilities: (N, C).
        ids: the rows' names, N.
        lengths: the texts' lengths in tokens, (N,).

    Returns:
        The files written.

    Raises:
        DataError: the folder cannot be written to.
        DependencyError: matplotlib is not installed.
    """
    prepare_folder(folder)
    names = evaluation.labels
    whole = json.dumps(evaluation.to_json() | facts, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "evaluation.json").write_text(whole + "\n", encoding="utf-8")
    _write_predictions(folder / "predictions.csv", names, labels, probabilities, ids, lengths)
    _write_mistakes(folder / "mistakes.csv", evaluation)
    written = ["evaluation.json", "predictions.csv", "mistakes.csv", "confusion.png"]
    plot_confusion(evaluation, folder / "confusion.png")
    if plot_by_length(evaluation, folder / "accuracy_by_length.png"):
        written.append("accuracy_by_length.png")
    if plot_roc(labels, probabilities, names, folder / "roc.png"):
        written.append("roc.png")
    return [folder / name for name in written]


def _write_predictions(
    path: Path,
    names: Sequence[str],
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating[Any]],
    ids: Sequence[str],
    lengths: npt.NDArray[np.int64],
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "truth", "verdict", "tokens", *names])
        for row, truth in enumerate(labels):
            beliefs = probabilities[row]  # (C,)
            writer.writerow(
                [
                    ids[row],
                    names[truth],
                    names[beliefs.argmax()],
                    lengths[row],
                    *(f"{belief:.6f}" for belief in beliefs),
                ]
            )


def _write_mistakes(path: Path, evaluation: Evaluation) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "truth", "verdict", "probability", "text"])
        for mistake in evaluation.mistakes:
            writer.writerow(
                [
                    mistake.id,
                    mistake.truth,
                    mistake.verdict,
                    f"{mistake.probability:.6f}",
                    mistake.text,
                ]
            )
