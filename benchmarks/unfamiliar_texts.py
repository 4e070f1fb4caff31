"""How well a text in another language is told from English by the tokens that a model knows.

    python -m benchmarks.unfamiliar_texts --data FOLDER

``FOLDER`` holds labelled English texts, ``short/train.parquet`` and so on. The other languages are
in ``other_languages.tsv``: sentences of reviews, written for this in 29 languages.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tonality import Classifier, load
from tonality.prediction import FAMILIAR_SHARE, UNFAMILIAR_TOKENS

SENTENCES = Path(__file__).with_name("other_languages.tsv")
ENGLISH = (
    "short/train", "airline/train", "imdb/train", "domains/baby.unlabel",
    "domains/software.unlabel", "aspects/semeval14-laptops.train",
)  # fmt: skip
MOST = {"short/train": 12_000}
OTHERS = 1_500
SHARES = (0.5, 0.6, 0.7, 0.8)
LEAST = (1, 2, 3)


def other_languages() -> list[str]:
    """The sentences that are not English."""
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    return [line.partition("\t")[2] for line in lines]


def counts(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.int64]:
    """Of each text the tokens that are known and those that are read, (2, N)."""
    found = classifier.predict(list(texts))
    return np.array([(one.tokens_known, one.tokens_read) for one in found]).T


def marked(found: NDArray[np.int64], share: float, least: int) -> float:
    """The share of the texts that a rule marks."""
    known, read = found
    return float(((known < share * read) & (read - known >= least)).mean())


def english(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """English texts by their file, drawn evenly."""
    dice = np.random.default_rng(0)
    for name in ENGLISH:
        texts = pq.read_table(folder / f"{name}.parquet", columns=["text"])["text"].to_pylist()
        most = min(MOST.get(name, OTHERS), len(texts))
        yield name, [texts[place] for place in dice.choice(len(texts), most, replace=False)]


def main() -> None:
    """Prints the share of texts that each rule marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="general")
    arguments = parser.parse_args()
    classifier = load(arguments.model)
    found = {"other languages": counts(classifier, other_languages())}
    found |= {name: counts(classifier, texts) for name, texts in english(arguments.data)}
    print("| known under | unknown at least |", " | ".join(found), "|")
    print("|---|---|", "---|" * len(found), sep="")
    for share in SHARES:
        for least in LEAST:
            rule = f"{share:.0%} | {least}"
            if (share, least) == (FAMILIAR_SHARE, UNFAMILIAR_TOKENS):
                rule = f"**{share:.0%}** | **{least}**"
            rates = " | ".join(f"{marked(one, share, least):.2%}" for one in found.values())
            print(f"| {rule} | {rates} |")


if __name__ == "__main__":
    main()
