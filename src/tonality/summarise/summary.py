"""What scored tables say: shares by column and by time, phrases and examples of each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tonality.measures.scores import Interval, wilson
from tonality.messages import counted
from tonality.summarise.groups import Group, shares
from tonality.summarise.surest_texts import Example
from tonality.summarise.telling_phrases import Phrase


@dataclass(frozen=True)
class Periods:
    """The groups of a column of dates.

    Attributes:
        column: the column.
        every: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
        groups: one a period that has rows, in order.
        undated: rows whose date cannot be read.
    """

    column: str
    every: str
    groups: Sequence[Group]
    undated: int

    @property
    def title(self) -> str:
        """``month of sent``, or ``month`` of a column of that name."""
        return self.every if self.column == self.every else f"{self.every} of {self.column}"


@dataclass(frozen=True)
class Summary:
    """What scored tables say.

    Attributes:
        rows: rows with a verdict.
        unreadable: rows without one.
        labels: how many got each label.
        label: the label that is looked at.
        mean_score: the mean of the scores.
        truncated: texts not read whole.
        unfamiliar: texts that the model knows too few words of, as in another language.
        empty: rows without a text or not scored, which have no verdict and are in no share.
        by: the groups of each column asked for.
        periods: those of the columns of dates.
        phrases: the most telling words, then pairs, of each label.
        sampled: the texts that the phrases are from.
        text_column: where the texts are; empty where that is not known.
        silent: of each column, the values or periods whose rows all are such, and how many those
            are.
        examples: the surest of all texts of the label that is looked at.
        where: the values of columns that all these rows have; of all rows nothing.
    """

    rows: int
    unreadable: int
    labels: Mapping[str, int]
    label: str
    mean_score: float
    truncated: int
    empty: int
    by: Mapping[str, Sequence[Group]]
    periods: Sequence[Periods]
    phrases: Mapping[str, Sequence[Phrase]]
    sampled: int
    text_column: str = ""
    unfamiliar: int = 0
    silent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    examples: Sequence[Example] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """``60 texts``, or ``18 texts of branch Harbour``."""
        of = " and ".join(f"{name} {' or '.join(values)}" for name, values in self.where.items())
        return f"{counted(self.rows, 'text')}{of and f' of {of}'}"

    @property
    def share(self) -> float:
        """The share of the label that is looked at."""
        return self.labels[self.label] / self.rows

    def interval(self, label: str) -> Interval:
        """The 95 % interval of a label's share (Wilson 1927)."""
        return wilson(self.labels[label], self.rows)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": self.rows,
            "unreadable": self.unreadable,
            "labels": dict(self.labels),
            **shares(self.labels, self.rows),
            "label": self.label,
            "where": {name: list(values) for name, values in self.where.items()},
            "mean_score": round(self.mean_score, 6),
            "truncated": self.truncated,
            "empty": self.empty,
            "unfamiliar": self.unfamiliar,
            "by": {name: [group.to_json() for group in found] for name, found in self.by.items()},
            "time": {
                periods.column: {
                    "every": periods.every,
                    "undated": periods.undated,
                    "periods": [group.to_json() for group in periods.groups],
                }
                for periods in self.periods
            },
            "phrases": {
                label: [phrase.to_json() for phrase in found]
                for label, found in self.phrases.items()
            },
            "examples": [example.to_json() for example in self.examples],
            "texts_sampled": self.sampled,
            "text_column": self.text_column,
            "without_text": {name: dict(found) for name, found in self.silent.items()},
        }
