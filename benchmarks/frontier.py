"""The student's shape: accuracy against speed, for a list of shapes taught by the same teachers.

``python -m benchmarks.frontier --data imdb --teacher MODEL`` trains every shape of
``frontier.toml`` by ``tonality distill``, the teachers' answers computed once for all, and then
measures them in one run: accuracy on the validation part, as stored and before weights were
rounded, and reviews a second from raw strings beside VADER's. It draws ``docs/frontier.png`` and
writes the table of ``docs/results.md``. A run that is stopped goes on; shapes
that are trained are not trained again.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file

from benchmarks.contenders import Judge, contenders
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import REFERENCE, RESULTS, ROOT, Result, Reviews, take_turns
from tonality import artifact
from tonality.classifier import Classifier
from tonality.data import Dataset, Table, load_dataset
from tonality.drawing import COLOURS, INK, MUTED, canvas, drawing, percent, save_png
from tonality.train.distill import distill
from tonality.train.prepare.data_checks import check_dataset
from tonality.train.prepare.held_out import divide
from tonality.train.prepare.small_data import with_patience, with_steps
from tonality.train.records.reporter import LineReporter
from tonality.train.records.run_folder import RUN
from tonality.train.settings.plan import MODEL
from tonality.train.settings.recipe import Recipe
from tonality.train.teachers.read_teachers import read_teachers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHAPES = Path(__file__).with_name("frontier.toml")
PICTURE = ROOT / "docs" / "frontier.png"
PAGE = ROOT / "docs" / "results.md"
# The speed that a student must have, to VADER's.
LEAST_RATIO = 1.5
# What the picture shows of accuracy at least: shapes that lie closer are alike.
LEAST_SPAN = 0.02


@dataclass(frozen=True)
class Plan:
    """What to train.

    Attributes:
        common: the recipe that all shapes share.
        shapes: name -> the settings that make it.
        ships: the name of the shape that ships.
    """

    common: Recipe
    shapes: Mapping[str, Sequence[str]]
    ships: str

    @classmethod
    def load(cls, path: Path) -> Plan:
        """The plan of a TOML file."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        common = Recipe.load(content["recipe"]).with_settings(content.get("settings", []))
        if content["ships"] not in content["shapes"]:
            sys.exit(f"{path}: {content['ships']!r} ships, but is none of the shapes")
        return cls(common, content["shapes"], content["ships"])

    def recipe(self, name: str) -> Recipe:
        """The recipe of a shape."""
        return self.common.with_settings(self.shapes[name])


