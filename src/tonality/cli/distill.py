"""``tonality distill``: what large models know, in a small one."""

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
from tonality.cli.training_options import (
    MINUTES,
    CheckpointMinutes,
    DataOptions,
    Output,
    Resume,
    Settings,
    StartFrom,
    TrainingData,
    chosen_recipe,
    run_training,
)

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter


def distill(
    data: TrainingData,
    teacher: Annotated[
        list[str],
        typer.Option(help="A model to learn from. Repeat it: several are averaged."),
    ],
    output: Output,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="student or a TOML file; by default student, or the run's own with --resume.",
            metavar="NAME|FILE",
        ),
    ] = None,
    settings: Settings = None,
    start_from: StartFrom = None,
    temperature: Annotated[
        float | None, typer.Option(help="The recipe's distillation.temperature.")
    ] = None,
    hard_weight: Annotated[
        float | None, typer.Option(help="The recipe's distillation.hard_weight, 0 to 1.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="Keep the teachers' answers and the word vectors here, for other students; by "
            "default in DIR.",
            metavar="FOLDER",
        ),
    ] = None,
    resume: Resume = False,
    checkpoint_minutes: CheckpointMinutes = MINUTES,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    label_map: LabelMap = None,
    bad_rows: BadRows = None,
    encoding: Encoding = None,
) -> None:
    """Train a small model on the verdicts of large ones, over labelled and unlabelled texts."""
    from tonality.classifier import model_path
    from tonality.train.prepare.preflight import require_packages

    for source in teacher:
        model_path(source)  # a mistake shows before the data is read
    changes = {"temperature": temperature, "hard_weight": hard_weight}
    asked = [f"distillation.{name}={value}" for name, value in changes.items() if value is not None]
    chosen = chosen_recipe(
        recipe, [*(settings or []), *asked], output, resume=resume, default="student"
    )
    require_packages(chosen)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        from tonality.train.distill import distill as run

        return run(
            dataset,
            teacher,
            chosen,
            output,
            start_from=start_from,
            cache=cache,
            resume=resume,
            reporter=reporter,
            checkpoint_minutes=checkpoint_minutes,
        )

    run_training(
        "distill",
        DataOptions(
            data, text_column, label_column, group_column, label_map or (), bad_rows, encoding
        ),
        output,
        work,
        recipe=chosen,
        others={"--teacher": teacher, "--start-from": start_from, "--cache": cache},
        checkpoint_minutes=checkpoint_minutes,
    )
