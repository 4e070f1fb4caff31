"""The one form every reader gives: a table of texts, and a dataset of up to three tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tonality.tables.read_options import ReadOptions

_COLUMNS = ("labels", "groups", "ids", "ratings", "weights", "rows", "files")


@dataclass(frozen=True)
class Table:
    """Texts with whatever is known about each; every list has one entry a row.

    Attributes:
        texts: the raw texts, never blank when read from a file.
        labels: the classes as strings, or ``None`` for unlabelled text.
        groups: what rows share that must not be split (a movie, a product); ``""`` stands
            for a row without one. ``None`` when the source has no such column.
        ids: names of the rows, if the source has them.
        ratings: stars or scores, ``nan`` where missing or not a number.
        weights: what each row counts in training, 0 or more; ``None`` for all the same.
        rows: the number of each row in its file, from 1, the header not counted, as of bad rows;
            ``None`` where it was not read from one. So are the files.
        files: the name of each row's file.
        extras: further columns that were asked for, by name; ``""`` where a row has no value.
        mapped: labels that a label map renamed, or left out: label in the file -> label here or "".
            They still tell on which scale the file's numbers are.
        source: where the rows came from, for messages and provenance.
        columns: the names of the columns that the source has; none where it was no table.
        bad_rows: how many rows of the source could not be read.
        bad_reasons: the same count by reason.
        without_text: how many further rows of the source have no text, and are not here.
    """

    texts: list[str]
    labels: list[str] | None = None
    groups: list[str] | None = None
    ids: list[str] | None = None
    ratings: list[float] | None = None
    weights: list[float] | None = None
    rows: list[int] | None = None
    files: list[str] | None = None
    extras: Mapping[str, list[str]] = field(default_factory=dict)
    mapped: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    columns: Sequence[str] = ()
    bad_rows: int = 0
    bad_reasons: Mapping[str, int] = field(default_factory=dict)
    without_text: int = 0

    def __post_init__(self) -> None:
        named = {name: getattr(self, name) for name in _COLUMNS}
        for name, column in [*named.items(), *self.extras.items()]:
            if column is not None and len(column) != len(self.texts):
                raise ValueError(f"{name} has {len(column)} rows, texts has {len(self.texts)}")

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Iterable[int]) -> Table:
        """Returns the rows at ``indices``, in that order, as a table with no bad rows."""
        rows = [int(i) for i in indices]
        return Table(
            texts=[self.texts[i] for i in rows],
            **{name: _pick(getattr(self, name), rows) for name in _COLUMNS},
            extras={name: [column[i] for i in rows] for name, column in self.extras.items()},
            mapped=self.mapped,
            source=self.source,
            columns=self.columns,
        )

    def row_names(self) -> list[str]:
        """What to call each row: its number in its file, as in ``17``.

        Where there are several files it is ``test.csv:17``; where there is none, its index here.
        """
        if self.rows is None or self.files is None:
            return [str(index) for index in range(len(self))]
        if len(set(self.files)) < 2:
            return list(map(str, self.rows))
        names = {file: Path(file).name for file in set(self.files)}
        return [f"{names[file]}:{row}" for file, row in zip(self.files, self.rows, strict=True)]

    def joined(self, other: Table) -> Table:
        """The rows of this table and then the other's, with the columns that both have."""
        columns = {
            name: None if one is None or two is None else one + two
            for name in _COLUMNS
            for one, two in [(getattr(self, name), getattr(other, name))]
        }
        reasons = Counter(self.bad_reasons) + Counter(other.bad_reasons)
        return Table(
            texts=self.texts + other.texts,
            **columns,
            extras={
                name: column + other.extras[name]
                for name, column in self.extras.items()
                if name in other.extras
            },
            mapped={**self.mapped, **other.mapped},
            source=self.source,
            columns=self.columns,
            bad_rows=self.bad_rows + other.bad_rows,
            bad_reasons=dict(reasons),
            without_text=self.without_text + other.without_text,
        )


def _pick(column: Sequence[Any] | None, rows: Sequence[int]) -> Any:
    return None if column is None else [column[i] for i in rows]


@dataclass(frozen=True)
class Dataset:
    """What one ``--data`` argument names.

    Attributes:
        train: labelled text to cut training and validation parts from, or both of them.
        test: the official test part, if there is one; never to be trained on.
        unlabelled: text without labels for pre-training, if there is any.
        name: a short name for messages and provenance.
        sha256: file name -> SHA-256 of what was read.
        validation_rows: how many rows at the end of ``train`` are the validation part, where the
            data comes with one; 0 where it is to be cut.
        validation_source: where those came from, for messages.
        validation_bad_reasons: how many rows of it could not be read, by reason; those of ``train``
            have them, too.
        validation_without_text: how many rows of it have no text, likewise.
        validation_labelled: false where those alone have no labels, so that ``train`` has none.
        joined: spellings of labels that were read as another: spelling -> label.
        named: labels that the caller's label map gave.
        text_column: the column of the texts, or several, where somebody named it.
        options: how the files were read.
    """

    train: Table
    test: Table | None
    unlabelled: Table | None
    name: str
    sha256: dict[str, str]
    validation_rows: int = 0
    validation_source: str = ""
    validation_bad_reasons: Mapping[str, int] = field(default_factory=dict)
    validation_without_text: int = 0
    validation_labelled: bool = True
    joined: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    text_column: str | Sequence[str] | None = None
    options: ReadOptions = field(default_factory=ReadOptions)
