"""Hashtags of several words: ``#NotWorthIt`` and ``#not_worth_it`` are three words each."""

from __future__ import annotations

import re

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite, holds_any

# The sign in all its widths, and what stands in it unseen: both go later, when the text is folded.
_SIGNS = "#\uff03\ufe5f"
# The bar over a shrug is no letter before it is folded, so it must be none afterwards.
_HASHTAG = late_pattern(rf"[{_SIGNS}](?<!\w.)[\u200b-\u200f\u2060\ufeff]*[^\W\u02c9]+")
# Words as their capitals show them: "NotWorthIt", "BBCNews", "top10".
_WORDS = late_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")


def _split(found: re.Match[str]) -> str:
    words = _WORDS.findall(found[0])
    return f" {' '.join(words)} " if len(words) > 1 else found[0]


SPLIT_HASHTAGS = (Rewrite(_HASHTAG, _split, holds_any(*_SIGNS)),)
