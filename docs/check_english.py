"""Fails where a page is hard to read: python docs/check_english.py README.md docs/tutorials/*.md

It counts breaks in a sentence: commas, semicolons, colons, brackets and dashes. Code, tables,
headings and addresses do not count.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MOST_BREAKS = 1.3  # a sentence, on average over a page

_LEFT_OUT = re.compile(
    r"^(?P<fence> *```+).*?^(?P=fence)|<!--.*?-->|^ *(?:\||#|:::|!!!).*?$", re.DOTALL | re.MULTILINE
)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ITEM = re.compile(r"^ *(?:[-*+]|\d+\.) +", re.MULTILINE)
_END = re.compile(r"(?<=[.!?])[\"'*_)]*\s+")
# Not the comma of 1,000 nor the colon of 12:30.
_BREAK = re.compile(r"(?<!\d),|,(?!\d)|(?<!\d):|:(?!\d)|;|[(\[]|[–—]|(?<=\s)--?(?=\s)")


def sentences(markdown: str) -> list[str]:
    """The sentences of a page; an item of a list without a full stop is one, too."""
    text = _LEFT_OUT.sub("\n\n", markdown)
    text = re.sub(r"`[^`]*`", "code", _LINK.sub(r"\1", text))
    blocks = re.split(r"\n\s*\n", _ITEM.sub("\n\n", text))
    parts = (part for block in blocks for part in _END.split(" ".join(block.split())))
    return [part for part in parts if re.search(r"\w", part)]


def breaks(sentence: str) -> int:
    """How often a sentence is broken."""
    return len(_BREAK.findall(sentence))


def average(markdown: str) -> float:
    """Breaks a sentence of a page, 0 of one without sentences."""
    found = sentences(markdown)
    return sum(map(breaks, found)) / max(len(found), 1)


def main(pages: list[str]) -> int:
    """Says which pages have too many breaks, and the worst sentence of each."""
    failed = False
    for page in pages:
        text = Path(page).read_text(encoding="utf-8")
        if average(text) > MOST_BREAKS:
            failed = True
            worst = max(sentences(text), key=breaks)
            print(
                f"{page}: expected at most {MOST_BREAKS} breaks a sentence, got "
                f"{average(text):.2f}; write shorter sentences, first this one: {worst}"
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
