"""``tonality pretrain``: a language model from texts alone, for a classifier to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.plain_help import PlainCommand
from tonality.cli.training_options import Training, training_options

if TYPE_CHECKING:
    from tonality.data import Dataset


@click.command(cls=PlainCommand)
@training_options("language-model or a TOML file; by default that, or the run's own with --resume.")
def pretrain(training: Training) -> None:
    """Train a language model on texts, labelled or not; tonality train --start-from takes it."""
    from tonality.train.settings.recipe import require_packages

    recipe = training.chosen_recipe("language-model")
    require_packages(recipe)

    def work(dataset: Dataset, how: dict[str, Any]) -> Path:
        from tonality.train.pretrain import pretrain as run

        return run(dataset, recipe, training.output, **how)

    training.run("pretrain", recipe, work)
