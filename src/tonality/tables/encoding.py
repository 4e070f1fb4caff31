"""How bytes become text: UTF-8 unless a file says or the user says otherwise."""

from __future__ import annotations

import codecs
import re

from tonality.errors import ConfigError, DataError

UTF_8 = "utf-8"  # as Python names it
REMEDY = "if the file is in another encoding, name it, such as --encoding cp1252 (Windows)"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WIDE = ("utf-16", "utf-32")  # whose units are no bytes, so no byte of them can be escaped
# How files begin that are no text, and what to do with them.
_BINARY = {
    b"PK\x03\x04": "is a zip archive, as spreadsheets are: let its name end in .xlsx or .ods if it "
    "is one, in .zip if it holds one table",
    b"\xd0\xcf\x11\xe0": "is a file of Office; let its name end in .xls if it is a spreadsheet",
    b"PAR1": "is a Parquet file; let its name end in .parquet",
    b"\x1f\x8b": "is gzipped; let its name end in .gz, such as .csv.gz",
    b"BZh": "is packed by bzip2; let its name end in .bz2, such as .csv.bz2",
    b"\xfd7zXZ": "is packed by xz; let its name end in .xz, such as .csv.xz",
    b"7z\xbc\xaf": "is packed by 7-Zip; unpack it first",
    b"\x28\xb5\x2f\xfd": "is packed by zstd; let its name end in .zst, such as .csv.zst",
    b"\x89PNG": "is a picture",
    b"GIF8": "is a picture",
    b"\xff\xd8\xff": "is a picture",
    b"%PDF-": "is a PDF file; save its text as CSV, or as one text a line",
}
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.1  # of the first line; with more it is no text


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

    A byte-order mark goes before UTF-8 that is ``given``: it may be said of any file.

    Raises:
        DataError: it is no text; or it looks like UTF-16 but has no byte-order mark, and no
            encoding but UTF-8 is given.
    """
    for begin, reason in _BINARY.items():
        if head.startswith(begin) and (begin != b"BZh" or head[4:7] == b"1AY"):
            raise DataError(reason)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    marked = head[:2] in UTF_16_MARKS
    name = UTF_8 if given is None else codecs.lookup(given).name
    if marked and name.startswith((UTF_8, "utf-16")):  # no UTF-8 begins so, and it is no text
        return "utf-16"
    if not name.startswith(UTF_8):
        return name
    first = head.partition(b"\n")[0]
    if b"\0" in first and not (first[::2].strip(b"\0") and first[1::2].strip(b"\0")):
        order = "be" if head[:1] == b"\0" else "le"
        raise DataError(
            "its first line has null bytes: it looks like UTF-16 without a byte-order mark; save "
            f"it as UTF-8, or read it with --encoding utf-16-{order}"
        )
    if b"\0" in first or len(_CONTROLS.findall(first)) > _MOST_CONTROLS * len(first):
        raise DataError("is a binary file, not a text; save what it holds as CSV in UTF-8")
    return "utf-8-sig"


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for bytes that were no text, and for half a pair from JSON."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def decoded(content: bytes, encoding: str | None) -> str:
    """Decodes one text; bytes that are not valid become lone surrogates (PEP 383)."""
    try:
        return content.decode(encoding or UTF_8, "surrogateescape")
    except UnicodeError:  # UTF-16 has no place for them
        return content.decode(UTF_8, "surrogateescape")
