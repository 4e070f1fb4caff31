"""The few texts of whose verdict the model is surest: an example of what is said."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import Any, NamedTuple

KEPT = 3
CHARACTERS = 200  # of each
WORDS = 4  # a text of fewer, such as "awful!", gives no reason; it stands behind all others


@dataclass(frozen=True)
class Example:
    """A text that shows what is said.

    Attributes:
        text: its beginning, in one line.
        score: the probability of its verdict.
    """

    text: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"text": self.text, "score": round(self.score, 6)}


class Candidate(NamedTuple):
    """A text that may be an example, and its rank.

    Attributes:
        tells: whether it has words enough to give a reason.
        sure: what ranks it; the score, or the score below 0 where the least sure leads.
        text: the whole text.
    """

    tells: bool
    sure: float
    text: str


class SurestTexts:
    """Keeps the surest of the texts that it is shown, however many those are."""

    def __init__(self) -> None:
        self._kept: list[Candidate] = []  # the weakest first

    def add(self, shown: Candidate) -> None:
        """Shows it a text; of equals the first stays, and no text is kept twice."""
        kept = self._kept
        if len(kept) == KEPT and shown[:2] <= kept[0][:2]:
            return
        text = _beginning(shown.text)
        if text and all(text != known.text for known in kept):
            insort(kept, shown._replace(text=text), key=lambda each: each[:2])
            del kept[:-KEPT]

    def examples(self) -> list[Example]:
        """What is kept, the surest first."""
        return [Example(text, abs(sure)) for _, sure, text in reversed(self._kept)]


def candidate(text: str, score: float, *, surest: bool) -> Candidate:
    """A text with its rank.

    Args:
        text: the text.
        score: the probability of its verdict.
        surest: whether the surest leads, or else the least sure.
    """
    return Candidate(text.count(" ") >= WORDS - 1, score if surest else -score, text)


def _beginning(text: str) -> str:
    line = " ".join(text[: 4 * CHARACTERS].split())
    return line if len(line) <= CHARACTERS else f"{line[: CHARACTERS - 1].rstrip()}…"
