"""The data of the model ``general``: short texts of 65 collections beside the longer ones.

``python -m benchmarks.short_data --data DATA -o DIR`` writes the files of
``benchmarks.general_data``: ``train.jsonl``, ``validation.jsonl``, ``unlabelled.jsonl`` and
``copies.jsonl``. To its collections it adds those of ``DATA/short``, as ``short_data.toml`` says.

- A collection gives at most so many rows, shared evenly among its labels.
- In a collection that teaches *not = negative*, rows with a negation are taken in equal numbers.
- A text that is only assumed to be neutral counts where it holds no word of an opinion lexicon.
- Sentences made from templates join them (``benchmarks.made_sentences``).
- ``--sentences`` takes so many sentences of long reviews, half of them of films, without labels.
- ``--without FOLD ...`` leaves whole collections out; ``left_out.jsonl`` then holds them.

A phrase of the treebank isn't taken where it stands in a sentence to measure on.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.general_data import (
    ALL,
    SENTENCE_END,
    WORDS,
    Row,
    collections,
    key_of,
    letters,
    rows_of,
    some,
)
from benchmarks.made_sentences import DOMAIN, made_sentences, suite_keys
from tonality.data import read_table

SETTINGS = Path(__file__).with_name("short_data.toml")
NEGATION = re.compile(r"\b(?:not|no|never|nothing|none|nor|without|cannot|hardly)\b|n['’]t\b", re.I)
# Nine of ten of their texts with a negation are negative.
ONE_SIDED = ("yelp-short", "pros-cons", "mpqa-phrases", "sts-gold", "tweeteval-emotion")
COLUMNS = ("source", "kind", "lex", "stars")
HELD_OUT, HELD_OUT_SHARE = 120, 0.05  # of a collection of short texts: rows, and at most this part
SPARE = 8000  # rows of a collection that teach without a label
LEAST_OF_A_PHRASE = 10  # letters; fewer stand in any sentence
LABELS = ("negative", "neutral", "positive")
Parts = dict[str, list[Row]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of imdb, short, ...")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--without", nargs="*", default=[], choices=list(settings["folds"]))
    parser.add_argument("--imdb-labelled", type=int, default=ALL, metavar="ROWS")
    parser.add_argument("--long-unlabelled", type=int, default=0, metavar="ROWS")
    parser.add_argument("--short-unlabelled", type=int, default=0, metavar="ROWS")
    parser.add_argument("--sentences", type=int, default=0, metavar="ROWS")
    parser.add_argument("--spare", type=int, default=SPARE, metavar="ROWS", help="of a collection")
    parser.add_argument("--long-held-out", type=int, default=ALL, metavar="ROWS")
    options = parser.parse_args(arguments)
    without = {name for fold in options.without for name in settings["folds"][fold]}
    parts = longer(options.data, options.imdb_labelled)
    pieces = sentences(parts["unlabelled"], options.sentences)
    held_out = list(parts["validation"])
    spare = add_short(parts, read_short(options.data), settings["sources"], without)
    measured, treebank = measured_on(parts), treebank_of(parts)
    shown = {row["id"] for row in some(held_out, options.long_held_out)}
    longer_ones = {row["id"] for row in held_out}
    parts["validation"] = [
        row for row in parts["validation"] if row["id"] in shown or row["id"] not in longer_ones
    ]
    parts["unlabelled"] = some(parts["unlabelled"], options.long_unlabelled)
    others = spared(parts, [*spare, *comparisons(options.data)], options.spare)
    parts["unlabelled"] += some(others, options.short_unlabelled) + pieces
    parts["train"] += made_sentences()
    write(options.output, cleaned(parts, measured, treebank))


def longer(data: Path, labelled: int) -> Parts:
    """The collections of ``benchmarks.general_data``."""
    parts: Parts = {"train": [], "validation": [], "unlabelled": []}
    for found in collections(data):
        rows = rows_of(found)
        if found.domain == "imdb":
            rows["train"] = some(rows["train"], labelled)
        for part in parts:
            parts[part] += rows[part]
    return parts


def add_short(
    parts: Parts, short: dict[str, list[Row]], sources: dict[str, Any], without: set[str]
) -> list[Row]:
    """Adds the short texts; hands back those that may teach, taken or not."""
    parts["left_out"], spare = [], []
    for source, rows in short.items():
        if source in without:
            parts["left_out"] += evened(source, rows, ALL)
            continue
        chosen = sources.get(source, {})
        held_out, rest = divided(rows)
        taken = evened(source, rest, chosen.get("rows", ALL))
        parts["validation"] += held_out
        parts["train"] += [row | {"weight": str(chosen.get("weight", 1))} for row in taken]
        spare += rest
    return spare


def read_short(data: Path) -> dict[str, list[Row]]:
    """The rows of each collection of short texts, in an order drawn at random."""
    table = read_table(data / "short" / "train.parquet", extra_columns=COLUMNS)
    assert table.labels is not None
    found: dict[str, list[Row]] = {}
    columns = [table.extras[name] for name in COLUMNS]
    for number, (text, label, source, kind, lex, _) in enumerate(
        zip(table.texts, table.labels, *columns, strict=True)
    ):
        if kind != "assumed" or lex == "0":
            row = {"id": f"short-{number}", "domain": source, "label": label, "text": text}
            found.setdefault(source, []).append(row)
    for source, rows in found.items():
        random.Random(source).shuffle(rows)
    return found


def comparisons(data: Path) -> list[Row]:
    """Comparative sentences, which nobody labelled."""
    texts = read_table(data / "short" / "comparisons.parquet", label_column="").texts
    return [
        {"id": f"comparison-{number}", "domain": "comparisons", "text": text}
        for number, text in enumerate(texts)
    ]


def sentences(rows: list[Row], number: int) -> list[Row]:
    """So many single sentences of long texts without labels, half of them of films."""
    found: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for row in rows if number else []:
        for piece in SENTENCE_END.split(row["text"].replace("<br />", " ")):
            if len(piece.split()) in WORDS:
                found[row["domain"] == "imdb"][piece.strip()] = f"{row['domain']}-sentences"
    halves = [
        [
            {"id": f"sentence-{films:d}{place}", "domain": domain, "text": text}
            for place, (text, domain) in enumerate(half.items())
        ]
        for films, half in found.items()
    ]
    return [row for half in halves for row in some(half, number // 2)]


def spared(parts: Parts, rows: list[Row], most: int) -> list[Row]:
    """The rows that don't teach with their label, without it; so many of a collection at most."""
    learnt = {row["id"] for row in parts["train"]}
    taken: dict[str, int] = {}
    found = []
    for row in rows:
        if row["id"] not in learnt:
            taken[row["domain"]] = taken.get(row["domain"], 0) + 1
            if taken[row["domain"]] <= most:
                found.append(without_label(row))
    return found


