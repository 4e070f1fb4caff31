"""Hashtags of several words: ``#NotWorthIt`` and ``#not_worth_it`` are three words each."""

from __future__ import annotations

import re

from tonality.text.rewriting import Rewrite, holds_any

_HASHTAG = re.compile(r"#(?<!\w#)\w+")
# Words as their capitals show them: "NotWorthIt", "BBCNews", "top10".
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")


def _split(found: re.Match[str]) -> str:
    words = _WORDS.findall(found[0])
    return f" {' '.join(words)} " if len(words) > 1 else found[0]


SPLIT_HASHTAGS = (Rewrite(_HASHTAG, _split, holds_any("#")),)
