"""Texts of strangers on a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """The text without what would steer the terminal: control and direction characters."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else " "
        for character in text.replace("<br />", "\n")
    )
