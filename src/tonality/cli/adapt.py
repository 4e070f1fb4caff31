"""``tonality adapt``: a trained model goes on learning from your own texts."""

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
    Model,
    TextColumn,
)
from tonality.cli.completion import known_recipes
from tonality.cli.table_options import TABLE, TableOptions, reads_tables
from tonality.cli.training_options import (
    MINUTES,
    CheckpointMinutes,
    DataOptions,
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
    from tonality.train.settings.recipe import Recipe


@reads_tables
def adapt(
    data: TrainingData,
    output: Output,
    model: Model = None,
    unlabelled: Annotated[
        Path | None, typer.Option(help="A file of further texts without labels.", metavar="FILE")
    ] = None,
    pretrain_epochs: Annotated[
        int,
        typer.Option(help="First go on as a language model, so many passes.", metavar="N", min=0),
    ] = 0,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="adapt or a TOML file; by default adapt, or the run's own with --resume.",
            metavar="NAME|FILE",
            autocompletion=known_recipes("adapt"),
        ),
    ] = None,
    settings: Settings = None,
    resume: Resume = False,
    checkpoint_minutes: CheckpointMinutes = MINUTES,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    label_map: LabelMap = None,
    bad_rows: BadRows = None,
    encoding: Encoding = None,
    table: TableOptions = TABLE,
) -> None:
    """Adapt a trained model to labelled texts of another kind, however few."""
    from tonality.classifier import model_path
    from tonality.train.settings.required_packages import require_packages

    model_path(model)  # a mistake shows before the data is read
    options = DataOptions(
        data, text_column, label_column, group_column, label_map, bad_rows, encoding, table
    )
    chosen = _recipe(recipe, settings, output, resume=resume)
    require_packages(chosen)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        from tonality.train.adapt import adapt as run

        if unlabelled is not None:
            dataset = options.with_unlabelled(dataset, unlabelled)
        return run(
            dataset,
            chosen,
            output,
            model=model,
            pretrain_epochs=pretrain_epochs,
            resume=resume,
            reporter=reporter,
            checkpoint_minutes=checkpoint_minutes,
        )

    others: dict[str, object] = {"--model": model, "--unlabelled": unlabelled}
    others["--pretrain-epochs"] = pretrain_epochs or None
    run_training(
        "adapt",
        options,
        output,
        work,
        recipe=chosen,
        others=others,
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
    )


def _recipe(
    name: str | None, settings: Sequence[str] | None, output: Path, *, resume: bool
) -> Recipe:
    """The recipe asked for; with ``resume`` and none asked for, that which the run began with.

    The recipe in the run's folder is what became of it: more epochs, say.
    """
    from tonality.train.records.run_folder import asked_recipe

    begun = asked_recipe(output) if resume and name is None else None
    if begun is None:
        return chosen_recipe(name, settings, output, resume=resume, default="adapt")
    return begun.with_settings(settings or [])
