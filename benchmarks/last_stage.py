"""The data of the last stage of ``general``: what was written for it, and nearly all else.

``python -m benchmarks.last_stage --mix whole --model general -o part`` reads a folder of
``benchmarks.short_data`` and writes

- ``part/general``: the sentences that were written one by one twice, and nine tenths of the
  collections of short texts and of the texts without labels. All else is taken as it is;
- ``part/start``: the model without temperature and offsets. The stage begins there, and that model
  is the teacher of all texts that were not written for training, so that it forgets little (Li &
  Hoiem 2016, *Learning without forgetting*, ECCV);
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
from benchmarks.made_sentences import made_sentences, written
from benchmarks.short_texts import LABELS
from tonality import artifact
from tonality.classifier import model_path
from tonality.evaluate.model_offsets import with_offsets
from tonality.measures.scaling import Scaling

SHORT = 0.9  # the share of short and unlabelled texts that is taken
SURE = 0.94  # the probability of a sentence's label


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    parser.add_argument("--model", default="general", help="what the stage goes on from")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the new folder")
    options = parser.parse_args(arguments)
    data = options.output / "general"
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
    """The rows that teach, drawn from those of the mix; what was written comes twice."""
    draw = random.Random(0)
    twice = {text for text, _ in written()}
    for row in given:
        short = row["id"].startswith("short-") or row["domain"] in ("airline", "sst")
        if draw.random() < (SHORT if short else 1):
            yield row
        if row["text"] in twice:
            yield row | {"id": f"{row['id']}-again"}


def write(given: Iterable[Row], path: Path) -> None:
    """Rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in given)


if __name__ == "__main__":
    main()
