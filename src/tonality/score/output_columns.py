"""Which columns a scored table has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict, Unpack

from tonality.errors import ConfigError
from tonality.tables.bad_rows import Fault
from tonality.tables.row_stream import Row
from tonality.tables.spelled_names import SHOWN, cut, listed, unknown
from tonality.verdict_frame import verdict_kinds

logger = logging.getLogger(__name__)

PREFIX = "tonality_"
ERROR = "error"
LANGUAGE = "language"
EXPLAINED = ("words_for", "words_against")
# What to do about a column that comes late, in words of the command line.
LATE_COLUMN = "write JSON Lines, or name the columns to keep"


class Switches(TypedDict, total=False):
    """What is to be known of a scored table besides; all is off by default but ``closed``.

    Attributes:
        valence: whether the feeling is added as one number.
        explained: whether words for and against the verdict are added.
        languages: whether the language of each text is added.
        errors: whether rows that cannot be read are answered in place.
        closed: see :attr:`Layout.closed`.
        more: whether rows of the input may have columns besides those given, as objects of JSON
            may: to keep one, it need not be among them.
    """

    valence: bool
    explained: bool
    languages: bool
    errors: bool
    closed: bool
    more: bool


@dataclass(frozen=True)
class Layout:
    """The columns of a scored table.

    Attributes:
        columns: those of the input that are kept, in order.
        added: those that scoring adds, in order: label, score, ``p_`` and each label,
            tokens_read, tokens_left_out, unfamiliar and, if asked for, valence, language,
            words_for and words_against.
        kinds: their types, ``str``, ``float`` or ``int``.
        error: the column of the reason why a row could not be read, where such rows are
            answered in place; otherwise None.
        closed: whether a row may have no other columns than ``columns``: so it is in CSV, where
            the header says them all, but not in JSON.
        every: whether every column of the input is kept.
    """

    columns: tuple[str, ...]
    added: tuple[str, ...]
    kinds: tuple[type, ...]
    error: str | None
    closed: bool
    every: bool

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        labels: Sequence[str],
        *,
        keep: Sequence[str] | None = None,
        prefix: str | None = None,
        **switches: Unpack[Switches],
    ) -> Layout:
        """The layout for an input's columns.

        An input that has a column of one of these names keeps it, and *all* added ones then get
        the prefix ``tonality_``, or ``tonality_2_`` if that is taken too, and so on.

        Args:
            columns: the columns of the input.
            labels: the model's labels.
            keep: the columns to keep; by default all.
            prefix: what the added columns' names begin with.
            switches: see :class:`Switches`.

        Raises:
            ConfigError: the input has a column of a name that begins with the given prefix, or
                lacks one to keep; or valence is asked for, and the labels have none.
        """
        kept = tuple(columns if keep is None else dict.fromkeys(keep))
        there = set(columns)
        errors, closed = switches.get("errors", False), switches.get("closed", True)
        kinds = added_kinds(labels, switches)
        more = switches.get("more", False)
        if missing := [n for n in kept if n not in there and (n in kinds or not more)]:
            added = (
                f"{missing[0]!r} is added whatever is kept: leave it out of the columns to keep. "
            )
            raise ConfigError(unknown(columns, missing[0], added * (missing[0] in kinds)))
        names = _prefixed([*kinds, *[ERROR] * errors], kept, prefix)
        error = names.pop() if errors else None
        return cls(kept, tuple(names), tuple(kinds.values()), error, closed, keep is None)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.columns)

    def check(self, row: Row) -> Fault | None:
        """The fault of a row whose columns do not fit, which only objects can have."""
        if not self.every or row.cells.keys() <= self._known:
            return None
        for name in row.cells:
            if name in self.added or name == self.error:
                reason = f"has a column {cut(name)!r}, as scoring adds; choose another prefix"
                return Fault(row.number, reason, row.cells)
            if self.closed and name not in self._known:
                reason = f"has a column {cut(name)!r}, which the first rows lack; {LATE_COLUMN}"
                return Fault(row.number, reason, row.cells)
        return None


def warn_of_late(columns: Sequence[str], layout: Layout) -> None:
    """Says which columns to keep are none of the input's so far: a name may be misspelt."""
    known = set(columns)
    if late := [name for name in layout.columns if name not in known]:
        names = ", ".join(repr(cut(name)) for name in late[:SHOWN])
        logger.warning(
            "the first rows lack %s: left empty where later ones do, too. %s",
            names, listed(columns),
        )  # fmt: skip


def added_kinds(labels: Sequence[str], switches: Switches) -> dict[str, type]:
    """The type of each column that scoring adds, by its name without a prefix."""
    further = [LANGUAGE] * switches.get("languages", False)
    further += EXPLAINED * switches.get("explained", False)
    kinds = verdict_kinds(labels, valence=switches.get("valence", False))
    return kinds | dict.fromkeys(further, str)


def _prefixed(names: Sequence[str], columns: Sequence[str], prefix: str | None) -> list[str]:
    """The names of the added columns beside the input's."""
    taken, number, used = set(columns), 1, prefix or ""
    while found := [used + name for name in names if used + name in taken]:
        if prefix is not None:
            reason = f"the input has a column {min(found)!r} already; choose another prefix"
            raise ConfigError(reason)
        used = PREFIX if number == 1 else f"{PREFIX}{number}_"
        number += 1
    return [used + name for name in names]
