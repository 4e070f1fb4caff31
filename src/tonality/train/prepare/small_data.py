"""What a training on a small dataset does otherwise, where nobody says.

A network soon knows a few texts by heart, and what it learns after that harms. Its validation part
is small, too: an accuracy on it says little, and the loss says when to stop.
"""

from __future__ import annotations

import dataclasses

from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import AUTOMATIC

SMALL_TEXTS = 1_000  # to learn from, at most
LEAST_PATIENCE = 3  # evaluations


def with_patience(recipe: Recipe, texts: int | None) -> Recipe:
    """A recipe whose patience is a number of evaluations.

    Where it is one, nothing changes; with many texts it is 0. With few of them it is a quarter of
    all evaluations, and the one of the lowest loss is kept. Who asks for another one to be kept
    gets no patience.

    Args:
        recipe: the settings.
        texts: to learn from; None for a language model's, which stops at its end.
    """
    settings = recipe.training
    if settings.patience != AUTOMATIC:
        return recipe
    by_loss = settings.validation > 0 and not recipe.asks_for("training", "keep")
    if texts is None or texts > SMALL_TEXTS or not by_loss:
        return dataclasses.replace(recipe, training=dataclasses.replace(settings, patience=0))
    patience = max(LEAST_PATIENCE, settings.epochs * settings.evaluations_per_epoch // 4)
    training = dataclasses.replace(settings, keep="loss", patience=patience)
    return dataclasses.replace(recipe, training=training)


def few_to_begin_with(texts: int) -> str:
    """What to say where a run begins from nothing with so few texts."""
    return (
        f"{texts:,} texts are few for a network that begins from nothing: tonality adapt begins "
        "with a model that can read, and is right more often"
    )
