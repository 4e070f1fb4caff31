"""``tonality adapt``: a trained model goes on learning from your own texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.common_options import FILE, model_option
from tonality.cli.plain_help import Number, PlainCommand
from tonality.cli.table_options import TableOptions, table_options
from tonality.cli.training_options import (
    SMALL_DATA,
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

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.recipe import Recipe


@click.command(cls=PlainCommand, epilog=SMALL_DATA)
@training_data_option
@run_folder_option
@model_option
@click.option(
    "--unlabelled",
    type=FILE,
    help="A file of further texts without labels; add --pretrain-epochs 3 to learn from them.",
    metavar="FILE",
)
@click.option(
    "--pretrain-epochs",
    type=Number(int, 0),
    default=0,
    help="First learn from all texts without their labels, as a language model, so many passes.",
    metavar="N",
)
@recipe_option("adapt", "adapt or a TOML file; by default adapt, or the run's own with --resume.")
@settings_option
@resume_option
@checkpoint_option
@column_options
@table_options
def adapt(
    data: str,
    output: Path,
    model: str | None,
    unlabelled: Path | None,
    pretrain_epochs: int,
    recipe: str | None,
    settings: tuple[str, ...],
    resume: bool,
    checkpoint_minutes: float,
    columns: ColumnOptions,
    table: TableOptions,
) -> None:
    """Adapt a trained model to labelled texts of another kind, however few."""
    from tonality.model_names import model_path
    from tonality.train.settings.recipe import require_packages

    model_path(model)  # a mistake shows before the data is read
    source = TrainingData(data, columns, table)
    chosen = _recipe(recipe, settings, output, resume=resume)
    require_packages(chosen)

    def work(dataset: Dataset, reporter: Reporter) -> Path:
        from tonality.train.adapt import adapt as run

        if unlabelled is not None:
            dataset = source.with_unlabelled(dataset, unlabelled)
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
        source,
        output,
        work,
        recipe=chosen,
        others=others,
        resume=resume,
        checkpoint_minutes=checkpoint_minutes,
    )


def _recipe(name: str | None, settings: Sequence[str], output: Path, *, resume: bool) -> Recipe:
    """The recipe asked for; with ``resume`` and none asked for, that which the run began with.

    The recipe in the run's folder is what became of it: more epochs, say.
    """
    from tonality.train.records.run_folder import asked_recipe

    begun = asked_recipe(output) if resume and name is None else None
    if begun is None:
        return chosen_recipe(name, settings, output, resume=resume, default="adapt")
    return begun.with_settings(settings)
