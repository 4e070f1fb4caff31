"""From rows of any format to a Table: every check a row must pass is here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from tonality.tables.bad_rows import BadRows, Fault
from tonality.tables.column_names import Chosen, Wanted, choose
from tonality.tables.dataset import Table
from tonality.tables.encoding import REMEDY

INVALID = "invalid UTF-8"


class Row(NamedTuple):
    """One row: its 1-based number, the values asked for, and all it held, for the side file."""

    number: int
    values: Sequence[Any]
    raw: Any


class Source(Protocol):
    """A file being read: its columns first, then its rows with only the columns asked for."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> Sequence[str]: ...

    def rows(self, positions: Sequence[int]) -> Iterator[Row | Fault]: ...


@dataclass(frozen=True)
class _Record:
    text: str
    label: str
    group: str
    id: str
    rating: float
    extras: tuple[str, ...]


def build_table(source: Source, wanted: Wanted, bad_rows: BadRows) -> Table:
    """Reads all of ``source``; rows that fail a check go to ``bad_rows``.

    Raises:
        DataError: columns missing or ambiguous, or no row at all can be used.
    """
    chosen = choose(source.columns, wanted, source.name)
    slots = {position: slot for slot, position in enumerate(chosen.positions)}
    invalid = INVALID if wanted.encoding is None else f"invalid {wanted.encoding}"
    records = []
    for row in source.rows(chosen.positions):
        parsed = (
            row if isinstance(row, Fault) else _check(row, chosen, slots, source.columns, invalid)
        )
        if isinstance(parsed, Fault):
            bad_rows.add(source.name, parsed)
        else:
            records.append(parsed)
    reasons = bad_rows.reasons(source.name)
    misread = INVALID in reasons and wanted.encoding is None
    bad_rows.close_file(source.name, good=len(records), remedy=REMEDY if misread else "")
    labels = [] if chosen.label is None else [record.label for record in records]
    mapped = labels if wanted.label_map is None else list(map(wanted.label_map, labels))
    # A label mapped to nothing was left out on purpose: such a row is not a bad one.
    kept = [i for i in range(len(records)) if chosen.label is None or mapped[i]]
    ratings = [records[i].rating for i in kept]
    return Table(
        texts=[records[i].text for i in kept],
        labels=None if chosen.label is None else [mapped[i] for i in kept],
        groups=None if chosen.group is None else [records[i].group for i in kept],
        ids=None if chosen.id is None else [records[i].id for i in kept],
        ratings=None if all(map(math.isnan, ratings)) else ratings,
        extras={
            name: [records[i].extras[number] for i in kept]
            for number, name in enumerate(wanted.extras)
        },
        source=source.name,
        bad_rows=sum(reasons.values()),
        bad_reasons=reasons,
    )


def _check(
    row: Row, chosen: Chosen, slots: Mapping[int, int], columns: Sequence[str], invalid: str
) -> _Record | Fault:
    def value(position: int | None) -> Any:
        return None if position is None else row.values[slots[position]]

    def fault(reason: str, position: int) -> Fault:
        return Fault(row.number, reason, row.raw, columns[position])

    text = value(chosen.text)
    if text is None or text == "" or (isinstance(text, str) and text.isspace()):
        return fault("no text", chosen.text)
    if not isinstance(text, str):
        return fault(f"expected a string, found {type(text).__name__}", chosen.text)
    if not _is_unicode(text):
        return fault(invalid, chosen.text)
    label = _word(value(chosen.label))
    if chosen.label is not None:
        if not label:
            return fault("no label", chosen.label)
        if not _is_unicode(label):
            return fault(invalid, chosen.label)
    group = _word(value(chosen.group))
    if chosen.group is not None and not _is_unicode(group):
        return fault(invalid, chosen.group)
    return _Record(
        text,
        label,
        group,
        id=_word(value(chosen.id)),
        rating=_number(value(chosen.rating)),
        extras=tuple(_word(value(position)) for position in chosen.extras),
    )


def _is_unicode(text: str) -> bool:
    """False for lone surrogates: bytes that were not UTF-8, or half a pair in JSON."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _word(value: Any) -> str:
    """A label, group or id as a stripped string; 1.0 (an integer column with gaps) is "1"."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
