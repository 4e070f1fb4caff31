"""What a training on a small dataset does otherwise, where nobody says.

Few texts make few steps an epoch. A network that begins from nothing then ends before it has learnt
anything: there are smaller batches and more epochs.

It soon knows a few texts by heart, and what it learns after that gains little: it stops by itself.
The best evaluation is that of the highest accuracy, as ever. The loss rises as soon as the network
is too sure of itself, which is often before it has found the rarer classes.
"""

from __future__ import annotations

import dataclasses

from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import AUTOMATIC, TrainingSettings

SMALL_TEXTS = 1_000  # to learn from, at most
LEAST_PATIENCE = 3  # evaluations

# Up to so many texts a model that can read is said to be the better start. With some 1,200 of one
# domain, over 15 of them, it is right on 87.6 %, a network from nothing on 79.0 % (adaptation.md).
FEW_FROM_NOTHING = 2_000

# What a network that begins from nothing takes. On 1,000 to 5,000 texts, those of the recipes that
# ship, 64 to 400, gave it one verdict for nearly all. The recipe quick then does well with 1,000
# and base, which warms up for twice as long, with 2,000.
LEAST_STEPS = (1_000, 2_000)
WARM_UPS = 20  # steps, for one of the warm-up
MOST_EPOCHS = 60
# The batch size, at most, up to so many texts; with more, nothing changes.
BATCHES = ((2_000, 16), (10_000, 32))


def least_steps(recipe: Recipe) -> int:
    """How many steps a network that begins from nothing takes, by a recipe."""
    least, most = LEAST_STEPS
    return min(max(least, WARM_UPS * recipe.optimiser.warmup_steps), most)


def epochs_for(steps: int, texts: int, settings: TrainingSettings) -> int:
    """The epochs that make so many steps: at most ``MOST_EPOCHS``, and no fewer than it was."""
    of_an_epoch = max(-(-texts // settings.batch_size), 1)
    return max(settings.epochs, min(MOST_EPOCHS, -(-steps // of_an_epoch)))


def with_steps(recipe: Recipe, texts: int) -> Recipe:
    """A recipe with smaller batches and more epochs where its steps would be few.

    Who asks for a batch size or a number of epochs gets what the recipe says.

    Args:
        recipe: the settings of a run that begins from nothing.
        texts: to learn from.
    """
    settings, least = recipe.training, least_steps(recipe)
    if any(recipe.asks_for("training", key) for key in ("batch_size", "epochs")):
        return recipe
    if texts > BATCHES[-1][0] or settings.epochs * -(-texts // settings.batch_size) >= least:
        return recipe
    size = min(settings.batch_size, next(size for most, size in BATCHES if texts <= most))
    smaller = dataclasses.replace(settings, batch_size=size)
    training = dataclasses.replace(smaller, epochs=epochs_for(least, texts, smaller))
    return dataclasses.replace(recipe, training=training)


def more_steps(before: Recipe, after: Recipe) -> str:
    """What to say of :func:`with_steps`; empty where it changed nothing."""
    old, new = before.training, after.training
    if (old.batch_size, old.epochs) == (new.batch_size, new.epochs):
        return ""
    return (
        f"batches of {new.batch_size} texts and {new.epochs} epochs in place of {old.batch_size} "
        f"and {old.epochs}: the data is small, and a network that begins from nothing takes "
        f"{least_steps(before):,} steps or {MOST_EPOCHS} epochs"
    )


def with_patience(recipe: Recipe, texts: int | None) -> Recipe:
    """A recipe whose patience is a number of evaluations.

    Where it is one, nothing changes; with many texts it is 0. With few of them it is a quarter of
    all evaluations. Who asks for what to keep gets no patience, nor do weighed classes: the macro
    F1 stands still for long, and falls back on the loss, which counts texts alike.

    Args:
        recipe: the settings.
        texts: to learn from; None for a language model's, which stops at its end.
    """
    settings = recipe.training
    if settings.patience != AUTOMATIC:
        return recipe
    stops = settings.validation > 0 and settings.class_weights == "none"
    stops = stops and not recipe.asks_for("training", "keep")
    if texts is None or texts > SMALL_TEXTS or not stops:
        return dataclasses.replace(recipe, training=dataclasses.replace(settings, patience=0))
    patience = max(LEAST_PATIENCE, settings.epochs * settings.evaluations_per_epoch // 4)
    training = dataclasses.replace(settings, patience=patience)
    return dataclasses.replace(recipe, training=training)
