"""What a test can do to its texts without changing what they say."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable

from tonality.late_pattern import late_pattern
from tonality.text.token_patterns import EMOTICONS

# Punctuation to Unicode, but part of what a text says.
_TELLING = frozenset("'%‰&@#*/\\")
# Emoticons stay, what is part of a number (".5", "-5", "4.5", "10:30"), and apostrophes and hyphens
# inside a word ("don’t", "well-made", "3-year").
_KEPT = (
    r"(?<![\w.-])(?:-\.?|\.)(?=\d)"
    r"|(?<=\d)[.,:](?=\d)"
    r"|(?<=[^\W_])['’\u2010\u2011-](?=[^\W_])"
)
_SIGNS = late_pattern(rf"(?:{EMOTICONS})|{_KEPT}|(?P<sign>[^\w\s])", re.IGNORECASE)
_GONE = "\0"
_BETWEEN_WORDS = late_pattern(rf"(?<=\w){_GONE}+(?=\w)")
_LONG_WORD = late_pattern(r"[^\W\d_]{5,}")


def typo(text: str) -> str:
    """The text with two neighbouring inner letters of one word of five or more swapped.

    A text without such a word stays as it is.
    """
    spots = [
        at
        for word in _LONG_WORD.finditer(text)
        for at in range(word.start() + 1, word.end() - 2)
        if text[at] != text[at + 1]
    ]
    if not spots:
        return text
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    at = spots[number % len(spots)]
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def unpunctuated(text: str) -> str:
    """The text without punctuation; apostrophes, emoticons, emoji and numbers stay whole."""
    text = _SIGNS.sub(_without_punctuation, text)
    return _BETWEEN_WORDS.sub(" ", text).replace(_GONE, "")


def _without_punctuation(found: re.Match[str]) -> str:
    sign = found["sign"]
    if sign is None or sign in _TELLING or not unicodedata.category(sign).startswith("P"):
        return found[0]
    return _GONE


def _html(text: str) -> str:
    return f"<p>{html.escape(text)}</p><br /><br />"


CHANGES: dict[str, Callable[[str], str]] = {
    "typo": typo,
    "capitals": str.upper,
    "unpunctuated": unpunctuated,
    "html": _html,
}
