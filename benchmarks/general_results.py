"""The model ``general`` beside ``imdb`` and VADER, collection by collection, on validation parts.

``python -m benchmarks.general_results --data DIR`` reads the ``validation.jsonl`` that
``benchmarks.general_data`` wrote, without those that have a copy in the other files there. It
gives for every collection the accuracy between negative and positive (the likelier of the two, on
rows labelled so) and the share of those rows that the model calls by their name, *neutral* being
wrong, and both for the short ones among all reviews of products; for the collections of three
classes accuracy and macro F1, with thresholds for the classes too, chosen on one half of the rows
and measured on the other. Where ``imdb`` learnt from a collection, it has no figure. Writes JSON
and the table of ``docs/general.md``.

``--taught FOLDER`` names the data of ``benchmarks.short_data`` that ``general`` learnt from: the
treebank's sentences of which no phrase stands there get a row of their own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.contenders import contenders
from benchmarks.general_data import letters
from benchmarks.json_lines import read_rows
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT, learnt_from
from tonality.measures.thresholds import choose_thresholds
from tonality.model_names import model_path

POLES = ("negative", "positive")
NO_PRODUCTS = ("imdb", "MR", "airline", "sst")
WORDS = 25
SHORT = f"of these, products in {WORDS} words at most"
UNTAUGHT = "of sst, no phrase taught"
LEAST_OF_A_PHRASE = 10  # letters; fewer stand in any sentence
WEIGHTS = "weights.safetensors"
Strings = NDArray[np.str_]
Floats = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write JSON and table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of validation.jsonl")
    parser.add_argument("--taught", type=Path, help="folder of train.jsonl, unlabelled.jsonl")
    parser.add_argument("--model", default="general", help="a bundled model's name or a folder")
    parser.add_argument("--output", type=Path, default=RESULTS / "general.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    model, films = tonality.load(options.model), tonality.load("imdb")
    collections = read(options.data)
    more = {SHORT: short(collections)}
    if options.taught:
        more[UNTAUGHT] = untaught(collections["sst"], options.taught)
    found = {}
    for name, rows in (collections | more).items():
        found[name] = measure(model, films, rows)
        if learnt_from("imdb", rows.texts):
            found[name]["imdb"] = None
        print(name, found[name], flush=True)
    kept = {
        "weights": hashlib.sha256((model_path(options.model) / WEIGHTS).read_bytes()).hexdigest(),
        "machine": describe(),
        "collections": found,
    }
    options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    put(tables(found).rstrip(), options.page, "benchmarks.general_results")


class Rows(NamedTuple):
    """The rows of a collection.

    Attributes:
        texts: to measure on.
        labels: theirs (N,).
        copies: how many more there were, which have a copy elsewhere.
    """

    texts: list[str]
    labels: Strings
    copies: int


def read(folder: Path) -> dict[str, Rows]:
    """The validation rows of each collection."""
    others = ("train", "unlabelled", "copies")
    elsewhere = {
        letters(row["text"]) for name in others for row in read_rows(folder / f"{name}.jsonl")
    }
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(folder / "validation.jsonl"):
        rows.setdefault(row["domain"], []).append(row)
    found = {}
    for domain, all_of_it in rows.items():
        new = [row for row in all_of_it if letters(row["text"]) not in elsewhere]
        labels = np.array([row["label"] for row in new])
        found[domain] = Rows([row["text"] for row in new], labels, len(all_of_it) - len(new))
    return found


def short(collections: dict[str, Rows]) -> Rows:
    """The short reviews among those of products: people try a model with a sentence or two."""
    chosen = [
        (text, label)
        for name, rows in collections.items()
        if name not in NO_PRODUCTS
        for text, label in zip(rows.texts, rows.labels, strict=True)
        if len(text.split()) <= WORDS
    ]
    return Rows([text for text, _ in chosen], np.array([label for _, label in chosen]), 0)


def untaught(sentences: Rows, folder: Path) -> Rows:
    """The sentences of the treebank of which no phrase stands in the data of a folder."""
    rows = (row for name in ("train", "unlabelled") for row in read_rows(folder / f"{name}.jsonl"))
    phrases = {letters(row["text"]) for row in rows if row["domain"].startswith(("sst", "MR"))}
    lengths = sorted({len(phrase) for phrase in phrases if len(phrase) >= LEAST_OF_A_PHRASE})

    def is_new(text: str) -> bool:
        key = letters(text)
        return not any(
            key[start : start + length] in phrases
            for length in lengths
            for start in range(len(key) - length + 1)
        )

    new = np.array([is_new(text) for text in sentences.texts])
    texts = [text for text, chosen in zip(sentences.texts, new, strict=True) if chosen]
    return Rows(texts, sentences.labels[new], 0)


def measure(model: tonality.Classifier, films: tonality.Classifier, rows: Rows) -> dict[str, Any]:
    """The figures of one collection."""
    labels = rows.labels
    poles = np.isin(labels, POLES)
    truth = labels[poles]
    probabilities = model.predict_proba(rows.texts)
    named = np.array(model.labels)[probabilities.argmax(axis=1)]
    vader = np.array(contenders()["VADER"].load(Path())(rows.texts))
    figures: dict[str, Any] = {
        "texts": int(poles.sum()),
        "copies left out": rows.copies,
        "general": _share(_pole(model, probabilities)[poles] == truth),
        "general, named": _share(named[poles] == truth),
        "imdb": _share(_pole(films, films.predict_proba(rows.texts))[poles] == truth),
        "VADER": _share(vader[poles] == truth),
    }
    if not poles.all():
        figures["three classes"] = three_classes(model, labels, probabilities)
    return figures


def three_classes(
    model: tonality.Classifier, labels: Strings, probabilities: Floats
) -> dict[str, Any]:
    """Accuracy and macro F1 over all labels, without and with thresholds."""
    numbers = np.array([model.labels.index(label) for label in labels])
    half = np.random.default_rng(0).permutation(len(labels)) % 2 == 0
    chosen = choose_thresholds(numbers, probabilities, half)
    assert chosen.macro_f1_cross_fitted is not None
    return {
        "texts": len(labels),
        "accuracy": _share(probabilities.argmax(axis=1) == numbers),
        "macro F1": round(chosen.macro_f1_even, 4),
        "macro F1, thresholds": round(chosen.macro_f1_cross_fitted, 4),
    }


def _pole(model: tonality.Classifier, probabilities: Floats) -> Strings:
    """The likelier of negative and positive (N,)."""
    columns = [model.labels.index(pole) for pole in POLES]
    found: Strings = np.array(POLES)[probabilities[:, columns].argmax(axis=1)]
    return found


def tables(found: dict[str, Any]) -> str:
    """The figures in Markdown."""
    columns = ("general", "general, named", "imdb", "VADER")
    lines = [
        "| collection | texts | copies left out | " + " | ".join(columns) + " |",
        "|---|---:|---:" + "|---:" * len(columns) + "|",
    ]
    for domain, figures in found.items():
        shares = " | ".join(
            "-" if figures[name] is None else f"{100 * figures[name]:.1f} %" for name in columns
        )
        lines.append(
            f"| {domain} | {figures['texts']:,} | {figures['copies left out']:,} | {shares} |"
        )
    lines += ["", "| three classes | texts | accuracy | macro F1 | with thresholds, cross-fitted |"]
    lines.append("|---|---:|---:|---:|---:|")
    for domain, figures in found.items():
        if three := figures.get("three classes"):
            lines.append(
                f"| {domain} | {three['texts']:,} | {100 * three['accuracy']:.1f} % | "
                f"{three['macro F1']:.3f} | {three['macro F1, thresholds']:.3f} |"
            )
    return "\n".join(lines) + "\n"


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(np.mean(right)), 4)


if __name__ == "__main__":
    main()
