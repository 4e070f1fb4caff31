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
texts of each grade, which is ``TARGETS``, and what model, grade and both together make of the
validation texts, which taught nothing.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet

from benchmarks.general_data import Row
from benchmarks.json_lines import read_rows
from benchmarks.short_texts import LABELS, Probabilities, model

TEXTS = Path(__file__).with_name("graded_texts.parquet")
WORDS = Path(__file__).with_name("graded_words.tsv")
# The shares of negative, neutral and positive among the labels of a grade's texts.
TARGETS = {
    -2: (0.90, 0.07, 0.03),
    -1: (0.64, 0.28, 0.08),
    0: (0.15, 0.68, 0.17),
    1: (0.05, 0.30, 0.65),
    2: (0.01, 0.05, 0.94),
}
OWN, GRADE = 0.75, 0.5  # the powers of what a model says and of what a grade comes to
LEAST = 40  # texts of each label that a collection must have to be counted


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    parser.add_argument("--model", nargs="+", default=["general"], metavar="NAME=FOLDER")
    options = parser.parse_args(arguments)
    grades = graded_texts()
    print_labels([row for row in read_rows(options.mix / "train.jsonl") if row["id"] in grades])
    held_out = [row for row in read_rows(options.mix / "validation.jsonl") if row["id"] in grades]
    print(
        f"\n{len(held_out):,} validation texts: right about the grade, the sure grades, the label"
    )
    print("\n| | grade | sure grades | label |\n|---|---:|---:|---:|")
    chosen = np.array([TARGETS[grades[row["id"]]] for row in held_out])  # (N, C)
    print_hits("grade", chosen, held_out)
    for given in options.model:
        name, _, folder = given.rpartition("=")
        own = model(folder)([row["text"] for row in held_out])
        print_hits(name or folder, own, held_out)
        print_hits(f"{name or folder} and grade", together(own, chosen), held_out)


def print_labels(graded: Sequence[Row]) -> None:
    """Print the labels of the texts of each grade, each collection counting alike."""
    grades = graded_texts()
    pairs: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    for row in graded:
        pairs[row["domain"]][grades[row["id"]], row["label"]] += 1
    shares, used = np.zeros((len(TARGETS), len(LABELS))), 0
    for counts in pairs.values():
        table = np.array([[counts[grade, label] for label in LABELS] for grade in TARGETS])
        if table.sum(axis=0).min() >= LEAST:
            shares += table / table.sum()
            used += 1
    print(f"{len(graded):,} texts; {used} collections with {LEAST} of each label and more")
    print(f"\n| grade | {' | '.join(LABELS)} |\n|---:|---:|---:|---:|")
    for grade, row in zip(TARGETS, shares / shares.sum(axis=1, keepdims=True), strict=True):
        print(f"| {grade} | {' | '.join(f'{share:.2f}' for share in row)} |")


def print_hits(name: str, probabilities: Probabilities, graded: Sequence[Row]) -> None:
    """Print how many verdicts are those of the grade, and of the label."""
    grades = np.array([graded_texts()[row["id"]] for row in graded])
    labels = np.array([LABELS.index(row["label"]) for row in graded])
    said = probabilities.argmax(axis=1)
    by_grade = said == np.sign(grades) + 1
    hits = [by_grade, by_grade[np.abs(grades) != 1], said == labels]
    print(f"| {name} | {' | '.join(f'{100 * each.mean():.1f} %' for each in hits)} |")


def together(own: Probabilities, grade: Probabilities) -> Probabilities:
    """The probabilities (N, C) that model and grade come to: a product of powers of each.

    The model knows where a collection draws the line of *neutral*, the grade what the text says.
    So both foretell the label better than each alone.
    """
    product: Probabilities = own**OWN * grade**GRADE
    product /= product.sum(axis=1, keepdims=True)
    return product


@cache
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
