"""Which words made the decision: the data types, sentences and phrases.

:meth:`tonality.Classifier.explain` makes them; :mod:`tonality.attribution` has the arithmetic,
:mod:`tonality.explain_html` the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.attribution import METHODS
from tonality.encode import Encoded, Encoder
from tonality.errors import ConfigError
from tonality.network import Network
from tonality.text import Token

if TYPE_CHECKING:
    from tonality.classifier import Prediction

# A word under this share of the strongest one is neither for nor against.
QUIET = 0.05
# So many quiet words may stand inside a phrase.
BRIDGE = 2

_ENDS_SENTENCE = re.compile(r"(?:\.+|[!?…。！？]+)")
_ENDS_CLAUSE = re.compile(r"[,;:()\[\]–—-]+|[，、；：]")
_BREAK = re.compile(r"\n\s*\n|<\s*/?\s*(?:br|p|div|li|tr|h\d)\b", re.IGNORECASE)
_CLOSING = frozenset("\"')]}”’»")
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc"])


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of tokens: a sentence or a phrase.

    Attributes:
        text: the characters of the raw text, ``raw[start:end]``.
        start: its first character.
        end: the character after its last.
        first: its first token.
        last: the token after its last.
        weight: the sum of its tokens' evidence.
    """

    text: str
    start: int
    end: int
    first: int
    last: int
    weight: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """The verdict on one text, and what each token added to it.

    Attributes:
        text: the raw text.
        prediction: the verdict.
        labels: the C labels, in the order of the columns.
        tokens: the T tokens read, each with its place in ``text``.
        contributions: (T, C), what each token adds to each label's logit.
        bias: (C,), the logits of an empty text.
        remainder: (C,), what the method leaves: ``logits - bias - contributions.sum(axis=0)``,
            rounding where the network's head is linear and the method ``contributions``.
        logits: (C,), the logits, before the temperature.
        method: how the contributions were found.
        unread: the part of ``text`` that was cut out because it was too long, as (start, end).
    """

    text: str
    prediction: Prediction
    labels: tuple[str, ...]
    tokens: tuple[Token, ...]
    contributions: NDArray[np.float32]
    bias: NDArray[np.float32]
    remainder: NDArray[np.float32]
    logits: NDArray[np.float32]
    method: str = "contributions"
    unread: tuple[int, int] | None = None

    @property
    def label(self) -> str:
        """The likeliest label, also where the verdict is ``uncertain``."""
        probabilities = self.prediction.probabilities
        return max(probabilities, key=probabilities.__getitem__)

    def evidence(self, label: str | None = None) -> NDArray[np.float32]:
        """What each token (T,) does for a label against the other labels, in log-odds.

        Args:
            label: by default the likeliest.

        Raises:
            ConfigError: the model has no such label.
        """
        name = self.label if label is None else label
        if name not in self.labels:
            raise ConfigError(f"there is no label {name!r}; there are {', '.join(self.labels)}")
        column = self.labels.index(name)
        others = np.delete(self.contributions, column, axis=1).mean(axis=1)
        evidence: NDArray[np.float32] = self.contributions[:, column] - others
        return evidence

    def sentences(self, label: str | None = None) -> list[Passage]:
        """The sentences, in order, each with the sum of its tokens' evidence."""
        evidence = self.evidence(label)
        borders = [0, *(i for i, kind in self._borders() if kind == "sentence"), len(self.tokens)]
        return [
            self._passage(first, last, evidence)
            for first, last in pairwise(borders)
            if first < last
        ]

    def phrases(self, label: str | None = None) -> list[Passage]:
        """Neighbours of like sign as one passage each, in order.

        A phrase begins and ends with a word that says something, may hold one or two that do not,
        and never goes beyond a comma, a bracket or the end of a sentence.
        """
        evidence = self.evidence(label)
        limit = QUIET * float(np.abs(evidence).max(initial=0.0))
        signs = np.where(np.abs(evidence) > limit, np.sign(evidence), 0).astype(int).tolist()
        borders = {index for index, _ in self._borders()}
        phrases: list[Passage] = []
        first = last = -1
        for index, sign in enumerate(signs):
            if first >= 0 and (
                any(i in borders for i in range(last, index + 1))
                or index - last > BRIDGE
                or sign == -signs[first]
            ):
                phrases.append(self._passage(first, last, evidence))
                first = -1
            if sign:
                first = index if first < 0 else first
                last = index + 1
        if first >= 0:
            phrases.append(self._passage(first, last, evidence))
        return phrases

    def top(self, count: int = 3, label: str | None = None) -> tuple[list[Passage], list[Passage]]:
        """The strongest phrases for a label and against it, the strongest first."""
        phrases = sorted(self.phrases(label), key=lambda phrase: -abs(phrase.weight))
        speaking = [[p for p in phrases if p.weight * sign > 0][:count] for sign in (1, -1)]
        return speaking[0], speaking[1]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON: the verdict, the split and every token's part in it."""
        return {
            "text": self.text,
            "label": self.prediction.label,
            "score": self.prediction.score,
            "probabilities": self.prediction.probabilities,
            "tokens_read": self.prediction.tokens_read,
            "tokens_left_out": self.prediction.tokens_left_out,
            "unread": self.unread,
            "method": self.method,
            "labels": list(self.labels),
            "logits": _rounded(self.logits),
            "bias": _rounded(self.bias),
            "remainder": _rounded(self.remainder),
            "tokens": [
                {"text": token.text, "start": token.start, "end": token.end, "contributions": parts}
                for token, parts in zip(self.tokens, _rounded(self.contributions), strict=True)
            ],
        }

    def _passage(self, first: int, last: int, evidence: NDArray[np.float32]) -> Passage:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        weight = float(evidence[first:last].sum())
        return Passage(self.text[start:end], start, end, first, last, weight)

    def _borders(self) -> Iterator[tuple[int, str]]:
        """The tokens before which a sentence or a clause begins."""
        before = ""
        ended = False
        for index, token in enumerate(self.tokens):
            raw = self.text[token.start : token.end]
            gap = self.text[self.tokens[index - 1].end : token.start] if index else ""
            if index and (
                (ended and raw[:1] not in _CLOSING)
                or _BREAK.search(gap)
                or (self.unread is not None and token.start == self.unread[1])
            ):
                yield index, "sentence"
                ended = False
            elif _ENDS_CLAUSE.fullmatch(raw) or _ENDS_CLAUSE.fullmatch(before):
                yield index, "clause"
            stop = _ENDS_SENTENCE.fullmatch(raw) or _ENDS_SENTENCE.search(gap)
            ended = bool(stop and before.lower() not in _TITLES) or (ended and raw in _CLOSING)
            before = raw


