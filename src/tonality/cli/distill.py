"""``tonality distill``: what large models know, in a small one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.common_options import FILE, complete_models
from tonality.cli.plain_help import Number, PlainCommand
from tonality.cli.training_options import (
    SMALL_DATA,
    Training,
    start_from_option,
    training_options,
)

if TYPE_CHECKING:
    from tonality.data import Dataset


@click.command(cls=PlainCommand, epilog=SMALL_DATA)
@training_options(
    "student or a TOML file; by default student, or the run's own with --resume.",
    click.option(
        "--teacher",
        multiple=True,
        help="A model, a transformer's folder or a table of answers to learn from. Repeat it: "
        "several are averaged. The recipe may name others for single collections.",
        metavar="NAME|DIR|FILE",
        shell_complete=complete_models,
    ),
    click.option(
        "--teacher-labels",
        multiple=True,
        help="A teacher's name of a class, and the data's: LABEL_0=negative. An empty one "
        "leaves the class out. Repeat it.",
        metavar="OWN=LABEL",
    ),
    start_from_option,
    click.option(
        "--temperature",
        type=Number(float),
        help="Softens the teachers' probabilities; over 1 shows more of the unlikely classes. "
        "Overrides distillation.temperature of the recipe.",
        metavar="X",
    ),
    click.option(
        "--hard-weight",
        type=Number(float),
        help="The recipe's distillation.hard_weight, a number from 0 to 1.",
        metavar="SHARE",
    ),
    click.option(
        "--cache",
        type=FILE,
        help="Keep the teachers' answers and the word vectors here, for other students; by "
        "default in DIR.",
        metavar="FOLDER",
    ),
)
def distill(
    teacher: tuple[str, ...],
    teacher_labels: tuple[str, ...],
    start_from: str | None,
    temperature: float | None,
    hard_weight: float | None,
    cache: Path | None,
    training: Training,
) -> None:
    """Train a small model on the verdicts of large ones, over labelled and unlabelled texts."""
    from tonality.train.settings.recipe import require_packages

    own = _own_settings(temperature, hard_weight, teacher_labels)
    recipe = training.chosen_recipe("student").with_settings(own)
    require_packages(recipe)
    _check_paths([*teacher, *recipe.distillation.named_teachers], cache)

    def work(dataset: Dataset, how: dict[str, Any]) -> Path:
        from tonality.train.distill import distill as run

        how |= {"start_from": start_from, "cache": cache, **training.processes.arguments()}
        return run(dataset, teacher, recipe, training.output, **how)

    training.run("distill", recipe, work, recipe.distillation.needed_column)


def _check_paths(teachers: Sequence[str], cache: Path | None) -> None:
    """Checks them before the data is read."""
    from tonality.train.records.run_folder import RunFolder
    from tonality.train.teachers.teacher import teacher_path

    for source in teachers:
        teacher_path(source)
    if cache is not None:
        RunFolder(cache).check_writable()


def _own_settings(
    temperature: float | None, hard_weight: float | None, teacher_labels: Sequence[str]
) -> list[str]:
    """The recipe's settings that have options of their own."""
    from tonality.data import parse_label_map
    from tonality.train.settings.toml_text import toml_value

    changes: dict[str, object] = {"temperature": temperature, "hard_weight": hard_weight}
    if teacher_labels:
        changes["teacher_labels"] = toml_value(parse_label_map(teacher_labels))
    return [f"distillation.{name}={value}" for name, value in changes.items() if value is not None]
