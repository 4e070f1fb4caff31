"""Scoring a table of a million short texts: rate, memory, and the same bytes after any kill.

    python -m benchmarks.score_files [--rows 1000000] [--kills 20]

Prints JSON and keeps it. The rate is compared with that of classifying the same texts from a list
in memory, measured in the same run.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.json_lines import read_rows
from benchmarks.machine import describe, peak_mb
from tonality.classifier import Classifier, load
from tonality.model_names import BUNDLED
from tonality.score.files.input_files import find_inputs
from tonality.score.files.job import Options, ScoringJob
from tonality.score.files.resumable_output import Output

RESULTS = Path(__file__).parent / "results" / "score_files.json"
SHORT = 200  # characters of a text at most


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and writes."""
    options = _options(arguments)
    if options.child:
        print(json.dumps(_measure(options.child, options.table, options.model)))
        return
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as folder:
        table = Path(folder) / "texts.csv"
        characters = make_table(table, options.rows)
        rates = _rates(table, options.model, options.rounds)
        whole = rates["files"]["seconds"]
        found = {
            "model": Path(options.model).name,
            "rows": options.rows,
            "mean_characters": round(characters / options.rows, 1),
            **rates,
            "kills": _kill(table, options.model, options.kills, whole),
            "machine": describe(),
        }
    text = json.dumps(found, indent=2) + "\n"
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text, end="")


def make_table(path: Path, rows: int) -> int:
    """A table of sentences from the sample reviews, numbered; returns their characters."""
    reviews = [row["text"] for row in read_rows(BUNDLED / "samples" / "imdb.jsonl")]
    sentences = [
        sentence
        for review in reviews
        for sentence in re.split(r"(?<=[.!?])\s+", review.replace("<br />", " "))
        if 20 <= len(sentence) <= SHORT
    ]
    dice, characters = random.Random(0), 0
    first = datetime.date(2024, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "product", "text"])
        for number in range(rows):
            text = dice.choice(sentences)
            day = first + datetime.timedelta(days=dice.randrange(366))
            writer.writerow([number, day, f"product {dice.randrange(50)}", text])
            characters += len(text)
    return characters


def _rates(table: Path, model: str, rounds: int) -> dict[str, Any]:
    """Both ways in turn, each in a process of its own; the medians."""
    found: dict[str, list[dict[str, float]]] = {"memory": [], "files": []}
    for _ in range(rounds):
        for way, runs in found.items():
            runs.append(_child(way, table, model))
    ratios = {
        unit: _median([one[unit] / other[unit] for one, other in zip(*found.values(), strict=True)])
        for unit in ("seconds", "processor_seconds")
    }
    return {
        **{
            way: {key: _median([run[key] for run in runs]) for key in runs[0]}
            for way, runs in found.items()
        },
        "rate_to_memory": ratios["seconds"],
        "rate_to_memory_by_processor_time": ratios["processor_seconds"],
    }


def _child(way: str, table: Path, model: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.score_files", "--child", way]
    command += ["--table", str(table), "--model", model]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _measure(way: str, table: Path, model: str) -> dict[str, float]:
    classifier = load(model)
    if way == "memory":
        with table.open(encoding="utf-8", newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        begin = time.perf_counter(), time.process_time()
        rows = len(classifier.predict_proba(texts))
    else:
        begin = time.perf_counter(), time.process_time()
        rows = score_file(classifier, table)
    seconds, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
    return {
        "seconds": round(seconds, 3),
        "processor_seconds": round(processor, 3),
        "texts_per_second": round(rows / seconds, 1),
        "peak_mb": round(peak_mb(), 1),
    }


def score_file(classifier: Classifier, table: Path) -> int:
    """Scores a table into ``scored.csv`` beside it, as the command does; returns its rows."""
    target = table.with_name("scored.csv")
    with (
        ScoringJob(classifier, find_inputs([str(table)]), Options(format="csv")) as job,
        Output(target, target.with_name("bad.jsonl"), job.build) as output,
    ):
        output.begin(job.description(""), resume=False, overwrite=True)
        job.to_file(output, lambda rows, share: None)
    return job.tally.rows


def _kill(table: Path, model: str | None, kills: int, whole: float) -> dict[str, Any]:
    """Kills ``tonality score`` at random moments, each time goes on, compares what comes out.

    Args:
        table: the input; ``scored.csv`` beside it is what a run left alone made of it.
        model: the model.
        kills: how many.
        whole: the seconds that a run left alone takes.
    """
    expected = table.with_name("scored.csv")
    target = table.with_name("killed.csv")
    command = [sys.executable, "-m", "tonality", "score", str(table), "-o", str(target), "--resume"]
    command += ["--model", model] if model else []
    dice, done, same = random.Random(0), 0, True
    while done < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0, 2 * whole / kills))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            done += 1
        else:  # it was done before its moment came
            same = same and _hash(target) == _hash(expected)
            target.unlink()
    if not target.exists() or _left(table.parent):  # the last kill may have come after the end
        subprocess.run(command, check=True, capture_output=True)
    same = same and _hash(target) == _hash(expected)
    return {"kills": kills, "identical": same, "left": sorted(_left(table.parent))}


def _left(folder: Path) -> set[str]:
    """Files that should not be there any more."""
    return {path.name for path in folder.iterdir()} - {"texts.csv", "scored.csv", "killed.csv"}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _median(values: Sequence[float]) -> float:
    return round(sorted(values)[len(values) // 2], 3)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--model", default="imdb", help="a bundled model's name or a model folder")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--child", choices=("memory", "files"), help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
