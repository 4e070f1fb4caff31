"""What stopping by itself costs and saves a small training: python -m benchmarks.small_trainings

Texts are drawn from a table by a seed. A model is trained on them twice, to its end and as it stops
by itself, and asked about up to a thousand others. Prints a line a training.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import tonality
import tonality.train.fit_classifier  # so that no training pays for loading torch
from tonality.data import Dataset, Table
from tonality.tables.read_table import read_table
from tonality.train import train
from tonality.train.settings.recipe import Recipe

MEASURED = 1_000  # texts, at most
TO_ITS_END = ("training.patience=0", "training.keep=accuracy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains and measures; prints as it goes."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+", help="tables with labels")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000], help="labels")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--recipe", default="quick")
    parser.add_argument("--set", action="append", default=[], help="a setting of the recipe")
    options = parser.parse_args(arguments)
    for path in options.data:
        table = read_table(path)
        for size in options.sizes:
            for seed in options.seeds:
                seeds = (f"training.seed={seed}", f"training.validation_seed={seed}")
                recipe = Recipe.load(options.recipe).with_settings([*options.set, *seeds])
                learn, rest = drawn(table, size, seed)
                whole = run(learn, rest, recipe.with_settings(TO_ITS_END))
                print(f"{path.name}, {size} labels, seed {seed}")
                print(f"  to its end:       {whole}", flush=True)
                print(f"  stops by itself:  {run(learn, rest, recipe)}", flush=True)


def drawn(table: Table, size: int, seed: int) -> tuple[Table, Table]:
    """So many rows, and others to measure on."""
    order = list(range(len(table)))
    random.Random(seed).shuffle(order)
    rows = np.array(order)
    return table.take(rows[:size]), table.take(rows[size : size + MEASURED])


def run(learn: Table, rest: Table, recipe: Recipe) -> str:
    """Accuracy on the rest, and processor time, of a training."""
    dataset = Dataset(learn, None, None, "drawn", {})
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        model = train(dataset, recipe, Path(folder) / "run", accelerator="cpu", devices=1)
        seconds = time.process_time() - began
        verdicts = tonality.load(model).predict(rest.texts)
    right = [found.label == label for found, label in zip(verdicts, rest.labels or (), strict=True)]
    return f"{np.mean(right):.1%}, {seconds:.1f} s of processor time"


if __name__ == "__main__":
    main()
