r"""Undoes the escapes of program text: ``\u2019``, ``\x92``, ``\n``, ``\'``."""

from __future__ import annotations

import re

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite, holds_any

_ESCAPED = late_pattern(
    r"\\(?<!\\\\)\\*+(?:(?-i:U)(?P<long>00(?:0[0-9a-f]|10)[0-9a-f]{4})"
    # In capitals, "\U2019", as a whole text may be.
    r"|(?P<units>(?:(?-i:u)[0-9a-f]{4}|(?-i:U)(?:20|00|d[89a-f])[0-9a-f]{2})"
    r"(?:\\++u[0-9a-f]{4})*+)|[ux]\{(?P<braced>[0-9a-f]{1,6})\}"
    r"|(?P<bytes>x[0-9a-f]{2}(?:\\++x[0-9a-f]{2})*+)"
    r"|(?P<octal>(?:047|042|[23][0-7]{2})(?:\\++[0-3][0-7]{2})*+)(?!\d)"
    r"|(?P<quote>['\"`&/\u2018\u2019])|(?P<space>[nrt]))",
    re.IGNORECASE,
)
# "C:\new\report" holds no line breaks.
_PATH = late_pattern(r"\b[a-z]:(?:\\\S*)?\Z", re.IGNORECASE)
# "src\test\report.txt" is a path too: two backslashes between words.
_LONGER_PATH = late_pattern(r"\w\\+\w\S*\Z")
# A backslash that stands for a slash, "good\not good": what follows is a word, and without its
# first letter it is none. "\Not" is no escape of any text. "\nOh" and "\n\no" are line breaks.
# "\no" is none of these: "bueno\no malo".
_AFTER_SLASH = """
nasty natural nature need needed needs negative negatives neutral news nicely night nights nobody
noise noisy normal not nothing novel now nowhere number radio rather rating ratings read reading
real realistic really reason reasonable reasons recommend recommended refund refunded refunds rent
rental repair repairs report reports restaurant restaurants result results return returned returns
review reviews ridiculous right river road rock romance romantic room rooms rude take talk taste
tasty technical television terrible terribly terrific theater theatre thing things think three
thriller time times tired today together tonight total totally tough tragedy travel trouble tv
"""
_SLASH = late_pattern(
    r"\\(?<=[^\W_]\\|[)\]]\\)(?<!\\[nrtNRT]\\)\\*+(?![nrt][A-Z])"
    rf"(?=[NRT][a-z]|(?i:{'|'.join(_AFTER_SLASH.split())})\b)(?!\w++\\+\w)"
)


def _is_path(found: re.Match[str]) -> bool:
    before = found.string[max(found.start() - 64, 0) : found.start()]
    return _PATH.search(before) is not None


def _of_slash(found: re.Match[str]) -> str:
    before = found.string[max(found.start() - 64, 0) : found.start()]
    return found[0] if _is_path(found) or _LONGER_PATH.search(before) else " "


def _read_bytes(data: bytes) -> str:
    """Bytes as UTF-8, and as Windows-1252 where they are none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="ignore")


def _unescape(found: re.Match[str]) -> str:
    """What a backslash and what follows it stand for in program text."""
    if found["quote"]:
        return found["quote"]
    if found["space"]:
        return found[0] if _is_path(found) else " "
    if found["bytes"]:
        return _read_bytes(bytes.fromhex(re.sub(r"[xX\\]", "", found["bytes"])))
    if found["octal"]:
        return _read_bytes(bytes(int(each, 8) for each in found["octal"].split("\\") if each))
    if found["units"]:
        units = re.sub(r"[uU\\]", "", found["units"])
        return bytes.fromhex(units).decode("utf-16-be", errors="ignore")
    code = int(found["long"] or found["braced"], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


# What R writes for characters that Windows cannot show: "<U+2019>", "<92>", "<e2><80><99>".
_ANGLED = late_pattern(
    r"<(?:[uU]\+(?P<code>[0-9a-fA-F]{4,8})"
    r"|(?P<bytes>[89a-fA-F][0-9a-fA-F](?:><[89a-fA-F][0-9a-fA-F])*+))>"
)


def _of_angles(found: re.Match[str]) -> str:
    if found["code"]:
        code = int(found["code"], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]
    data = bytes.fromhex(found["bytes"].replace("><", ""))
    try:  # emoji come as two surrogates of three bytes each
        read = data.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return read.decode("utf-16")
    except UnicodeDecodeError:  # <dd> is an element of HTML
        return data.decode("cp1252", "ignore") if data < b"\xa1" else found[0]


_ESCAPED_BYTES = late_pattern("[\udc80-\udcff]+")


def _of_surrogates(found: re.Match[str]) -> str:
    """The bytes that Python's "surrogateescape" keeps in a string."""
    return _read_bytes(found[0].encode("ascii", "surrogateescape"))


# A text that was part of an address: "I%20didn%27t%20like%20it", "I+didn%27t+like+it".
_ENCODED = late_pattern(r"\+|(?:%(?:25)*+[0-9a-f]{2})++", re.IGNORECASE)
_SPACES = late_pattern(r"[^\W_](?:%(?:25)*+20|\+)[^\W_]")
_ENCODED_BYTE = late_pattern("%[0-9a-fA-F]{2}")  # "100%+10" has none


def _of_address(found: re.Match[str]) -> str:
    if found[0] == "+":
        return " "
    return _read_bytes(bytes.fromhex(re.sub("%(?:25)*", "", found[0])))


def _is_of_address(text: str) -> bool:
    return (
        "%" in text
        and "://" not in text
        and len(text.split(maxsplit=1)) == 1
        and _ENCODED_BYTE.search(text) is not None
        and _SPACES.search(text) is not None
    )


# UTF-8 of addresses inside a word: "caf%C3%A9", also misread before or escaped twice.
_IN_A_WORD = late_pattern(
    r"%(?<=[^\W\d_].)(?:25)*+(?:c3|e2)(?:%(?:25)*+[89a-f][0-9a-f])++", re.IGNORECASE
)
ESCAPES = (
    Rewrite(_SLASH, _of_slash, holds_any("\\")),
    Rewrite(_ESCAPED, _unescape, holds_any("\\")),
    Rewrite(_ANGLED, _of_angles, holds_any("<")),
    Rewrite(_ESCAPED_BYTES, _of_surrogates, lambda text: _ESCAPED_BYTES.search(text) is not None),
    Rewrite(_ENCODED, _of_address, _is_of_address),
    Rewrite(_IN_A_WORD, _of_address, holds_any("%")),
)
