"""How bytes become text: UTF-8 unless a file says or the user says otherwise."""

from __future__ import annotations

import codecs

from tonality.errors import ConfigError, DataError

UTF_8 = "utf-8"  # as Python names it
REMEDY = "if the file is in another encoding, name it, such as --encoding cp1252 (Windows)"
ZIP = b"PK\x03\x04"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check(encoding: str | None) -> str | None:
    """Returns a name that the user gave, ``None`` where none was.

    Raises:
        ConfigError: not the name of a text encoding that Python knows.
    """
    if encoding is not None:
        try:
            "a".encode(encoding)
        except (LookupError, ValueError) as error:
            reason = "expected the name of an encoding, such as cp1252, latin-1 or utf-16-le"
            raise ConfigError(f"encoding {encoding!r}: {reason}") from error
    return encoding


def of_bytes(head: bytes, given: str | None) -> str:
    """Says how to decode a file that begins with ``head``.

    Raises:
        DataError: it is no text but a zip archive; or it looks like UTF-16 but has no byte-order
            mark, and no encoding is given.
    """
    if head.startswith(ZIP):
        raise DataError(
            "is a zip archive, as spreadsheets are (.xlsx, .ods): unpack it or, if it holds one "
            "table, let its name end in .zip; save a spreadsheet as CSV"
        )
    marked = head[:2] in UTF_16_MARKS
    if given is not None:
        name = codecs.lookup(given).name
        if name.startswith("utf-16"):  # the mark, if there is one, is no part of the text
            return "utf-16" if marked else name
        return "utf-8-sig" if name == UTF_8 else name
    if marked:
        return "utf-16"
    if b"\0" in head.partition(b"\n")[0]:
        order = "be" if head[:1] == b"\0" else "le"
        raise DataError(
            "its first line has null bytes: it looks like UTF-16 without a byte-order mark; save "
            f"it as UTF-8, or read it with --encoding utf-16-{order}"
        )
    return "utf-8-sig"


def decoded(content: bytes, encoding: str | None) -> str:
    """Decodes one text; bytes that are not valid become lone surrogates (PEP 383)."""
    try:
        return content.decode(encoding or UTF_8, "surrogateescape")
    except UnicodeError:  # UTF-16 has no place for them
        return content.decode(UTF_8, "surrogateescape")
