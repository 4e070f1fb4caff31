"""How messages show numbers and the texts of strangers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

UNFAMILIAR = "few of its words are known: misspelt, or another language?"
NO_TEXT = "no text"  # stands where a verdict would
STANDARD_INPUT = "standard input"  # what messages call it


def printable(text: str) -> str:
    """The text without what would steer the terminal: control and direction characters."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else " "
        for character in text.replace("<br />", "\n")
    )


def one_line(text: str) -> str:
    """The text as :func:`printable` has it, in one line."""
    return " ".join(printable(text).split())


def shorten(text: str, most: int = 24) -> str:
    """At most so many characters of a text; ``…`` stands for the rest."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def and_more(left: int) -> str:
    """What follows the names that a message lists: `` and 3 more``; nothing where all are there."""
    return f" and {left} more" if left > 0 else ""


def counted(number: int, noun: str) -> str:
    """Returns ``1 row`` or ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def unfamiliar(number: int, texts: int) -> str:
    """What a summary says of unfamiliar texts, ``number`` of ``texts``."""
    return (
        f"{counted(number, 'text')} ({number / texts:.1%}) in words of which the model knows few, "
        "as in another language: their verdicts say little"
    )


def shares(counts: Mapping[str, int], most: int = 6) -> str:
    """The largest shares first, such as ``en 95.2 %, fr 3.1 %, 4 others 1.7 %``."""
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{name} {count / total:.1%}" for name, count in ordered[:most]]
    if others := ordered[most:]:
        shown.append(f"{counted(len(others), 'other')} {sum(n for _, n in others) / total:.1%}")
    return ", ".join(shown)


def sendable(text: str) -> str:
    """The text with ``?`` for halves of surrogate pairs, which no encoding or notebook takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
