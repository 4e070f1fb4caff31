"""Words that cannot be shown alone: a negation, and the parts of a word such as ``couldn't``."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tonality.text.opinion_words import NEGATIONS
from tonality.text.stopwords import ENGLISH
from tonality.text.tokenizer import Token

_NEGATIVE = NEGATIONS | {"n't"}
# May stand between a negation and what it turns: "not at all a very bad stay".
_BETWEEN = ENGLISH | {"very", "so", "too", "really", "quite", "much", "more", "ever"}
# So many of them.
_REACH = 4


def joined_words(
    tokens: Sequence[Token], marks: Sequence[bool], breaks: Container[int]
) -> list[int]:
    """The token that each of T tokens counts to, mostly itself.

    ``n't`` and ``'s`` count to the word that they are part of. A negation counts to what it turns,
    the next word of its clause that is not grammar alone, and so does all between them. A mark
    counts to itself.

    Args:
        tokens: the T tokens.
        marks: which of them are punctuation.
        breaks: the tokens at which a sentence or a clause begins.
    """
    owners = list(range(len(tokens)))
    negations = []
    for index, token in enumerate(tokens):
        if index and not marks[index - 1] and _is_part(tokens[index - 1], token):
            owners[index] = owners[index - 1]
        if token.text in _NEGATIVE:
            negations.append(owners[index])
    for begin in reversed(negations):
        end = _turned(tokens, owners, marks, breaks, begin)
        for index in range(begin, end):
            if not marks[index]:
                owners[index] = owners[end]
    return owners


def _is_part(before: Token, token: Token) -> bool:
    clitic = token.text == "n't" or (token.text.startswith("'") and len(token.text) > 1)
    return clitic and before.end == token.start


def _turned(
    tokens: Sequence[Token],
    owners: Sequence[int],
    marks: Sequence[bool],
    breaks: Container[int],
    begin: int,
) -> int:
    """The word that a negation turns, or else the last one in reach; itself where there is none."""
    found, passed = begin, 0
    for index in range(begin + 1, len(tokens)):
        if index in breaks or passed > _REACH:
            break
        if marks[index] or owners[index] == begin:
            continue
        found, passed = index, passed + 1
        if tokens[index].text not in _BETWEEN:
            break
    return found
