"""Where the sentences and clauses of a text begin, and which tokens are parts of one word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from tonality.late_pattern import late_pattern
from tonality.text.stopwords import ENGLISH
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
# What may follow a full stop inside an address: other words after one begin a sentence.
_ADDRESSES = frozenset(
    ["com", "org", "net", "edu", "gov", "io", "co", "uk", "de", "fr", "eu", "js"]
)
_WORD_BEFORE = late_pattern(r"\w*\Z")
_GLUED_WORD = late_pattern(r"\w*")
_NEXT_WORD = late_pattern(r"\W*(\w*)")
_LONE = late_pattern(r"\b[^\W\d_]\b")
_LETTER = late_pattern(r"\w")
_INITIAL = late_pattern(r"\s?[^\W\d_]\.")
_HYPHENS = "-–\u2010\u2011\u2212"  # also the en dash, which joins where no space is beside it
_BULLET = late_pattern(r"(?:\A|\n)[^\S\n]*(?:(?P<sign>[-*+•·–—‣▪●■◦○□])|\d{1,2}[.)])(?=\s)")
# Between two letters or digits these are part of a word: "user-friendly", "5 p.m", "O'Brien". Of
# full stops only some are.
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
            or _stopped(text, done, token.start, tokens[begin].start)
        ):
            found[index], begin = "sentence", index
        elif index and (closed or raw in _OPENING):
            found[index] = "clause"
        number = index == begin + 1 and last.isdecimal()  # "1." opens an item
        ended = trails or (not number and _ends(text, token.start, token.end, tokens[begin].start))
        closed = _closes(text, token) or (bulleted and raw == (bullet and bullet["sign"]))
    return found


def _stopped(text: str, start: int, end: int, begin: int) -> bool:
    """Whether a sentence that begins at ``begin`` ends in a gap: there punctuation is no token."""
    gap = _TAG.sub(lambda tag: " " * len(tag[0]), text[start:end])
    return any(
        _ends(text, start + mark.start(), start + mark.end(), begin)
        for mark in _END_MARKS.finditer(gap)
    )


def _ends(text: str, start: int, end: int, begin: int) -> bool:
    """Whether what stands from ``start`` to ``end`` ends the sentence that begins at ``begin``."""
    mark = text[start:end]
    if not _END_MARKS.fullmatch(mark):
        return False
    if mark != ".":
        return True
    word = _word_before(text, start)
    if word.lower() in _TITLES or (
        len(word) == 1 and word.isalpha() and _shortens(text, start, begin)
    ):
        return False
    return not text[end : end + 1].isalnum() or (bool(word) and not _joins(text, start))


def _word_before(text: str, at: int) -> str:
    found = _WORD_BEFORE.search(text, max(at - 20, 0), at)
    return found[0] if found else ""


def _joins(text: str, at: int) -> bool:
    """Whether a full stop between letters or digits is part of a word or a number.

    It is in ``4.5``, ``p.m`` and ``site.com``, but not in ``It was great.terrible plot though``.
    """
    before, after = _word_before(text, at), _GLUED_WORD.match(text, at + 1)
    word = after[0] if after else ""
    if before[-1:].isdigit() and word[:1].isdigit():
        return True
    if len(word) == 1 and word.isalpha():
        stopped = text[at + 2 : at + 3] == "."  # "Ph.D."
        return stopped or (len(before) == 1 and before.isalpha())
    return word.lower() in _ADDRESSES


def _shortens(text: str, at: int, begin: int) -> bool:
    """Whether a full stop behind a lone letter says that it is short for a word.

    It does beside another such letter, and in the initials of a name that begins a sentence. So
    "Grade A. Loved it." and "5 p.m. It was good." are two sentences each.

    Args:
        text: the raw text.
        at: the full stop.
        begin: where its sentence begins.
    """
    if _INITIAL.match(text, at + 1):
        return True
    following = _NEXT_WORD.match(text, at + 1)
    word = following[1] if following else ""
    lower = word[:1].islower() or word[:1].isdigit()
    if text[at - 2 : at - 1] == "." and lower:  # "U.S. in 3 days"
        return True
    spaced = text[max(at - 3, 0) : at - 1] == ". "
    named = word[:1].isupper() and word.lower() not in ENGLISH
    first = not _LETTER.search(_LONE.sub("", text[begin:at]))
    return named and (spaced or first)


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
        and (joint != "." or _joins(text, before.end))
    )


def is_mark(token: Token) -> bool:
    """Whether a token is punctuation or a bare symbol, and so tells a reader nothing."""
    if MARK.fullmatch(token.text):
        return True
    return bool(_SYMBOL.fullmatch(token.text)) and not _EMOTICON.fullmatch(token.text)
