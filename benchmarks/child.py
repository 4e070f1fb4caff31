"""One contender in a process of its own: ``python -m benchmarks.child``, for its parent to read.

Reads ``{"name", "model", "threads", "baseline", "folder", "texts"}`` as JSON from each line of
standard input, classifies the texts and prints ``{"labels", "peak_mb"}`` as a line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.contenders import Judge, contenders
from benchmarks.machine import peak_mb


def main() -> None:
    """Do the tasks on standard input; all are of the contender of the first."""
    judge: Judge | None = None
    for line in sys.stdin:
        task = json.loads(line)
        if judge is None:
            baseline = Path(task["baseline"]) if task["baseline"] else None
            contender = contenders(task["model"], task["threads"], baseline)[task["name"]]
            judge = contender.load(Path(task["folder"]))
        print(json.dumps({"labels": judge(task["texts"]), "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main()
