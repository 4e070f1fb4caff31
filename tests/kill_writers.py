"""Kill writers of a model folder at random moments; say what a reader saw.

    python tests/kill_writers.py FOLDER KILLS [--no-swap]

Two models are written in turn, over and over. Prints one JSON object: how often each was read
back, and what lies in the parent folder after a last write. ``--no-swap`` takes the way of systems
that cannot swap folders.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from small_models import contents, small_artifact
from tonality import durable_files
from tonality.artifact.model_folder import Artifact, read, write
from tonality.errors import ArtifactError


def write_for_ever(models: list[Artifact], folder: Path, under_way: int) -> None:
    while True:
        for model in models:
            write(model, folder, overwrite=True)
            os.write(under_way, b".")


def look(folder: Path) -> str:
    try:
        return f"seed {read(folder).provenance['seed']}"
    except ArtifactError as error:
        return "cut short" if "writer died" in str(error) else str(error)


def main(folder: Path, kills: int) -> None:
    models = [small_artifact(seed) for seed in (0, 1)]
    write(models[0], folder)
    dice, seen = random.Random(0), Counter[str]()
    for _ in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            write_for_ever(models, folder, writing)
        os.read(reading, 1)
        deadline = time.monotonic() + dice.uniform(0.0, 0.05)
        while time.monotonic() < deadline:
            seen[look(folder)] += 1
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
        seen[look(folder)] += 1
    write(models[0], folder, overwrite=True)
    left = sorted(path.name for path in folder.parent.iterdir())
    print(json.dumps({"seen": seen, "left": left, "files": sorted(contents(folder))}))


if __name__ == "__main__":
    # What a process wrote outlives it without syncing; without, kills hit the renames more often.
    os.fsync = lambda fd: None
    if "--no-swap" in sys.argv:
        durable_files._exchange = lambda one, other: False
    main(Path(sys.argv[1]), int(sys.argv[2]))
