"""More texts for a student to learn from, when its teacher's answers are cheap.

``python -m benchmarks.more_texts --data DATA --mix DIR`` reads a folder of
``benchmarks.short_data`` and writes ``DIR/more.jsonl``, texts without labels that are nowhere in
the folder:

- **other texts**: rows of the collections and single sentences of reviews that were not taken;
- **changed texts**: its short texts, said otherwise. Words give way to words that stand in like
  company (*good* to *great*, but also to *bad*), a part of the text is cut out, two halves are put
  together, words fall out. What such a text says of feelings is for the teacher to tell; most of
  them say something else than before. (Tang et al. 2019, "Distilling task-specific knowledge from
  BERT into simple neural networks", change texts so for an LSTM.)

The company of words is that of word2vec with a window of two. What is left out of the folder, or
to be measured on, teaches nothing here either. All rows have the ``domain`` *more*, so that a
recipe can name their teacher.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.general_data import ALL, SENTENCE_END, Row, key_of
from benchmarks.json_lines import read_rows
from benchmarks.made_sentences import DOMAIN as MADE
from benchmarks.short_data import SETTINGS, Parts, longer, measured_on
from tonality.data import read_table
from tonality.text.stopwords import ENGLISH

DOMAIN = "more"
PARTS = ("train", "unlabelled", "validation", "left_out", "copies")
WORD = re.compile(r"^(\W*)([^\W\d_](?:[^\W\d_]|['’])*)(\W*)$")
TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’])*")
NEIGHBOURS = 12  # of a word, of which one takes its place
LONGEST = 45  # words of a changed text
KEPT = 0.85  # of the stop words, for whose neighbours make no sentence there
SENTENCE = range(2, 31)  # words of a sentence that is taken
OTHERS, FILM_SENTENCES = 60_000, 120_000  # of a collection; of films, which have the most
# Collections whose texts are not changed: half of a list of virtues is one more of the kind.
UNCHANGED = (MADE, "sst-word", "yelp-short", "pros-cons", "imdb")
JOINTS = ("but", "and", ".", ",", "...", "because", "though", "so")
Near = Mapping[str, Sequence[str]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of imdb, short, ...")
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    parser.add_argument("--without", nargs="*", default=[], help="the folds that it leaves out")
    parser.add_argument("--changes", type=int, default=3, help="of each short text")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    files = {part: options.mix / f"{part}.jsonl" for part in PARTS}
    parts = {part: list(read_rows(file)) if file.exists() else [] for part, file in files.items()}
    taught = [*parts["train"], *parts["unlabelled"]]
    long = longer(options.data, ALL)
    seen = {key_of(row["text"]) for rows in parts.values() for row in rows}
    # A mix may show a part of the longer texts that are measured on; all of them stay apart.
    seen |= measured_on({"validation": long["validation"], "left_out": []})
    folds = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["folds"]
    without = {name for fold in options.without for name in folds[fold]}
    draw = random.Random(options.seed)
    others = some_of(other_texts(options.data, long, without), draw)
    found = [text for text, _ in others if new(text, seen)]
    print(f"{len(found):,} other texts")
    near = neighbours([row["text"] for row in taught] + found)
    changes = changed_texts(taught, near, options.changes, draw)
    found += [text for text in changes if new(text, seen)]
    draw.shuffle(found)
    with (options.mix / "more.jsonl").open("w", encoding="utf-8") as lines:
        for number, text in enumerate(found):
            row = {"id": f"{DOMAIN}-{number}", "domain": DOMAIN, "text": text}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(found):,} texts: {options.mix / 'more.jsonl'}")


def new(text: str, seen: set[str]) -> bool:
    """Whether a text says something that was not seen; from here on it was."""
    key = key_of(text)
    known = not text.strip() or key in seen
    seen.add(key)
    return not known


def other_texts(data: Path, long: Parts, without: set[str]) -> Iterator[tuple[str, str]]:
    """All short texts, and the sentences of reviews that teach, with their collections."""
    table = read_table(data / "short" / "train.parquet", extra_columns=("source",))
    for text, source in zip(table.texts, table.extras["source"], strict=True):
        if source not in without and not source.startswith("sst") and len(text.split()) <= LONGEST:
            yield text, source
    for row in [*long["unlabelled"], *long["train"]]:
        if row["domain"] not in ("sst", "airline"):
            for piece in SENTENCE_END.split(row["text"].replace("<br />", " ")):
                if len(piece.split()) in SENTENCE:
                    yield piece.strip(), f"{row['domain']}-sentences"


def some_of(texts: Iterable[tuple[str, str]], draw: random.Random) -> Iterator[tuple[str, str]]:
    """The texts in an order drawn at random, so many of a collection at most."""
    shuffled, taken = list(texts), Counter[str]()
    draw.shuffle(shuffled)
    for text, name in shuffled:
        taken[name] += 1
        if taken[name] <= (FILM_SENTENCES if name == "imdb-sentences" else OTHERS):
            yield text, name


def neighbours(texts: Iterable[str]) -> dict[str, list[str]]:
    """The words that stand in like company with each word."""
    from gensim.models import Word2Vec

    read = [TOKEN.findall(text.lower()) for text in texts]
    # One worker: with several, two runs differ.
    model = Word2Vec(read, vector_size=64, window=2, min_count=5, epochs=4, seed=0, workers=1)
    vectors = model.wv.vectors / np.linalg.norm(model.wv.vectors, axis=1, keepdims=True)
    words: list[str] = model.wv.index_to_key
    found: dict[str, list[str]] = {}
    for start in range(0, len(words), 1000):
        alike = vectors[start : start + 1000] @ vectors.T  # (1000, V)
        nearest = np.argpartition(-alike, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]
        for place, row in enumerate(nearest, start):
            found[words[place]] = [words[other] for other in row if other != place][:NEIGHBOURS]
    return found


def changed_texts(rows: list[Row], near: Near, number: int, draw: random.Random) -> Iterator[str]:
    """So many changes of each short text; of sentences of reviews, which abound, far fewer."""
    alike: dict[str, list[list[str]]] = {}
    for row in rows:
        words = row["text"].split()
        if row["domain"] not in UNCHANGED and len(words) in range(3, LONGEST + 1):
            alike.setdefault(row["domain"], []).append(words)
    for domain, texts in alike.items():
        sentences = domain.endswith("-sentences")
        for words in texts:
            for _ in range(1 if sentences else number):
                if not (sentences and draw.random() < 0.5):
                    yield " ".join(changed(words, draw.choice(texts), near, draw))


def changed(words: list[str], other: list[str], near: Near, draw: random.Random) -> list[str]:
    """A text said otherwise; ``other`` is one of its collection, whose end it may take."""
    kind = draw.random()
    if kind < 0.45:
        return replaced(words, near, 0.25, draw)
    if kind < 0.65 and len(words) > 5:
        length = draw.randint(3, len(words) - 1)
        start = draw.randint(0, len(words) - length)
        return replaced(words[start : start + length], near, 0.1, draw)
    if kind < 0.8:
        begun = words[: draw.randint(2, len(words))]
        joint = [draw.choice(JOINTS)] if draw.random() < 0.6 else []
        return (begun + joint + other[draw.randint(0, len(other) - 2) :])[:LONGEST]
    return replaced([word for word in words if draw.random() > 0.1], near, 0.15, draw)


def replaced(words: list[str], near: Near, share: float, draw: random.Random) -> list[str]:
    """The words, a share of which gave way to a neighbour."""
    return [replacement(word, near, draw) if draw.random() < share else word for word in words]


def replacement(word: str, near: Near, draw: random.Random) -> str:
    """A neighbour of a word, in its case and between its marks; else the word itself."""
    parts = WORD.match(word)
    if parts is None or parts[2].lower() not in near:
        return word
    if parts[2].lower() in ENGLISH and draw.random() < KEPT:
        return word
    chosen: Any = draw.choice(near[parts[2].lower()])
    if parts[2].isupper() and len(parts[2]) > 1:
        chosen = chosen.upper()
    elif parts[2][0].isupper():
        chosen = chosen.capitalize()
    return f"{parts[1]}{chosen}{parts[3]}"


if __name__ == "__main__":
    main()
