"""What a model can still read of a token that it has no vector for.

An emoji is read by its Unicode name, an emoticon as the plain one of its kind, a hashtag as the
words that it is made of, a stretched word as the word: ``disgustinggg``. Misspelt words are for
:mod:`tonality.text.typing_errors`.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tonality.late_pattern import late_pattern
from tonality.text.emoticons import plain_emoticon
from tonality.text.token_patterns import EMOJI
from tonality.text.typing_errors import intended

if TYPE_CHECKING:
    from tonality.text.tokenizer import TextConfig

# Variation selectors, skin tones, and the sign of a gender: one emoji with or without.
_SHADES = late_pattern("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642]")
_EMOJI = late_pattern(f"[{EMOJI}]")
# Words of Unicode's names that say how a sign is drawn, not what it shows.
_DRAWN = frozenset({"sign", "symbol", "heavy", "black", "white", "with", "of"})

_NEXT = {":'(": ":("}  # the next best, where a model does not know tears
_LONGEST_WORD = 20
_ERROR = math.log(1_000)  # what a typing error costs: one word in a thousand has it
_DOUBLED = late_pattern(r"([^\W\d_])\1")
# Doubled in the middle, consonants are spelling: "litters" is not "liters".
_STRETCHED = late_pattern(r"([aeiou])\1|([^\W\d_])\2\Z")
_LONGEST_STRETCHED = 64
_MOST_DOUBLED = 5  # letters of a stretched word


def base_form(token: str, config: TextConfig) -> str:
    """The token that stands for all writings of one emoji, emoticon or hashtag.

    ``👍🏽`` is ``👍``, ``:-((`` is ``:(``, ``#fun`` is ``fun``; any other token is itself.
    """
    if config.hashtags == "words" and token[0] == "#" and len(token) > 1:
        return token[1:]
    if config.signs == "keep" or (token.isalpha() and token[0] not in "xX"):
        return token
    plain = plain_emoticon(token)
    if plain is None and not token.isascii() and _EMOJI.match(token):
        plain = _SHADES.sub("", token)
    return plain or token


def read_unknown(token: str, config: TextConfig, known: Mapping[str, int]) -> tuple[str, ...]:
    """The known forms to read in the place of a token that is unknown, if there are any.

    Args:
        token: a token of the tokenizer.
        config: says whether signs and hashtags are read.
        known: the ids of the forms that the model knows, lower with frequency; a form with an
            id under 0 is left out of texts, and so of this.

    Returns:
        The forms. Of a hashtag that is a misspelt word, the word as it is.
    """
    base = base_form(token, config)
    for form in (base, _NEXT.get(base, base)):
        if form != token and known.get(form, -1) >= 0:
            return (form,)
    if config.signs == "read" and not base.isascii() and _EMOJI.match(base):
        return tuple(word for word in emoji_words(base) if known.get(word, -1) >= 0)
    if config.hashtags == "words" and token[0] == "#" and token != base:
        words = split_words(base, known)
        meant = intended(base, known) if config.typos == "read" and base not in known else None
        if meant and (not words or _cost([meant], known) + _ERROR < _cost(words, known)):
            return (base,)
        return words
    unstretched = _unstretched(token, known) if config.squeeze else None
    return (unstretched,) if unstretched else ()


def _unstretched(word: str, known: Mapping[str, int]) -> str | None:
    """The commonest known word with fewer doubled letters, if there is one: ``worstt``.

    Squeezing has left two of the letters that were written three times and more.
    """
    if len(word) > _LONGEST_STRETCHED or not (word.isalpha() and _STRETCHED.search(word)):
        return None
    parts = _DOUBLED.split(word)
    if len(parts) > 2 * _MOST_DOUBLED + 1:
        return None
    letters = [(part,) if place % 2 == 0 else (part, 2 * part) for place, part in enumerate(parts)]
    found = [form for form in map("".join, itertools.product(*letters)) if known.get(form, -1) >= 0]
    return min(found, key=known.__getitem__, default=None)


def emoji_words(emoji: str) -> list[str]:
    """The words of an emoji's Unicode names: ``👎`` gives *thumbs* and *down*."""
    names = [unicodedata.name(sign, "") for sign in _EMOJI.findall(emoji)]
    words = re.findall("[a-z]+", " ".join(names).lower())
    return [word for word in words if word not in _DRAWN]


def _cost(words: Sequence[str], known: Mapping[str, int]) -> float:
    """The less, the likelier words are, as their ranks say (Zipf's law)."""
    return sum(math.log((known[word] + 1) * math.log(len(known) + 2)) for word in words)


def split_words(run: str, known: Mapping[str, int]) -> tuple[str, ...]:
    """The likeliest known words that a run of letters and digits is made of, or nothing.

    Time is linear in the run's length.
    """
    costs, begins = [0.0], [0]
    for end in range(1, len(run) + 1):
        best, begin = math.inf, end
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = run[start:end]
            id = known.get(word, -1)
            if (
                id >= 0
                and costs[start] < best
                and (len(word) > 1 or word in "ai" or word.isdigit())
            ):
                cost = costs[start] + _cost([word], known)
                if cost < best:
                    best, begin = cost, start
        costs.append(best)
        begins.append(begin)
    if costs[-1] == math.inf:
        return ()
    words, end = [], len(run)
    while end:
        words.append(run[begins[end] : end])
        end = begins[end]
    return tuple(reversed(words))
