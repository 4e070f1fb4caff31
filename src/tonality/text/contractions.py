r"""Mends contractions whose apostrophe is something else: ``don?t``, ``donÕt``, ``don ' t``.

What stands between *wouldn* and *t* is an apostrophe, whatever it looks like. So what no table of
wrong decodings knows is mended here, in contractions alone.
"""

from __future__ import annotations

import re
import unicodedata

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite, holds_any, not_ascii
from tonality.text.token_patterns import EMOJI

# Quotation marks and semicolons, and what folding or NFKC makes one.
_QUOTES = '"\u201c\u201d\u201e\u201f\u2033\u2036\uff02'
_SEMICOLONS = ";\u037e\uff1b"
_STEMS = {
    "t": "don doesn didn isn aren wasn weren haven hasn hadn won wouldn couldn shouldn can mustn "
    "needn ain mightn oughtn shan daren",
    "s": "it he she that what there here who where how let",
    "m": "i",
    "d": "i it he she we you they that who",
    "re": "we you they there who what",
    "ve": "i we you they would could should might must who",
    "ll": "i it he she we you they that there who",
}
_CONTRACTED = {f"{stem}'{end}" for end, stems in _STEMS.items() for stem in stems.split()}
_BEFORE = late_pattern(
    rf"(?P<opened>[&{_QUOTES}{_SEMICOLONS}]?)(?<![^\W_])(?P<stem>[a-z]*)$", re.IGNORECASE
)
_END = r"(?P<end>(?i:t|s|m|d|re|ve|ll))(?![\w=&/])"


def _contract(found: re.Match[str]) -> str:
    """An apostrophe, if the word with one is a contraction."""
    before = _BEFORE.search(found.string, max(found.start() - 9, 0), found.start())
    if before is None or f"{before['stem']}'{found['end']}".lower() not in _CONTRACTED:
        return found[0]
    return found[0] if _may_be_meant(found, before) else "'"


def _may_be_meant(found: re.Match[str], before: re.Match[str]) -> bool:
    """Whether it may be a quotation's end, as in ``"who"s``, an entity's or a wink's, ``it;D``."""
    wink = found[0] in _SEMICOLONS and found["end"] in "dD"
    return wink or (found[0] in _QUOTES + _SEMICOLONS and bool(before["opened"]))


# Characters that also mean something else: "don?t", "don??t", "itâs", "don;t".
_ANOTHER_MARK = late_pattern(
    rf"[?\u00e2\u00bf{_QUOTES}{_SEMICOLONS}](?<=[A-Za-z].)(?:(?<=\?)\?{{1,2}})?(?={_END})"
)
# What else is not ASCII: "don\u00d5t" (Mac Roman as Windows-1252), "donтАЩt" (code page 866),
# "don\u00b8t". Dashes, ellipses, good marks and emoji may be meant.
_GARBLED = late_pattern(
    rf"[^\x00-\x7f\s](?<=[A-Za-z].)[^\x00-\x7f\s]{{0,23}}+(?:\?{{1,2}}|(?<=\u20ac)(?:TM|\(tm\)))?(?={_END})"
)
_STRANGE = late_pattern(
    r"[^\x00-\x7f\u00b4\u00b7\u02b9\u02bc\u200d\u2010-\u201b\u2022\u2026\u2032\u2035\uff07\uff40"
    f"\u20e3\ufe0e\ufe0f\U0001f3fb-\U0001f3ff{_QUOTES}{_SEMICOLONS}{EMOJI}]"
)
# Latin letters and marks that are an apostrophe in another code page or look like one.
_LETTERS = "\u00d5\u00f5\u00cd\u00ed\u00c6\u00e6\u0313\u0315"


def _degarble(found: re.Match[str]) -> str:
    run = found[0]
    accented = run < "\u0370" and unicodedata.category(run[0]) in ("Lu", "Ll", "Mn")
    sound = not _STRANGE.search(run) or (len(run) == 1 and accented and run not in _LETTERS)
    return run if sound else _contract(found)


# Set apart by a tokenizer: "don ' t", "don' t".
_SIGNS = "'`\u00b4\u2018\u2019"
_APART_BEFORE = late_pattern(rf"[ ](?<=[A-Za-z].)[{_SIGNS}][ ]?(?={_END})")
_APART_AFTER = late_pattern(rf"[{_SIGNS}](?<=[A-Za-z].)[ ](?={_END})")


def _holds_odd_sign(text: str) -> bool:
    """Whether an apostrophe is doubled or stands apart from its contraction."""
    return any(_is_odd(sign, text) for sign in ("'`" if text.isascii() else _SIGNS))


CONTRACTIONS = (
    Rewrite(
        _ANOTHER_MARK,
        _contract,
        holds_any("?", "\u00e2", "\u00bf", *_QUOTES, *_SEMICOLONS),
    ),
    Rewrite(_GARBLED, _degarble, not_ascii),
    Rewrite(_APART_BEFORE, _contract, _holds_odd_sign),
    Rewrite(_APART_AFTER, _contract, _holds_odd_sign),
)


def may_contract(text: str) -> bool:
    """A quick test that most sound texts pass: whether there is anything to mend here.

    Also whether an apostrophe is doubled.
    """
    return (
        any(_stands_between_letters(mark, text) for mark in '?;"')
        or _holds_odd_sign(text)
        or (
            not text.isascii()
            and (
                _ANOTHER_MARK.search(text) is not None
                or any(_degarble(found) == "'" for found in _GARBLED.finditer(text))
            )
        )
    )


# To find one character and look at its neighbours is far sooner than a pattern or two characters.
def _stands_between_letters(mark: str, text: str) -> bool:
    at = text.find(mark, 1)
    while at >= 0:
        if text[at - 1].isalpha() and text[at + 1 : at + 4].lstrip(mark)[:1].isalpha():
            return True
        at = text.find(mark, at + 1)
    return False


def _is_odd(sign: str, text: str) -> bool:
    at = text.find(sign, 1)
    while at >= 0:
        after = text[at + 1 : at + 2]
        if (
            after == sign
            or (after == " " and _APART_AFTER.match(text, at))
            or (text[at - 1] == " " and _APART_BEFORE.match(text, at - 1))
        ):
            return True
        at = text.find(sign, at + 1)
    return False
