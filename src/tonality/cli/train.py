"""``tonality train``: a model from your own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.plain_help import PlainCommand
from tonality.cli.table_options import TableOptions, table_options
from tonality.cli.training_options import (
    ALONE,
    SMALL_DATA,
    TrainingData,
    checkpoint_option,
    chosen_plan,
    chosen_recipe,
    recipe_option,
    resume_option,
    run_folder_option,
    run_training,
    settings_option,
    start_from_option,
    training_data_option,
)
from tonality.cli.training_processes import TrainingProcesses, process_options

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.plan import Plan


@click.command(cls=PlainCommand, epilog=SMALL_DATA)
@training_data_option
@run_folder_option
@recipe_option(
    "train",
    "quick, base, general, flagship (for a GPU), flagship-cpu or a TOML file; by "
    "default base, or the run's own with --resume.",
)
@settings_option
@start_from_option
@resume_option
@checkpoint_option
@process_options
@column_options
@table_options
def train(
    data: str,
    output: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    start_from: str | None,
    resume: bool,
    checkpoint_minutes: float,
    processes: TrainingProcesses,
    columns: ColumnOptions,
    table: TableOptions,
) -> None:
    """Train a model on labelled texts; Ctrl-C saves, and --resume goes on."""
    from tonality.train.settings.recipe import Recipe, require_packages

    plan = chosen_plan(recipe, settings, output, resume=resume)
    if plan is not None:
        _check_alone(start_from, processes)
    chosen: Plan | Recipe = plan or chosen_recipe(
        recipe, settings, output, resume=resume, default="base"
    )
    for each in [chosen] if isinstance(chosen, Recipe) else [s.read() for s in chosen.stages]:
        require_packages(each)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        how: dict[str, Any] = {"resume": resume, "reporter": reporter}
        how["checkpoint_minutes"] = checkpoint_minutes
        if isinstance(chosen, Recipe):
            from tonality.train.train_classifier import train as run

            how |= processes.arguments()
            return run(dataset, chosen, output, start_from=start_from, **how)
        from tonality.train.run_plan import run_plan

        return run_plan(dataset, chosen, output, **how)

    run_training(
        "train",
        TrainingData(data, columns, table, _collection_column(plan)),
        output,
        work,
        recipe=chosen,
        others={"--start-from": start_from},
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
        processes=processes,
    )


def _check_alone(start_from: str | None, processes: TrainingProcesses) -> None:
    """Refuses options that do not go with a plan.

    Raises:
        click.BadParameter: one was given.
    """
    if start_from is not None:
        raise click.BadParameter(
            "a plan says itself what its stages start from", param_hint="--start-from"
        )
    if processes != ALONE:
        raise click.BadParameter(
            "a plan trains in one process; train its stages one by one", param_hint="--devices"
        )


def _collection_column(plan: Plan | None) -> str | None:
    """The column by which the stages of a plan choose their teachers, if one does."""
    stages = [] if plan is None else [each for each in plan.stages if each.task == "distill"]
    columns = (stage.read().distillation.needed_column for stage in stages)
    return next(filter(None, columns), None)