def _rounded(values: NDArray[np.float32]) -> Any:
    return np.round(values.astype(np.float64), 6).tolist()


def explain_texts(
    texts: Sequence[str | None],
    encoder: Encoder,
    network: Network,
    method: str,
    predict: Callable[[NDArray[np.float64], Encoded], Sequence[Prediction]],
    labels: tuple[str, ...],
) -> Iterator[Explanation]:
    """The explanation of each text, in order.

    Args:
        texts: the texts; None counts as empty.
        encoder: how texts become ids.
        network: the network that judges.
        method: one of :data:`~tonality.attribution.METHODS`.
        predict: the verdicts for logits (N, C) of encoded texts.
        labels: the C labels.

    Raises:
        ConfigError: there is no such method.
    """
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    encoded = encoder.encode(texts)
    found = METHODS[method](network, encoded)
    predictions = predict(found.logits.astype(np.float64), encoded)
    for n, text in enumerate(texts):
        tokens = tuple(encoder.spans(text))
        yield Explanation(
            text=text or "",
            prediction=predictions[n],
            labels=labels,
            tokens=tokens,
            contributions=found.contributions[encoded.offsets[n] : encoded.offsets[n + 1]],
            bias=found.bias,
            remainder=found.remainder[n],
            logits=found.logits[n],
            method=method,
            unread=_unread(text or "", tokens, encoder.head, int(encoded.left_out[n])),
        )


def _unread(text: str, tokens: Sequence[Token], head: int, left_out: int) -> tuple[int, int] | None:
    """The characters between the head and the tail of a text that was cut."""
    if not left_out:
        return None
    start = tokens[head - 1].end if head else 0
    end = tokens[head].start if head < len(tokens) else len(text)
    return start, end
