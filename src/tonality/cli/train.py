"""``tonality train``: a model from your own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.plain_help import PlainCommand
from tonality.cli.training_options import (
    SMALL_DATA,
    Training,
    start_from_option,
    training_options,
)
from tonality.cli.training_processes import ALONE

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.settings.plan import Plan


@click.command(cls=PlainCommand, epilog=SMALL_DATA)
@training_options(
    "quick, base, general, flagship (for a GPU), flagship-cpu or a TOML file; by "
    "default base, or the run's own with --resume.",
    start_from_option,
    plans=True,
)
def train(start_from: str | None, training: Training) -> None:
    """Train a model on labelled texts; Ctrl-C saves, and --resume goes on."""
    from tonality.train.settings.recipe import require_packages

    plan = training.chosen_plan()
    if plan is not None:
        _train_plan(plan, start_from, training)
        return
    recipe = training.chosen_recipe("base")
    require_packages(recipe)

    def work(dataset: Dataset, how: dict[str, Any]) -> Path:
        from tonality.train.train_classifier import train as run

        how |= training.processes.arguments()
        return run(dataset, recipe, training.output, start_from=start_from, **how)

    training.run("train", recipe, work)


def _train_plan(plan: Plan, start_from: str | None, training: Training) -> None:
    """Trains stage by stage.

    Raises:
        click.BadParameter: an option was given that does not go with a plan.
    """
    from tonality.train.settings.recipe import require_packages

    if start_from is not None:
        raise click.BadParameter(
            "a plan says itself what its stages start from", param_hint="--start-from"
        )
    if training.processes != ALONE:
        raise click.BadParameter(
            "a plan trains in one process; train its stages one by one", param_hint="--devices"
        )
    columns = []  # by which stages choose their teachers
    for stage in plan.stages:
        recipe = stage.read()
        require_packages(recipe)
        if stage.task == "distill":
            columns.append(recipe.distillation.needed_column)

    def work(dataset: Dataset, how: dict[str, Any]) -> Path:
        from tonality.train.run_plan import run_plan

        return run_plan(dataset, plan, training.output, **how)

    training.run("train", plan, work, next(filter(None, columns), None))
