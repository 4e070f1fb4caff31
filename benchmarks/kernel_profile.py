"""Where the time of a prediction goes, and how near the products are to what the processor can do.

``python -m benchmarks.kernel_profile`` compiles the kernel once more for each instruction set,
with a clock in it (``kernel_profile.c``), and classifies sample reviews with it on one thread.
Shares are of the processor time of the whole prediction, from raw strings. Needs GCC or Clang.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import hatch_build
from benchmarks.json_lines import read_rows
from benchmarks.machine import describe
from tonality import native_library
from tonality.classifier import Classifier, load
from tonality.model_names import BUNDLED
from tonality.network.kernel_native import instruction_sets

RESULTS = Path(__file__).parent / "results"
SOURCE = Path(__file__).with_suffix(".c")
PARTS = ("look-ups", "input gates", "steps", "groups", "inputs")  # in the order of the C
STEPS, PEAK = 400, 20_000_000  # repeats


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each instruction set in a process of its own; print tables and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernel_profile")
    parser.add_argument("--model", default="general")
    parser.add_argument("--sets", nargs="+", help="by default all")
    parser.add_argument("--n", type=int, default=400, help="sample reviews to classify")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=RESULTS / "kernel_profile.json")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.in_process:
        print(json.dumps(profile(options.sets[0], options)))
        return
    found = {name: _in_a_process(name, options) for name in options.sets or instruction_sets()[:-1]}
    rows = list(next(iter(found.values())))
    print(f"| {options.model}, {options.n} reviews | {' | '.join(found)} |")
    print(f"|---|{'---:|' * len(found)}")
    for row in rows:
        print(f"| {row} | {' | '.join(f'{each[row]:.1f}' for each in found.values())} |")
    written = {"machine": describe(), "model": options.model, "found": found}
    options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _in_a_process(name: str, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.kernel_profile", "--in-process", "--sets", name]
    command += ["--model", options.model, "--n", str(options.n), "--rounds", str(options.rounds)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def profile(name: str, options: argparse.Namespace) -> dict[str, float]:
    """The figures of one instruction set: shares in %, speeds in thousand million a second."""
    with tempfile.TemporaryDirectory() as folder:
        native_library.LIBRARY = compiled(name, Path(folder))
        classifier = load(options.model)
        library: Any = native_library.library()
    library.profile_spent.restype = library.profile_peak.restype = ctypes.c_double
    library.profile_step.restype = ctypes.c_double
    reviews = read_rows(BUNDLED / "samples" / "imdb.jsonl")
    texts = [row["text"] for row in islice(reviews, options.n)]
    rounds = [_round(classifier, texts, library) for _ in range(options.rounds + 1)][1:]
    seconds = min(rounds, key=lambda each: each["all"])
    model = classifier._network._kernel._model  # type: ignore[attr-defined]
    products, steps = (
        min(library.profile_step(model, alone, ctypes.c_int64(STEPS)) for _ in range(5))
        for alone in (ctypes.c_int64(1), ctypes.c_int64(0))
    )
    peak = max(library.profile_peak(ctypes.c_int64(PEAK)) for _ in range(5))
    return _figures(classifier, seconds, products / steps, peak)


def compiled(name: str, folder: Path) -> Path:
    """The kernel with a clock, for one instruction set."""
    target = folder / "profile.so"
    command = ["cc", *hatch_build.OPTIONS, *hatch_build.INSTRUCTION_SETS[name]]
    command += [f"-I{hatch_build.NATIVE}", f'-DSET="isa_{name}.c"', f"-DISA=isa_{name}"]
    others = [str(hatch_build.NATIVE / f"{each}.c") for each in hatch_build.TEXT_SOURCES]
    subprocess.run(
        [*command, "-shared", "-o", str(target), str(SOURCE), *others, "-lm"], check=True
    )
    return target


def _round(classifier: Classifier, texts: list[str], library: Any) -> dict[str, float]:
    """Seconds of one prediction of all texts, in all and in parts."""
    for part in range(len(PARTS)):
        library.profile_spent(ctypes.c_int64(part))
    start = time.process_time()
    encoded = classifier._encoder.encode(texts)
    encoding = time.process_time() - start
    start = time.process_time()
    classifier.predict_proba(texts, threads=1)
    seconds = {"all": time.process_time() - start, "encoding": encoding}
    seconds["tokens"] = float(len(encoded.ids))
    spent = [library.profile_spent(ctypes.c_int64(part)) for part in range(len(PARTS))]
    return seconds | dict(zip(PARTS, spent, strict=True))


def _figures(
    classifier: Classifier, seconds: dict[str, float], share: float, peak: float
) -> dict[str, float]:
    """Shares and speeds; `share` is that of the products in a step."""
    network, whole = classifier.artifact.network, seconds["all"]
    directions, hidden = len(network.directions), network.hidden_size
    products = seconds["steps"] * share
    times = {
        "text to ids": seconds["encoding"],
        "look-ups of vectors": seconds["look-ups"],
        "input gates": seconds["input gates"],
        "recurrent products": products,
        "gates and cells": seconds["steps"] - products,
        "pooling and copies": seconds["groups"] - seconds["steps"],
    }
    figures = {f"{part}, %": 100 * time / whole for part, time in times.items()}
    figures["rest, %"] = 100 - sum(figures.values())
    recurrent = seconds["tokens"] * directions * 4 * hidden * hidden
    inputs = seconds["inputs"] * 4 * hidden * network.embedding_size
    figures["recurrent products, thousand million a second"] = recurrent / products / 1e9
    figures["input gates, thousand million a second"] = inputs / seconds["input gates"] / 1e9
    figures["the instruction alone, thousand million a second"] = peak / 1e9
    ideal = (recurrent + inputs) / peak
    ideal += whole - products - seconds["input gates"]
    figures["speed if all products ran so, times today's"] = whole / ideal
    figures["distinct inputs, % of tokens"] = (
        100 * seconds["inputs"] / directions / seconds["tokens"]
    )
    return figures


if __name__ == "__main__":
    main()
