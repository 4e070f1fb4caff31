r"""Mends text that an export or a wrong decoding has damaged: ``donâ€™t`` is ``don't`` again.

Each kind of damage is a rewrite. Sound text holds nothing that they look for, so it passes at the
cost of a few substring searches. Every rewrite is linear in the length of the text.
"""

from __future__ import annotations

import re
from functools import cache

from tonality.late_pattern import late_pattern
from tonality.text.contractions import CONTRACTIONS, may_contract
from tonality.text.escapes import ESCAPES
from tonality.text.rewriting import Rewrite, holds_any, not_ascii

# Letters of the scripts that do not join, and the marks on them: Latin, Greek, Cyrillic.
_LETTER = (
    "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u034e\u0350-\u0373"
    "\u0376-\u0383\u0386-\u0481\u048a-\u052f\u1e00-\u1fbc\u1fbe\u1fc2-\u1fcc\u1fd0-\u1fdb"
    "\u1fe0-\u1fec\u1ff2-\u1ffc\uff21-\uff3a\uff41-\uff5a"
)


def _between_letters(first: str, rest: str) -> re.Pattern[str]:
    """A pattern between two letters. It begins with a class, by which the engine skips ahead."""
    return late_pattern(f"{first}(?<=[{_LETTER}].)(?i:{rest})(?=[{_LETTER}])")


def _apostrophe(_: re.Match[str]) -> str:
    return "'"


# 1. UTF-8 that was read as Windows-1252 or Latin-1, once or several times

_BYTES = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)
}
_INNER = "".join(character for character, byte in _BYTES.items() if byte < 0xC0)
_SEQUENCE = (
    f"[\u00c2-\u00f4](?:(?<=[\u00c2-\u00df])[{_INNER}]"
    f"|(?<=[\u00e0-\u00ef])[{_INNER}]{{2}}|(?<=[\u00f0-\u00f4])[{_INNER}]{{3}})"
)
_EACH = late_pattern(_SEQUENCE)
# What may follow an accented letter in sound text.
_USUAL = late_pattern(
    "[\u2018\u2019\u201c\u201d\u2026\u2013\u2014\u2039\u203a\u00ab\u00bb\u2122\u2022\u00b7\u00a0]*"
)
# The first of a misread "é", "’", "\ufe0f", emoji: no word ends in one, but in capitals.
_FIRST = "\u00c2\u00c3\u00e2\u00ef\u00f0"


