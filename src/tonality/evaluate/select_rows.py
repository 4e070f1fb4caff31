"""Which rows of a dataset to measure a model on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from tonality.classifier import Classifier
from tonality.data import Dataset, Table
from tonality.errors import DataError
from tonality.evaluate.seen_texts import count_seen
from tonality.evaluate.training_cut import cut, held_nothing_out, trained_on
from tonality.tables.column_names import no_labels

_FEW = 0.01  # of the texts known to a model: copies that any two sets of texts may share
_MOST = 0.5  # known: this is its training data, in whatever file


class Part(StrEnum):
    """The part of a dataset that is measured."""

    TEST = "test"
    VALIDATION = "validation"
    TRAIN = "train"
    ALL = "all"


class ChosenRows(NamedTuple):
    """The rows to measure and what they are called.

    Attributes:
        part: the part of the data.
        table: the N rows.
        ids: N names: the data's ids or, where those are not distinct, :meth:`Table.row_names`.
        named: which of the two, ``id`` or ``row``.
    """

    part: Part
    table: Table
    ids: list[str]
    named: str = "id"


def with_text(chosen: ChosenRows, classifiers: Sequence[Classifier]) -> tuple[ChosenRows, int]:
    """The rows that each model finds something to read in, and how many others there are.

    A text without a token has no verdict, so it is neither right nor wrong.

    Raises:
        DataError: there are no others.
    """
    read = np.ones(len(chosen.table), np.bool_)
    for classifier in classifiers:
        read &= classifier.reads(chosen.table.texts)
    if not read.any():
        raise DataError("no row has a text to read", path=chosen.table.source or None)
    if read.all():
        return chosen, 0
    rows = np.flatnonzero(read).tolist()
    table = dataclasses.replace(
        chosen.table.take(rows),
        bad_rows=chosen.table.bad_rows,
        bad_reasons=chosen.table.bad_reasons,
        without_text=chosen.table.without_text,
    )
    kept = [chosen.ids[row] for row in rows]
    return chosen._replace(table=table, ids=kept), len(chosen.table) - len(rows)


def choose_part(dataset: Dataset, part: Part | None, provenance: Mapping[str, Any]) -> ChosenRows:
    """Pick the rows to measure.

    Args:
        dataset: what there is.
        part: what was asked for; by default the test part if there is one, or else all rows.
        provenance: the model's, which says how its validation part was cut.

    Returns:
        The rows, each with its own id or, if the data has none, its number in the file.

    Raises:
        DataError: the part does not exist, its rows have no labels, or they are not those that
            the model's training held out.
    """
    part = part or (Part.ALL if dataset.test is None else Part.TEST)
    if part is Part.TEST:
        if dataset.test is None:
            raise DataError(f"{dataset.name} has no test part; use --split all or validation")
        chosen = ChosenRows(part, dataset.test, *_names(dataset.test))
    elif part is Part.ALL:
        chosen = _all(dataset)
    else:
        _require_labels(dataset.train)
        train, validation = cut(dataset, provenance)
        if part is Part.VALIDATION and held_nothing_out(provenance):
            raise DataError(
                "the model's training held no row out: measure data it has not seen, with "
                "--split test or all"
            )
        rows = validation if part is Part.VALIDATION else train
        names, named = _names(dataset.train)
        chosen = ChosenRows(part, dataset.train.take(rows), [names[row] for row in rows], named)
    _require_labels(chosen.table)
    return chosen


def provenance_to_cut_by(
    dataset: Dataset, origins: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Of the provenances of models, that by which to cut.

    It is that of the first that learnt from the data and held some of it out; else of the first.
    """
    return next(
        (each for each in origins if trained_on(dataset, each) and not held_nothing_out(each)),
        origins[0],
    )


def choose_unseen(dataset: Dataset, part: Part | None, provenance: Mapping[str, Any]) -> ChosenRows:
    """Pick rows to choose a model's settings on: none it learnt from, nor those of the test part.

    Args:
        dataset: what there is.
        part: what was asked for, whatever it is; by default the validation part where the model
            was trained on this data, and otherwise all rows but the test part.
        provenance: the model's.

    Raises:
        DataError: as for :func:`choose_part`.
    """
    if part is not None:
        return choose_part(dataset, part, provenance)
    seen = count_seen(dataset.train.texts, provenance)
    if trained_on(dataset, provenance) or (seen is not None and seen.least_share >= _MOST):
        return choose_part(dataset, Part.VALIDATION, provenance)
    return choose_part(dataclasses.replace(dataset, test=None), Part.ALL, provenance)


def describe_seen(dataset: Dataset, chosen: ChosenRows, provenance: Mapping[str, Any]) -> str:
    """What of the chosen rows the model learnt from, in words; empty if nothing is known of it.

    Files tell by their SHA-256; where they are others, the texts themselves do.

    Args:
        dataset: the data.
        chosen: the rows of it.
        provenance: the model's.
    """
    files = trained_on(dataset, provenance) if chosen.part in (Part.ALL, Part.TRAIN) else []
    if files:
        return f"this data ({', '.join(files)})"
    for besides, how in ((False, ""), (True, ", without labels or as what it began with")):
        seen = count_seen(chosen.table.texts, provenance, besides=besides)
        if seen is not None and seen.least_share >= _FEW:
            return (
                f"about {seen.share:.0%} of these texts{how} (it can tell of {seen.compared:,}, "
                f"and learnt from {seen.learnt:,} of them)"
            )
    return ""


def _names(table: Table) -> tuple[list[str], str]:
    """What the rows are called, and whether that is an ``id`` or a ``row``."""
    ids = table.ids
    if ids is not None and all(ids) and len(set(ids)) == len(ids):
        return ids, "id"
    return table.row_names(), "row"


def _all(dataset: Dataset) -> ChosenRows:
    table, test = dataset.train, dataset.test
    if test is not None and test.labels is not None and table.labels is not None:
        table = table.joined(test)
    return ChosenRows(Part.ALL, table, *_names(table))


def _require_labels(table: Table) -> None:
    if table.labels is None:
        raise DataError(
            no_labels("the rows have no labels to compare with", table.columns),
            path=table.source or None,
        )
