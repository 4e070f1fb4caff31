"""``tonality adapt``: a trained model goes on learning from your own texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.common_options import FILE, model_option
from tonality.cli.plain_help import Number, PlainCommand
from tonality.cli.training_options import SMALL_DATA, Training, training_options

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.settings.recipe import Recipe


@click.command(cls=PlainCommand, epilog=SMALL_DATA)
@training_options(
    "adapt or a TOML file; by default adapt, or the run's own with --resume.",
    model_option,
    click.option(
        "--unlabelled",
        type=FILE,
        help="A file of further texts without labels; add --pretrain-epochs 3 to learn from them.",
        metavar="FILE",
    ),
    click.option(
        "--pretrain-epochs",
        type=Number(int, 0),
        default=0,
        help="First learn from all texts without their labels, as a language model, so many "
        "passes.",
        metavar="N",
    ),
    alone=True,
)
def adapt(
    model: str | None, unlabelled: Path | None, pretrain_epochs: int, training: Training
) -> None:
    """Adapt a trained model to labelled texts of another kind, however few."""
    from tonality.model_names import model_path
    from tonality.train.settings.recipe import require_packages

    model_path(model)  # a mistake shows before the data is read
    recipe = _recipe(training)
    require_packages(recipe)

    def work(dataset: Dataset, how: dict[str, Any]) -> Path:
        from tonality.data.load_dataset import with_unlabelled
        from tonality.train.adapt import adapt as run

        if unlabelled is not None:
            columns = training.columns
            dataset = with_unlabelled(
                dataset,
                unlabelled,
                text_column=columns.text_column,
                encoding=columns.encoding,
                options=training.table.read(),
            )
        how |= {"model": model, "pretrain_epochs": pretrain_epochs}
        return run(dataset, recipe, training.output, **how)

    training.run("adapt", recipe, work)


def _recipe(training: Training) -> Recipe:
    """The recipe asked for; with ``resume`` and none asked for, that which the run began with.

    The recipe in the run's folder is what became of it: more epochs, say.
    """
    from tonality.train.records.run_folder import asked_recipe

    begun = training.resume and training.recipe is None and asked_recipe(training.output)
    return begun.with_settings(training.settings) if begun else training.chosen_recipe("adapt")
