"""The cut of a dataset: what is trained on, what is held out, what stays away from both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tonality.data import Dataset, Table
from tonality.data.splits import normalised, split_dataset
from tonality.errors import DataError
from tonality.messages import counted
from tonality.text.content import has_content
from tonality.train.settings.recipe import Recipe

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Division:
    """A dataset, divided by a recipe's ``training.validation`` and ``validation_seed``.

    Attributes:
        rows: the rows of the dataset's training table to train on.
        held_out: its rows for validation.
        unlabelled: the unlabelled texts.
        unlabelled_rows: their rows in the dataset's unlabelled table.
        left_out: how many texts of ``train`` and ``unlabelled`` are left out for being in a
            part to measure on too; of ``validation``, for being in training too, in another group.
        empty: how many texts say nothing (:mod:`tonality.text.content`) and are left out too: a
            model gives no verdict on such a text, so there is none to learn or to measure.
        shared_groups: how many groups have texts to train on and for validation. A cut leaves none;
            a validation part that the data comes with may.
        cut: the two settings, which decide all of it.
    """

    rows: Int64
    held_out: Int64
    unlabelled: list[str]
    unlabelled_rows: Int64
    left_out: dict[str, int]
    empty: int
    shared_groups: int
    cut: tuple[float, int]

    def tell(self, say: Callable[[str], None]) -> None:
        """Says what a run says of it, line by line."""
        if self.empty:
            say(f"left out, for saying nothing: {counted(self.empty, 'text')}")
        if copies := self.left_out["validation"]:
            say(
                "left out of validation, for being in training, too, in another group: "
                f"{counted(copies, 'text')}"
            )
        if self.left_out["train"] or self.left_out["unlabelled"]:
            say(
                f"left out, for being in a part to measure on too: {self.left_out['train']:,} "
                f"texts with labels, {self.left_out['unlabelled']:,} without"
            )
        say(
            f"{len(self.rows):,} texts to train on, {len(self.held_out):,} for validation, "
            f"{len(self.unlabelled):,} without labels"
        )
        if self.shared_groups:
            have = "has" if self.shared_groups == 1 else "have"
            say(
                f"careful: {counted(self.shared_groups, 'group')} (such as movies) {have} texts "
                "both to train on and for validation, which flatters the figures of the latter; "
                "put each group in one file, or take the validation file away: a cut keeps groups "
                "whole"
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
    share, seed = recipe.training.validation, recipe.training.validation_seed
    rows, held_out = split_dataset(dataset, validation=share, seed=seed)
    texts = dataset.train.texts
    cut = len(rows), len(held_out)
    left_out = {"validation": len(texts) - sum(cut)}
    rows, held_out = (part[_telling([texts[i] for i in part])] for part in (rows, held_out))
    empty = sum(cut) - len(rows) - len(held_out)
    if cut[1] and not len(held_out) and len(rows):
        raise DataError("no text of the validation part holds a word; add texts")
    # A cut leaves no copies on both sides; parts that the data comes with may have some.
    measured = _forms(dataset.test.texts if dataset.test else [])
    measured |= _forms([texts[i] for i in held_out])
    kept = np.array([normalised(texts[i]) not in measured for i in rows], dtype=np.bool_)
    given = dataset.unlabelled.texts if dataset.unlabelled else []
    free = np.array([normalised(text) not in measured for text in given], dtype=np.bool_)
    others = np.flatnonzero(free & _telling(given))
    return Division(
        rows=rows[kept],
        held_out=held_out,
        unlabelled=[given[row] for row in others],
        unlabelled_rows=others,
        left_out=left_out | {"train": int((~kept).sum()), "unlabelled": int((~free).sum())},
        empty=empty + int(free.sum()) - len(others),
        shared_groups=len(_groups(dataset.train, rows[kept]) & _groups(dataset.train, held_out)),
        cut=(share, seed),
    )


def _groups(table: Table, rows: Int64) -> set[str]:
    """The groups of some rows."""
    names = table.groups
    return set() if names is None else {names[row] for row in rows} - {""}


def _telling(texts: Sequence[str]) -> NDArray[np.bool_]:
    """(N,) which of N texts say something."""
    return np.array([has_content(text) for text in texts], dtype=np.bool_)


def check_classes(dataset: Dataset, division: Division, labels: Sequence[str]) -> None:
    """Checks that each class has a text to learn from.

    Args:
        dataset: the data.
        division: of it.
        labels: its classes.

    Raises:
        DataError: one has none.
    """
    given = dataset.train.labels or []
    there = {given[row] for row in division.rows}
    for label in labels:
        if label not in there:
            raise DataError(
                f"no text of class {label!r} is left to learn from: each holds no word, or is in "
                f"the validation or the test part; leave its rows out (label map {label}=), or add "
                "texts",
                path=dataset.train.source or None,
            )


def check_weights(table: Table, rows: Int64) -> None:
    """Checks that each class counts for something, as weighing the classes against it wants.

    Args:
        table: the labelled texts.
        rows: those to train on.

    Raises:
        DataError: all texts of a class have the weight 0.
    """
    counts: dict[str, float] = {}
    for row in () if table.weights is None else rows.tolist():
        label = (table.labels or [])[row]
        counts[label] = counts.get(label, 0.0) + (table.weights or [])[row]
    for label, count in counts.items():
        if not count > 0:
            raise DataError(
                f"every training text of class {label!r} has the weight 0, so "
                "training.class_weights = 'balanced' cannot make up for its rarity; leave its "
                "texts out, or give them a weight",
                path=table.source or None,
            )


def _forms(texts: Sequence[str]) -> frozenset[str]:
    """What counts as a copy of one of the texts; blank texts have no copies."""
    return frozenset(normalised(text) for text in texts) - {""}
