r"""Whether a table writes a quote in a text as ``\"``, as Spark and MySQL do, or as CSV does.

This is the home of the rule. The page has it in JavaScript (``serve/web/quoting.js``), since it
sends a file in parts; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from tonality.tables.bad_rows import Fault
from tonality.tables.delimited import ESCAPED, NONE, Dialect, Records

ESCAPED_QUOTES = r'quotes in texts are written \", not "" as in CSV, and read so'


class _Found(NamedTuple):
    values: list[str] | None  # None for a record at fault
    lines: int
    marked: bool  # whether an escaped quote is in its lines


def are_escaped(head: Sequence[str], delimiter: str, width: int, *, whole: bool) -> bool:
    r"""Whether lines are read better with ``\"`` for a quote, and no others are read otherwise.

    Args:
        head: the first lines below the header, line ends kept.
        delimiter: what stands between fields; "" where a line is one field.
        width: how many fields a record has; 0 for as many as the first one.
        whole: whether no line follows. Else a record that the last line leaves open does not count.
    """
    if not any(ESCAPED in line for line in head):
        return False
    dialect = Dialect(delimiter or NONE, quoted=True)
    plain, _ = _read(head, dialect, width, whole=whole)
    escaped, end = _read(head, replace(dialect, escaped=True), width, whole=whole)
    if end in plain and plain[end].values is None:
        plain = {line: found for line, found in plain.items() if line < end}
    broken = {line for line, found in plain.items() if found.values is None}
    mended = [
        line for line in broken & escaped.keys() if escaped[line].marked and escaped[line].values
    ]
    # Further lines of these may look like rows of their own.
    aside = broken.union(*(range(line, line + escaped[line].lines) for line in mended))
    kept = all(
        found.marked or escaped.get(line) == found
        for line, found in plain.items()
        if line not in aside
    )
    faults = sum(found.values is None for found in escaped.values())
    return bool(mended) and kept and faults < len(broken)


def _read(
    head: Sequence[str], dialect: Dialect, width: int, *, whole: bool
) -> tuple[dict[int, _Found], int]:
    """What is read from each line at which a record begins, and the line where reading ends."""
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from head
        ended = True

    records = Records(lines(), dialect, width=width)
    records.trailing = True
    read: dict[int, _Found] = {}
    for record in records:
        values = None if isinstance(record, Fault) else record.values
        if values is None and ended and not whole:
            return read, records.began
        marked = any(ESCAPED in line for line in records.seen)
        read[records.began] = _Found(values, len(records.seen), marked)
    return read, len(head)
