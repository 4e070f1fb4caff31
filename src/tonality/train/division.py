"""The cut of a dataset: what is trained on, what is held out, what stays away from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tonality.data import Dataset
from tonality.data.splits import normalised, parts
from tonality.train.recipe import Recipe

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Division:
    """A dataset, divided by a recipe's ``training.validation`` and ``validation_seed``.

    Attributes:
        rows: the rows of the dataset's training table to train on.
        held_out: its rows for validation.
        unlabelled: the unlabelled texts.
        left_out: how many texts of ``train`` and ``unlabelled`` are left out for being in a
            part to measure on too.
    """

    rows: Int64
    held_out: Int64
    unlabelled: list[str]
    left_out: dict[str, int]

    def __str__(self) -> str:
        """What a run says of it."""
        line = (
            f"{len(self.rows):,} texts to train on, {len(self.held_out):,} for validation, "
            f"{len(self.unlabelled):,} without labels"
        )
        if not any(self.left_out.values()):
            return line
        return (
            f"left out, for being in a part to measure on too: {self.left_out['train']:,} texts "
            f"with labels, {self.left_out['unlabelled']:,} without\n{line}"
        )


def divide(dataset: Dataset, recipe: Recipe) -> Division:
    """Divides a dataset; the same dataset and recipe give the same division.

    Training and unlabelled texts that are, but for case and space, in the validation or the test
    part are left out: what is measured later must have shaped nothing.

    Args:
        dataset: the data.
        recipe: the share that is held out, and its seed.

    Raises:
        ConfigError: the share leaves nothing to train on or to measure.
        DataError: a class or group cannot be divided.
    """
    settings = recipe.training
    rows, held_out = parts(dataset, validation=settings.validation, seed=settings.validation_seed)
    texts = dataset.train.texts
    # A cut leaves no copies on both sides; parts that the data comes with may have some.
    measured = _forms(dataset.test.texts if dataset.test else [])
    measured |= _forms([texts[i] for i in held_out])
    kept = np.array([normalised(texts[i]) not in measured for i in rows], dtype=np.bool_)
    left_out = {"train": int((~kept).sum())}
    given = dataset.unlabelled.texts if dataset.unlabelled else []
    unlabelled = [text for text in given if normalised(text) not in measured]
    left_out["unlabelled"] = len(given) - len(unlabelled)
    return Division(rows[kept], held_out, unlabelled, left_out)


def _forms(texts: Sequence[str]) -> frozenset[str]:
    """What counts as a copy of one of the texts; blank texts have no copies."""
    return frozenset(normalised(text) for text in texts) - {""}
