"""Everyday texts with a typing error in them: ``python -m benchmarks.typos``

A word of each text of ``everyday_texts.tsv`` gets a typing error that makes no word which
``general`` knows: two letters swapped, one missing, one doubled, or any other letter in its place,
a quarter each, never the first letter. Once it is any word of four letters or more, once a word of
feeling: one of a valence of half and more to ``general``. Counts the right verdicts of VADER and of
``general``, which leaves such words unknown and reads them (``text.typos``), and writes a table of
``docs/general.md``.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Sequence, Set
from pathlib import Path
from string import ascii_lowercase

import numpy as np

import tonality
from benchmarks.everyday_rows import everyday_texts
from benchmarks.everyday_texts import BOTH
from benchmarks.pages import put
from benchmarks.predict_speed import ROOT
from benchmarks.short_texts import LABELS, vader
from benchmarks.unknown_words import with_typos

WORD = re.compile("[A-Za-z]{4,}")
TRIES = 20  # at an error that makes no known word


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures; writes the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", default="general", help="a folder or a bundled model")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    models = {typos: with_typos(options.model, typos) for typos in ("keep", "read")}
    known = set(models["keep"]._encoder.vocabulary.forms)
    words = [word for word in known if WORD.fullmatch(word)]
    feeling = {
        word
        for word, found in zip(words, models["keep"].predict(words), strict=True)
        if abs(found.valence or 0) >= 0.5
    }
    rows = [row for row in everyday_texts() if row["label"] != BOTH]
    lines = [
        "| a typing error in | texts | VADER | errors kept | general |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, chosen in (("no word", None), ("any word", known), ("a word of feeling", feeling)):
        draw = random.Random(0)
        made = [(misspelt(row["text"], chosen, known, draw), row["label"]) for row in rows]
        texts = [(text, label) for text, label in made if text is not None]
        cells = " | ".join(f"{each:.1%}".replace("%", " %") for each in right(texts, models))
        lines.append(f"| {name} | {len(texts):,} | {cells} |")
    written = "\n".join(lines)
    print(written)
    put(written, options.page, "benchmarks.typos")


def misspelt(
    text: str, chosen: Set[str] | None, known: Set[str], draw: random.Random
) -> str | None:
    """The text with a typing error in one of the chosen words; None where it cannot have one."""
    if chosen is None:
        return text
    places = [found for found in WORD.finditer(text) if found[0].lower() in chosen]
    if not places:
        return None
    place = draw.choice(places)
    for _ in range(TRIES):
        word = mistyped(place[0], draw)
        if word.lower() not in known:
            return text[: place.start()] + word + text[place.end() :]
    return None


def mistyped(word: str, draw: random.Random) -> str:
    """The word with a typing error after its first letter."""
    n = draw.randrange(1, len(word) - 1)
    head, letter, tail = word[:n], word[n], word[n + 1 :]
    return draw.choice(
        [
            head + tail[0] + letter + tail[1:],
            head + tail,
            head + letter + letter + tail,
            head + draw.choice(ascii_lowercase) + tail,
        ]
    )


def right(
    texts: Sequence[tuple[str, str]], models: dict[str, tonality.Classifier]
) -> list[np.floating]:
    """The share of right verdicts of VADER, of the model without typing errors, and with them."""
    labels = np.array([label for _, label in texts])
    judged = vader()([text for text, _ in texts]).argmax(axis=1)
    shares = [np.mean(np.array(LABELS)[judged] == labels)]
    for model in models.values():
        found = model.predict([text for text, _ in texts])
        shares.append(np.mean(np.array([one.label for one in found]) == labels))
    return shares


if __name__ == "__main__":
    main()
