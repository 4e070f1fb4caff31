"""What the compiled kernel gains: an earlier build, the numpy kernel and each instruction set.

``python -m benchmarks.kernel_speed --baseline DIR`` measures all on the same texts in one run, from
raw strings. DIR is a checkout of the earlier build (``git worktree add DIR 3fee901``). Each
contender is a process of its own, and they take turns, so that a busy moment of the machine falls
on all alike. A bundled model is the one of the contender's own time: the shapes are the same.
Speeds are texts a second of processor time, which other programs disturb least; with two threads,
of the clock. "ids" is the way in alone: from strings to the ids of tokens and n-grams.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.json_lines import read_rows
from benchmarks.machine import describe
from tonality.model_names import BUNDLED
from tonality.network.kernel_native import instruction_sets

RESULTS = Path(__file__).parent / "results"
SOURCE = Path(__file__).parent.parent / "src"
SHORT = 20  # words of a short text

_CHILD = """
import json, sys, time, tonality
task = json.loads(sys.stdin.readline())
classifier = tonality.load(task["model"])

def run(texts):
    if task["what"] == "ids":
        classifier._encoder.encode(texts)
    else:
        classifier.predict_proba(texts, threads=task["threads"])

run(task["texts"][:20])
print("ready", flush=True)
for _ in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    run(task["texts"])
    used = time.perf_counter() - clock, time.process_time() - processor
    print(used[task["threads"] == 1], flush=True)
"""


class Contender:
    """A process that classifies the same texts whenever it is asked to."""

    def __init__(self, source: Path, settings: dict[str, str], task: dict[str, object]) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"} | settings | {"PYTHONPATH": str(source)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._ask(json.dumps(task))
        self.seconds: list[float] = []

    def measure(self) -> None:
        """Classify the texts once more."""
        self.seconds.append(float(self._ask("")))

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernel_speed")
    parser.add_argument("--baseline", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--models", nargs="+", default=["general", "imdb"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--n", type=int, default=300, help="sample reviews to classify")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS / "kernel_speed.json")
    options = parser.parse_args(arguments)
    samples = read_rows(BUNDLED / "samples" / "imdb.jsonl")
    reviews = [row["text"] for row in islice(samples, options.n)]
    words = [review.split() for review in reviews]
    short = [" ".join(w[k : k + SHORT]) for w in words for k in range(0, len(w), SHORT)][:2000]
    builds = {
        "baseline": (options.baseline / "src", {}),
        "baseline with AVX2 at most": (options.baseline / "src", held_to_avx2()),
        "numpy": (SOURCE, {"TONALITY_KERNEL": "numpy"}),
    } | {name: (SOURCE, {"TONALITY_INSTRUCTIONS": name}) for name in instruction_sets()[:-1]}
    print("| model | texts | what | threads | build | texts/s | to the baseline |")
    print("|---|---|---|---:|---|---:|---:|")
    found = []
    for model in options.models:
        # Each build reads the bundled model of its own time; an earlier one cannot read today's.
        for name, texts in (("reviews", reviews), ("short", short)):
            for what, threads in [("ids", 1), *(("verdicts", n) for n in options.threads)]:
                task = {"model": model, "texts": texts, "what": what, "threads": threads}
                # Instruction sets differ in the network alone.
                chosen = dict(list(builds.items())[: 4 if what == "ids" else None])
                speeds, ratios = measure(chosen, task, len(texts), options.rounds)
                for build, speed in speeds.items():
                    shown = (Path(model).name, name, what, threads, build)
                    row = [*shown, round(speed), round(ratios[build], 2)]
                    print(f"| {' | '.join(map(str, row))} |", flush=True)
                    found.append(row)
    columns = ["model", "texts", "what", "threads", "build", "per_second", "to_baseline"]
    written = {"machine": describe(), "columns": columns, "rows": found}
    options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def held_to_avx2() -> dict[str, str]:
    """The settings under which numpy and its BLAS do without AVX-512, where a machine has it."""
    core = importlib.import_module("numpy._core._multiarray_umath")
    beyond = [
        name
        for name in core.__cpu_dispatch__
        if name.startswith(("X86_V4", "AVX512")) and core.__cpu_features__.get(name)
    ]
    return {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": " ".join(beyond)}


def measure(
    builds: dict[str, tuple[Path, dict[str, str]]], task: dict[str, object], count: int, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Texts a second of each build, and how many times the first one's speed that is.

    Both are medians over the rounds; a ratio is of two turns in the same round.
    """
    running = {name: Contender(*build, task) for name, build in builds.items()}
    for _ in range(rounds):
        for contender in running.values():
            contender.measure()
    for contender in running.values():
        contender.stop()
    first = next(iter(running.values())).seconds
    speeds = {name: count / median(each.seconds) for name, each in running.items()}
    ratios = {
        name: median(a / b for a, b in zip(first, each.seconds, strict=True))
        for name, each in running.items()
    }
    return speeds, ratios


if __name__ == "__main__":
    main()
