"""From rows of any format to a Table: every check a row must pass to teach or to measure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tonality import plain_json
from tonality.number_labels import number_of
from tonality.tables.bad_rows import NO_TEXT, BadRows, Fault
from tonality.tables.column_names import Chosen, Wanted, choose
from tonality.tables.dataset import Table
from tonality.tables.encoding import REMEDY
from tonality.tables.row_stream import INVALID, Row, Rows, invalid


@dataclass(frozen=True)
class _Record:
    row: int
    text: str
    label: str
    group: str
    id: str
    rating: float
    extras: tuple[str, ...]


def build_table(rows: Rows, wanted: Wanted, bad_rows: BadRows) -> Table:
    """Reads all of ``rows``; those that fail a check go to ``bad_rows``.

    Raises:
        DataError: columns missing or ambiguous, or no row at all can be used.
    """
    chosen = choose(rows.columns, wanted, rows.name)
    check = _Check(rows, chosen, wanted)
    records = []
    for row in rows.items:
        parsed = row if isinstance(row, Fault) else check(row)
        if isinstance(parsed, Fault):
            bad_rows.add(rows.name, parsed)
        else:
            records.append(parsed)
    reasons = bad_rows.reasons(rows.name)
    misread = INVALID in reasons and wanted.encoding is None
    bad_rows.close_file(rows.name, good=len(records), remedy=REMEDY if misread else "")
    labels = [] if chosen.label is None else [record.label for record in records]
    mapped = labels if wanted.label_map is None else list(map(wanted.label_map, labels))
    # A label mapped to nothing was left out on purpose: such a row is not a bad one.
    kept = [i for i in range(len(records)) if chosen.label is None or mapped[i]]
    used = [records[i] for i in kept]
    ratings = [record.rating for record in used]
    return Table(
        texts=[record.text for record in used],
        labels=None if chosen.label is None else [mapped[i] for i in kept],
        groups=None if chosen.group is None else [record.group for record in used],
        ids=None if chosen.id is None else [record.id for record in used],
        ratings=None if all(map(math.isnan, ratings)) else ratings,
        rows=[record.row for record in used],
        files=[rows.name] * len(used),
        extras={name: [one.extras[n] for one in used] for n, name in enumerate(chosen.extras)},
        mapped={old: new for old, new in zip(labels, mapped, strict=True) if old != new},
        source=rows.name,
        columns=rows.columns,
        bad_rows=sum(reasons.values()),
        bad_reasons=reasons,
        without_text=bad_rows.without_text(rows.name),
    )


class _Check:
    """What a row must have."""

    def __init__(self, rows: Rows, chosen: Chosen, wanted: Wanted) -> None:
        def name(place: int | None) -> str | None:
            return None if place is None else rows.columns[place]

        self._text = rows.text_column
        self._options = wanted.options
        self._label, self._group = name(chosen.label), name(chosen.group)
        self._id, self._rating = name(chosen.id), name(chosen.rating)
        self._extras = [rows.columns[place] for place in chosen.extras.values()]
        self._invalid = invalid(wanted.encoding)

    def __call__(self, row: Row) -> _Record | Fault:
        def fault(reason: str, column: str) -> Fault:
            return Fault(row.number, reason, row.raw, column)

        if row.text is None or not row.text or row.text.isspace():
            return fault(NO_TEXT, self._text)
        label, group = _word(row.cells, self._label), _word(row.cells, self._group)
        if self._label is not None:
            if not label or self._options.is_no_label(label):
                return fault("no label", self._label)
            if not _is_unicode(label):
                return fault(self._invalid, self._label)
        if self._group is not None and not _is_unicode(group):
            return fault(self._invalid, self._group)
        return _Record(
            row.number,
            row.text,
            label,
            group,
            id=_word(row.cells, self._id),
            rating=_number(row.cells, self._rating),
            extras=tuple(_cell(row.cells, name) for name in self._extras),
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


def _word(cells: Mapping[str, Any], column: str | None) -> str:
    """A label, group or id as a stripped string; 1.0 (an integer column with gaps) is "1"."""
    value = None if column is None else cells.get(column)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _cell(cells: Mapping[str, Any], column: str) -> str:
    """A further column's value as a stripped string; what is no text and no number as JSON."""
    value = plain_json.finite(cells.get(column))
    if isinstance(value, bool | list | dict):
        return plain_json.dumps(value)
    return _word({column: value}, column)


def _number(cells: Mapping[str, Any], column: str | None) -> float:
    """A rating, also one such as ``1 star`` or ``4,5``; ``nan`` where there is none."""
    value = None if column is None else cells.get(column)
    if isinstance(value, str):
        found = number_of(value)
        return math.nan if found is None else found
    try:
        return math.nan if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
