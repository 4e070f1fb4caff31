"""Accuracies with intervals as rows of small bars on one scale, for the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tonality.measures.metrics import Evaluation
from tonality.measures.scores import Interval
from tonality.measures.slices import Slicing


@dataclass(frozen=True)
class Bar:
    """A part of the texts; places on the bar are percentages of its width."""

    name: str
    n: int
    accuracy: float
    interval: Interval
    place: float
    start: float
    width: float


@dataclass(frozen=True)
class BarTable:
    """A table of parts.

    Attributes:
        title: what the texts are parted by.
        note: what the reader should know.
        rows: the parts.
        low: the accuracy at the left end of the bars; the right end is 100 %.
        overall: where the accuracy on all texts lies on them.
    """

    title: str
    note: str
    rows: tuple[Bar, ...]
    low: float
    overall: float


def bar_tables(evaluation: Evaluation, slicings: Sequence[Slicing]) -> list[BarTable]:
    """Tables by length and by each column, where there is more than one part."""
    lengths = [
        (f"{b.shortest:,} to {b.longest:,}", b.n, b.accuracy, b.interval)
        for b in evaluation.by_length
    ]
    tables = [("By length", "In tokens, read or not.", lengths)]
    for slicing in slicings:
        found = [*slicing.slices, *([slicing.other] if slicing.other is not None else [])]
        tables.append(
            (
                f"By {slicing.column}",
                slicing.note,
                [(part.value, part.n, part.accuracy, part.interval) for part in found],
            )
        )
    return [
        _table(title, note, rows, evaluation.accuracy)
        for title, note, rows in tables
        if len(rows) > 1
    ]


def _table(
    title: str, note: str, rows: Sequence[tuple[str, int, float, Interval]], overall: float
) -> BarTable:
    # A scale from the next full tenth below the lowest bound shows differences, and says so.
    low = min(math.floor(min(interval[0] for *_, interval in rows) * 10) / 10, 0.9)

    def place(accuracy: float) -> float:
        return round(100 * (accuracy - low) / (1 - low), 2)

    return BarTable(
        title=title,
        note=note,
        rows=tuple(
            Bar(
                name,
                n,
                accuracy,
                interval,
                place=place(accuracy),
                start=place(interval[0]),
                width=round(place(interval[1]) - place(interval[0]), 2),
            )
            for name, n, accuracy, interval in rows
        ),
        low=low,
        overall=max(place(overall), 0),
    )
