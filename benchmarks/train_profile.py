"""Where the time of a training goes, by the operations of torch.

``python -m benchmarks.train_profile --data imdb/train.parquet`` trains a language model and a
classifier, the latter also with adversarial training, for some dozens of steps with torch's
profiler. It prints the share that each part has of the time of all operations, as a table in
Markdown, and keeps it. Only float32 is looked at. ``between`` is the share of the whole command
that no operation takes: reading the texts, starting, and Python between the operations.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from click.testing import CliRunner
from torch.profiler import ProfilerActivity, profile

from benchmarks.machine import describe
from benchmarks.train_speed import reviews
from tonality.cli import app

RESULTS = Path(__file__).parent / "results" / "train_profile.json"
REVIEWS = 1_000
JOBS = {
    "language model": "pretrain --recipe language-model --set pretraining.epochs=1 "
    "--set vocabulary.min_count=2 --set pretraining.evaluation_texts=20",
    "classifier": "train --recipe teacher --set training.epochs=1 --set training.adversarial=0",
    "classifier, adversarial": "train --recipe teacher --set training.epochs=1",
}
# By the beginning of an operation's name; the first that fits counts.
PARTS = {
    "LSTM": ("aten::mkldnn_rnn",),
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::linear"),
    "embedding": ("aten::embedding", "aten::index", "aten::gather", "aten::_unique", "aten::sort"),
    "optimiser and averages": ("aten::_foreach", "aten::_fused", "aten::lerp", "aten::addcdiv"),
    "random numbers": ("aten::bernoulli", "aten::uniform", "aten::random", "aten::multinomial"),
    "softmax and loss": ("aten::_log_softmax", "aten::logsumexp", "aten::exp", "aten::nll"),
    "all else": ("",),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Profiles, prints and keeps."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labelled reviews in Parquet")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as name:
        folder = Path(name)
        file = reviews(options.data, REVIEWS, folder)
        found = {
            job: shares([*words.split(), "--data", str(file), "-o", str(folder / job)])
            for job, words in JOBS.items()
        }
    print(table(found))
    kept = {"threads": options.threads, "shares": found, "machine": describe()}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def shares(words: list[str]) -> dict[str, float]:
    """The share of each part, and of what lies between the operations, for a command."""
    began = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as seen:
        result = CliRunner().invoke(app, words)
    took = time.perf_counter() - began
    if result.exit_code:
        raise RuntimeError(result.output)
    seconds = dict.fromkeys(PARTS, 0.0)
    for event in seen.key_averages():
        seconds[part_of(event.key)] += event.self_cpu_time_total / 1e6
    total = sum(seconds.values())
    found = {part: round(value / total, 3) for part, value in seconds.items()}
    return found | {"between": round(1 - total / took, 3)}


def part_of(name: str) -> str:
    """The part that an operation belongs to."""
    return next(part for part, begins in PARTS.items() if name.startswith(tuple(begins)))


def table(found: dict[str, dict[str, float]]) -> str:
    """The shares in Markdown, a part a line."""
    lines = [f"| part | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}"]
    for part in (*PARTS, "between"):
        cells = [f"{100 * job[part]:.0f} %" for job in found.values()]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
