"""Which words made the decision: the data types, sentences and phrases.

:meth:`tonality.Classifier.explain` makes them; :mod:`tonality.explain.attribution` has the
arithmetic, :mod:`tonality.explain.html` the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import ConfigError
from tonality.explain.attribution import METHODS, attribute
from tonality.explain.borders import Border, borders
from tonality.explain.highlight import STYLE, highlighted
from tonality.explain.passages import Passage, Piece, phrases, pieces
from tonality.messages import NO_TEXT, sendable, shorten
from tonality.network.network import Network
from tonality.palette import side_hues
from tonality.text.content import with_content
from tonality.text.encoder import Encoded, Encoder
from tonality.text.tokenizer import Token

if TYPE_CHECKING:
    from tonality.prediction import Prediction

# Texts computed side by side; their states and cells are in memory together.
BATCH = 128


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

    def __repr__(self) -> str:
        found = self.prediction
        verdict = NO_TEXT if found.label is None else f"{found.label} {found.score:.1%}"
        parts = [
            f"{side} {', '.join(repr(shorten(phrase.text, 40)) for phrase in phrases)}"
            for side, phrases in zip(("for", "against"), self.top(2), strict=True)
            if phrases
        ]
        return f"<Explanation {'; '.join([verdict, *parts])}>"

    @property
    def label(self) -> str:
        """The verdict, also where the model answers ``uncertain``; without a text the likeliest."""
        shares = self.prediction.probabilities
        return self.prediction.verdict or max(shares, key=shares.__getitem__)

    def evidence(self, label: str | None = None) -> NDArray[np.float32]:
        """What each token (T,) does for a label against the other labels.

        The unit is that of the logits before the temperature: what a token adds to the label's
        logit, less the mean of what it adds to those of the others. With two labels that is what
        it adds to the log-odds.

        Args:
            label: by default the verdict.

        Raises:
            ConfigError: the model has no such label.
        """
        name = self.label if label is None else label
        if name not in self.labels:
            raise ConfigError(f"there is no label {name!r}; there are {', '.join(self.labels)}")
        column = self.labels.index(name)
        with np.errstate(all="ignore"):
            others = np.delete(self.contributions, column, axis=1).mean(axis=1)
            evidence: NDArray[np.float32] = self.contributions[:, column] - others
        return evidence

    def sentences(self, label: str | None = None) -> list[Passage]:
        """The sentences, in order, each with the sum of its tokens' evidence."""
        breaks = [index for index, kind in self._borders().items() if kind == "sentence"]
        ends = [0, *breaks, len(self.tokens)] if self.tokens else []
        return self._passages(pairwise(ends), label)

    def phrases(self, label: str | None = None) -> list[Passage]:
        """Neighbours of like sign as one passage each, in order.

        A phrase begins and ends with a token that says something, may hold one or two in a row
        that do not, and never goes beyond a comma, a bracket, an item of a list or the end of a
        sentence. It never splits a word, such as ``user-friendly``. What a punctuation mark or a
        symbol says counts to the word before it, and what opens a word, such as a bracket or the
        sign of ``$5``, to that word. A negation stands with what it turns, and ``n't`` with its
        word. Full stops, commas and lone symbols at the ends are weighed and not shown.
        """
        runs = phrases(self.text, self.evidence(label), self.tokens, self._borders())
        return self._passages(runs, label, stopped=False)

    def pieces(self, label: str | None = None) -> list[Piece]:
        """The whole text cut into pieces to show, each with its weight and phrase."""
        return list(
            pieces(self.text, self.tokens, self.evidence(label), self.phrases(label), self.unread)
        )

    def top(self, count: int = 3, label: str | None = None) -> tuple[list[Passage], list[Passage]]:
        """The strongest phrases for a label and against it, the strongest first."""
        phrases = sorted(self.phrases(label), key=lambda phrase: -abs(phrase.weight))
        speaking = [[p for p in phrases if p.weight * sign > 0][:count] for sign in (1, -1)]
        return speaking[0], speaking[1]

    def hues(self, label: str | None = None) -> tuple[str, str]:
        """The names of the colours of what speaks for a label and against it."""
        return side_hues(self.labels, self.label if label is None else label)

    def to_json(self, label: str | None = None) -> dict[str, Any]:
        """Plain values for JSON: the verdict, the split and every token's part in it.

        Args:
            label: what ``sentences`` and ``phrases`` weigh, by default the verdict.

        Raises:
            ConfigError: the model has no such label.
        """
        label = self.label if label is None else label
        return {
            "text": self.text,
            **self.prediction.to_json(),
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
            "weighed": label,
            "sentences": [_plain(passage) for passage in self.sentences(label)],
            "phrases": [_plain(passage) for passage in self.phrases(label)],
        }

    def _repr_html_(self) -> str:
        found = self.prediction
        title = NO_TEXT if found.label is None else f"{found.label} {found.score:.1%}"
        text = highlighted(self.pieces(), self.phrases(), self.hues())
        return sendable(f"<style>{STYLE}</style><p><b>{escape(title)}</b></p>{text}")

    def _passages(
        self, runs: Iterable[tuple[int, int]], label: str | None, *, stopped: bool = True
    ) -> list[Passage]:
        read, evidence = (self.text, self.tokens), self.evidence(label)
        return [Passage.of(*read, *run, evidence, stopped=stopped) for run in runs]

    def _borders(self) -> dict[int, Border]:
        return borders(self.text, self.tokens, self.unread[1] if self.unread else None)


