"""What is in a dataset, and what would make training on it or measuring with it go wrong."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tonality.data.inspection_facts import (
    Duplicates,
    Inspection,
    LengthBin,
    Lengths,
    PartFacts,
    PartOverlap,
)
from tonality.data.splits import Int64, normalised, split, split_dataset
from tonality.errors import DataError
from tonality.label_meanings import check_one_kind
from tonality.label_spellings import told
from tonality.messages import counted
from tonality.tables.column_names import no_labels
from tonality.tables.dataset import Dataset, Table
from tonality.text.content import has_content

SKEWED = 1.5  # times the rows of the smallest class that the largest may have unremarked
FEW = 50  # rows of a class; fewer say little, in training and in measuring
BINS = 10
_LINK_OR_MENTION = re.compile(r"(?:https?://|www\.)\S+|(?<!\w)@\w+|^rt(?=\s)")
_WORDS = re.compile(r"\w+")
_LABELLED = ("train", "validation", "test")


def inspect_dataset(data: Dataset, *, validation: float | int = 0.2, seed: int = 0) -> Inspection:
    """Counts, measures and compares the parts of a dataset.

    Args:
        data: the dataset.
        validation: the share or number of rows that training would hold out, where the data has no
            validation part of its own.
        seed: the seed of that split.

    Raises:
        ConfigError: a validation share that makes no sense.
    """
    whole: dict[str, Table | None] = {"train": data.train}
    cut = dict(whole)
    impossible = []
    validation_rows = None
    try:
        training, held_out = _divided(data, validation, seed)
    except DataError as error:
        impossible.append(f"no validation part can be cut: {error.reason}")
    else:
        validation_rows = len(held_out)
        own, textless = Counter(data.validation_bad_reasons), data.validation_without_text
        rest = Counter(data.train.bad_reasons) - own, data.train.without_text - textless
        cut = {
            "train": _with_bad(data.train.take(training), *rest),
            "validation": _with_bad(data.train.take(held_out), own, textless),
        }
    others = {"test": data.test, "unlabelled": data.unlabelled}
    shown = (cut if data.validation_rows else whole) | others
    parts = {name: _part(table) for name, table in shown.items() if table is not None}
    warnings = [w for name, part in parts.items() for w in _warn(name, part, shown)] + impossible
    overlaps = _overlaps(cut | others, shown)
    warnings += [w for name, shared in overlaps.items() for w in _warn_overlap(name, shared)]
    notes = [note for name, shared in overlaps.items() for note in _note_overlap(name, shared)]
    joined = dict(data.joined)
    if joined:
        notes.insert(0, told(joined))
    found = (validation_rows, overlaps, warnings, notes, joined)
    return Inspection(data.name, data.sha256, parts, *found)


def _with_bad(table: Table, reasons: Counter[str], without_text: int) -> Table:
    return dataclasses.replace(
        table,
        bad_rows=reasons.total(),
        bad_reasons=dict(reasons),
        without_text=without_text,
    )


def _divided(data: Dataset, validation: float | int, seed: int) -> tuple[Int64, Int64]:
    """Training and validation rows; a validation part that the data has is taken as it is."""
    if data.validation_rows:
        return split_dataset(data, validation=1, seed=seed)
    return split(data.train, validation=validation, seed=seed)


def _overlaps(
    cut: Mapping[str, Table | None], shown: Mapping[str, Table | None]
) -> dict[str, PartOverlap]:
    """Compares the parts; with the test part, what is shown, so that a cut by chance is whole."""
    pairs = [
        ("train/validation", cut["train"], cut.get("validation")),
        *((f"{name}/test", shown.get(name), cut["test"]) for name in ("train", "validation")),
        *((f"{name}/unlabelled", cut.get(name), cut["unlabelled"]) for name in _LABELLED),
    ]
    return {
        pair: _overlap(one, other)
        for pair, one, other in pairs
        if one is not None and other is not None
    }


def _part(table: Table) -> PartFacts:
    classes = None if table.labels is None else dict(sorted(Counter(table.labels).items()))
    return PartFacts(
        source=table.source,
        rows=len(table),
        bad_rows=table.bad_rows,
        bad_reasons=dict(table.bad_reasons),
        empty_rows=sum(not has_content(text) for text in table.texts),
        classes=classes,
        words=_lengths([len(text.split()) for text in table.texts]),
        duplicates=_duplicates(table),
        groups=None if table.groups is None else len(_present(table.groups)),
        without_text=table.without_text,
    )


def _lengths(words: Sequence[int]) -> Lengths:
    values = np.asarray(words or [0], dtype=np.int64)  # (N,)
    median, p90, p99 = (float(q) for q in np.percentile(values, [50, 90, 99]))
    return Lengths(
        minimum=int(values.min()),
        median=median,
        mean=round(float(values.mean()), 2),
        p90=p90,
        p99=p99,
        maximum=int(values.max()),
        histogram=_histogram(words, p99),
    )


def _histogram(words: Sequence[int], p99: float) -> list[LengthBin]:
    """Bins of a round width up to the 99th percentile; the last takes the few far beyond."""
    step = _round_up(max(p99, 1) / BINS)
    last = max(math.ceil(p99 / step), 1) - 1
    counts = Counter(min(count // step, last) for count in words)
    return [
        LengthBin(i * step, None if i == last else (i + 1) * step - 1, counts[i])
        for i in range(last + 1)
    ]


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    power: int = 10 ** max(math.floor(math.log10(value)), 0)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= value)


def _duplicates(table: Table) -> Duplicates:
    plain = [normalised(text) for text in table.texts]
    labels: dict[str, set[str]] = {}
    for text, label in zip(plain, table.labels or (), strict=False):
        labels.setdefault(text, set()).add(label)
    return Duplicates(
        exact=len(plain) - len(set(table.texts)),
        normalised=len(plain) - len(set(plain)),
        contradictory=sum(len(found) > 1 for found in labels.values()),
        loose=len(plain) - len({_loosely(text) for text in table.texts}),
    )


def _loosely(text: str) -> str:
    """The words of a text: tweets are copied with other mentions and links."""
    words = _WORDS.findall(_LINK_OR_MENTION.sub(" ", text.casefold()))
    return " ".join(words) or normalised(text)


def _present(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if key}


def _overlap(one: Table, other: Table) -> PartOverlap:
    texts = _present(map(normalised, one.texts)) & _present(map(normalised, other.texts))
    loose = len(_present(map(_loosely, one.texts)) & _present(map(_loosely, other.texts)))
    if one.groups is None or other.groups is None:
        return PartOverlap(len(texts), None, loose)
    groups = len(_present(one.groups) & _present(other.groups))
    return PartOverlap(len(texts), groups, loose)


def _warn(name: str, part: PartFacts, tables: Mapping[str, Table | None]) -> Iterable[str]:
    if part.bad_rows:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in part.bad_reasons.items())
        rows = counted(part.bad_rows, "row")
        yield f"{name}: {rows} cannot be used: {reasons}; see them with --bad-rows"
    if name == "unlabelled":
        return
    if part.classes is None:
        table = tables[name]
        yield no_labels(f"{name}: no labels", () if table is None else table.columns)
        return
    try:
        check_one_kind(list(part.classes))
    except DataError as error:
        yield f"{name}: {error.reason}"
    yield from _warn_classes(name, part.classes)
    if part.duplicates.contradictory:
        texts = counted(part.duplicates.contradictory, "text")
        yield f"{name}: {texts} with more than one label; correct or remove them"


def _warn_classes(name: str, classes: dict[str, int]) -> Iterable[str]:
    if not classes:
        yield f"{name}: no rows"
        return
    by_rows = sorted(classes, key=lambda label: classes[label])
    smallest, largest = by_rows[0], by_rows[-1]
    rows = sum(classes.values())
    if len(classes) < 2:
        yield f"{name}: only one class, {largest!r}; a classifier needs two"
    elif classes[largest] > SKEWED * classes[smallest]:
        most, least = f"{classes[largest] / rows:.0%}", f"{classes[smallest] / rows:.0%}"
        yield (
            f"{name}: classes are skewed: {largest!r} has {most} of the rows, {smallest!r} "
            f"{least}. Train with class weights (--set training.class_weights=balanced), judge by "
            f"macro F1 rather than accuracy (always answering {largest!r} would score {most}), or "
            "add rows of the rare classes"
        )
    few = [repr(label) for label, count in classes.items() if count < FEW]
    if few:
        yield (
            f"{name}: under {FEW} rows of class {', '.join(few[:10])}; add rows or merge classes "
            "with --label-map"
        )


def _warn_overlap(name: str, shared: PartOverlap) -> Iterable[str]:
    one, other = name.split("/")
    if other == "unlabelled":
        return
    if shared.texts:
        texts = counted(shared.texts, "text")
        yield (
            f"{one} shares {texts} with {other}, which flatters the figures of {other}; remove "
            f"what they share from {one}"
        )
    if shared.loose > shared.texts:
        texts = counted(shared.loose - shared.texts, "more text")
        yield (
            f"{one} shares {texts} with {other} that differ by mentions, links or punctuation "
            "alone, which flatters its figures, too"
        )
    if shared.groups:
        groups = counted(shared.groups, "group")
        yield (
            f"{one} shares {groups} (such as movies) with {other}, which may flatter the figures "
            f"of {other}"
        )


def _note_overlap(name: str, shared: PartOverlap) -> Iterable[str]:
    one, other = name.split("/")
    if other != "unlabelled" or not shared.texts:
        return
    texts = counted(shared.texts, "text")
    if one == "train":
        yield f"{texts} of train also without a label: training learns words from both copies"
    else:
        yield (
            f"{texts} of {one} also without a label: training leaves such copies out by itself, "
            f"so that {one} measures what is new to the model"
        )
