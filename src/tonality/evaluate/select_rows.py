"""Which rows of a dataset to measure a model on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from tonality.classifier import Classifier
from tonality.data import Dataset, Table
from tonality.data.splits import split_dataset
from tonality.errors import DataError
from tonality.evaluate.seen_texts import count_seen, fingerprint, read_record
from tonality.text.content import has_content

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
        train, validation = _cut(dataset, provenance)
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


def held_nothing_out(provenance: Mapping[str, Any]) -> bool:
    """Whether a model's training, by its record, left no validation part."""
    try:
        return _recorded_cut(provenance)[0] == 0
    except DataError:
        return False


def is_unverified_cut(dataset: Dataset, part: Part, provenance: Mapping[str, Any]) -> bool:
    """Whether nothing shows that a part was cut as the model's training cut it.

    The first models keep no record of the rows that they held out. The training file itself, the
    first of a dataset, has the columns that the cut went by; any other may lack them.

    Args:
        dataset: the data.
        part: the part that was cut.
        provenance: the model's.
    """
    if part not in (Part.VALIDATION, Part.TRAIN) or read_record(provenance) is not None:
        return False
    return next(iter(dataset.sha256), None) not in trained_on(dataset, provenance)


def may_have_seen(
    dataset: Dataset, part: Part, first: Mapping[str, Any], other: Mapping[str, Any]
) -> bool:
    """Whether a second model may have learnt from the validation rows of the first.

    Args:
        dataset: the data.
        part: the part that is measured, cut as the first model records.
        first, other: the models' provenance. Of a model that records its texts,
            :func:`describe_seen` knows better.
    """
    if part is not Part.VALIDATION or read_record(other) is not None:
        return False
    if not trained_on(dataset, other):
        return False
    try:
        return _recorded_cut(first) != _recorded_cut(other)
    except DataError:
        return True


def trained_on(dataset: Dataset, provenance: Mapping[str, Any]) -> list[str]:
    """The files of the dataset that the model was trained on, by their SHA-256."""
    digests = set(_strings(provenance.get("data")))
    return [name for name, digest in dataset.sha256.items() if digest in digests]


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
            "the rows have no labels to compare with; name their column with --label-column",
            path=table.source or None,
        )


def _cut(dataset: Dataset, provenance: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Training and validation rows as the model's training had them."""
    share, seed = _recorded_cut(provenance)
    record, table = read_record(provenance), dataset.train
    if record is not None and not record["grouped"]:
        table = dataclasses.replace(table, groups=None)
        dataset = dataclasses.replace(dataset, train=table)
    cut = split_dataset(dataset, validation=share, seed=seed)
    train, validation = (rows.tolist() for rows in cut)
    if record is None:
        return train, validation
    # Training leaves out what says nothing; in earlier versions it did not.
    for kept in (validation, [row for row in validation if has_content(table.texts[row])]):
        if fingerprint([table.texts[row] for row in kept]) == dict(record["validation"]):
            return train, kept
    raise DataError(_mismatch(table, record), path=table.source or None)


def _mismatch(table: Table, record: Mapping[str, Any]) -> str:
    """What to do about rows that are not those that were held out."""
    labels = sorted(set(table.labels or ()))
    if record["rows"] != len(table):
        reason = f"training had {record['rows']:,} labelled rows, here are {len(table):,}"
    elif record["grouped"] and table.groups is None:
        reason = "training kept groups together; name their column with --group-column"
    elif record["labels"] != labels:
        reason = (
            f"training's labels were {', '.join(record['labels'][:9])}, these are "
            f"{', '.join(labels[:9])}; --label-map maps them"
        )
    elif record["grouped"]:
        reason = "the texts are others, or --group-column named another column"
    else:
        reason = "the texts are others"
    return (
        f"these are not the rows that the model's training held out: {reason}. Give the data and "
        "the options that it was trained with, name the model that was trained on this data with "
        "--model, or measure data it has not seen with --split all"
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
