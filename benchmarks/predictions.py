"""Keeps a run's answers on every validation text, and computes the figures from what is kept.

``python -m benchmarks.predictions keep NAME RUN`` copies the ``validation.csv`` of a run of
``tonality train`` or ``distill`` (what the stored, rounded model answers) to
``results/predictions/NAME.csv``: id, label, probability of *positive*.
``python -m benchmarks.predictions`` prints the figures of all that is kept, with no training and no
data; two files of the same texts are compared pair by pair.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.predict_speed import RESULTS
from tonality.evaluate.compare import compare
from tonality.measures.metrics import evaluate
from tonality.train.records.run_folder import VALIDATION

FOLDER = RESULTS / "predictions"
LABELS = ("negative", "positive")
COLUMNS = ("id", "label", "positive")


class Kept(NamedTuple):
    """The answers of one model.

    Attributes:
        ids: of the texts (N,).
        labels: 1 for positive (N,).
        probabilities: of both classes (N, 2).
    """

    ids: list[str]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def keep(name: str, run: Path, folder: Path = FOLDER) -> Path:
    """Writes the answers of a run; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    with (run / VALIDATION).open(newline="", encoding="utf-8") as source:
        rows = [[row[column] for column in COLUMNS] for row in csv.DictReader(source)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))
    return path


def read(path: Path) -> Kept:
    """The answers in a file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    positive = np.array([float(row["positive"]) for row in rows])
    return Kept(
        [row["id"] for row in rows],
        np.array([LABELS.index(row["label"]) for row in rows]),
        np.stack([1 - positive, positive], axis=1),
    )


def table(kept: dict[str, Kept]) -> str:
    """The figures of each model, and of each pair that answered the same texts."""
    lines = [
        "| model | texts | accuracy (95 %) | macro F1 | ROC AUC | log loss |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in kept.items():
        scores = evaluate(found.labels, found.probabilities, LABELS)
        interval = scores.accuracy_interval
        lines.append(
            f"| {name} | {len(found.ids):,} | {scores.accuracy:.2%} ({interval[0]:.2%} to "
            f"{interval[1]:.2%}) | {scores.macro.f1:.4f} | {scores.roc_auc:.4f} "
            f"| {scores.log_loss:.4f} |"
        )
    for (one, first), (two, second) in itertools.combinations(kept.items(), 2):
        if first.ids == second.ids:
            pair = compare(first.labels, second.probabilities, first.probabilities)
            low, high = pair.accuracy.interval
            lines.append(
                f"\n{two} less {one}: {100 * pair.accuracy.value:+.2f} points ({100 * low:+.2f} to "
                f"{100 * high:+.2f}); alone right on {pair.only_first}, {one} on {pair.only_second}"
                f"; averaged {_accuracy_together(first, second):.2%}"
            )
    return "\n".join(lines)


def _accuracy_together(first: Kept, second: Kept) -> float:
    verdicts = (first.probabilities + second.probabilities).argmax(axis=1)
    return float((verdicts == first.labels).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Keep, or print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.predictions", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    commands = parser.add_subparsers(dest="command")
    keeping = commands.add_parser("keep", help="a run's answers")
    keeping.add_argument("name")
    keeping.add_argument("run", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "keep":
        print(keep(options.name, options.run, options.folder))
        return
    print(table({path.stem: read(path) for path in sorted(options.folder.glob("*.csv"))}))


if __name__ == "__main__":
    main()
