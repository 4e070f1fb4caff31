"""``tonality pretrain``: a language model from texts alone, for a classifier to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.plain_help import PlainCommand
from tonality.cli.table_options import TableOptions, table_options
from tonality.cli.training_options import (
    TrainingData,
    checkpoint_option,
    chosen_recipe,
    recipe_option,
    resume_option,
    run_folder_option,
    run_training,
    settings_option,
    training_data_option,
)
from tonality.cli.training_processes import TrainingProcesses, process_options

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter


@click.command(cls=PlainCommand)
@training_data_option
@run_folder_option
@recipe_option(
    "pretrain",
    "language-model or a TOML file; by default that, or the run's own with --resume.",
)
@settings_option
@resume_option
@checkpoint_option
@process_options
@column_options
@table_options
def pretrain(
    data: str,
    output: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    resume: bool,
    checkpoint_minutes: float,
    processes: TrainingProcesses,
    columns: ColumnOptions,
    table: TableOptions,
) -> None:
    """Train a language model on texts, labelled or not; tonality train --start-from takes it."""
    from tonality.train.settings.recipe import require_packages

    chosen = chosen_recipe(recipe, settings, output, resume=resume, default="language-model")
    require_packages(chosen)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        from tonality.train.pretrain import pretrain as run

        return run(
            dataset,
            chosen,
            output,
            resume=resume,
            reporter=reporter,
            checkpoint_minutes=checkpoint_minutes,
        )

    run_training(
        "pretrain",
        TrainingData(data, columns, table),
        output,
        work,
        recipe=chosen,
        others={},
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
        processes=processes,
    )
