"""How fast networks learn: an earlier build, this one, and this one in bfloat16.

``python -m benchmarks.train_speed --baseline DIR --data imdb/train.parquet`` trains a language
model and a classifier on the first reviews. DIR is a checkout of the earlier build (``git worktree
add DIR 3fee901``). Each way trains twice, on few and on more reviews, in a process with one thread.
The difference leaves out what a training takes to start. Speeds are tokens a second of processor
time, which other programs disturb least. Beside them stands the loss at the end, on texts that were
held out: it must not change. Prints JSON and keeps it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.machine import describe
from tonality.text.tokenizer import TextConfig, Tokenizer

RESULTS = Path(__file__).parent / "results" / "train_speed.json"
SOURCE = Path(__file__).parent.parent / "src"
FEW, MORE = 400, 2_400  # reviews
MOST = 400  # tokens of a review that the classifier reads
JOBS = {
    "language model": "pretrain --set pretraining.epochs=1 --set vocabulary.min_count=2 "
    "--set pretraining.evaluation_texts=20 --set pretraining.evaluations_per_epoch=1",
    "classifier": "train --recipe base --set training.epochs=1 --set vectors.use=false "
    "--set training.adversarial=0 --set training.validation=0.05 "
    "--set training.evaluations_per_epoch=1",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--baseline", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--data", type=Path, required=True, help="labelled reviews in Parquet")
    parser.add_argument("--job", nargs="+", choices=JOBS, default=list(JOBS))
    options = parser.parse_args(arguments)
    ways = {
        "baseline": (options.baseline / "src", "32"),
        "float32": (SOURCE, "32"),
        "bfloat16": (SOURCE, "bf16"),
    }
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as name:
        folder = Path(name)
        few, more = (reviews(options.data, count, folder) for count in (FEW, MORE))
        for job in options.job:
            found[job] = {
                way: measured(job, source, precision, (few, more), folder / f"{job}-{way}")
                for way, (source, precision) in ways.items()
            }
            base = found[job]["baseline"]["tokens_a_second"]
            for figures in found[job].values():
                figures["to_baseline"] = round(figures["tokens_a_second"] / base, 2)
            print(json.dumps({job: found[job]}, indent=2), flush=True)
    RESULTS.write_text(json.dumps(found | {"machine": describe()}, indent=2) + "\n")


def reviews(source: Path, count: int, folder: Path) -> Path:
    """A file of so many reviews, spread evenly over the source, which may be sorted."""
    table = pq.read_table(source)
    path = folder / f"reviews-{count}.parquet"
    pq.write_table(table.take(list(range(0, len(table), len(table) // count))[:count]), path)
    return path


def measured(
    job: str, source: Path, precision: str, files: tuple[Path, Path], folder: Path
) -> dict[str, Any]:
    """Tokens a second of one way, and the loss at its end."""
    (few, _), (more, loss) = (
        run(job, source, precision, file, folder.with_name(f"{folder.name}-{file.stem}"))
        for file in files
    )
    most = MOST if job == "classifier" else sys.maxsize
    speed = (tokens(files[1], most) - tokens(files[0], most)) / (more - few)
    return {
        "tokens_a_second": round(speed),
        "seconds": round(more - few, 1),
        "loss": round(loss, 4),
    }


def tokens(path: Path, most: int) -> int:
    """How many tokens the texts of a file have, each up to so many."""
    tokenizer = Tokenizer(TextConfig())
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    return sum(min(most, len(tokenizer.tokens(text))) for text in texts)


def run(job: str, source: Path, precision: str, data: Path, folder: Path) -> tuple[float, float]:
    """Processor seconds of a training, and the last validation loss."""
    command = [
        sys.executable,
        "-m",
        "tonality",
        *JOBS[job].split(),
        "--data",
        str(data),
        "-o",
        str(folder),
    ]
    command += ["--set", f"training.precision={precision}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(source)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=environment, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [row["validation_loss"] for row in rows if row.get("validation_loss")]
    return seconds, float(losses[-1])


if __name__ == "__main__":
    main()
