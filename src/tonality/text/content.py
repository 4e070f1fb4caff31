"""Which texts say something: ``?``, ``---`` and ``…`` stand where nobody said anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from tonality.late_pattern import late_pattern
from tonality.text.cleaning import Cleaner
from tonality.text.token_patterns import ELEMENTS, EMOJI, EMOTICONS, REGIONAL, TAG

_SHORT = 64  # characters of a text whose markup is worth looking through
_PLAIN = Cleaner(strip_html=False, fold_unicode=True, lower_case=False)
_WORD = late_pattern(r"[^\W_]")
# "5", "★★☆" and "***" are ratings; "!!!" and "??" are punctuation, from which nobody could tell.
_SIGN = late_pattern(f"[{EMOJI}{REGIONAL}]|\\A\\s*\\*{{1,5}}\\s*\\Z|{EMOTICONS}")


def has_content(text: str) -> bool:
    """Whether a letter, a digit, an emoji, an emoticon or a rating is in a text."""
    if len(text) < _SHORT and ("<" in text or "&" in text):
        text = TAG.sub(_without_markup, unescape(text))
    if _WORD.search(text) or _SIGN.search(text):
        return True
    # A phone writes ":(" with signs of its own.
    return not text.isascii() and _SIGN.search(_PLAIN.clean(text[:_SHORT])) is not None


def _without_markup(tag: re.Match[str]) -> str:
    """Nothing in the place of an element of HTML; ``<null>`` is none."""
    name = tag["raw"] or tag["name"]
    return "" if name is None or name.lower() in ELEMENTS else tag[0]


def with_content(texts: Sequence[str | None]) -> list[str | None]:
    """The texts, with None in the place of each that says nothing."""
    return [text if text and has_content(text) else None for text in texts]
