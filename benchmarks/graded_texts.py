"""Grades of tone, which teach ``general`` beside the labels of its collections.

A large language model read texts of the collections one by one, without their labels, and the words
of the vocabulary. It gave each a grade: what twenty ordinary readers would say on average.

===== ==================================================================
 2    clearly positive
 1    a little positive, or some readers would say neutral
 0    neutral: facts, plans, questions, requests, or balanced
-1    a little negative, or some readers would say neutral
-2    clearly negative
===== ==================================================================

``graded_texts.parquet`` has the grades by the ids of ``benchmarks.short_data``: the texts are not
ours to pass on. ``graded_words.tsv`` has the words.

``python -m benchmarks.graded_texts --mix whole`` prints how the people of the collections label the
texts of each grade. ``TARGETS`` goes by this.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet

from benchmarks.json_lines import read_rows
from benchmarks.short_texts import LABELS

TEXTS = Path(__file__).with_name("graded_texts.parquet")
WORDS = Path(__file__).with_name("graded_words.tsv")
# The probabilities of negative, neutral and positive that teach a text of a grade.
TARGETS = {
    -2: (0.90, 0.08, 0.02),
    -1: (0.62, 0.31, 0.07),
    0: (0.12, 0.76, 0.12),
    1: (0.06, 0.33, 0.61),
    2: (0.01, 0.05, 0.94),
}
LEAST = 40  # texts of each label that a collection must have to be counted


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    options = parser.parse_args(arguments)
    grades = graded_texts()
    pairs: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    for row in read_rows(options.mix / "train.jsonl"):
        if row["id"] in grades:
            pairs[row["domain"]][grades[row["id"]], row["label"]] += 1
    shares = np.zeros((len(TARGETS), len(LABELS)))
    used = 0
    for counts in pairs.values():
        table = np.array([[counts[grade, label] for label in LABELS] for grade in TARGETS])
        if table.sum(axis=0).min() >= LEAST:
            shares += table / table.sum()  # each collection counts alike
            used += 1
    print(f"{len(grades):,} grades; {used} collections with {LEAST} texts of each label and more")
    print(f"\n| grade | {' | '.join(LABELS)} |\n|---:|---:|---:|---:|")
    for grade, row in zip(TARGETS, shares / shares.sum(axis=1, keepdims=True), strict=True):
        print(f"| {grade} | {' | '.join(f'{share:.2f}' for share in row)} |")


def graded_texts() -> dict[str, int]:
    """The grades by the ids of the texts."""
    table = pyarrow.parquet.read_table(TEXTS).to_pydict()
    return dict(zip(table["id"], table["grade"], strict=True))


def graded_words() -> dict[str, int]:
    """The grades of words."""
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    return {word: int(grade) for grade, word in (line.split("\t") for line in lines)}


if __name__ == "__main__":
    main()
