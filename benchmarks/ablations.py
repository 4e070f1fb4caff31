"""What each part of a recipe is worth: one row each, all else as in a common recipe.

``python -m benchmarks.ablations --data imdb`` trains the rows of ``ablations.toml``, measures each
on the validation part, and writes the table of ``docs/results.md``. Every result is kept as soon as
it is there: run again, it goes on with the rows that are missing or whose settings have changed.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import math
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT
from tonality import artifact
from tonality.artifact.config_json import folder_sha256
from tonality.data import Dataset, Table, load_dataset
from tonality.errors import ConfigError
from tonality.train import train
from tonality.train.prepare.held_out import divide
from tonality.train.records.reporter import LineReporter
from tonality.train.records.run_folder import RUN, VALIDATION
from tonality.train.settings.checked_fields import fill
from tonality.train.settings.plan import MODEL
from tonality.train.settings.recipe import Recipe

ROWS = Path(__file__).with_name("ablations.toml")
PAGE = ROOT / "docs" / "results.md"

Right = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        group, name: what it is called.
        settings: what it changes.
        labelled: how many labelled texts it trains on, the rest going without labels; 0 for all.
        language_model: whether it starts from the language model.
        seeds: of its runs.
    """

    group: str
    name: str
    settings: tuple[str, ...] = ()
    labelled: int = 0
    language_model: bool = False
    seeds: tuple[int, ...] = (0,)

    @property
    def title(self) -> str:
        """Both names."""
        return f"{self.group}: {self.name}"

    def recipe(self, common: Recipe, seed: int) -> Recipe:
        """Its recipe."""
        return common.with_settings([*self.settings, f"training.seed={seed}"])


@dataclass(frozen=True)
class Plan:
    """The rows, the first of which all others are compared with, and what they have in common."""

    name: str
    settings: tuple[str, ...]
    rows: tuple[Row, ...]

    @classmethod
    def load(cls, path: Path) -> Plan:
        """The plan of a TOML file."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = [fill(Row, row, "rows") for row in content["rows"]]
        return cls(content["recipe"], tuple(content.get("settings", ())), tuple(rows))

    @property
    def common(self) -> Recipe:
        """The recipe that all rows share."""
        return Recipe.load(self.name).with_settings(self.settings)

    def command(self, row: Row) -> str:
        """The command that makes a row again."""
        if row.labelled:  # no command of tonality leaves labels out
            return f'python -m benchmarks.ablations --data imdb --only "{row.title}"'
        changes = "".join(f" --set {change}" for change in (*self.settings, *row.settings))
        start = " --start-from LANGUAGE_MODEL" if row.language_model else ""
        return f"tonality train --data imdb --recipe {self.name}{changes}{start} -o DIR"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing; write JSON and table after each run."""
    options = _options(arguments)
    plan = Plan.load(options.rows)
    dataset = load_dataset(options.data)
    kept: dict[str, Any] = {"rows": {}}
    if options.output.exists():
        kept = json.loads(options.output.read_text(encoding="utf-8"))
    kept["machine"] = describe()
    of_data = {"name": dataset.name, "sha256": dict(dataset.sha256)}
    start = options.language_model
    begun = None if start is None else folder_sha256(Path(start))
    for row in plan.rows:
        if options.only and row.title not in options.only:
            continue
        if row.language_model and options.language_model is None:
            _say(f"{row.title}: left out, for want of --language-model")
            continue
        for seed in row.seeds:
            recipe = row.recipe(plan.common, seed)
            asked = {"settings": recipe.settings(), "labelled": row.labelled, "data": of_data}
            if row.language_model:
                asked["start"] = begun
            held = kept["rows"].setdefault(row.title, {})
            if is_of(held.get(str(seed), {}), asked):
                continue
            _say(f"{row.title}, seed {seed}")
            try:
                held[str(seed)] = asked | run(dataset, row, recipe, options)
            except ConfigError as fault:  # such as a language model of another shape
                _say(f"{row.title}: left out: {fault}")
                continue
            options.output.parent.mkdir(parents=True, exist_ok=True)
            options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    shown = table(plan, kept["rows"])
    put(shown, options.page, "benchmarks.ablations")
    print(shown)