def divided(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to validate on, and the rest."""
    number = min(HELD_OUT, int(len(rows) * HELD_OUT_SHARE))
    return rows[:number], rows[number:]


def evened(source: str, rows: Iterable[Row], most: int) -> list[Row]:
    """At most so many rows (or ``ALL``), shared evenly among the labels.

    What a rare label leaves of its share goes to the others.
    """
    by_label: dict[str, list[Row]] = {label: [] for label in LABELS}
    for row in rows:
        by_label[row["label"]].append(row)
    if source in ONE_SIDED:
        by_label = as_often_negated(by_label)
    left = sum(map(len, by_label.values())) if most == ALL else most
    taken: list[Row] = []
    fewest_first = sorted(by_label.values(), key=len)
    for done, of_label in enumerate(fewest_first):
        share = min(len(of_label), left // (len(fewest_first) - done))
        taken += of_label[:share]
        left -= share
    return taken


def as_often_negated(by_label: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """As many negated rows of each pole, so that *not* alone says nothing; they come first."""
    poles = ("negative", "positive")
    negated = {pole: [r for r in by_label[pole] if NEGATION.search(r["text"])] for pole in poles}
    most = min(map(len, negated.values()))
    found = dict(by_label)
    for pole in poles:
        plain = [row for row in by_label[pole] if not NEGATION.search(row["text"])]
        found[pole] = negated[pole][:most] + plain
    return found


def measured_on(parts: Parts) -> set[str]:
    """The keys of all texts to measure on, the cases of ``tonality check`` among them."""
    held_out = [row["text"] for part in ("validation", "left_out") for row in parts[part]]
    return {key_of(text) for text in held_out} | suite_keys()


def treebank_of(parts: Parts) -> str:
    """The letters of the treebank's sentences to validate on, shown or not."""
    rows = [
        row
        for row in parts["validation"]
        if row["domain"] in ("sst", "MR") or row["domain"].startswith("sst-")
    ]
    return "\n".join(letters(row["text"]) for row in rows)


def cleaned(parts: Parts, measured: set[str], treebank: str) -> Parts:
    """The parts, none of whose texts stands in another part, or twice in one.

    Args:
        parts: the rows.
        measured: the keys of texts to measure on.
        treebank: the letters of sentences whose phrases don't teach either.
    """
    found: Parts = {"copies": []} | {part: parts[part] for part in ("validation", "left_out")}
    seen = set(measured)
    for part in ("train", "unlabelled"):
        found[part] = []
        for row in parts[part]:
            key = key_of(row["text"])
            phrase = row["domain"].startswith("sst") and len(key) >= LEAST_OF_A_PHRASE
            if key in measured or (phrase and key in treebank):
                found["copies"].append(row)
            elif key not in seen or row["domain"] == DOMAIN:  # those may differ in an emoji alone
                found[part].append(row)
                seen.add(key)
    return found


def without_label(row: Row) -> Row:
    """The row, as one that nobody labelled."""
    return {name: value for name, value in row.items() if name not in ("label", "weight")}


def write(folder: Path, parts: Parts) -> None:
    """Writes the files."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in parts.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{part}.jsonl").write_text(lines, encoding="utf-8")
        counts: dict[str, Any] = {}
        for row in rows:
            counts[row.get("label", "-")] = counts.get(row.get("label", "-"), 0) + 1
        print(f"{part}: {len(rows):,} rows {counts}")


if __name__ == "__main__":
    main()
