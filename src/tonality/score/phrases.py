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

from tonality.stopwords import ENGLISH
from tonality.text import TextConfig, Tokenizer

SAMPLE = 50_000  # texts
CHARACTERS = 2_000  # of each
TERMS = 200_000  # words and pairs counted at a time
LEAST = 5  # texts that a phrase must be in
PRIOR = 0.1  # what is believed of a phrase before it is counted, as a share of the sample
SURE = 3.0  # deviations from nought; thousands of phrases are looked at

_WORD = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Phrase:
    """A phrase that texts of one verdict have more often than others.

    Attributes:
        text: one word or two.
        z: by how many standard deviations its log-odds are greater.
        inside: the share of the texts of that verdict that have it.
        outside: the share of the others.
    """

    text: str
    z: float
    inside: float
    outside: float

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
            count: phrases a label, at most.
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
    words = [token if _WORD.search(token) else "" for token in tokens]
    for word in words:
        if word and word not in ENGLISH:
            yield word
    for one, other in itertools.pairwise(words):
        if one and other and not (one in ENGLISH and other in ENGLISH):
            yield f"{one} {other}"


def _strongest(found: _Counted, label: str, count: int) -> list[Phrase]:
    inside, total = found.texts[label], found.texts.total()
    outside = total - inside
    if not inside or not outside:
        return []
    terms = found.terms[label]
    phrases = [
        Phrase(
            term, _z(n, found.all[term] - n, inside, outside), n / inside,
            (found.all[term] - n) / outside,
        )
        for term, n in terms.items()
        if found.all[term] >= LEAST
    ]  # fmt: skip
    phrases = [phrase for phrase in phrases if phrase.z > SURE]
    phrases.sort(key=lambda phrase: (-phrase.z, phrase.text))
    return list(itertools.islice(_apart(phrases), count))


def _z(n: int, others: int, inside: int, outside: int) -> float:
    """The difference of a phrase's log-odds inside and outside, in standard deviations."""
    strength = PRIOR * (inside + outside)
    prior = PRIOR * (n + others)
    one, other = n + prior, others + prior
    difference = math.log(one / (inside + strength - one)) - math.log(
        other / (outside + strength - other)
    )
    return difference / math.sqrt(1 / one + 1 / other)


def _apart(phrases: Iterable[Phrase]) -> Iterator[Phrase]:
    """Leaves out a phrase that shares a telling word with a stronger one."""
    used: set[str] = set()
    for phrase in phrases:
        words = {word for word in phrase.text.split() if word not in ENGLISH}
        if not words & used:
            used |= words
            yield phrase
