"""The data of the last stage of ``general``: what was written for it, and a part of all else.

``python -m benchmarks.last_stage --mix whole --model general -o part`` reads a folder of
``benchmarks.short_data`` and writes

- ``part/data``: the sentences that were written one by one twice, those of the newer templates
  once, and of all else the shares below, so that the model forgets little;
- ``part/start``: the model without temperature and offsets. The stage begins there, and that model
  is the teacher of all other texts (Li & Hoiem 2016, *Learning without forgetting*, ECCV);
- ``part/made.parquet``: the labels of the sentences, as answers of a teacher that is nearly sure.

``last_stage.toml`` is the recipe.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow
import pyarrow.parquet

from benchmarks.general_data import Row
from benchmarks.json_lines import read_rows
from benchmarks.made_sentences import DOMAIN, drawn, made_sentences, written
from benchmarks.short_texts import LABELS
from tonality import artifact
from tonality.classifier import model_path
from tonality.evaluate.model_offsets import with_offsets
from tonality.measures.scaling import Scaling

FILMS, REVIEWS, SHORT, OLDER = 0.9, 0.8, 0.45, 0.6  # the shares that are taken
NEWER = ("made_turns", "made_deeds", "made_amounts", "made_manners", "made_piles")
SURE = 0.94  # the probability of a sentence's label


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    parser.add_argument("--model", default="general", help="what the stage goes on from")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the new folder")
    options = parser.parse_args(arguments)
    data = options.output / "data"
    data.mkdir(parents=True)
    write(rows(read_rows(options.mix / "train.jsonl")), data / "train.jsonl")
    draw = random.Random(1)
    others = read_rows(options.mix / "unlabelled.jsonl")
    write((row for row in others if draw.random() < SHORT), data / "unlabelled.jsonl")
    shutil.copy(options.mix / "validation.jsonl", data)
    answers = {row["text"]: row["label"] for row in made_sentences()}
    columns = {
        f"p_{label}": [SURE if own == label else (1 - SURE) / 2 for own in answers.values()]
        for label in LABELS
    }
    table = pyarrow.table({"text": list(answers), **columns})
    pyarrow.parquet.write_table(table, options.output / "made.parquet")
    start = with_offsets(artifact.read(model_path(options.model)), Scaling(1.0, (0.0, 0.0, 0.0)))
    artifact.write(start, options.output / "start", overwrite=True)


def rows(given: Iterable[Row]) -> Iterator[Row]:
    """The rows that teach, drawn from those of the mix, and the newer sentences."""
    draw = random.Random(0)
    twice = {text for text, _ in written()}
    whole = twice | {text for name in NEWER for text, _ in drawn(name)}
    for row in given:
        if row["domain"] == DOMAIN:
            share = 1 if row["text"] in whole else OLDER
        elif row["id"].startswith("short-") or row["domain"] in ("airline", "sst"):
            share = SHORT
        else:
            share = FILMS if row["domain"] == "imdb" else REVIEWS
        if draw.random() < share:
            yield row
        if row["text"] in twice:
            yield row | {"id": f"{row['id']}-again"}


def write(given: Iterable[Row], path: Path) -> None:
    """Rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in given)


if __name__ == "__main__":
    main()
