"""Raw string -> cleaned string, with the way back from each cleaned character to the raw one.

Cleaning is a chain of rewrites. `Cleaner.clean` runs it on whole strings, at the speed of the
standard library's C; `Cleaner.trace` runs the same chain piece by piece and records where each
character came from. A property test holds the two to the same string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from tonality.late_pattern import late_pattern
from tonality.text.computed_once import ComputedOnce
from tonality.text.emoticons import READ_EMOTICONS
from tonality.text.hashtags import SPLIT_HASHTAGS
from tonality.text.mending import MEND_RAW, MEND_WORDS, may_be_damaged
from tonality.text.ratings import READ_RATINGS, may_rate
from tonality.text.rewriting import (
    Edit,
    Origin,
    Rewrite,
    holds_any,
    not_ascii,
    rewrite,
    rewrite_all,
)
from tonality.text.token_patterns import DAMAGED_ENTITY, ELEMENTS, ENTITY, TAG

# What NFKC would not do, or would do badly: typographic quotes and dashes become those of the
# keyboard, "4½" becomes "4 1/2" and not "41/2", and invisible characters go.
_FOLDS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u00b4\u02b9\u02bc\u0060\uff40", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
    **dict.fromkeys("\u2014\u2015", "--"),
    "\u00bd": " 1/2",
    "\u00bc": " 1/4",
    "\u00be": " 3/4",
    "\u00af": "\u02c9",  # the shrug's arms, which NFKC would break
    **dict.fromkeys("\u2122\u2120\u00ae\u00a9\u2800", " "),  # the last is Braille's blank
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff", ""),
}
# C1 controls are what Windows-1252 punctuation looks like after a wrong decoding, as in IMDB.
for _code in range(0x80, 0xA0):
    _meant = bytes([_code]).decode("cp1252", errors="ignore")
    _FOLDS[chr(_code)] = _FOLDS.get(_meant, _meant) or " "
# What NFKC would turn into some of the above: a text cleaned twice is as cleaned once.
for _character in "\u0149\u0374\u1fef\u2034\u2037\u2057\u207b\u208b\ufe31\ufe32\ufe58":
    _parts = unicodedata.normalize("NFKC", _character)
    _FOLDS[_character] = "".join(_FOLDS.get(part, part) for part in _parts)
# Half-width voicing marks are letters to Unicode, but NFKC makes marks of them.
_FOLDS |= {"\uff9e": "\u3099", "\uff9f": "\u309a"}
_FOLDABLE = late_pattern(f"[{''.join(_FOLDS)}]")

# NFKC sorts the marks on a letter in quadratic time, so nobody gets more than the 30 marks that
# any writing needs (Unicode Annex 15, "Stream-Safe Text Format").
_MOST_MARKS = 30
_MARKED = late_pattern(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")

# An e-mail address, and a handle of two parts: "@name@example.social". They become a mention.
_ADDRESS = late_pattern(r"(?<![\w.+/@-])@?[\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)+")

# Letters of Windows-1252 that were read as controls.
_LETTERS_LEFT = {
    code: bytes([code]).decode("cp1252") for code in b"\x83\x8a\x8c\x8e\x9a\x9c\x9e\x9f"
}


@dataclass(frozen=True, kw_only=True)
class Cleaner:
    """Runs the rewrites that a text needs before it is cut into tokens.

    Attributes:
        strip_html: blank out tags, comments, scripts and styles; decode entities.
        fold_unicode: NFKC, keyboard quotes and dashes, Windows-1252 leftovers, invisibles gone.
        lower_case: lower-case the text.
        mend: undo what exports and wrong decodings do to text; see :mod:`~tonality.text.mending`.
        emoticons: write emoticons of letters, such as ``D:``, as those of signs.
        split_hashtags: ``#NotWorthIt`` becomes three words.
        ratings: write ratings as one of five tokens.
        addresses: write an e-mail address as a mention, for its words are not the writer's.
    """

    strip_html: bool
    fold_unicode: bool
    lower_case: bool
    mend: bool = False
    emoticons: bool = False
    split_hashtags: bool = False
    ratings: bool = False
    addresses: bool = False

    def __getstate__(self) -> dict[str, Any]:
        # Without the rewrites, which are made of the switches again and hold local functions.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @ComputedOnce
    def _entities(self) -> Rewrite:
        return _DAMAGED_ENTITIES if self.mend else _ENTITIES

    @ComputedOnce
    def _signs(self) -> tuple[Rewrite, ...]:
        return (
            *(READ_EMOTICONS if self.emoticons else ()),
            *(SPLIT_HASHTAGS if self.split_hashtags else ()),
        )

    def _with_letters(self, text: str) -> str:
        """The text with the letters that make hashtags; folding comes too late for them."""
        if self.split_hashtags and self.fold_unicode and "#" in text:
            return text.translate(_LETTERS_LEFT)
        return text

    def clean(self, text: str) -> str:
        """The cleaned text."""
        damaged = self.mend and may_be_damaged(text)
        if damaged:
            for step in MEND_RAW:
                text = step.apply(text)
        if self.strip_html:
            if "<" in text:
                text = _blank_tags(text)
            if "&" in text:
                text = self._entities.apply(text)
                damaged = self.mend
        if damaged:
            for step in MEND_WORDS:
                text = step.apply(text)
        text = self._with_letters(text)
        for step in self._signs:
            text = step.apply(text)
        text = self._fold(text)
        if self.addresses:
            text = _MENTIONED.apply(text)
        if self.ratings and may_rate(text):
            for step in READ_RATINGS:
                text = step.apply(text)
        return text

    def trace(self, text: str) -> tuple[str, Origin | None]:
        """The cleaned text and its origin; None where character i came from character i."""
        origin: Origin | None = None
        damaged = self.mend and may_be_damaged(text)
        if damaged:
            text, origin = rewrite_all(text, origin, MEND_RAW)
        if self.strip_html:
            if "<" in text:
                text = _blank_tags(text)  # which keeps every other character where it is
            if "&" in text:
                text, origin = rewrite(text, origin, self._entities.edits(text))
                damaged = self.mend
        if damaged:
            text, origin = rewrite_all(text, origin, MEND_WORDS)
        text, origin = rewrite_all(self._with_letters(text), origin, self._signs)
        text, origin = self._trace_folds(text, origin)
        if self.addresses:
            text, origin = rewrite(text, origin, _MENTIONED.edits(text))
        if self.ratings and may_rate(text):
            text, origin = rewrite_all(text, origin, READ_RATINGS)
        return text, origin

    def _fold(self, text: str) -> str:
        """The text with the characters of the keyboard and in lower case, as the switches say."""
        if text.isascii():
            if self.fold_unicode and "`" in text:
                text = text.replace("`", "'")
            return text.lower() if self.lower_case else text
        if self.fold_unicode:
            text = _MARKED.sub(_thin, _FOLDABLE.sub(_fold, text))
            text = unicodedata.normalize("NFKC", text)
        if self.lower_case:
            text = _lower(text)
            if self.fold_unicode:  # lower-casing can leave a letter and a mark that compose
                text = unicodedata.normalize("NFKC", text)
        return text

    def _trace_folds(self, text: str, origin: Origin | None) -> tuple[str, Origin | None]:
        if self.fold_unicode:
            text, origin = rewrite_all(text, origin, _FOLDING)
            text, origin = rewrite(text, origin, _nfkc_edits(text))
        if self.lower_case:
            text = _lower(text)
            if self.fold_unicode:
                text, origin = rewrite(text, origin, _nfkc_edits(text))
        return text, origin


def _blank_tags(text: str) -> str:
    """Spaces in place of markup, so that every other character stays where it was."""
    text = text.replace("<br />", "      ")  # nearly all there is in IMDB, and ten times faster
    return TAG.sub(_blank, text) if "<" in text else text


def _blank(found: re.Match[str]) -> str:
    name = found["name"]
    return found[0] if name and name.lower() not in ELEMENTS else " " * len(found[0])


def _unescape(found: re.Match[str]) -> str:
    import html  # its tables of entities are large, and few texts need them

    return html.unescape(found[0])


def _unescape_damaged(found: re.Match[str]) -> str:
    import html

    name = (found["entity"] or found["apart"]).rstrip("; ")
    read = html.unescape(f"&{name};")
    # A text that was written in capitals holds "&RSQUO;".
    return html.unescape(f"&{name.lower()};") if read == f"&{name};" else read


def _fold(found: re.Match[str]) -> str:
    return _FOLDS[found[0]]


def _thin(found: re.Match[str]) -> str:
    """The characters without those that are more than 30 marks after a letter."""
    kept, marks = [], 0
    for character in found[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


_ENTITIES = Rewrite(ENTITY, _unescape, holds_any("&"))
_DAMAGED_ENTITIES = Rewrite(DAMAGED_ENTITY, _unescape_damaged, holds_any("&"))
_MENTIONED = Rewrite(_ADDRESS, lambda _: " @mail ", holds_any("@"))
_FOLDING = (
    Rewrite(_FOLDABLE, _fold, lambda _: True),
    Rewrite(_MARKED, _thin, not_ascii),
)


def _lower(text: str) -> str:
    """Lower case of the same length: only the dotted capital I would otherwise grow."""
    return text.replace("\u0130", "i").lower()


def _nfkc_edits(text: str) -> Iterator[Edit]:
    """The edits that NFKC makes, each as short as it can be."""
    if unicodedata.is_normalized("NFKC", text):
        return
    borders = [i for i, character in enumerate(text) if i == 0 or not _joins(character)]
    for start, end in pairwise([*borders, len(text)]):
        new = unicodedata.normalize("NFKC", text[start:end])
        if new != text[start:end]:
            yield Edit(start, end, new)


def _joins(character: str) -> bool:
    """Whether NFKC may merge the character with the one before it: a mark or a Hangul part."""
    if character.isascii():
        return False
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first).startswith("M") or "\u1160" <= first <= "\u11ff"