def _plain(passage: Passage) -> dict[str, Any]:
    return {"start": passage.start, "end": passage.end, "weight": round(passage.weight, 9)}


def _rounded(values: NDArray[np.float32]) -> Any:
    # Nine decimals: the sum over hundreds of tokens must still be the logit to 1e-5.
    return np.round(values.astype(np.float64), 9).tolist()


def explain_texts(
    texts: Sequence[str | None],
    encoder: Encoder,
    network: Network,
    method: str,
    predict: Callable[[NDArray[np.float64], Encoded], Sequence[Prediction]],
    labels: tuple[str, ...],
) -> list[Explanation]:
    """The explanation of each text, in order.

    Args:
        texts: the texts; None counts as empty.
        encoder: how texts become ids.
        network: the network that judges.
        method: ``contributions`` or ``occlusion``.
        predict: the verdicts for logits (N, C) of encoded texts.
        labels: the C labels.

    Raises:
        ConfigError: there is no such method.
    """
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    everything, tokens = encoder.encode_with_spans(with_content(texts))
    found: dict[int, Explanation] = {}
    for batch in _batches(everything.lengths):
        encoded = everything.take(batch)
        split = attribute(network, encoded, method, encoder.vocabulary.ngrams)
        predictions = predict(split.logits.astype(np.float64), encoded)
        for n, row in enumerate(batch.tolist()):
            text, (begin, end) = texts[row] or "", encoded.offsets[n : n + 2]
            unread = _unread(text, tokens[row], encoder.head, int(encoded.left_out[n]))
            found[row] = Explanation(
                text=text, prediction=predictions[n], labels=labels, tokens=tuple(tokens[row]),
                contributions=split.contributions[begin:end], bias=split.bias,
                remainder=split.remainder[n], logits=split.logits[n], method=method, unread=unread,
            )  # fmt: skip
    return [found[row] for row in range(len(texts))]


def _batches(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The rows of each batch: like lengths side by side, the longest first."""
    order = np.argsort(lengths, kind="stable")[::-1]
    for begin in range(0, len(order), BATCH):
        yield order[begin : begin + BATCH]


def _unread(text: str, tokens: Sequence[Token], head: int, left_out: int) -> tuple[int, int] | None:
    """The characters between the head and the tail of a text that was cut."""
    if not left_out:
        return None
    start = tokens[head - 1].end if head else 0
    end = tokens[head].start if head < len(tokens) else len(text)
    # A cut between the words of one hashtag or emoji leaves out no character of the others.
    return (start, end) if start < end else None
