"""Spellings of one label: the rule by which ``Positive``, ``POS`` and ``pos`` are one class."""

from __future__ import annotations

import shlex
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from tonality.errors import DataError
from tonality.late_pattern import late_pattern
from tonality.messages import and_more

# What people write for the three feelings, folded: also in German, French, Spanish, Italian,
# Portuguese, Dutch and Turkish.
FEELINGS: Mapping[str, str] = {
    spelling: feeling
    for feeling, spellings in {
        "negative": "negative neg negativ négatif négative negativo negativa negatief negatif",
        "neutral": "neutral neu neutre neutro neutrale neutraal nötr",
        "positive": "positive pos positiv positif positivo positiva positief pozitif",
    }.items()
    for spelling in spellings.split()
}
SHOWN = 10  # spellings that a message lists

# Unicode's minus, and characters without a width.
_PLAIN = {0x2212: "-", **dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0])}
# Quotation marks and punctuation around a label, and fastText's prefix.
_AROUND = "'\"\u2018\u2019\u201c\u201d.,;:! "
_PREFIX = "__label__"
_STARS = late_pattern(r"(\d+(?:\.\d+)?)[ -]?stars?")
_DECIMAL_COMMA = late_pattern(r"([+-]?\d+),(\d{1,2})")
_NUMBER = late_pattern(r"([+-]?)0*(\d+?)(?:\.(\d*?)0*)?")


def fold(label: str) -> str:
    """A label as its other spellings have it too.

    Case, spaces, width, invisible characters, marks around it, known short forms, and how a number
    is written are gone: ``1``, ``1.0``, ``1,0``, ``01``, ``+1`` and ``1 star`` are one.
    """
    plain = unicodedata.normalize("NFKC", label.translate(_PLAIN)).casefold()
    text = " ".join(plain.replace("&nbsp;", " ").removeprefix(_PREFIX).split())
    text = text.strip(_AROUND) or text
    if comma := _DECIMAL_COMMA.fullmatch(text):
        text = f"{comma[1]}.{comma[2]}"
    if stars := _STARS.fullmatch(text):
        text = stars[1]
    if number := _NUMBER.fullmatch(text):
        sign, whole, decimals = number[1], number[2], number[3]
        value = f"{whole}.{decimals}" if decimals else whole
        return f"-{value}" if sign == "-" and value != "0" else value
    return FEELINGS.get(text, text)


def feeling(label: str) -> str | None:
    """Which of the three feelings a label is, in whatever spelling; None for another label."""
    return FEELINGS.get(fold(label))


def is_number(label: str) -> bool:
    """Whether a label is a number, however it is written."""
    return bool(_NUMBER.fullmatch(fold(label)))


def joins(
    counts: Mapping[str, int], fixed: Collection[str] = (), apart: Collection[str] = ()
) -> dict[str, str]:
    """Which spellings stand for which label: spelling -> label, without those that stay.

    The commonest spelling of a label gives it its name, unless the caller named one.

    Args:
        counts: how many rows have each spelling.
        fixed: labels that the caller named, which stay as they are.
        apart: labels that stay as they are, and that no other spelling joins.

    Raises:
        DataError: a spelling may stand for either of two labels that the caller named.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        if label not in apart:
            groups[fold(label)].append(label)
    result: dict[str, str] = {}
    for labels in groups.values():
        named = [label for label in labels if label in fixed]
        others = [label for label in labels if label not in fixed]
        if others and len(named) > 1:
            raise DataError(
                f"the label {others[0]!r} may be {' or '.join(map(repr, sorted(named)))}; say "
                f"which, with {as_options({others[0]: named[0]})}"
            )
        # Of equally common ones the plain one, in small letters.
        rank = {one: (-counts[one], one != fold(one), one.swapcase()) for one in labels}
        name = named[0] if named else min(labels, key=rank.__getitem__)
        result |= {label: name for label in others if label != name}
    return result


def in_words(joined: Mapping[str, str], counts: Mapping[str, int] | None = None) -> str:
    """The joins as a message has them: ``'Positive' (12), 'POS' (3) as 'positive'``."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for spelling, label in sorted(joined.items()):
        rows = "" if counts is None else f" ({counts[spelling]:,})"
        spellings[label].append(f"{spelling!r}{rows}")
    parts = []
    for label, found in sorted(spellings.items()):
        more = and_more(len(found) - SHOWN)
        parts.append(f"{', '.join(found[:SHOWN])}{more} as {label!r}")
    return "; ".join(parts)


def told(joined: Mapping[str, str], counts: Mapping[str, int] | None = None) -> str:
    """What to say of joins that were made."""
    first = next(iter(joined))
    return (
        f"spellings of labels are joined: {in_words(joined, counts)}; to keep one apart, map it to "
        f"itself, such as {as_options({first: first})}"
    )


def count(*columns: Iterable[str] | None) -> Counter[str]:
    """How many rows have each spelling, over several columns of labels."""
    counts: Counter[str] = Counter()
    for column in columns:
        counts.update(column or ())
    return counts


def as_options(meant: Mapping[str, str], option: str = "--label-map") -> str:
    """Labels with their meanings as a command takes them, and how many are not shown."""
    pairs = [f"{option} {shlex.quote(f'{label}={name}')}" for label, name in meant.items()]
    return " ".join(pairs[:SHOWN]) + and_more(len(pairs) - SHOWN)