def _misread(text: str) -> str:
    """The UTF-8 of a text read as Windows-1252."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def _decode(found: re.Match[str]) -> str:
    """A run of misread sequences as it was meant; as it is where it may be sound."""
    run, before = found[0], found.string[max(found.start() - 1, 0) : found.start()]
    for sequence in _EACH.findall(run):
        if not _USUAL.fullmatch(sequence, 1) or (sequence[0] in _FIRST and not before.isupper()):
            break
    else:
        return run
    try:
        meant = bytes(map(_BYTES.__getitem__, run)).decode("utf-8")
    except UnicodeDecodeError:
        return run
    # Misread again? A run shortens each time, so this costs no more than the run is long.
    return meant if len(meant) == 1 else _RUN.sub(_decode, meant)


_RUN = late_pattern(f"{_SEQUENCE}(?:{_SEQUENCE})*+")
_MAYBE_MISREAD = late_pattern(f"[\u00c2-\u00f4][{_INNER}]")
_MISREAD = Rewrite(_RUN, _decode, lambda text: _MAYBE_MISREAD.search(text) is not None)

# The same marks as other code pages show them ("donΓÇÖt"), and misread twice, then lower-cased
# ("donã¢â‚¬â„¢t"). GBK and Shift JIS take the next letter with it: "don鈥檛".
_PUNCTUATION = "\u2018\u2019\u201c\u201d\u2013\u2014\u2026"


@cache
def _elsewhere() -> dict[str, str]:
    """What each mark looks like in other code pages. Loading those takes a while."""
    found = {
        mark.encode().decode(page): mark
        for page in ("mac_roman", "cp437", "cp850", "cp1250", "cp1251")
        for mark in _PUNCTUATION
        if len(mark.encode().decode(page, errors="ignore")) == 3
    }
    for mark in _PUNCTUATION:
        for seen in (_misread(mark), _misread(_misread(mark)), mark.encode().decode("latin-1")):
            found |= {seen.lower(): mark, seen.upper(): mark}
    return found | {
        f"\u2019{letter}".encode().decode(page): f"'{letter}"
        for letter in "tsmrvld"
        for page in ("gbk", "shift_jis")
    }


_OTHER_PAGES = Rewrite(
    late_pattern(lambda: "|".join(sorted(_elsewhere(), key=len, reverse=True))),
    lambda found: _elsewhere()[found[0]],
    not_ascii,
)
# Where a part of the sequence is lost: "donâ??t", "donâ€t".
_LOST = Rewrite(
    _between_letters("[\u00e2\u00e3]", f"[{_INNER}\u00e2\ufffd?]{{1,8}}"),
    _apostrophe,
    holds_any("\u00e2", "\u00e3"),
)
_LOST_QUOTE = Rewrite(
    late_pattern("\u00e2\u20ac[\u009d\ufffd?]?"), lambda _: '"', holds_any("\u00e2\u20ac")
)

# The first half of a misread no-break space, where the second became a space: "itÂ isn't".
_PADDED = Rewrite(
    late_pattern("\u00c2(?<![A-Z\u00c0-\u00de]{2}\u00c2)\u00c2*+(?=\\s|\\Z)"),
    lambda _: " ",
    holds_any("\u00c2"),
)

# 2. Apostrophes that are something else

# Look-alikes by Unicode's confusables.txt (UTS 39), marks that stand in for it, and U+FFFD. The
# common ones are good punctuation, if not doubled.
_COMMON = "'`\u00b4\u02b9\u02bc\u2018\u2019\u201a\u201b\u2032\u2035\uff07\uff40"
_RARE = (
    "\u02bb\u02bd-\u02bf\u02c8\u02ca\u02cb\u02f4\u0374\u0384\u055a\u055d\u05d9\u05f3\u07f4\u07f5\u144a"
    "\u16cc\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2039\u203a\u275b\u275c\u275f\ua78b\ua78c\ufffd"
    "\U00016f51\U00016f52"
)
_MARKS = Rewrite(
    _between_letters(f"[{_COMMON}{_RARE}]", f"(?:[{_COMMON}{_RARE}]++|(?<=[{_RARE}]))"),
    _apostrophe,
    lambda text: not text.isascii() or any(pair in text for pair in ("''", "'`", "`'", "``")),
)
# 3. Escapes

# "%27" of addresses, "=E2=80=99" of e-mail, "#39;" of an entity that lost its "&", "amp;#39;".
_PERCENT = Rewrite(
    _between_letters(
        "[%=#a]",
        "(?:25)*+(?:27|92|u2019|E2[%=]80[%=]9[89]|C2[%=]B4|(?:(?<=#)|(?<=a)mp;#)(?:0*39|8217|x27|x2019);)",
    ),
    _apostrophe,
    holds_any("%", "=", "#"),
)
# "\x19" is what is left of U+2019 where each character kept its low byte alone.
_LOW_BYTES = Rewrite(
    late_pattern(f"[\x18\x19](?<=[{_LETTER}].)(?:[ ](?=(?i:t|s|m|d|re|ve|ll)\\b)|(?=[{_LETTER}]))"),
    _apostrophe,
    holds_any("\x18", "\x19"),
)

# 4. Invisible characters in and around a word of letters that do not join

# Unicode's default-ignorable characters and controls, but for white space and for what is a
# letter, a dash or a quotation mark in Windows-1252.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x81\x83\x86-\x89\x8d\x8f\x90\x98\x99\x9d\u00ad\u034f\u061c\u115f"
    "\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_CONTROLLED = late_pattern("[\x00-\x08\x0e-\x1f\x7f]")
# After a letter, or before one at the start of a word: not after an emoji, which may need it.
_HIDDEN = Rewrite(
    late_pattern(
        f"[{_INVISIBLE}](?:(?<=[{_LETTER}{_COMMON}].)[{_INVISIBLE}]*+"
        f"|(?<![{_INVISIBLE}].)(?<![^\x00-\x7f].)[{_INVISIBLE}]*+(?=[{_LETTER}]))"
    ),
    lambda _: "",
    lambda text: not text.isascii() or _CONTROLLED.search(text) is not None,
)

# Once more behind what folding made a letter of, such as a micro sign.
HIDDEN_JOINERS = (_HIDDEN._replace(concerns=holds_any("\u200c", "\u200d")),)

# Where a line may break: not the end of a word.
_BREAKS = Rewrite(
    late_pattern("<wbr *+/?>", re.IGNORECASE), lambda _: "", holds_any("<wbr", "<WBR")
)
_HYPHENS = Rewrite(
    late_pattern(f"\u00ad(?<=[{_LETTER}].)[^\\S\n]*+\n\\s*+(?=[{_LETTER}])"),
    lambda _: "",
    holds_any("\u00ad"),
)

# 5. An address that is glued to a word

UNGLUE = Rewrite(
    late_pattern(r"[hHwW](?i:(?<=[^\W_].)ttps?://|(?<=[^\W_w].)ww\.(?=[\w-]++\.\w))"),
    lambda found: f" {found[0]}",
    holds_any("://", "www.", "WWW."),
)

MEND_RAW = (*ESCAPES, _PERCENT, _LOW_BYTES, _BREAKS)
MEND_WORDS = (
    *(_OTHER_PAGES, _MISREAD, _OTHER_PAGES, _PADDED, _HYPHENS, _HIDDEN),
    *(*CONTRACTIONS, _LOST, _LOST_QUOTE, _MARKS),
)

# What any damage holds, so that most texts need no more than this look. Characters that are not
# ASCII are picked out first: they are few.
_ASCII = late_pattern("[\x00-\x7f]+")
_SUSPECT = late_pattern(
    f"[{_RARE}{_INVISIBLE}\u00c2\u00e2\u00e3\u00bf\u9225\u7ab6]|[{_COMMON}]{{2}}|[\u00c2-\u00f4][{_INNER}]"
    "|\u201a\u00c4|[\u0393\u00d4]\u00c7|\u0432\u0402"
)
_CONTROLS = bytes([*range(9), *range(14, 32), 127])
_SUSPECT_ASCII = _CONTROLS + b"\\%=#"
_SUSPECT_TAG = late_pattern(r"<(?:[uU]\+|[wW][bB][rR]|[89a-fA-F][0-9a-fA-F]>)")


def may_be_damaged(text: str) -> bool:
    """A quick test that most sound texts pass: whether mending could change anything."""
    if text.isascii():
        data = text.encode()
    elif _SUSPECT.search(_ASCII.sub("", text)):
        return True
    else:
        data = text.encode("ascii", "ignore")
    return (
        len(data.translate(None, _SUSPECT_ASCII)) != len(data)
        or ("<" in text and _SUSPECT_TAG.search(text) is not None)
        or may_contract(text)
    )
