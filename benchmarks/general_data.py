"""The data of the model ``general``: movie and product reviews, tweets, sentences, in one folder.

``python -m benchmarks.general_data --data DATA -o DIR`` writes ``train.jsonl``,
``validation.jsonl`` and ``unlabelled.jsonl``, with the columns ``id``, ``domain``, ``label`` and
``text``. Each collection's validation part is the one that tonality cuts from it alone (a fifth,
seed 0; IMDB's by movie), so that a model of one collection and the general one are measured on the
same rows. Then: ``tonality train --data DIR --recipe general -o RUN``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tonality.data import Table, read_table, split

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
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[dict[str, str]]] = {"train": [], "validation": [], "unlabelled": []}
    for found in collections(options.data):
        rows = dict(zip(("train", "validation"), split(found.train), strict=True))
        labels = found.train.labels or []
        for part, indices in rows.items():
            parts[part] += [
                {
                    "id": f"{found.domain}-{row}",
                    "domain": found.domain,
                    "label": labels[row],
                    "text": found.train.texts[row],
                }
                for row in indices.tolist()
            ]
        parts["unlabelled"] += [
            {"id": f"{found.domain}-u{row}", "domain": found.domain, "text": text}
            for row, text in enumerate(found.unlabelled)
        ]
    for part, written in parts.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
        (options.output / f"{part}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{part}: {len(written):,} rows")


if __name__ == "__main__":
    main()
