"""The model ``general`` beside ``imdb`` and VADER, collection by collection, on validation parts.

``python -m benchmarks.general_results --data DIR`` reads the ``validation.jsonl`` that
``benchmarks.general_data`` wrote and gives, for every collection, the accuracy between negative
and positive (the likelier of the two, on rows labelled so) and the share of those rows that the
model calls by their name, *neutral* being wrong; for the collections of three classes accuracy and
macro F1, with thresholds for the classes too, chosen on one half of the rows and measured on the
other. Writes JSON and the table of ``docs/general.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.contenders import contenders
from benchmarks.predict_speed import RESULTS, ROOT
from tonality.evaluate.thresholds import choose, macro_f1

POLES = ("negative", "positive")
NEUTRAL = "neutral"
START, END = "<!-- begin: benchmarks.general_results -->\n", "<!-- end -->\n"
Strings = NDArray[np.str_]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write JSON and table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of validation.jsonl")
    parser.add_argument("--model", default="general", help="a bundled model's name or a folder")
    parser.add_argument("--output", type=Path, default=RESULTS / "general.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {}
    for domain, (texts, labels) in read(options.data / "validation.jsonl").items():
        found[domain] = measure(options.model, texts, labels)
        print(domain, found[domain], flush=True)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = options.page.read_text(encoding="utf-8")
    before, rest = page.split(START)
    after = rest.split(END)[1]
    options.page.write_text(f"{before}{START}\n{tables(found)}\n{END}{after}", encoding="utf-8")


def read(path: Path) -> dict[str, tuple[list[str], Strings]]:
    """Texts and labels of each collection."""
    rows: dict[str, list[dict[str, str]]] = {}
    for line in path.open(encoding="utf-8"):  # a text may hold what splitlines() splits at
        row = json.loads(line)
        rows.setdefault(row["domain"], []).append(row)
    return {
        domain: ([row["text"] for row in some], np.array([row["label"] for row in some]))
        for domain, some in rows.items()
    }


def measure(model: str, texts: list[str], labels: Strings) -> dict[str, Any]:
    """The figures of one collection."""
    poles = np.isin(labels, POLES)
    truth = labels[poles]
    verdicts, named, probabilities = verdicts_of(model, texts)
    film, _, _ = verdicts_of("imdb", texts)
    vader = np.array(contenders()["VADER"].load(Path())(texts))
    figures: dict[str, Any] = {
        "texts": int(poles.sum()),
        "general": _share(verdicts[poles] == truth),
        "general, named": _share(named[poles] == truth),
        "imdb": _share(film[poles] == truth),
        "VADER": _share(vader[poles] == truth),
    }
    if poles.all():
        return figures
    names = tonality.load(model).labels
    numbers = np.array([names.index(label) for label in labels])
    half = np.random.default_rng(0).permutation(len(labels)) % 2 == 0
    chosen = choose(numbers, probabilities, half)
    likeliest = probabilities.argmax(axis=1)
    figures["three classes"] = {
        "texts": len(labels),
        "accuracy": _share(likeliest == numbers),
        "macro F1": round(macro_f1(numbers, likeliest, len(names)), 4),
        "macro F1, thresholds": chosen.macro_f1_cross_fitted
        and round(chosen.macro_f1_cross_fitted, 4),
    }
    return figures


def verdicts_of(model: str, texts: list[str]) -> tuple[Strings, Strings, NDArray[np.float64]]:
    """The likelier pole (N,), the likeliest label (N,), and the probabilities (N, C)."""
    classifier = tonality.load(model)
    probabilities = classifier.predict_proba(texts)
    columns = [classifier.labels.index(pole) for pole in POLES]
    poles = np.array(POLES)[probabilities[:, columns].argmax(axis=1)]
    return poles, np.array(classifier.labels)[probabilities.argmax(axis=1)], probabilities


def tables(found: dict[str, Any]) -> str:
    """The figures in Markdown."""
    columns = ("general", "general, named", "imdb", "VADER")
    lines = [
        "| collection | texts | " + " | ".join(columns) + " |",
        "|---|---:" + "|---:" * len(columns) + "|",
    ]
    for domain, figures in found.items():
        shares = " | ".join(f"{100 * figures[name]:.1f} %" for name in columns)
        lines.append(f"| {domain} | {figures['texts']:,} | {shares} |")
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
