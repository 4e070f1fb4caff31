"""Which rows of a dataset a model's training learnt from, and which it held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tonality.data import Dataset, Table
from tonality.data.splits import split_dataset
from tonality.errors import DataError
from tonality.evaluate.seen_texts import fingerprint, read_record
from tonality.plain_json import mapping_at
from tonality.text.content import has_content

_UNRECORDED = "the model does not record which rows its training held out; use --split all or test"


def trained_on(dataset: Dataset, provenance: Mapping[str, Any]) -> list[str]:
    """The files of the dataset that the model was trained on, by their SHA-256."""
    digests = set(_strings(provenance.get("data")))
    return [name for name, digest in dataset.sha256.items() if digest in digests]


def held_nothing_out(provenance: Mapping[str, Any]) -> bool:
    """Whether a model's training, by its record, left no validation part."""
    try:
        return _recorded_share(provenance)[0] == 0
    except DataError:
        return False


def cut(dataset: Dataset, provenance: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Training and validation rows as the model's training had them.

    Raises:
        DataError: the data is not what it was trained on, or the model records no cut.
    """
    share, seed = _recorded_share(provenance)
    record, table = read_record(provenance), dataset.train
    if record is None:
        raise DataError(_UNRECORDED)
    if not record["grouped"]:
        table = dataclasses.replace(table, groups=None)
        dataset = dataclasses.replace(dataset, train=table)
    rows = split_dataset(dataset, validation=share, seed=seed)
    train, validation = (part.tolist() for part in rows)
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


def _recorded_share(provenance: Mapping[str, Any]) -> tuple[float, int]:
    """The share and the seed from the training settings of the recorded recipe.

    Raises:
        DataError: the model records none.
    """
    cut = mapping_at(provenance, "recipe", "training")
    share, seed = cut.get("validation"), cut.get("validation_seed")
    if not isinstance(share, float) or not isinstance(seed, int):
        raise DataError(_UNRECORDED)
    return share, seed


def _strings(value: object) -> list[str]:
    """Every string inside nested JSON."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []
