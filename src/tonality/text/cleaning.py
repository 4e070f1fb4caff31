"""Raw string -> cleaned string, with the way back from each cleaned character to the raw one.

Cleaning is a chain of steps. `Cleaner.clean` runs it on whole strings, at the speed of the
standard library's C; `Cleaner.trace` runs it piece by piece and records where each character came
from. A property test holds the two to the same string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tonality.late_pattern import late_pattern
from tonality.text.emoticons import READ_EMOTICONS
from tonality.text.hashtags import SPLIT_HASHTAGS
from tonality.text.mending import HIDDEN_JOINERS, MEND_RAW, MEND_WORDS, may_be_damaged
from tonality.text.ratings import READ_RATINGS, may_rate
from tonality.text.rewriting import (
    Edit,
    Origin,
    Rewrite,
    Step,
    apply_all,
    holds_any,
    not_ascii,
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
# "Awful.@airline.Never again" is none, nor what stands in a web address.
_ADDRESS = late_pattern(
    r"(?<![\w.+/@=?&-])@?[\w.+-]{1,64}+(?<!\.)@[\w-]{1,63}+(?:\.[\w-]{1,63}+)*\.[A-Za-z]{2,}+(?![\w-])"
)

# Letters of Windows-1252 that were read as controls.
_LETTERS_LEFT = {
    code: bytes([code]).decode("cp1252") for code in b"\x83\x8a\x8c\x8e\x9a\x9c\x9e\x9f"
}


# Runs steps on a text.
Run = Callable[[str, Iterable[Step]], str]


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

    def clean(self, text: str) -> str:
        """The cleaned text."""
        return self._rewritten(text, apply_all)

    def trace(self, text: str) -> tuple[str, Origin | None]:
        """The cleaned text and its origin; None where character i came from character i."""
        origin: Origin | None = None

        def traced(text: str, steps: Iterable[Step]) -> str:
            nonlocal origin
            text, origin = rewrite_all(text, origin, steps)
            return text

        cleaned = self._rewritten(text, traced)
        return cleaned, origin

    def _rewritten(self, text: str, run: Run) -> str:
        """The cleaned text; what moves a character is done by ``run``."""
        damaged = self.mend and may_be_damaged(text)
        if damaged:
            text = run(text, MEND_RAW)
        if self.strip_html:
            if "<" in text:
                text = _blank_tags(text)
            if "&" in text:
                text = run(text, _DAMAGED_ENTITIES if self.mend else _ENTITIES)
                damaged = self.mend
        if damaged:
            text = run(text, MEND_WORDS)
        if self.split_hashtags and self.fold_unicode and "#" in text:
            text = text.translate(_LETTERS_LEFT)  # folding comes too late for hashtags
        if self.emoticons:
            text = run(text, READ_EMOTICONS)
        if self.split_hashtags:
            text = run(text, SPLIT_HASHTAGS)
        text = self._folded(text, run)
        if damaged:
            text = run(text, HIDDEN_JOINERS)
        if self.addresses:
            text = run(text, _MENTIONED)
        if self.ratings and may_rate(text):
            text = run(text, READ_RATINGS)
        return text

    def _folded(self, text: str, run: Run) -> str:
        """The text with the characters of the keyboard and in lower case, as the switches say."""
        if text.isascii():
            if self.fold_unicode and "`" in text:
                text = text.replace("`", "'")
            return text.lower() if self.lower_case else text
        if self.fold_unicode:
            text = run(text, _FOLDING)
        if self.lower_case:
            text = _lower(text)
            if self.fold_unicode:  # lower-casing can leave a letter and a mark that compose
                text = run(text, _COMPOSING)
        return text


def _blank_tags(text: str) -> str:
    """Spaces in place of markup: every other character stays where it was."""
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


def _lower(text: str) -> str:
    """Lower case of the same length: only the dotted capital I would otherwise grow."""
    return text.replace("\u0130", "i").lower()


class _Nfkc:
    """The step that brings a text into NFKC."""

    def apply(self, text: str) -> str:
        return unicodedata.normalize("NFKC", text)

    def edits(self, text: str) -> Iterator[Edit]:
        """Each as short as it can be."""
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


_ENTITIES = (Rewrite(ENTITY, _unescape, holds_any("&")),)
_DAMAGED_ENTITIES = (Rewrite(DAMAGED_ENTITY, _unescape_damaged, holds_any("&")),)
_MENTIONED = (Rewrite(_ADDRESS, lambda _: " @mail ", holds_any("@")),)
_COMPOSING = (_Nfkc(),)
_FOLDING = (
    Rewrite(_FOLDABLE, _fold, lambda _: True),
    Rewrite(_MARKED, _thin, not_ascii),
    *_COMPOSING,
)