# Where a point's name may stand, by liking: an offset in points, and the side that is anchored.
_PLACES = [
    ((x * side, y), "left" if side > 0 else "right")
    for x, y in ((6, 4), (6, -9), (6, 13), (6, -18))
    for side in (1, -1)
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, measure, write the JSON and draw."""
    options = _options(arguments)
    plan = Plan.load(options.shapes)
    names = [name for name in plan.shapes if not options.only or name in options.only]
    if not names:
        sys.exit(f"--only: no such shape; there are {', '.join(plan.shapes)}")
    dataset = load_dataset(options.data)
    folders = {}
    for name in names:
        _say(f"shape {name}")
        folders[name] = train(dataset, options.teacher, plan.recipe(name), name, options.runs)
    held_out = dataset.train.take(divide(dataset, plan.common).held_out)
    measured = measure(folders, held_out, options)
    for name, found in measured["shapes"].items():
        found["settings"] = list(plan.shapes[name])
    written = {
        "data": {"name": dataset.name, "sha256": dataset.sha256},
        "recipe": plan.common.to_dict(),
        "teachers": artifact.read(folders[names[0]]).provenance["teachers"],
        "machine": describe(),
        "ships": plan.ships,
        **measured,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    draw(written, options.picture)
    shown = table(written)
    put(shown, options.page, "benchmarks.frontier")
    print(shown)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontier", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--data", required=True, help="as for tonality distill")
    parser.add_argument(
        "--teacher", action="append", required=True, help="a model folder; repeat it"
    )
    parser.add_argument("--shapes", type=Path, default=SHAPES, help="the list of shapes")
    parser.add_argument("--only", action="append", metavar="NAME", help="this shape; repeat it")
    parser.add_argument("--runs", type=Path, default=Path("runs/frontier"), help="for the runs")
    parser.add_argument("--n", type=int, default=1000, help="reviews that speed is measured on")
    parser.add_argument("--rounds", type=int, default=5, help="repeats of each speed")
    parser.add_argument("--threads", type=int, default=2, help="of a student; VADER has one")
    parser.add_argument("--output", type=Path, default=RESULTS / "frontier.json")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--page", type=Path, default=PAGE, help="the table goes here")
    return parser.parse_args(arguments)


def train(dataset: Dataset, teachers: Sequence[str], recipe: Recipe, name: str, runs: Path) -> Path:
    """The model folder of a shape, trained, gone on with, or there from before."""
    run = runs / re.sub(r"\W+", "-", name).strip("-")
    if (run / MODEL).exists():
        held = artifact.read(run / MODEL).provenance
        asked = read_teachers(teachers, check_dataset(dataset))
        texts = held["rows"]["train"] + held["rows"]["unlabelled"]
        settled = with_patience(with_steps(recipe, texts), texts)
        if (
            Recipe.from_dict(held["recipe"]).settings() != settled.settings()
            or held["data"]["sha256"] != dict(dataset.sha256)
            or [each["sha256"] for each in held["teachers"]["each"]] != [t.sha256 for t in asked]
        ):
            sys.exit(
                f"{run} holds a model of other settings, data or teachers; remove it, or choose "
                "other --runs"
            )
        return run / MODEL
    resume = (run / RUN).exists()
    reporter = LineReporter(_say)
    return distill(
        dataset, teachers, recipe, run, cache=runs / "answers", resume=resume, reporter=reporter
    )


def measure(
    folders: Mapping[str, Path], held_out: Table, options: argparse.Namespace
) -> dict[str, Any]:
    """Accuracy, speed and size of each model, and VADER's."""
    names = held_out.ids or held_out.texts
    # By hash, which is a draw that every machine repeats.
    order = sorted(
        range(len(held_out)), key=lambda row: hashlib.sha256(names[row].encode()).digest()
    )
    drawn = held_out.take(order[: options.n])
    judges: dict[str, Judge] = {REFERENCE: contenders()[REFERENCE].load(Path())}
    for name, folder in folders.items():
        student = contenders(str(folder), options.threads)[f"tonality, {options.threads} threads"]
        judges[name] = student.load(Path())
    results = {name: Result() for name in judges}
    take_turns(judges, Reviews(drawn.texts, drawn.labels or []), options.rounds, results)
    shapes = {}
    for name, folder in folders.items():
        speed = results[name]
        shapes[name] = {
            **_quality(folder, held_out),
            "megabytes": round(sum(f.stat().st_size for f in folder.iterdir()) / 1e6, 2),
            "reviews_per_second": round(speed.reviews_per_second or 0.0, 1),
            "ratio_to_vader": round(speed.ratio or 0.0, 3),
        }
    vader = round(results[REFERENCE].reviews_per_second or 0.0, 1)
    sizes = {"validation": len(held_out), "timed": len(drawn)}
    return {
        "reviews": sizes,
        "threads": options.threads,
        "vader_reviews_per_second": vader,
        "shapes": shapes,
    }


def _quality(folder: Path, held_out: Table) -> dict[str, Any]:
    """Accuracy on the validation part, as stored and with the weights as they were trained."""
    model = artifact.read(folder)
    labels = np.array([model.labels.index(label) for label in held_out.labels or []])
    (best,) = folder.parent.glob("best-*.safetensors")
    unrounded = dataclasses.replace(model, tensors=dict(load_file(best)))
    found = [
        float((Classifier(each).predict_proba(held_out.texts).argmax(axis=1) == labels).mean())
        for each in (model, unrounded)
    ]
    return {
        "accuracy": round(found[0], 4),
        "accuracy_before_rounding": round(found[1], 4),
        "minutes": model.provenance["minutes"],
    }


def draw(written: Mapping[str, Any], path: Path) -> None:
    """Accuracy over speed; a line joins those that no other beats at both."""
    from matplotlib.ticker import MaxNLocator

    shapes = written["shapes"]
    with drawing():
        figure, axes = canvas(7.5, 5.0)
        points = {name: (s["ratio_to_vader"], s["accuracy"]) for name, s in shapes.items()}
        best = pareto(points)
        axes.plot(*zip(*best, strict=True), color=COLOURS[0], linewidth=1.2, zorder=1)
        for name, point in points.items():
            ships = name == written["ships"]
            axes.scatter(
                *point,
                s=130 if ships else 30,
                marker="*" if ships else "o",
                color=COLOURS[1] if ships else COLOURS[0] if point in best else MUTED,
                zorder=2,
            )
        axes.axvline(LEAST_RATIO, color=MUTED, linewidth=1, linestyle=":", label="the least speed")
        axes.legend(loc="upper right", frameon=False)
        axes.set_xlabel(
            f"reviews a second, to VADER's {written['vader_reviews_per_second']:,.0f} "
            f"({written['threads']} threads)"
        )
        axes.set_ylabel("validation accuracy")
        axes.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(percent(1))
        axes.grid(visible=True)
        axes.margins(x=0.15)
        low, high = axes.get_ylim()
        room = max(0.0, LEAST_SPAN - (high - low)) / 2
        axes.set_ylim(low - room, high + room)
        first = sorted(
            points, key=lambda name: (name != written["ships"], points[name] not in best)
        )
        texts = {name: f"{name} (ships)" if name == written["ships"] else name for name in first}
        shown = {name: INK if points[name] in best else MUTED for name in first}
        shown[written["ships"]] = INK
        _name_points(figure, axes, [(texts[name], points[name], shown[name]) for name in first])
        save_png(figure, path, "Students of the same teachers")


def _name_points(
    figure: Figure, axes: Axes, named: Sequence[tuple[str, tuple[float, float], str]]
) -> None:
    """Writes each name beside its point, where neither another name nor a point is if possible."""
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()  # settles where the points are
    taken = [
        Bbox.from_bounds(x - 5, y - 5, 10, 10)
        for x, y in (axes.transData.transform(point) for _, point, _ in named)
    ]
    for text, point, colour in named:
        for place in _PLACES:
            (x, y), side = place
            name = axes.annotate(
                text, point, (x, y), textcoords="offset points", fontsize=7, color=colour, ha=side
            )
            box = name.get_window_extent()
            if place == _PLACES[-1] or not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            name.remove()


def pareto(points: Mapping[str, tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other beats at both, from left to right."""
    found: list[tuple[float, float]] = []
    for point in sorted(points.values(), reverse=True):  # from the fastest
        if not found or point[1] > found[-1][1]:
            found.append(point)
    return found[::-1]


def table(written: Mapping[str, Any]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| shape | accuracy | before rounding | reviews/s | to VADER | MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, shape in written["shapes"].items():
        shown = f"**{name}**" if name == written["ships"] else name
        lines.append(
            f"| {shown} | {shape['accuracy']:.2%} | {shape['accuracy_before_rounding']:.2%} "
            f"| {shape['reviews_per_second']:,.0f} | {shape['ratio_to_vader']:.2f} x "
            f"| {shape['megabytes']:.1f} |"
        )
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
