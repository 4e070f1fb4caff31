"""The known word that an unknown one was meant to be: ``terible`` is *terrible*.

A typing error is one of these (Damerau 1964): two letters swapped, one missing, one too many, or
one in place of another, a vowel, one that sounds alike or one beside it on a keyboard.

A name is none: *Fadil* is not *fail*. ``names.txt`` holds names that are a typing error away from a
word of feeling.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import ascii_lowercase

from tonality.late_pattern import late_pattern

NAMES = Path(__file__).with_name("names.txt")

_WORD = late_pattern("[a-z]{3,24}")
_SHORTEST = 4  # a word of which more is searched than swapped letters
_COMMON = 100  # an id under which a word is that shorter ones may have been meant to be

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SIDE_BY_SIDE = [pair for row in _ROWS for pair in itertools.pairwise(row)]
_ONE_BELOW_THE_OTHER = [
    pair
    for upper, lower in itertools.pairwise(_ROWS)
    for shifted in (upper, upper[1:])
    for pair in zip(shifted, lower, strict=False)
]
_ALIKE = ("aeiouy", "ck", "cs", "sz")
_GROUPS = [*_SIDE_BY_SIDE, *_ONE_BELOW_THE_OTHER, *_ALIKE]
MISTAKEN = {
    letter: "".join(sorted({*itertools.chain(*(g for g in _GROUPS if letter in g))} - {letter}))
    for letter in ascii_lowercase
}
"""Of each letter those that are typed in its place."""


def intended(word: str, known: Mapping[str, int]) -> str | None:
    """The known word that an unknown one is a typing error away from, or None.

    Two swapped letters come first, then the commonest word. The first letter is taken to be right,
    and a last letter is none too many: such a word is often another. Of three letters two may be
    swapped, no more, and only if that makes one of the commonest words: ``nto``. Else acronyms
    would be words: ``sda``. What is left as it is: a shorter word, one of more than 24 letters, one
    with anything but ``a`` to ``z``, and one of :func:`names`.

    Args:
        word: a word that is unknown.
        known: the ids of the words that the model knows, lower with frequency; one under 0 is left
            out of texts. Where such a word was meant, this is None.
    """
    if not _WORD.fullmatch(word) or word in names():
        return None
    for candidates in (_swapped(word), _others(word)):
        found = [form for form in candidates if form in known]
        if found:
            meant = min(found, key=known.__getitem__)
            is_rare = len(word) < _SHORTEST and known[meant] >= _COMMON
            return None if known[meant] < 0 or is_rare else meant
    return None


@functools.cache
def names() -> frozenset[str]:
    """Names that are a typing error away from a word of feeling, in lower case."""
    lines = NAMES.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def one_error_away(word: str) -> Iterator[str]:
    """What a word of ``a`` to ``z`` may have been meant to be, likelier or not, known or not."""
    yield from _swapped(word)
    yield from _others(word)


def _swapped(word: str) -> Iterator[str]:
    for n in range(1, len(word) - 1):
        yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]


def _others(word: str) -> Iterator[str]:
    if len(word) < _SHORTEST:
        return
    for n in range(1, len(word)):
        head, tail = word[:n], word[n:]
        if len(tail) > 1:
            yield head + tail[1:]
        for letter in MISTAKEN[tail[0]]:
            yield head + letter + tail[1:]
        for letter in ascii_lowercase:
            yield head + letter + tail
    for letter in ascii_lowercase:
        yield word + letter
