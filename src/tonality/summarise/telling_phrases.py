"""The words and word pairs that tell the texts of one verdict from the others."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tonality.text.stopwords import ENGLISH
from tonality.text.tokenizer import TextConfig, Tokenizer

SAMPLE = 50_000  # texts
CHARACTERS = 2_000  # of each
TERMS = 200_000  # words and pairs counted at a time
LEAST = 5  # texts that a phrase must be in
PRIOR = 0.1  # what is believed of a phrase before it is counted, as a share of the sample
SURE = 3.0  # deviations from nought; thousands of phrases are looked at

_WORD = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Phrase:
    """A word or a pair of words that texts of one verdict have more often than others.

    Attributes:
        text: one word or two.
        difference: the difference of its log-odds in these texts and in the others.
        z: that in standard deviations.
        inside: the share of the texts of that verdict that have it.
        outside: the share of the others.
    """

    text: str
    difference: float
    z: float
    inside: float
    outside: float

    @property
    def words(self) -> list[str]:
        """The words in it that say something."""
        return [word for word in self.text.split() if word not in ENGLISH]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "text": self.text,
            "z": round(self.z, 3),
            "inside": round(self.inside, 6),
            "outside": round(self.outside, 6),
        }


class Sample:
    """An even sample of texts, whatever their number (reservoir sampling; Vitter 1985)."""

    def __init__(self) -> None:
        self._dice = random.Random(0)
        self._kept: list[tuple[str, str]] = []
        self.seen = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, text: str, label: str) -> None:
        """Shows it a text with its verdict."""
        self.seen += 1
        if len(self._kept) < SAMPLE:
            self._kept.append((text[:CHARACTERS], label))
        elif (place := self._dice.randrange(self.seen)) < SAMPLE:
            self._kept[place] = (text[:CHARACTERS], label)

    def telling(self, labels: Sequence[str], count: int) -> dict[str, list[Phrase]]:
        """The most telling phrases of each label against all others, the strongest first.

        Log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008,
        "Fightin' Words"): the prior is how often the phrase is in all texts, so that neither the
        rare nor the usual leads. Texts that have a phrase are counted, not how often each does.

        Args:
            labels: the labels; texts of others are left out.
            count: words a label, and pairs, at most; the words come first.
        """
        found = _count((text, label) for text, label in self._kept if label in labels)
        return {label: _strongest(found, label, count) for label in labels}


@dataclass
class _Counted:
    texts: Counter[str]  # label -> texts
    terms: dict[str, Counter[str]]  # label -> phrase -> texts
    all: Counter[str]  # phrase -> texts


def _count(texts: Iterable[tuple[str, str]]) -> _Counted:
    tokens = Tokenizer(TextConfig()).tokens
    found = _Counted(Counter(), {}, Counter())
    least = 0
    for text, label in texts:
        terms = set(_terms(tokens(text)))
        found.texts[label] += 1
        found.terms.setdefault(label, Counter()).update(terms)
        found.all.update(terms)
        while len(found.all) > TERMS:
            least += 1
            _forget(found, least)
    return found


def _forget(found: _Counted, least: int) -> None:
    """Forgets the rarest phrases; what is common comes up again (Manku and Motwani 2002)."""
    for term in [term for term, texts in found.all.items() if texts <= least]:
        del found.all[term]
        for terms in found.terms.values():
            terms.pop(term, None)


def _terms(tokens: Sequence[str]) -> Iterator[str]:
    """Words that say something, and pairs of neighbours of which one does."""
    words = list(_words(tokens))
    for word in words:
        if word and word not in ENGLISH:
            yield word
    for one, other in itertools.pairwise(words):
        if one and other and not (one in ENGLISH and other in ENGLISH):
            yield f"{one} {other}"


def _words(tokens: Sequence[str]) -> Iterator[str]:
    """Words as people write them, ``don't`` for ``do n't``, with nothing for what is none."""
    for token, clitic in itertools.pairwise([*tokens, ""]):
        if token == "n't" or token.startswith("'"):
            continue
        if not _WORD.search(token) or token.startswith("<"):  # <url>, <mention>
            yield ""
        elif clitic == "n't" or (clitic.startswith("'") and clitic not in ENGLISH):
            yield token + clitic
        else:
            yield token


def _strongest(found: _Counted, label: str, count: int) -> list[Phrase]:
    inside = found.texts[label]
    if not inside or inside == found.texts.total():
        return []
    phrases = {
        term: _weighed(term, n, found.all[term] - n, inside, found.texts.total() - inside)
        for term, n in found.terms[label].items()
        if found.all[term] >= LEAST
    }
    sure = sorted(
        (phrase for phrase in phrases.values() if phrase.z > SURE),
        key=lambda phrase: (-phrase.z, phrase.text),
    )
    words = [phrase for phrase in sure if " " not in phrase.text]
    # "very bad" says no more than "bad" does, "not good" more than either word.
    pairs = [
        phrase
        for phrase in sure
        if " " in phrase.text
        and phrase.difference > max(phrases[word].difference for word in phrase.words)
    ]
    return [*words[:count], *itertools.islice(_apart(pairs), count)]


def _weighed(term: str, n: int, others: int, inside: int, outside: int) -> Phrase:
    """A phrase that ``n`` of ``inside`` texts have, and ``others`` of ``outside``."""
    strength, prior = PRIOR * (inside + outside), PRIOR * (n + others)
    have, others_have = n + prior, others + prior
    # The half: all texts may have it.
    lack = inside + strength - have + 0.5
    others_lack = outside + strength - others_have + 0.5
    difference = math.log(have / lack) - math.log(others_have / others_lack)
    # Texts have a phrase or not, so both count in the variance; in the paper's corpora of words
    # the second is nothing.
    variance = 1 / have + 1 / lack + 1 / others_have + 1 / others_lack
    return Phrase(term, difference, difference / math.sqrt(variance), n / inside, others / outside)


def _apart(pairs: Iterable[Phrase]) -> Iterator[Phrase]:
    """Leaves out a pair that shares a telling word with a stronger one."""
    used: set[str] = set()
    for pair in pairs:
        if used.isdisjoint(pair.words):
            used.update(pair.words)
            yield pair
