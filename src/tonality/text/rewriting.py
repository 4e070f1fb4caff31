"""Rewrites of a string that keep the way back from each new character to the raw string."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol


class Edit(NamedTuple):
    """The characters from `start` to `end` of a string become `new`."""

    start: int
    end: int
    new: str


class Origin(NamedTuple):
    """Where each character of a rewritten text came from: ``raw[starts[i]:ends[i]]``."""

    starts: list[int]
    ends: list[int]


class Step(Protocol):
    """One step of cleaning."""

    def apply(self, text: str) -> str:
        """The text after this step."""

    def edits(self, text: str) -> Iterator[Edit]:
        """What :meth:`apply` changes, piece by piece."""


class Rewrite(NamedTuple):
    """A step: what `pattern` finds becomes what `replacement` makes of it.

    Attributes:
        pattern: what to look for; linear in the length of any text.
        replacement: the new characters.
        concerns: a quick test. Where it says no, the pattern is not tried.
    """

    pattern: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str]
    concerns: Callable[[str], bool]

    def apply(self, text: str) -> str:
        """The text after this step."""
        return self.pattern.sub(self.replacement, text) if self.concerns(text) else text

    def edits(self, text: str) -> Iterator[Edit]:
        """What :meth:`apply` changes, piece by piece."""
        if not self.concerns(text):
            return
        for found in self.pattern.finditer(text):
            new = self.replacement(found)
            if new != found[0]:
                yield Edit(found.start(), found.end(), new)


def holds_any(*pieces: str) -> Callable[[str], bool]:
    """A test whether a text holds one of a few pieces."""

    def concerns(text: str) -> bool:
        for piece in pieces:  # any() of a generator takes twice as long  # noqa: SIM110
            if piece in text:
                return True
        return False

    return concerns


def not_ascii(text: str) -> bool:
    """A test whether a text holds anything but ASCII."""
    return not text.isascii()


def rewrite(text: str, origin: Origin | None, edits: Iterable[Edit]) -> tuple[str, Origin | None]:
    """The text after the edits, and the origin of its characters in the raw text.

    All characters of a replacement come from all of what it replaced; a deleted character
    belongs to the one before it, so that "co\u00adop" keeps its soft hyphen.
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, new in edits:
        pieces += text[done:start], new
        starts += [*range(done, start), *[start] * len(new)]
        ends += [*range(done + 1, start + 1), *[end] * len(new)]
        if not new and ends:
            ends[-1] = end
        done = end
    if not pieces:
        return text, origin
    pieces.append(text[done:])
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    if origin is not None:
        starts = [origin.starts[i] for i in starts]
        ends = [origin.ends[i - 1] for i in ends]
    return "".join(pieces), Origin(starts, ends)


def apply_all(text: str, steps: Iterable[Step]) -> str:
    """The text after all steps."""
    for step in steps:
        text = step.apply(text)
    return text


def rewrite_all(
    text: str, origin: Origin | None, steps: Iterable[Step]
) -> tuple[str, Origin | None]:
    """The text after all steps, and the origin of its characters in the raw text."""
    for step in steps:
        text, origin = rewrite(text, origin, step.edits(text))
    return text, origin
