"""What a run's result depends on: checks of the data, and hashes by which a run knows it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from tonality.artifact.config_json import UNPRINTABLE, shorten
from tonality.data import Dataset, Table
from tonality.errors import DataError
from tonality.label_meanings import check_one_kind
from tonality.number_labels import in_order
from tonality.prediction import UNCERTAIN
from tonality.tables.column_names import no_labels
from tonality.text.vocabulary import Vocabulary

# Fewer labelled rows teach nothing, whatever the settings.
LEAST_ROWS = 20


def check_dataset(dataset: Dataset) -> tuple[str, ...]:
    """Checks that a dataset can be trained on and gives its classes in order.

    Classes are in alphabetical order, or in that of the numbers if all are numbers.

    Raises:
        DataError: no labels, one class only, too few rows, or a label that no model can have.
    """
    table = dataset.train
    source = table.source or None
    if not dataset.validation_labelled:
        raise DataError(
            "the validation part has no column of labels, but the training part has one; name it "
            "as there, or take the file away: the validation part is then cut",
            path=dataset.validation_source or None,
        )
    if table.labels is None:
        raise DataError(no_labels("there are no labels to learn", table.columns), path=source)
    if strange := [label for label in table.labels if not isinstance(label, str)]:
        found = f"expected labels as text, found {strange[0]!r}"
        raise DataError(f"{found}; leave out rows without a label", path=source)
    labels = sorted(set(table.labels))
    if len(labels) < 2:
        found = f"every row has the label {labels[0]!r}" if labels else "there are no rows"
        raise DataError(f"{found}; a classifier needs two classes or more", path=source)
    if len(table) < LEAST_ROWS:
        raise DataError(
            f"{len(table)} labelled rows are too few; {LEAST_ROWS} are the least", path=source
        )
    try:
        _check_names(labels)
        check_one_kind(labels, table.mapped)
    except DataError as error:
        raise DataError(error.reason, path=source) from None
    return tuple(in_order(labels))


def _check_names(labels: Iterable[str]) -> None:
    """Checks that each label is a name that a model can answer with.

    Raises:
        DataError: one is not.
    """
    rename = "rename it in the data or by a label map"
    for label in labels:
        if not label.strip() or UNPRINTABLE.search(label):
            raise DataError(
                f"the label {shorten(repr(label))} is blank or has control characters, which no "
                f"model can have; {rename}"
            )
        if label == UNCERTAIN:
            raise DataError(
                f"expected another name than {label!r} for a label, for that is what a model "
                f"answers where it is not sure enough; {rename}"
            )


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 of all that training reads of a dataset, wherever it came from."""
    digest = hashlib.sha256(b"%d" % dataset.validation_rows if dataset.validation_rows else b"")
    parts = (dataset.train, dataset.unlabelled, dataset.test)
    tables: Iterable[Table] = [table for table in parts if table is not None]
    for table in tables:
        for column in (table.texts, table.labels, table.groups):
            digest.update(b"\0none" if column is None else b"\0%d" % len(column))
            for value in column or ():
                data = value.encode("utf-8", "surrogatepass")
                digest.update(b"%d:" % len(data) + data)
        if table.weights is not None:
            digest.update(np.array(table.weights, dtype="<f8").tobytes())
    return digest.hexdigest()


def vocabulary_fingerprint(vocabulary: Vocabulary) -> str:
    """SHA-256 of the words and n-grams, and so of which row of the embeddings is whose."""
    return hashlib.sha256(json.dumps(vocabulary.to_json()).encode()).hexdigest()
