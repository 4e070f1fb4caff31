"""Which column holds what: found by its usual names, or given."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tonality.errors import ConfigError, DataError
from tonality.label_spellings import fold
from tonality.messages import and_more
from tonality.tables.dataset import Table
from tonality.tables.read_options import ReadOptions
from tonality.tables.spelled_names import (
    SHOWN,
    cut,
    distinct,
    listed,
    places_of,
    plain,
    split_names,
    unknown,
)

TextColumn: TypeAlias = str | Sequence[str] | None


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Compared without case, spaces and punctuation: "Review Text" is "reviewtext".
USUAL_NAMES: Mapping[str, frozenset[str]] = {
    "text": _names(
        "text texts review reviews reviewtext reviewbody content tweet tweettext comment comments "
        "commenttext body sentence message post document"
    ),
    "label": _names("label labels sentiment airlinesentiment sentimentlabel class polarity target"),
    "group": _names(
        "movie movieid film filmid imdbid group groupid product productid asin item itemid "
        "business businessid"
    ),
    "id": _names(
        "id reviewid tweetid textid docid uid ticketid responseid respondentid commentid messageid "
        "postid recordid rowid caseid"
    ),
    "rating": _names("rating ratings stars starrating score overall"),
}

# Texts too, but beside one of the names above they are something else, such as a shop's answer.
_OTHER_TEXTS = _names(
    "feedback feedbacktext customerfeedback response responses responsetext openendedresponse "
    "answer answers answertext verbatim verbatims remark remarks freetext testimonial testimonials"
)

# Ids too, but as words they are more often something else.
_SHORT_IDS = frozenset({"#", "no", "nr"})

# Columns of these names, all of them, are what scoring has added to a table.
SCORED = ("label", "score", "tokens_read", "tokens_left_out")


class LabelMap:
    """Maps labels as written, or else in another spelling; those not named stay as they are.

    One map goes with all files of a dataset and remembers the labels it met in any of them.

    Args:
        pairs: label in the file -> label in the table; ``""`` leaves those rows out.

    Attributes:
        named: the labels that it gives.
        apart: those that it gives to themselves alone, which no other spelling joins.
    """

    def __init__(self, pairs: Mapping[str, str] | None = None) -> None:
        self._exact = {str(old).strip(): str(new).strip() for old, new in (pairs or {}).items()}
        self._folded: dict[str, str] = {}
        for old, new in self._exact.items():
            if old != new:
                self._folded.setdefault(fold(old), new)
        self._seen: set[str] = set()
        self.named = frozenset(new for new in self._exact.values() if new)
        self.apart = self.named - {new for old, new in self._exact.items() if old != new}

    def __call__(self, label: str) -> str:
        self._seen.add(label)
        return self._exact.get(label, self._folded.get(fold(label), label))

    def check(self, path: Path | str, table: Table) -> None:
        """Checks, once all is read, that each label to be mapped was there.

        Args:
            path: what messages call the data.
            table: the data, or its training part.

        Raises:
            DataError: one was in no row; lists the labels that were, or the columns where none is
                of labels.
        """
        if self._exact and not self._seen and table.labels is None:
            reason = "there are no labels for --label-map to rename"
            raise DataError(no_labels(reason, table.columns), path=path)
        seen = {fold(label) for label in self._seen}
        missing = [repr(old) for old in self._exact if fold(old) not in seen]
        if missing:
            names = sorted(self._seen)
            found = ", ".join(repr(cut(name)) for name in names[:SHOWN]) or "none"
            more = and_more(len(names) - SHOWN)
            reason = f"the label map names {', '.join(missing)}, which no row has"
            raise DataError(f"{reason}. Labels: {found}{more}", path=path)


@dataclass(frozen=True)
class Wanted:
    """What the caller asked for: column names (``None``: find it, ``""``: do without).

    Attributes:
        text, label, group: the columns' names, in any case, or their numbers from 1; for the text
            also several, with commas between or as a sequence, which are joined.
        label_map: maps the labels.
        extras: further columns.
        encoding: of the file; by default UTF-8, or UTF-16 with a byte-order mark, or Windows-1252
            where the bytes look like it.
        texts: whether there must be a column of texts.
        optional: further columns, where the table has them.
        options: how the table is written.
        quiet: whether what is assumed of it is not said.
    """

    text: TextColumn = None
    label: str | None = None
    group: str | None = None
    label_map: LabelMap | None = None
    extras: tuple[str, ...] = ()
    encoding: str | None = None
    texts: bool = True
    optional: tuple[str, ...] = ()
    options: ReadOptions = field(default_factory=ReadOptions)
    quiet: bool = False

    @classmethod
    def texts_only(
        cls,
        text: TextColumn,
        *,
        encoding: str | None,
        options: ReadOptions,
        texts: bool = True,
        quiet: bool = False,
    ) -> Wanted:
        """Asks for the texts, and for no labels or groups; see :class:`Wanted`."""
        return cls(text, "", "", encoding=encoding, texts=texts, options=options, quiet=quiet)


@dataclass(frozen=True)
class Chosen:
    """Positions of the columns to read; ``None`` where the source has no such column."""

    texts: tuple[int, ...]
    label: int | None
    group: int | None
    id: int | None
    rating: int | None
    extras: Mapping[str, int] = field(default_factory=dict)

    @property
    def positions(self) -> list[int]:
        """The positions to read, each once, in the order of the fields."""
        fields = (*self.texts, self.label, self.group, self.id, self.rating, *self.extras.values())
        return list(dict.fromkeys(p for p in fields if p is not None))


def choose(columns: Sequence[str], wanted: Wanted, path: Path | str) -> Chosen:
    """Finds the text, label, group, id and rating columns.

    Args:
        columns: their names as they are written; the second of a name is asked for as ``name_2``.
        wanted: what was asked for.
        path: how messages call the table.

    Raises:
        DataError: a column that was asked for, or any text column, is missing, or several
            fit; the message lists the columns that are there.
    """
    texts = _text_places(columns, wanted.text, path)
    if not texts and len(columns) == 1 and wanted.options.header_row == 0:
        texts = (0,)  # a column without a name, and no other
    if not texts:
        raise DataError(f"no text column; name it with --text-column. {listed(columns)}", path=path)
    return Chosen(
        texts=texts,
        label=_find(columns, "label", wanted.label, path),
        group=_find(columns, "group", wanted.group, path),
        id=_id(columns),
        # Ratings and ids are extras, so a second candidate is no reason to stop.
        rating=next(iter(_usual(columns, "rating")), None),
        extras={name: _called(columns, name, path)[0] for name in wanted.extras}
        | {name: places[0] for name in wanted.optional if (places := places_of(columns, name))},
    )


def text_places(columns: Sequence[str], wanted: Wanted, path: Path | str) -> tuple[int, ...]:
    """Which columns have the texts; none where there need be none and it cannot be told.

    Raises:
        DataError: as for :func:`choose`.
    """
    try:
        return choose(columns, wanted, path).texts
    except DataError:
        if wanted.texts or wanted.text is not None:
            raise
        return ()


def _text_places(columns: Sequence[str], given: TextColumn, path: Path | str) -> tuple[int, ...]:
    if given is None or given == "":
        found = _find(columns, "text", None if given is None else "", path)
        return () if found is None else (found,)
    names = [given] if isinstance(given, str) else list(given)
    places: list[int] = []
    for name in names:
        parts = split_names(columns, name)
        if len(parts) > 1:
            places += [_called(columns, part, path)[0] for part in parts]
        elif (place := _find(columns, "text", parts[0] if parts else name, path)) is not None:
            places.append(place)
    return tuple(dict.fromkeys(places))


def _find(columns: Sequence[str], role: str, given: str | None, path: Path | str) -> int | None:
    if given == "" and role != "text":
        return None
    found = _usual(columns, role) if given is None else _called(columns, given, path)
    if len(found) > 1:
        names = distinct(columns)
        several = ", ".join(repr(cut(names[i])) for i in found[:SHOWN])
        reason = f"several columns could be the {role}: {several}"
        raise DataError(f"{reason}; choose with --{role}-column. {listed(columns)}", path=path)
    return found[0] if found else None


def _called(columns: Sequence[str], given: str, path: Path | str) -> list[int]:
    """The columns of a name or number.

    Raises:
        DataError: there is none.
    """
    found = places_of(columns, given)
    if not found:
        raise DataError(unknown(columns, given), path=path)
    return found


def _id(columns: Sequence[str]) -> int | None:
    """The first column of ids, and before all the short names one that is surely of them."""
    found = _usual(columns, "id") or [i for i, name in enumerate(columns) if is_id(name)]
    return next(iter(found), None)


def _usual(columns: Sequence[str], role: str) -> list[int]:
    """The columns with a usual name of a role; for the texts, with another where none has one.

    The verdicts of a scored table are not among them: a model must not be measured by its own, nor
    learn them, unless somebody names their column.
    """
    verdicts = {"label", "score"} if set(SCORED) <= set(columns) else set()

    def called(names: frozenset[str]) -> list[int]:
        return [
            i for i, name in enumerate(columns) if plain(name) in names and name not in verdicts
        ]

    return called(USUAL_NAMES[role]) or (called(_OTHER_TEXTS) if role == "text" else [])


def no_labels(reason: str, columns: Sequence[str]) -> str:
    """Why labels are missed, what to do, and which columns there are.

    Args:
        reason: what cannot be done without them.
        columns: those of the table; none where it is not known.
    """
    names = distinct(columns)
    advice = "name their column with --label-column"
    # Stars are seldom the classes themselves, so they are not taken for labels unasked.
    if ratings := [names[place] for place in _usual(columns, "rating")]:
        advice = (
            f"{cut(ratings[0])!r} seems to hold ratings; if they are the labels, give "
            f"--label-column {shlex.quote(ratings[0])}"
        )
    return f"{reason}; {advice}" + (f". {listed(columns)}" if columns else "")


def usual_names(columns: Sequence[str]) -> int:
    """How many columns have a usual name of some role."""
    usual = _OTHER_TEXTS.union(*USUAL_NAMES.values())
    return sum(plain(name) in usual for name in columns)


def is_id(column: str) -> bool:
    """Whether a column has a usual name of one of ids."""
    name = plain(column) or column.strip()
    return name in USUAL_NAMES["id"] or name in _SHORT_IDS


def several(names: str | Sequence[str]) -> tuple[str, ...]:
    """The names of columns, where one may be given alone."""
    if isinstance(names, str) or not isinstance(names, Iterable):  # in pandas 1 may be one
        return (names,)
    return tuple(names)


def parse_label_map(pairs: Sequence[str]) -> dict[str, str]:
    """Turns ``["1=positive", "0=negative"]`` into a mapping; ``"2="`` leaves label 2 out.

    Raises:
        ConfigError: a pair without ``=``, or a label mapped twice.
    """
    result: dict[str, str] = {}
    for pair in pairs:
        old, equals, new = (part.strip() for part in pair.partition("="))
        if not equals or not old:
            raise ConfigError(f"label map {pair!r}: expected OLD=NEW, such as 1=positive")
        if old in result:
            raise ConfigError(f"label map: {old!r} is mapped twice")
        result[old] = new
    return result
