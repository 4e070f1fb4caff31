"""Tokens in their text: where sentences and clauses begin, phrases of like sign, what to colour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tonality.explain.negations import joined_words
from tonality.late_pattern import late_pattern
from tonality.text.token_patterns import MARK
from tonality.text.tokenizer import Token

# A token under this share of the strongest one is neither for nor against.
QUIET = 0.1
# So many quiet tokens may stand inside a phrase.
BRIDGE = 2

_STOPS = frozenset(".,;:")
_SENTENCE_END = late_pattern(r"\.+|[!?…。！？]+")
_CLAUSE_END = late_pattern(r"[,;:)\]–—、，；：]|-+")
_TAG = late_pattern(r"<[^<>]*>")
_OPENING = frozenset("([（")
_BLOCK = late_pattern(r"\n\s*\n|<\s*/?\s*(?:br|p|div|li|tr|h\d)\b", re.IGNORECASE)
_CLOSING = frozenset("\"')]}”’»")
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs"])

Border = Literal["sentence", "clause"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of tokens: a sentence or a phrase.

    Attributes:
        text: the characters of the raw text, ``raw[start:end]``.
        start: its first character.
        end: the character after its last.
        first: its first token.
        last: the token after its last.
        weight: the sum of its tokens' evidence, in log-odds.
    """

    text: str
    start: int
    end: int
    first: int
    last: int
    weight: float

    @classmethod
    def of(
        cls,
        text: str,
        tokens: Sequence[Token],
        first: int,
        last: int,
        evidence: NDArray[np.float32],
        *,
        stopped: bool = True,
    ) -> Passage:
        """The passage from token ``first`` to the one before ``last``.

        Where ``stopped`` is off, its text ends before the full stops and commas at its end.
        """
        ends = [token.end for token in tokens[first:last] if stopped or token.text not in _STOPS]
        start, end = tokens[first].start, (ends or [tokens[last - 1].end])[-1]
        return cls(text[start:end], start, end, first, last, float(evidence[first:last].sum()))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the raw text to show in one style.

    Attributes:
        text: its characters.
        kind: a ``token``; what lies ``between`` tokens; or ``unread``, cut out of a long text.
        weight: a token's evidence, in log-odds.
        phrase: the number of the phrase it is in, -1 for none.
    """

    text: str
    kind: Literal["token", "between", "unread"]
    weight: float = 0.0
    phrase: int = -1


def borders(text: str, tokens: Sequence[Token], cut: int | None = None) -> dict[int, Border]:
    """The tokens at which a sentence or a clause begins, the first token left out.

    Args:
        text: the raw text.
        tokens: its tokens.
        cut: the character at which reading goes on after a part that was cut out.
    """
    found: dict[int, Border] = {}
    before, ended = "", False
    for index, token in enumerate(tokens):
        raw = text[token.start : token.end]
        gap = text[tokens[index - 1].end : token.start] if index else ""
        closing = raw in _CLOSING and not gap
        stopped = (
            _SENTENCE_END.search(_TAG.sub("", gap)) is not None
        )  # where punctuation is no token
        if index and (
            (ended and not closing) or stopped or _BLOCK.search(gap) or token.start == cut
        ):
            found[index] = "sentence"
            ended = False
        elif index and (raw in _OPENING or _CLAUSE_END.fullmatch(before)):
            found[index] = "clause"
        stop = _SENTENCE_END.fullmatch(raw) and before.lower() not in _TITLES
        ended = bool(stop) or (ended and closing)
        before = raw
    return found


def phrases(
    evidence: NDArray[np.float32], tokens: Sequence[Token], breaks: dict[int, Border]
) -> Iterator[tuple[int, int]]:
    """Runs of like sign as (first token, token after the last), in order.

    Args:
        evidence: (T,) what each token says.
        tokens: the T tokens.
        breaks: the tokens at which a sentence or a clause begins.
    """
    limit = QUIET * float(np.abs(evidence).max(initial=0.0))
    owners = _owners(evidence, tokens, breaks)
    for first, last in _runs(_counted(evidence, owners), breaks, limit):
        # What counts to its words stands at its ends: marks, negations before, "n't" behind.
        inside = np.flatnonzero((owners >= first) & (owners < last))
        yield min(first, int(inside[0])), max(last, int(inside[-1]) + 1)


def _runs(
    evidence: NDArray[np.float32], breaks: dict[int, Border], limit: float
) -> Iterator[tuple[int, int]]:
    first = last = kept = 0
    for index, weight in enumerate(evidence.tolist()):
        sign = (weight > limit) - (weight < -limit)
        if last and (index in breaks or (sign and (sign != kept or index - last > BRIDGE))):
            yield first, last
            last = 0
        if sign:
            first, kept = (first, kept) if last else (index, sign)
            last = index + 1
    if last:
        yield first, last


def _owners(
    evidence: NDArray[np.float32], tokens: Sequence[Token], breaks: dict[int, Border]
) -> NDArray[np.int64]:
    """The token that each one counts to, a word mostly to itself, a mark to a word.

    A comma tells a reader nothing. There the network says what it makes of the words before. So the
    comma counts to the last of them in its clause, and an opening bracket to the first one behind.
    Where its clause has no word, a word before in its sentence will do. A mark that says little, or
    has no word in its sentence, counts to none (-1). Where a text has nothing but marks, each
    counts to itself.
    """
    found = [MARK.fullmatch(token.text) is not None for token in tokens]
    owners = np.array(joined_words(tokens, found, breaks), dtype=np.int64)
    if all(found):
        return owners
    marks = np.array(found)
    owners[marks] = -1
    limit = QUIET * float(np.abs(evidence).max(initial=0.0))
    begins = np.array([breaks.get(index, "") for index in range(len(tokens))])
    clauses, sentences = np.cumsum(begins != ""), np.cumsum(begins == "sentence")  # (T,)
    for index in np.flatnonzero(marks & (np.abs(evidence) > limit)):
        here = np.flatnonzero(~marks & (sentences == sentences[index]))
        near = here[clauses[here] == clauses[index]]
        order = [*near[near < index][-1:], *near[near > index][:1], *here[here < index][-1:], -1]
        owners[index] = order[0] if order[0] < 0 else owners[order[0]]
    return owners


def _counted(evidence: NDArray[np.float32], owners: NDArray[np.int64]) -> NDArray[np.float32]:
    """The evidence of all that counts to each token (T,)."""
    counts = owners >= 0
    total: NDArray[np.float32] = np.bincount(
        owners[counts], evidence[counts], minlength=len(owners)
    ).astype(np.float32)
    return total


def pieces(
    text: str,
    tokens: Sequence[Token],
    evidence: NDArray[np.float32],
    runs: Sequence[Passage],
    unread: tuple[int, int] | None,
) -> Iterator[Piece]:
    """The whole raw text, cut at the tokens; tokens of one and the same span are one piece."""
    numbers = {
        index: number for number, run in enumerate(runs) for index in range(run.first, run.last)
    }
    done, before = 0, -1
    for start, end, group in _spans(tokens):
        phrase = numbers.get(group[0], -1)
        yield from _between(text, done, start, unread, phrase if phrase == before else -1)
        yield Piece(text[start:end], "token", float(evidence[group].sum()), phrase)
        done, before = end, phrase
    yield from _between(text, done, len(text), unread, -1)


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int, list[int]]]:
    """Spans that do not overlap, each with its tokens."""
    start, end = 0, 0
    group: list[int] = []
    for index, token in enumerate(tokens):
        if group and token.start >= end:
            yield start, end, group
            group = []
        start = start if group else token.start
        end = token.end
        group.append(index)
    if group:
        yield start, end, group


def _between(
    text: str, start: int, end: int, unread: tuple[int, int] | None, phrase: int
) -> Iterator[Piece]:
    """What lies between two tokens, the unread part on its own."""
    if unread is not None and start <= unread[0] and unread[1] <= end:
        if start < unread[0]:
            yield Piece(text[start : unread[0]], "between")
        yield Piece(text[unread[0] : unread[1]], "unread")
        start, phrase = unread[1], -1
    if start < end:
        yield Piece(text[start:end], "between", phrase=phrase)
