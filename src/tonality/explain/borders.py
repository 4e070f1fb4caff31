"""Where the sentences and clauses of a text begin, and which tokens are parts of one word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from tonality.late_pattern import late_pattern
from tonality.text.token_patterns import EMOJI, EMOTICONS, MARK, REGIONAL
from tonality.text.tokenizer import Token

Border = Literal["sentence", "clause"]

_END_MARKS = late_pattern(r"\.+|[!?…。！？]+")
_CLAUSE_END = late_pattern(r"[,;:)\]—、，；：]|--+")
_TAG = late_pattern(r"<[^<>]*>")
_OPENING = frozenset("([（")
_BLOCK = late_pattern(r"\n\s*\n|<\s*/?\s*(?:br|p|div|li|tr|h\d)\b", re.IGNORECASE)
_CLOSING = frozenset("\"')]}”’»")
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs"])
_HYPHENS = "-–\u2010\u2011\u2212"  # also the en dash, which joins where no space is beside it
_BULLET = late_pattern(r"(?:\A|\n)[^\S\n]*(?:(?P<sign>[-*+•·–—‣▪●■◦○□])|\d{1,2}[.)])(?=\s)")
# Between two letters or digits these are part of a word: "user-friendly", "5 p.m", "O'Brien".
_JOINT = late_pattern(rf"[{_HYPHENS}.'’&_@]")
# A symbol that is no emoticon and no emoji; of the emoji, arrows and plain shapes are symbols, too.
_SYMBOL = late_pattern(rf"[^\w\s{EMOJI}{REGIONAL}\u20e3]+|_+|[\u2190-\u21ff\u25a0-\u25ff]")
_EMOTICON = late_pattern(EMOTICONS)


def borders(text: str, tokens: Sequence[Token], cut: int | None = None) -> dict[int, Border]:
    """The tokens at which a sentence or a clause begins, the first token left out.

    Args:
        text: the raw text.
        tokens: its tokens.
        cut: the character at which reading goes on after a part that was cut out.
    """
    found: dict[int, Border] = {}
    begin, ended, closed = 0, False, False
    for index, token in enumerate(tokens):
        raw = text[token.start : token.end]
        done = tokens[index - 1].end if index else 0
        gap, last = text[done : token.start], text[tokens[index - 1].start : done] if index else ""
        # A mark or a bracket that stands at the end of a sentence belongs to it.
        trails = ended and not gap and (raw in _CLOSING or _END_MARKS.fullmatch(raw) is not None)
        bullet = _BULLET.search(text, done, token.end + 2)
        bulleted = bullet is not None and bullet.start() <= token.start
        if index and (
            (ended and not trails)
            or (bulleted or token.start == cut or _BLOCK.search(gap))
            or _stopped(gap, last, text[token.start])
        ):
            found[index], begin = "sentence", index
        elif index and (closed or raw in _OPENING):
            found[index] = "clause"
        number = index == begin + 1 and last.isdecimal()  # "1." opens an item
        ended = trails or (not number and _ends(raw, last, text[token.end : token.end + 1]))
        closed = _closes(text, token) or (bulleted and raw == (bullet and bullet["sign"]))
    return found


def _stopped(gap: str, before: str, after: str) -> bool:
    """Whether a sentence ends in a gap: there punctuation is no token."""
    gap = _TAG.sub("", gap)
    return any(
        _ends(mark[0], before, after if mark.end() == len(gap) else "")
        for mark in _END_MARKS.finditer(gap)
    )


def _ends(mark: str, before: str, after: str) -> bool:
    """Whether a mark ends a sentence.

    Args:
        mark: the raw mark.
        before: the raw token before it.
        after: the character that follows it without a gap, if one does.
    """
    if not _END_MARKS.fullmatch(mark):
        return False
    if mark != ".":
        return True
    word = before.lower()
    initial = len(word) == 1 and word != "i" and word != before.upper()  # a letter with two cases
    if initial or word in _TITLES:
        return False
    # "v2.0" and "site.com", but not "It was good.We left"
    return not after.isalnum() or (before[-1:].islower() and after.isupper())


def _closes(text: str, token: Token) -> bool:
    """Whether a clause ends with a token; a hyphen ends one only with a space beside it."""
    raw = text[token.start : token.end]
    if len(raw) != 1 or raw not in _HYPHENS:
        return _CLAUSE_END.fullmatch(raw) is not None
    beside = text[max(token.start - 1, 0) : token.start], text[token.end : token.end + 1]
    return any(not each or each.isspace() or each in _HYPHENS for each in beside)


def one_word(text: str, before: Token, token: Token) -> bool:
    """Whether two tokens are parts of one word, such as ``user-friendly`` or ``U.S``.

    Args:
        text: the raw text.
        before: a token.
        token: the next one that is no mark.
    """
    joint = text[before.end : token.start]
    return (
        _JOINT.fullmatch(joint) is not None
        and text[before.end - 1].isalnum()
        and text[token.start].isalnum()
    )


def is_mark(token: Token) -> bool:
    """Whether a token is punctuation or a bare symbol, and so tells a reader nothing."""
    if MARK.fullmatch(token.text):
        return True
    return bool(_SYMBOL.fullmatch(token.text)) and not _EMOTICON.fullmatch(token.text)
