"""How fast networks learn: an earlier build, this one, and this one in bfloat16.

``python -m benchmarks.train_speed --baseline DIR --data imdb/train.parquet`` trains a language
model and a classifier on the first reviews. DIR is a checkout of the earlier build (``git worktree
add DIR 3fee901``). All take the same steps: what the earlier build did not know is switched off.
Each way trains on few and on more reviews, in a process with two threads. The difference leaves out
what a training takes to start. The ways take turns for several rounds, and the quickest training of
each counts, since a busy machine only ever makes one slower. Beside the speeds stands the loss at
the end, on texts that were held out: it must not change. Prints JSON and keeps it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
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
    "--set pretraining.evaluation_texts=20 --set pretraining.evaluations_per_epoch=1 "
    "--set pretraining.streams=64 --set optimiser.learning_rate=2e-3 "
    "--set optimiser.warmup_steps=200",
    "classifier": "train --recipe base --set training.epochs=1 --set vectors.use=false "
    "--set training.adversarial=0 --set training.validation=0.05 "
    "--set training.evaluations_per_epoch=1",
}
# The earlier build does not know these settings, or does without them in a language model.
SINCE = {
    "language model": "--set text.typos=keep --set training.average=0",
    "classifier": "--set text.typos=keep",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--baseline", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--data", type=Path, required=True, help="labelled reviews in Parquet")
    parser.add_argument("--job", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {"threads": options.threads, "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as name:
        folder = Path(name)
        files = [reviews(options.data, count, folder) for count in (FEW, MORE)]
        for job in options.job:
            found[job] = compared(job, options, files, folder / job)
            print(json.dumps({job: found[job]}, indent=2), flush=True)
    RESULTS.write_text(json.dumps(found | {"machine": describe()}, indent=2) + "\n")


def compared(
    job: str, options: argparse.Namespace, files: list[Path], folder: Path
) -> dict[str, Any]:
    """Tokens a second of each way, its loss, and how often it does what the baseline does."""
    ways = {
        "baseline": (options.baseline / "src", "32"),
        "float32": (SOURCE, "32"),
        "bfloat16": (SOURCE, "bf16"),
    }
    seconds = {way: [float("inf")] * len(files) for way in ways}
    losses = dict[str, float]()
    for turn in range(options.rounds):
        for way, (source, precision) in ways.items():
            for size, file in enumerate(files):
                run_folder = folder / f"{way}-{size}-{turn}"
                settings = ["--data", str(file), "-o", str(run_folder)]
                settings += ["--set", f"training.precision={precision}"]
                if source == SOURCE:
                    settings += SINCE[job].split()
                took = run(job, settings, source, options.threads)
                seconds[way][size] = min(seconds[way][size], took)
            losses[way] = last_loss(run_folder)
    most = MOST if job == "classifier" else sys.maxsize
    count = tokens(files[1], most) - tokens(files[0], most)
    speeds = {way: count / (more - few) for way, (few, more) in seconds.items()}
    return {
        way: {
            "tokens_a_second": round(speed),
            "loss": round(losses[way], 4),
            "to_baseline": round(speed / speeds["baseline"], 2),
        }
        for way, speed in speeds.items()
    }


def reviews(source: Path, count: int, folder: Path) -> Path:
    """A file of so many reviews, spread evenly over the source, which may be sorted."""
    table = pq.read_table(source)
    path = folder / f"reviews-{count}.parquet"
    pq.write_table(table.take(list(range(0, len(table), len(table) // count))[:count]), path)
    return path


def tokens(path: Path, most: int) -> int:
    """How many tokens the texts of a file have, each up to so many."""
    tokenizer = Tokenizer(TextConfig())
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    return sum(min(most, len(tokenizer.tokens(text))) for text in texts)


def run(job: str, settings: list[str], source: Path, threads: int) -> float:
    """Seconds of a training."""
    command = [sys.executable, "-m", "tonality", *JOBS[job].split(), *settings]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(source)}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return time.perf_counter() - began


def last_loss(folder: Path) -> float:
    """The last validation loss of a run."""
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return float([row["validation_loss"] for row in rows if row.get("validation_loss")][-1])


if __name__ == "__main__":
    main()
