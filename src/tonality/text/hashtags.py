"""Hashtags of several words: ``#NotWorthIt`` and ``#not_worth_it`` are three words each."""

from __future__ import annotations

import re
import unicodedata

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite, holds_any

# The sign in all its widths, and what stands in it unseen: both go later, when the text is folded.
_SIGNS = "#\uff03\ufe5f"
_UNSEEN = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
# The bar over a shrug is no letter before it is folded, so it must be none afterwards.
_NAME = rf"(?:{_UNSEEN}*[^\W\u02c9][\u0300-\u036f]*)+"  # accents may stand by themselves
# Tags that are written together are tags each: "#happy#BestDay".
_HASHTAGS = late_pattern(rf"[{_SIGNS}](?<!\w.){_NAME}(?:[{_SIGNS}]{_NAME})*")
_HASHTAG = late_pattern(rf"[{_SIGNS}]{_NAME}")
_INVISIBLE = late_pattern(_UNSEEN)
# Words as their capitals show them: "NotWorthIt", "BBCNews", "top10".
_WORDS = late_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")


def _split(found: re.Match[str]) -> str:
    pieces = [piece for tag in _HASHTAG.findall(found[0]) for piece in _pieces(tag)]
    return f" {' '.join(pieces)} " if len(pieces) > 1 else found[0]


def _pieces(tag: str) -> list[str]:
    """The words of a tag that has several, else the tag."""
    words: list[str] = _WORDS.findall(unicodedata.normalize("NFC", _INVISIBLE.sub("", tag)))
    return words if len(words) > 1 else [tag]


SPLIT_HASHTAGS = (Rewrite(_HASHTAGS, _split, holds_any(*_SIGNS)),)
