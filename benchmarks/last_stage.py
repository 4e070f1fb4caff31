"""The data of the last stage of ``general``: what was graded, what was written, and most else.

``python -m benchmarks.last_stage --mix whole --model general --beside FORMER -o part`` reads a
folder of ``benchmarks.short_data`` and writes

- ``part/general``: its texts, those with a grade (``benchmarks.graded_texts``) under a domain of
  their own, the sentences that were written one by one twice each, and the words with a grade;
- ``part/start``: the model without temperature and offsets. The stage begins there;
- ``part/beside-1`` and so on: the models beside it, likewise. The mean of all of them teaches the
  texts without a grade that were not written for training, so that the stage forgets little (Li &
  Hoiem 2016, *Learning without forgetting*, ECCV);
- ``part/made.parquet``: the labels of the sentences, as answers of a teacher that is nearly sure;
- ``part/graded.parquet``: what that mean and the grades come to, as answers of a teacher.

``last_stage.toml`` is the recipe.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from benchmarks.general_data import Row
from benchmarks.graded_texts import TARGETS, graded_texts, graded_words, together
from benchmarks.json_lines import read_rows
from benchmarks.made_sentences import made_sentences, written
from benchmarks.short_texts import LABELS, model
from tonality import artifact
from tonality.evaluate.model_offsets import with_offsets
from tonality.measures.scaling import Scaling
from tonality.model_names import model_path

GRADED = "graded"  # the domain of what has a grade
SURE = 0.94  # the probability of a sentence's label


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--mix", type=Path, required=True, help="folder of benchmarks.short_data")
    parser.add_argument("--model", default="general", help="what the stage goes on from")
    parser.add_argument("--beside", nargs="*", default=[], help="models that teach beside it")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the new folder")
    options = parser.parse_args(arguments)
    data = options.output / "general"
    data.mkdir(parents=True)
    grades, words = graded_texts(), graded_words()
    twice = {text for text, _ in written()}
    of_texts: dict[str, int] = {}
    for name in ("train", "unlabelled"):
        given = list(read_rows(options.mix / f"{name}.jsonl"))
        of_texts |= {row["text"]: grades[row["id"]] for row in given if row["id"] in grades}
        found = list(rows(given, grades, twice))
        if name == "unlabelled":
            found += [{"id": f"word-{word}", "domain": GRADED, "text": word} for word in words]
        write(found, data / f"{name}.jsonl")
    shutil.copy(options.mix / "validation.jsonl", data)
    answers = {word: TARGETS[grade] for word, grade in words.items()}
    teachers = [options.model, *options.beside]
    own = np.mean([model(name)(list(of_texts)) for name in teachers], axis=0)  # (N, C)
    grade = np.array([TARGETS[grade] for grade in of_texts.values()])
    answers |= dict(zip(of_texts, map(tuple, together(own, grade).tolist()), strict=True))
    write_answers(answers, options.output / f"{GRADED}.parquet")
    made = {row["text"]: sure(row["label"]) for row in made_sentences()}
    write_answers(made, options.output / "made.parquet")
    for place, name in enumerate(teachers):
        as_trained = with_offsets(artifact.read(model_path(name)), Scaling(1.0, (0.0, 0.0, 0.0)))
        artifact.write(as_trained, options.output / (f"beside-{place}" if place else "start"))


def write_answers(answers: Mapping[str, tuple[float, ...]], path: Path) -> None:
    """A teacher's table: the texts with the probability of each label."""
    shares = np.array(list(answers.values()))  # (N, C)
    columns = {f"p_{label}": shares[:, place] for place, label in enumerate(LABELS)}
    pyarrow.parquet.write_table(pyarrow.table({"text": list(answers), **columns}), path)


def sure(own: str) -> tuple[float, ...]:
    """The probabilities that teach a sentence of a label."""
    return tuple(SURE if label == own else (1 - SURE) / 2 for label in LABELS)


def rows(given: Iterable[Row], grades: Container[str], twice: Container[str]) -> Iterator[Row]:
    """The rows that teach.

    Args:
        given: the rows of the mix, with or without labels.
        grades: the ids of those with a grade, which come under a domain of their own.
        twice: the sentences that come twice.
    """
    for row in given:
        graded = row["id"] in grades
        yield row | {"domain": GRADED} if graded else row
        if not graded and row["text"] in twice:
            yield row | {"id": f"{row['id']}-again"}


def write(given: Iterable[Row], path: Path) -> None:
    """Rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in given)


if __name__ == "__main__":
    main()
