"""Which rows of a dataset to measure a model on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from tonality.data import Dataset, Table, split
from tonality.errors import DataError


class Part(StrEnum):
    """The part of a dataset that is measured."""

    TEST = "test"
    VALIDATION = "validation"
    TRAIN = "train"
    ALL = "all"


class Chosen(NamedTuple):
    """The rows to measure and what they are called."""

    part: Part
    table: Table
    ids: list[str]


def choose_part(dataset: Dataset, part: Part | None, provenance: Mapping[str, Any]) -> Chosen:
    """Pick the rows to measure.

    Args:
        dataset: what there is.
        part: what was asked for; by default the test part if there is one, or else all rows.
        provenance: the model's, which says how its validation part was cut.

    Returns:
        The rows, each with its own id or, if the data has none, its number in the data.

    Raises:
        DataError: the part does not exist, or its rows have no labels.
    """
    part = part or (Part.ALL if dataset.test is None else Part.TEST)
    if part is Part.TEST:
        if dataset.test is None:
            raise DataError(f"{dataset.name} has no test part; use --split all or validation")
        chosen = Chosen(part, dataset.test, _ids(dataset.test))
    elif part is Part.ALL:
        chosen = _all(dataset)
    else:
        share, seed = _recorded_cut(provenance)
        train, validation = split(dataset.train, validation=share, seed=seed)
        rows = (validation if part is Part.VALIDATION else train).tolist()
        names = _ids(dataset.train)
        chosen = Chosen(part, dataset.train.take(rows), [names[row] for row in rows])
    if chosen.table.labels is None:
        raise DataError(
            "the rows have no labels to compare with; name their column with --label-column",
            path=chosen.table.source or None,
        )
    return chosen


def choose_unseen(dataset: Dataset, part: Part | None, provenance: Mapping[str, Any]) -> Chosen:
    """Pick rows to choose a model's settings on: none it learnt from, nor those of the test part.

    Args:
        dataset: what there is.
        part: what was asked for, whatever it is; by default the validation part where the model
            was trained on this data, and otherwise all rows but the test part.
        provenance: the model's.

    Raises:
        DataError: the part does not exist, or its rows have no labels.
    """
    if part is not None or trained_on(dataset, provenance):
        return choose_part(dataset, part or Part.VALIDATION, provenance)
    return choose_part(dataclasses.replace(dataset, test=None), Part.ALL, provenance)


def learnt(dataset: Dataset, part: Part, provenance: Mapping[str, Any]) -> list[str]:
    """The files of a part, by name, that hold rows which the model was trained on."""
    return trained_on(dataset, provenance) if part in (Part.ALL, Part.TRAIN) else []


def may_know(
    dataset: Dataset, part: Part, first: Mapping[str, Any], other: Mapping[str, Any]
) -> bool:
    """Whether a second model may have learnt from the validation rows of the first.

    Args:
        dataset: the data.
        part: the part that is measured, cut as the first model records.
        first, other: the models' provenance.
    """
    if part is not Part.VALIDATION or not trained_on(dataset, other):
        return False
    try:
        return _recorded_cut(first) != _recorded_cut(other)
    except DataError:
        return True


def trained_on(dataset: Dataset, provenance: Mapping[str, Any]) -> list[str]:
    """The files of the dataset that the model was trained on, by their SHA-256."""
    known = set(_strings(provenance.get("data")))
    return [name for name, digest in dataset.sha256.items() if digest in known]


def _ids(table: Table) -> list[str]:
    return table.ids if table.ids is not None else [str(row) for row in range(len(table))]


def _all(dataset: Dataset) -> Chosen:
    train, test = dataset.train, dataset.test
    if test is None or test.labels is None or train.labels is None:
        return Chosen(Part.ALL, train, _ids(train))
    return Chosen(Part.ALL, _joined(train, test), _ids(train) + _ids(test))


def _joined(train: Table, test: Table) -> Table:
    """The rows of both, with the columns that both have."""

    def both(name: str) -> Any:
        one, other = getattr(train, name), getattr(test, name)
        return None if one is None or other is None else one + other

    return Table(
        texts=train.texts + test.texts,
        labels=both("labels"),
        groups=both("groups"),
        ratings=both("ratings"),
        extras={name: column + test.extras[name] for name, column in train.extras.items()},
        source=train.source,
        bad_rows=train.bad_rows + test.bad_rows,
    )


def _recorded_cut(provenance: Mapping[str, Any]) -> tuple[float, int]:
    """The share and the seed from the training settings of the recorded recipe."""
    recipe = provenance.get("recipe")
    settings = recipe.get("training") if isinstance(recipe, Mapping) else None
    cut = settings if isinstance(settings, Mapping) else {}
    share, seed = cut.get("validation"), cut.get("validation_seed")
    if not isinstance(share, float) or not isinstance(seed, int):
        raise DataError(
            "the model does not record how its validation part was cut; use --split all or test"
        )
    return share, seed


def _strings(value: object) -> list[str]:
    """Every string inside nested JSON."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []
