"""The data of the model ``general``: movie and product reviews, tweets, sentences, in one folder.

``python -m benchmarks.general_data --data DATA -o DIR`` writes ``train.jsonl``,
``validation.jsonl``, ``unlabelled.jsonl`` and ``copies.jsonl``, with the columns ``id``,
``domain``, ``label`` and ``text``. Each collection's validation part is the one that tonality cuts
from it alone (a fifth, seed 0; IMDB's by movie), so that a model of one collection and the general
one are measured on the same rows.

``--imdb-labelled`` and ``--imdb-unlabelled`` take so many rows of IMDB, drawn at random, lest film
reviews drown the others; ``--sentences`` adds sentences of the other collections' texts, without
labels: people try a model with one sentence first.

Collections overlap: SST took its sentences from MR, tokenised otherwise. What has the letters and
digits of a text to measure on, in whatever collection, is left out of what teaches, and listed in
``copies.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tonality.data import Table, read_table, split

Row = dict[str, str]
ALL = -1
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WORDS = range(4, 31)  # of a sentence that is taken
# Of five grades, the outer two on each side are one class (Socher et al. 2013 leave 2 as neutral).
GRADES = {"0": "negative", "1": "negative", "2": "neutral", "3": "positive", "4": "positive"}


class Collection(NamedTuple):
    """One source of texts.

    Attributes:
        domain: what its rows are called.
        train: its labelled table.
        unlabelled: its texts without labels.
    """

    domain: str
    train: Table
    unlabelled: list[str]


def collections(data: Path) -> Iterator[Collection]:
    """IMDB, the domains of FDU-MTL, airline tweets and SST, from their folders."""
    yield Collection(
        "imdb",
        read_table(data / "imdb" / "train.parquet"),
        read_table(data / "imdb" / "unsup.parquet", label_column="").texts,
    )
    for path in sorted((data / "domains").glob("*.train.parquet")):
        name = path.name.removesuffix(".train.parquet")
        unlabelled = read_table(path.with_name(f"{name}.unlabel.parquet"), label_column="")
        yield Collection(name, read_table(path), unlabelled.texts)
    yield Collection("airline", read_table(data / "airline" / "train.parquet"), [])
    sst = read_table(data / "sst" / "train.parquet", label_map=GRADES)
    yield Collection("sst", sst, [])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of imdb, domains, ...")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--imdb-labelled", type=int, default=ALL, metavar="ROWS")
    parser.add_argument("--imdb-unlabelled", type=int, default=ALL, metavar="ROWS")
    parser.add_argument("--without", nargs="+", default=[], metavar="COLLECTION")
    parser.add_argument("--sentences", type=int, default=0, metavar="ROWS")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "unlabelled": []}
    measured: set[str] = set()
    for found in collections(options.data):
        rows = rows_of(found)
        # A collection that is left out is measured too, as one that the model does not know.
        measured |= {letters(row["text"]) for row in rows["validation"]}
        if found.domain in options.without:
            continue
        if found.domain == "imdb":
            rows["train"] = some(rows["train"], options.imdb_labelled)
            rows["unlabelled"] = some(rows["unlabelled"], options.imdb_unlabelled)
        for part in parts:
            parts[part] += rows[part]
    parts["unlabelled"] += sentences(parts, measured, options.sentences)
    parts["copies"] = []
    for part in ("train", "unlabelled"):
        given = parts[part]
        parts[part] = [row for row in given if letters(row["text"]) not in measured]
        parts["copies"] += [row for row in given if letters(row["text"]) in measured]
    for part, written in parts.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
        (options.output / f"{part}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{part}: {len(written):,} rows")


def rows_of(found: Collection) -> dict[str, list[Row]]:
    """A collection's rows by part."""
    labels = found.train.labels or []
    parts: dict[str, list[Row]] = {}
    for part, indices in zip(("train", "validation"), split(found.train), strict=True):
        parts[part] = [
            {
                "id": f"{found.domain}-{row}",
                "domain": found.domain,
                "label": labels[row],
                "text": found.train.texts[row],
            }
            for row in indices.tolist()
        ]
    parts["unlabelled"] = [
        {"id": f"{found.domain}-u{row}", "domain": found.domain, "text": text}
        for row, text in enumerate(found.unlabelled)
    ]
    return parts


def letters(text: str) -> str:
    """What two copies of a text have in common, however they are tokenised."""
    return re.sub(r"[\W_]+", "", text.casefold())


def key_of(text: str) -> str:
    """What two copies of a text have in common; of one without letters, all of it."""
    return letters(text) or text


def some(rows: list[Row], number: int) -> list[Row]:
    """So many of the rows, in their order."""
    if number == ALL:
        return rows
    chosen = random.Random(0).sample(range(len(rows)), min(number, len(rows)))
    return [rows[row] for row in sorted(chosen)]


def sentences(parts: dict[str, list[Row]], measured: set[str], number: int) -> list[Row]:
    """So many single sentences of texts to learn from, IMDB's aside, each once."""
    found: dict[str, str] = {}
    for row in [*parts["train"], *parts["unlabelled"]]:
        pieces = SENTENCE_END.split(row["text"])
        if row["domain"] != "imdb" and len(pieces) > 1 and letters(row["text"]) not in measured:
            found |= {p: row["domain"] for p in pieces if len(p.split()) in WORDS}
    made = [
        {"id": f"sentence-{number}", "domain": domain, "text": text}
        for number, (text, domain) in enumerate(found.items())
    ]
    return some(made, number)


if __name__ == "__main__":
    main()
