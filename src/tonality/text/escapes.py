r"""Undoes the escapes of program text: ``\u2019``, ``\x92``, ``\n``, ``\'``."""

from __future__ import annotations

import re

from tonality.text.rewriting import Rewrite, holds_any

_ESCAPED = re.compile(
    r"\\(?<!\\\\)\\*+(?:"
    r"(?P<units>(?-i:u)[0-9a-f]{4}(?:\\++(?-i:u)[0-9a-f]{4})*+)|(?-i:U)(?P<long>[0-9a-f]{8})"
    r"|u\{(?P<braced>[0-9a-f]{1,6})\}|(?P<bytes>x[0-9a-f]{2}(?:\\++x[0-9a-f]{2})*+)"
    r"|(?P<quote>['\"/\u2018\u2019])|(?P<space>[nrt])(?=(?P<next>[\\\s]|(?-i:[A-Z])|\Z)?))",
    re.IGNORECASE,
)


def _unescape(found: re.Match[str]) -> str:
    """What a backslash and what follows it stand for in program text."""
    if found["quote"]:
        return found["quote"]
    if found["space"]:
        before = found.string[max(found.start() - 1, 0) : found.start()]
        sound = before == ":" or not (found["next"] is not None or not before.isalnum())
        return found[0] if sound else " "
    if found["bytes"]:
        read = bytes.fromhex(re.sub(r"[x\\]", "", found["bytes"], flags=re.IGNORECASE))
        try:
            return read.decode("utf-8")
        except UnicodeDecodeError:
            return read.decode("cp1252", errors="ignore")
    if found["units"]:
        units = re.sub(r"[u\\]", "", found["units"], flags=re.IGNORECASE)
        return bytes.fromhex(units).decode("utf-16-be", errors="ignore")
    code = int(found["long"] or found["braced"], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


ESCAPES = Rewrite(_ESCAPED, _unescape, holds_any("\\"))
