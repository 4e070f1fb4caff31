"""``tonality pretrain``: a language model from texts alone, for a classifier to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    TrainingData,
    chosen_recipe,
    run_training,
)

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter


@reads_tables
def pretrain(
    data: TrainingData,
    output: Output,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="language-model or a TOML file; by default that, or the run's own with --resume.",
            metavar="NAME|FILE",
            autocompletion=known_recipes("pretrain"),
        ),
    ] = None,
    settings: Settings = None,
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
    """Train a language model on texts, labelled or not; tonality train --start-from takes it."""
    from tonality.train.settings.required_packages import require_packages

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
        DataOptions(
            data, text_column, label_column, group_column, label_map, bad_rows, encoding, table
        ),
        output,
        work,
        recipe=chosen,
        others={},
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
        processes=(devices, nodes),
    )
