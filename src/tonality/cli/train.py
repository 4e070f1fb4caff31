"""``tonality train``: a model from your own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonality.cli.common_options import (
    BadRows,
    Encoding,
    GroupColumn,
    LabelColumn,
    LabelMap,
    TextColumn,
)
from tonality.cli.completion import known_recipes
from tonality.cli.table_options import TABLE, TableOptions, reads_tables
from tonality.cli.training_options import (
    MINUTES,
    CheckpointMinutes,
    DataOptions,
    Devices,
    Nodes,
    Output,
    Resume,
    Settings,
    StartFrom,
    TrainingData,
    chosen_plan,
    chosen_recipe,
    on_devices,
    run_training,
)

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.plan import Plan


@reads_tables
def train(
    data: TrainingData,
    output: Output,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="quick, base, general, flagship (for a GPU), flagship-cpu or a TOML file; by "
            "default base, or the run's own with --resume.",
            metavar="NAME|FILE",
            autocompletion=known_recipes("train"),
        ),
    ] = None,
    settings: Settings = None,
    start_from: StartFrom = None,
    resume: Resume = False,
    checkpoint_minutes: CheckpointMinutes = MINUTES,
    devices: Devices = None,
    nodes: Nodes = 1,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    label_map: LabelMap = None,
    bad_rows: BadRows = None,
    encoding: Encoding = None,
    table: TableOptions = TABLE,
) -> None:
    """Train a model on labelled texts; Ctrl-C saves, and --resume goes on."""
    from tonality.train.settings.recipe import Recipe
    from tonality.train.settings.required_packages import require_packages

    plan = chosen_plan(recipe, settings, output, resume=resume)
    if plan is not None:
        _check_alone(start_from, (devices, nodes))
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

            how |= on_devices(devices, nodes)
            return run(dataset, chosen, output, start_from=start_from, **how)
        from tonality.train.run_plan import run_plan

        return run_plan(dataset, chosen, output, **how)

    column = _collection_column(plan)
    options = DataOptions(
        data, text_column, label_column, group_column, label_map, bad_rows, encoding, table, column
    )
    run_training(
        "train",
        options,
        output,
        work,
        recipe=chosen,
        others={"--start-from": start_from},
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
        processes=(devices, nodes),
    )


def _check_alone(start_from: str | None, processes: tuple[int | None, int]) -> None:
    """Refuses options that do not go with a plan.

    Raises:
        typer.BadParameter: one was given.
    """
    if start_from is not None:
        raise typer.BadParameter(
            "a plan says itself what its stages start from", param_hint="--start-from"
        )
    if processes != (None, 1):
        raise typer.BadParameter(
            "a plan trains in one process; train its stages one by one", param_hint="--devices"
        )


def _collection_column(plan: Plan | None) -> str | None:
    """The column by which the stages of a plan choose their teachers, if one does."""
    stages = [] if plan is None else [each for each in plan.stages if each.task == "distill"]
    columns = (stage.read().distillation.needed_column for stage in stages)
    return next(filter(None, columns), None)
