"""One contender in a process of its own: ``python -m benchmarks.child``, for its parent to read.

Reads ``{"name", "model", "threads", "folder", "texts"}`` as JSON from standard input, classifies
the texts and prints ``{"labels", "peak_mb"}``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.contenders import contenders
from benchmarks.machine import peak_mb


def main() -> None:
    """Do the task on standard input."""
    task = json.load(sys.stdin)
    contender = contenders(task["model"], task["threads"])[task["name"]]
    labels = contender.load(Path(task["folder"]))(task["texts"])
    print(json.dumps({"labels": labels, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
