"""Words that cannot be shown alone: a negation, and the parts of a word such as ``couldn't``."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tonality.explain.borders import one_word
from tonality.text.opinion_words import NEGATIONS
from tonality.text.stopwords import ENGLISH
from tonality.text.tokenizer import Token

_NEGATIVE = NEGATIONS | {"n't"}
# May stand between a negation and what it turns: "not at all a very bad stay".
_BETWEEN = ENGLISH | {"very", "so", "too", "really", "quite", "much", "more", "ever"}
# So many of them.
_REACH = 4


def joined_words(
    text: str, tokens: Sequence[Token], marks: Sequence[bool], breaks: Container[int]
) -> list[int]:
    """The token that each of T tokens counts to, mostly itself.

    ``n't`` and ``'s`` count to the word that they are part of, and the words of ``user-friendly``
    to the first of them. So do the words by which an emoji or a hashtag is read. A negation counts
    to what it turns, the next word of its clause that is not grammar alone, and so does all between
    them. A mark counts to itself.

    Args:
        text: the raw text.
        tokens: the T tokens.
        marks: which of them are punctuation.
        breaks: the tokens at which a sentence or a clause begins.
    """
    owners = list(range(len(tokens)))
    negations = []
    before = None  # the last word
    for index, token in enumerate(tokens):
        if marks[index]:
            continue
        if before is not None and index not in breaks:
            compound = one_word(text, tokens[before], token)
            if compound and negations[-1:] == [before]:
                negations.pop()  # it turns no more than its own word: "not-so-good"
            if compound or (before == index - 1 and _is_part(tokens[before], token)):
                owners[index] = owners[before]
        if token.text.lower() in _NEGATIVE:
            negations.append(owners[index])
        before = index
    for begin in reversed(negations):
        end = _turned(tokens, owners, marks, breaks, begin)
        for index in range(begin, end):
            if not marks[index]:
                owners[index] = owners[end]
    return owners


def _is_part(before: Token, token: Token) -> bool:
    """Whether it is a clitic of the word before, or a further word of the same emoji."""
    if (token.start, token.end) == (before.start, before.end):
        return True
    clitic = token.text.lower() == "n't" or (token.text.startswith("'") and len(token.text) > 1)
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
        if tokens[index].text.lower() not in _BETWEEN:
            break
    return found
