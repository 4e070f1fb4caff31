"""``tonality distill``: what large models know, in a small one."""

from __future__ import annotations

from collections.abc import Sequence
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
from tonality.cli.completion import known_models, known_recipes
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
    chosen_recipe,
    on_devices,
    run_training,
)

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter


@reads_tables
def distill(
    data: TrainingData,
    output: Output,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            help="A model, a transformer's folder or a table of answers to learn from. Repeat it: "
            "several are averaged. The recipe may name others for single collections.",
            metavar="NAME|DIR|FILE",
            autocompletion=known_models,
        ),
    ] = None,
    teacher_labels: Annotated[
        list[str] | None,
        typer.Option(
            help="A teacher's name of a class, and the data's: LABEL_0=negative. An empty one "
            "leaves the class out. Repeat it.",
            metavar="OWN=LABEL",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="student or a TOML file; by default student, or the run's own with --resume.",
            metavar="NAME|FILE",
            autocompletion=known_recipes("distill"),
        ),
    ] = None,
    settings: Settings = None,
    start_from: StartFrom = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="The recipe's distillation.temperature, a number over 0.", metavar="X"),
    ] = None,
    hard_weight: Annotated[
        float | None,
        typer.Option(
            help="The recipe's distillation.hard_weight, a number from 0 to 1.", metavar="SHARE"
        ),
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
    """Train a small model on the verdicts of large ones, over labelled and unlabelled texts."""
    from tonality.train.settings.required_packages import require_packages

    asked = [*(settings or []), *_asked(temperature, hard_weight, teacher_labels)]
    chosen = chosen_recipe(recipe, asked, output, resume=resume, default="student")
    require_packages(chosen)
    _check_paths([*(teacher or []), *chosen.distillation.named_teachers], cache)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        from tonality.train.distill import distill as run

        return run(
            dataset,
            teacher or [],
            chosen,
            output,
            start_from=start_from,
            cache=cache,
            resume=resume,
            reporter=reporter,
            checkpoint_minutes=checkpoint_minutes,
            **on_devices(devices, nodes),
        )

    column = chosen.distillation.needed_column
    options = DataOptions(
        data, text_column, label_column, group_column, label_map, bad_rows, encoding, table, column
    )
    run_training(
        "distill",
        options,
        output,
        work,
        recipe=chosen,
        others={"--teacher": teacher, "--start-from": start_from, "--cache": cache},
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
        processes=(devices, nodes),
    )


def _check_paths(teachers: Sequence[str], cache: Path | None) -> None:
    """Checks them before the data is read."""
    from tonality.train.records.run_folder import RunFolder
    from tonality.train.teachers.teacher import teacher_path

    for source in teachers:
        teacher_path(source)
    if cache is not None:
        RunFolder(cache).check_writable()


def _asked(
    temperature: float | None, hard_weight: float | None, teacher_labels: list[str] | None
) -> list[str]:
    """The recipe's settings that have options of their own."""
    from tonality.data import parse_label_map
    from tonality.train.settings.toml_text import toml_value

    changes: dict[str, object] = {"temperature": temperature, "hard_weight": hard_weight}
    if teacher_labels:
        changes["teacher_labels"] = toml_value(parse_label_map(teacher_labels))
    return [f"distillation.{name}={value}" for name, value in changes.items() if value is not None]
