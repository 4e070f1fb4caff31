"""What an inspection of a dataset finds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class LengthBin(NamedTuple):
    """Texts of ``low`` to ``high`` words, both included; ``high`` is ``None`` for the last."""

    low: int
    high: int | None
    texts: int


@dataclass(frozen=True)
class Lengths:
    """Words (split at white space) per text."""

    minimum: int
    median: float
    mean: float
    p90: float
    p99: float
    maximum: int
    histogram: list[LengthBin]


@dataclass(frozen=True)
class Duplicates:
    """Rows beyond the first with one text.

    Attributes:
        exact: the same characters.
        normalised: the same but for case and white space; counts the exact ones too.
        loose: the same but for mentions, links and punctuation, too; counts the others too.
        contradictory: texts that carry more than one label.
    """

    exact: int
    normalised: int
    contradictory: int
    loose: int = 0


@dataclass(frozen=True)
class PartFacts:
    """Facts of one table; ``classes`` and ``groups`` are ``None`` where there is no such column.

    ``empty_rows`` of its ``rows`` say nothing; ``without_text`` further rows of the file are none
    of them.
    """

    source: str
    rows: int
    bad_rows: int
    bad_reasons: dict[str, int]
    empty_rows: int
    classes: dict[str, int] | None
    words: Lengths
    duplicates: Duplicates
    groups: int | None
    without_text: int = 0


@dataclass(frozen=True)
class PartOverlap:
    """What two parts share: texts but for case and space, and groups such as movies.

    ``loose`` counts the texts that differ by mentions, links and punctuation, too.
    """

    texts: int
    groups: int | None
    loose: int = 0


@dataclass(frozen=True)
class Inspection:
    """All there is to say of a dataset.

    Attributes:
        name: the dataset's.
        sha256: file name -> hash.
        parts: ``train`` and, where there are any, ``validation``, ``test`` and ``unlabelled``.
        validation_rows: those of the data's own validation part, or what the split gives, or
            ``None`` where it cannot be cut.
        overlaps: pairs of parts, such as ``"train/test"``; beside ``unlabelled``, ``train`` is
            what is left of it without ``validation``.
        warnings: what to look at, each with what to do.
        notes: what is worth knowing and needs nothing done.
        joined: spellings of labels that are read as another: spelling -> label.
    """

    name: str
    sha256: dict[str, str]
    parts: dict[str, PartFacts]
    validation_rows: int | None
    overlaps: dict[str, PartOverlap]
    warnings: list[str]
    notes: list[str]
    joined: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the facts as plain dictionaries, lists and numbers."""
        return dataclasses.asdict(self)
