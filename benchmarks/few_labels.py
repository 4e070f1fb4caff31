"""What a few labels of a new kind of text gain: python -m benchmarks.few_labels --data DIR

Reads ``left_out.jsonl`` of ``benchmarks.short_data --without ...``, texts of collections that the
model did not learn from. From each collection of all three labels some texts are drawn, and fit

- a temperature (``tonality calibrate``),
- thresholds for the highest macro F1 (``--thresholds macro-f1``),
- offsets (``--offsets``).

All other texts of the collection are measured. Prints accuracy, macro F1, expected calibration
error and log loss, each a mean over draws and then over collections.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.json_lines import read_rows
from benchmarks.short_texts import LABELS
from tonality.measures.calibration import measure_trust
from tonality.measures.scaling import Scaling, fit_scaling, rescaled, to_logits
from tonality.measures.scores import confusion_matrix, macro_f1
from tonality.measures.thresholds import best_thresholds
from tonality.prediction import decide

WAYS = ("as it is", "temperature", "thresholds", "offsets")
DRAWN = (30, 100, 300)  # labelled texts

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of left_out.jsonl")
    parser.add_argument("--model", default="general", help="a folder or a bundled model")
    parser.add_argument("--draws", type=int, default=20, help="of each collection and number")
    options = parser.parse_args(arguments)
    rows = list(read_rows(options.data / "left_out.jsonl"))
    names = np.array([row["domain"] for row in rows])
    labels = np.array([LABELS.index(row["label"]) for row in rows])
    classifier = tonality.load(options.model)
    order = [classifier.labels.index(label) for label in LABELS]
    probabilities = classifier.predict_proba([row["text"] for row in rows])[:, order]
    kinds = [name for name in dict.fromkeys(names.tolist()) if len(set(labels[names == name])) == 3]
    print("| labels | | accuracy | macro F1 | calibration error | log loss |")
    print("|---:|---|---:|---:|---:|---:|")
    for n in DRAWN:
        of_kinds = [
            measured(labels[names == kind], probabilities[names == kind], n, options.draws)
            for kind in kinds
        ]
        for way, figures in zip(WAYS, np.mean(of_kinds, axis=0), strict=True):
            accuracy, f1, error, loss = figures
            print(f"| {n} | {way} | {accuracy:.1%} | {f1:.3f} | {error:.3f} | {loss:.3f} |")


def measured(labels: Integers, probabilities: Floats, n: int, draws: int) -> Floats:
    """The figures (ways, 4) of a collection, with so many of its texts drawn."""
    found = []
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(len(labels))
        drawn, rest = order[:n], order[n:]
        found.append(
            [
                figures(labels[rest], *after(way, labels[drawn], probabilities, drawn, rest))
                for way in WAYS
            ]
        )
    means: Floats = np.mean(found, axis=0)
    return means


def after(
    way: str, truth: Integers, probabilities: Floats, drawn: Integers, rest: Integers
) -> tuple[Floats, Integers]:
    """Probabilities (M, 3) and verdicts (M,) of the other texts."""
    given, others = probabilities[drawn], probabilities[rest]
    if way == "thresholds":
        return others, decide(others, best_thresholds(truth, given))
    scaling = Scaling(1.0)
    if way != "as it is":
        scaling = fit_scaling(to_logits(given, 1.0), truth, offsets=way == "offsets")
    scaled = rescaled(others, 1.0, scaling, np.ones(len(others), np.bool_))
    return scaled, scaled.argmax(axis=1)


def figures(labels: Integers, probabilities: Floats, verdicts: Integers) -> list[float]:
    """Accuracy, macro F1, expected calibration error, log loss."""
    trust = measure_trust(labels, probabilities)
    accuracy = float((verdicts == labels).mean())
    f1 = float(macro_f1(confusion_matrix(labels, verdicts, len(LABELS))))
    return [accuracy, f1, trust.error, trust.log_loss]


if __name__ == "__main__":
    main()
