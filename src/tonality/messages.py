"""How messages show numbers and the texts of strangers."""

from __future__ import annotations

import unicodedata

UNFAMILIAR = "few of its words are known: another language?"
NO_TEXT = "no text"  # stands where a verdict would


def printable(text: str) -> str:
    """The text without what would steer the terminal: control and direction characters."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else " "
        for character in text.replace("<br />", "\n")
    )


def counted(number: int, noun: str) -> str:
    """Returns ``1 row`` or ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def unfamiliar(number: int, texts: int) -> str:
    """What a summary says of unfamiliar texts, ``number`` of ``texts``."""
    return (
        f"{counted(number, 'text')} ({number / texts:.1%}) in words of which the model knows few, "
        "as in another language: their verdicts say little"
    )


def sendable(text: str) -> str:
    """The text without halves of surrogate pairs, which no notebook can be sent."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