def is_of(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether what is kept of a run is what is asked for; newer settings are at their defaults."""
    if any(kept.get(key) != value for key, value in asked.items() if key != "settings"):
        return False
    return bool(Recipe.from_dict(kept["settings"]).settings() == asked["settings"])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ablations", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--data", required=True, help="as for tonality train")
    parser.add_argument("--language-model", help="what tonality pretrain made, for rows from it")
    parser.add_argument("--rows", type=Path, default=ROWS, help="the list of rows")
    parser.add_argument("--only", action="append", metavar="GROUP: NAME", help="this; repeat it")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablations"), help="for the runs")
    parser.add_argument("--output", type=Path, default=RESULTS / "ablations.json")
    parser.add_argument("--page", type=Path, default=PAGE, help="the table goes here")
    return parser.parse_args(arguments)


def run(dataset: Dataset, row: Row, recipe: Recipe, options: argparse.Namespace) -> dict[str, Any]:
    """Trains a row, or goes on with it, and gives what is kept of it; the run is removed."""
    seed = recipe.training.seed
    folder = options.runs / re.sub(r"\W+", "-", f"{row.title} {seed}").strip("-")
    if (folder / MODEL).exists():  # killed between its end and the record of it
        shutil.rmtree(folder)
    if row.labelled:
        dataset = with_fewer_labels(dataset, recipe, row.labelled)
    train(
        dataset,
        recipe,
        folder,
        start_from=options.language_model if row.language_model else None,
        cache=options.runs / "vectors",
        resume=(folder / RUN).exists(),
        reporter=LineReporter(_say),
    )
    model = artifact.read(folder / MODEL)
    with (folder / VALIDATION).open(newline="", encoding="utf-8") as file:
        found = [
            max(model.labels, key=lambda label: float(answer[label])) == answer["label"]
            for answer in csv.DictReader(file)
        ]
    shutil.rmtree(folder)
    return {
        "accuracy": round(float(np.mean(found)), 4),
        "epoch": model.provenance["best"]["epoch"],
        "minutes": model.provenance["minutes"],
        "n": len(found),
        "right": base64.b64encode(np.packbits(found).tobytes()).decode(),  # of each review, a bit
    }


def with_fewer_labels(dataset: Dataset, recipe: Recipe, labelled: int) -> Dataset:
    """The dataset with labels on some of its training texts only; what is held out stays.

    As many of each class as of the others, drawn by a fixed seed; the rest join the texts without
    labels.
    """
    division = divide(dataset, recipe)
    labels = np.array(dataset.train.labels)[division.rows]
    classes = sorted(set(labels.tolist()))
    order = np.random.default_rng(0).permutation(len(labels))
    rows = [
        order[labels[order] == label][: math.ceil(labelled / len(classes))] for label in classes
    ]
    chosen = division.rows[np.sort(np.concatenate(rows))]
    others = sorted(set(division.rows.tolist()) - set(chosen.tolist()))
    texts = [dataset.train.texts[row] for row in others] + division.unlabelled
    return Dataset(
        train=dataset.train.take([*chosen, *division.held_out]),
        test=dataset.test,
        unlabelled=Table(texts),
        name=dataset.name,
        sha256=dataset.sha256,
        validation_rows=len(division.held_out),
    )


def table(plan: Plan, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The results as a Markdown table; rows that are not measured are left out."""
    lines = [
        "| row | accuracy | to the first | seeds | minutes | command |",
        "|---|---:|---:|---:|---:|---|",
    ]
    measured = [row for row in plan.rows if rows.get(row.title)]
    spread = seed_spread([list(rows[row.title].values()) for row in measured])
    for row in measured:
        runs = list(rows[row.title].values())
        accuracy = np.mean([each["accuracy"] for each in runs])
        base = list(rows[measured[0].title].values())
        lines.append(
            f"| {row.title} | {accuracy:.2%} | {_difference(runs, base, spread)} | {len(runs)} "
            f"| {np.mean([each['minutes'] for each in runs]):.0f} | `{plan.command(row)}` |"
        )
    return "\n".join(lines)


def seed_spread(rows: Sequence[Sequence[Mapping[str, Any]]]) -> float:
    """Points by which a run's accuracy differs from its row's mean by the seed alone, as a standard
    deviation over all rows with several seeds; 0 where there are none.
    """
    several = [[100 * each["accuracy"] for each in runs] for runs in rows if len(runs) > 1]
    freedom = sum(len(runs) - 1 for runs in several)
    squares = sum(((np.array(runs) - np.mean(runs)) ** 2).sum() for runs in several)
    return math.sqrt(squares / freedom) if freedom else 0.0


def _difference(
    runs: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]], spread: float
) -> str:
    """Points of accuracy more than the base, with a 95 % interval for reviews and seeds.

    That of the reviews is of a paired comparison; ``spread`` is what a seed is good for.
    """
    if runs == base or any(each["n"] != base[0]["n"] for each in runs):
        return ""
    one, other = (np.mean([right(each) for each in group], axis=0) for group in (runs, base))
    apart = 100 * (one - other)
    of_seeds = spread**2 * (1 / len(runs) + 1 / len(base))
    half = 1.96 * math.sqrt(apart.var(ddof=1) / len(apart) + of_seeds)
    return f"{apart.mean():+.2f} ± {half:.2f}"


def right(kept: Mapping[str, Any]) -> Right:
    """Which validation reviews a run was right on (n,)."""
    packed = np.frombuffer(base64.b64decode(kept["right"]), dtype=np.uint8)
    return np.unpackbits(packed, count=kept["n"]).astype(np.bool_)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
