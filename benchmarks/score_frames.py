"""Scoring a data frame of pandas beside scoring the same table as a CSV file.

``python -m benchmarks.score_frames [--rows 100000]`` takes the table of ``benchmarks.score_files``.
In each round ``tonality.score_frame`` and what ``tonality score`` does take their turn, in one
process that has loaded the model. The frame is in memory; the command reads and writes files. Given
are the medians, and the median of each round's ratio. Prints JSON and keeps it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import tonality
from benchmarks.machine import describe
from benchmarks.score_files import make_table, score_file

RESULTS = Path(__file__).parent / "results" / "score_frames.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="general", help="a bundled model's name or a folder")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as folder:
        table = Path(folder) / "texts.csv"
        make_table(table, options.rows)
        found = measure(tonality.load(options.model), table, options.rounds)
    kept = {"model": Path(options.model).name, "rows": options.rows, **found}
    text = json.dumps({**kept, "machine": describe()}, indent=2) + "\n"
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text, end="")


def measure(classifier: tonality.Classifier, table: Path, rounds: int) -> dict[str, Any]:
    """The seconds of both ways, their ratios, and whether the verdicts are the same."""
    import pandas

    frame = pandas.read_csv(table)
    classifier.predict(frame["text"][:100])
    ways: dict[str, Callable[[], Any]] = {
        "frame": lambda: tonality.score_frame(frame, model=classifier, progress=False),
        "file": lambda: score_file(classifier, table),
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.perf_counter(), time.process_time()
            way()
            runs[name].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    written = pandas.read_csv(table.with_name("scored.csv"))
    return {
        name: {
            "seconds": round(median(wall for wall, _ in taken), 3),
            "processor_seconds": round(median(processor for _, processor in taken), 3),
        }
        for name, taken in runs.items()
    } | {
        "frame_to_file": _ratio(runs, 0),
        "frame_to_file_by_processor_time": _ratio(runs, 1),
        "same": ways["frame"]().equals(written),
    }


def _ratio(runs: dict[str, list[tuple[float, float]]], unit: int) -> float:
    pairs = zip(runs["frame"], runs["file"], strict=True)
    return round(median(one[unit] / other[unit] for one, other in pairs), 3)


if __name__ == "__main__":
    main()
