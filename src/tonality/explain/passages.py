"""Tokens in their text: phrases of like sign, and what to colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tonality.explain.borders import Border, is_mark
from tonality.explain.negations import joined_words
from tonality.text.tokenizer import Token

# A token under this share of the strongest one is neither for nor against.
QUIET = 0.1
# So many quiet tokens may stand inside a phrase.
BRIDGE = 2

# Not shown at a phrase's end, and the second not alone at its beginning or end.
_STOPS = frozenset(".,;:")
_ALONE = frozenset([*"-–+*/=|&~_^<>#@$\\`•·", "--", "—"])


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of tokens: a sentence or a phrase.

    Attributes:
        text: the characters of the raw text, ``raw[start:end]``.
        start: its first character.
        end: the character after its last.
        first: its first token.
        last: the token after its last.
        weight: the sum of its tokens' evidence, in logits as `Explanation.evidence` has it.
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

        Where ``stopped`` is off, its text ends before the full stops and commas at its end, and
        no symbol that stands alone begins or ends it.
        """
        shown = [n for n in range(first, last) if stopped or not _is_bare(tokens, n)]
        start = tokens[shown[0] if shown else first].start
        end = tokens[shown[-1] if shown else last - 1].end
        return cls(text[start:end], start, end, first, last, float(evidence[first:last].sum()))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the raw text to show in one style.

    Attributes:
        text: its characters.
        kind: a ``token``; what lies ``between`` tokens; or ``unread``, cut out of a long text.
        weight: a token's evidence, in logits.
        phrase: the number of the phrase it is in, -1 for none.
    """

    text: str
    kind: Literal["token", "between", "unread"]
    weight: float = 0.0
    phrase: int = -1


def _is_bare(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token is a stop, or a symbol with a space on both sides."""
    token = tokens[index]
    before = index > 0 and tokens[index - 1].end == token.start
    after = index + 1 < len(tokens) and tokens[index + 1].start == token.end
    return token.text in _STOPS or (token.text in _ALONE and not before and not after)


def phrases(
    text: str, evidence: NDArray[np.float32], tokens: Sequence[Token], breaks: dict[int, Border]
) -> Iterator[tuple[int, int]]:
    """Runs of like sign as (first token, token after the last), in order.

    Args:
        text: the raw text.
        evidence: (T,) what each token says.
        tokens: the T tokens.
        breaks: the tokens at which a sentence or a clause begins.
    """
    limit = QUIET * float(np.abs(evidence).max(initial=0.0))
    owners = _owners(text, evidence, tokens, breaks)
    counted = np.flatnonzero(owners >= 0)
    # What counts to a word stands beside it: marks, negations before, "n't" behind.
    begins, ends = np.full(len(tokens), len(tokens)), np.zeros(len(tokens), dtype=np.int64)
    np.minimum.at(begins, owners[counted], counted)
    np.maximum.at(ends, owners[counted], counted + 1)
    first = last = kept = 0
    for index, weight in enumerate(_counted(evidence, owners).tolist()):
        sign = (weight > limit) - (weight < -limit)
        far = begins[index] - last > BRIDGE
        if last and (index in breaks or (sign and (sign != kept or far))):
            yield first, last
            last = 0
        if sign:
            first, kept = (first, kept) if last else (int(begins[index]), sign)
            last = int(ends[index])
    if last:
        yield first, last


def _owners(
    text: str, evidence: NDArray[np.float32], tokens: Sequence[Token], breaks: dict[int, Border]
) -> NDArray[np.int64]:
    """The token that each one counts to, a word mostly to itself, a mark to a word.

    A comma tells a reader nothing. There the network says what it makes of the words before. So the
    comma counts to the last of them in its clause, and what opens a word, such as a bracket or a
    dollar sign, to that. Marks without a space between them count to the same side. Where its
    clause has no word, a word before in its sentence will do. A mark that says little, or has no
    word in its sentence, counts to none (-1). Where a text has nothing but marks, each counts to
    itself.
    """
    found = [is_mark(token) for token in tokens]
    owners = np.array(joined_words(text, tokens, found, breaks), dtype=np.int64)
    if all(found):
        return owners
    marks = np.array(found)
    owners[marks] = -1
    limit = QUIET * float(np.abs(evidence).max(initial=0.0))
    begins = np.array([breaks.get(index, "") for index in range(len(tokens))])
    clauses, sentences = np.cumsum(begins != ""), np.cumsum(begins == "sentence")  # (T,)
    opening = _opening(tokens, found)
    for index in np.flatnonzero(marks & (np.abs(evidence) > limit)).tolist():
        here = np.flatnonzero(~marks & (sentences == sentences[index]))
        near = here[clauses[here] == clauses[index]]
        sides = [near[near < index][-1:], near[near > index][:1]]
        order = [*(each for side in sides[:: -1 if opening[index] else 1] for each in side)]
        order += [*here[here < index][-1:], -1]
        owners[index] = order[0] if order[0] < 0 else owners[order[0]]
    return owners


def _opening(tokens: Sequence[Token], marks: Sequence[bool]) -> list[bool]:
    """Whether each token is in a run of marks that stands at a word and apart from what is before.

    All marks of a run without a space, such as ``"*`` in ``"*nice"``, take the same side: phrases
    would overlap otherwise.
    """
    glued = [before.end >= token.start for before, token in pairwise(tokens)]
    found = [False] * len(tokens)
    first = 0
    for last in range(len(tokens)):
        if last + 1 < len(tokens) and glued[last] and marks[last] and marks[last + 1]:
            continue
        if marks[last]:
            before = first > 0 and glued[first - 1]
            opens = not before and last + 1 < len(tokens) and glued[last]
            found[first : last + 1] = [opens] * (last + 1 - first)
        first = last + 1
    return found


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
