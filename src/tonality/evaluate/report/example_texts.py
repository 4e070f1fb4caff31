"""Reviews to show: which ones, and their words highlighted, at a length that a page bears."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from tonality.classifier import Classifier
from tonality.evaluate.telling_words import WordCounter
from tonality.explain.explanation import Explanation
from tonality.measures.labelled_predictions import LabelledPredictions

SHOWN = 20  # right reviews, and as many wrong ones
_EXPLAINED = 2000  # texts that the word lists are drawn from, at most
_BATCH = 64
_SEED = 0  # of their draw

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """Explained reviews and the words of many.

    Attributes:
        explanations: by row, of the reviews that are shown.
        words: what was summed up over ``words.read`` texts.
    """

    explanations: dict[int, Explanation]
    words: WordCounter


def surest(
    predictions: LabelledPredictions, rows: npt.NDArray[np.bool_], most: int = SHOWN
) -> list[int]:
    """The rows of a mask (N,) with the most confident verdicts, the surest first."""
    found = np.flatnonzero(rows)
    order = np.argsort(-predictions.confidence[found], kind="stable")
    chosen: list[int] = found[order[:most]].tolist()
    return chosen


def explain_rows(
    classifier: Classifier,
    texts: Sequence[str],
    shown: Sequence[int],
    *,
    progress: Callable[[int], None] | None = None,
) -> Examples:
    """Explains the reviews that are shown, and others to sum up their words.

    Args:
        classifier: the model.
        texts: all N texts.
        shown: the rows whose explanations are kept.
        progress: called with the number of texts done so far, now and then.
    """
    drawn = sample(len(texts))
    counted = set(drawn.tolist())
    rows = sorted(counted | set(shown))
    # Like lengths side by side make batches that are quick and of even size.
    rows.sort(key=lambda row: len(texts[row]))
    kept, words, wanted = {}, WordCounter(classifier.labels), set(shown)
    for begin in range(0, len(rows), _BATCH):
        batch = rows[begin : begin + _BATCH]
        for row, found in zip(batch, classifier.explain([texts[r] for r in batch]), strict=True):
            if row in counted:
                words.add(found)
            if row in wanted:
                kept[row] = found
        if progress is not None:
            progress(begin + len(batch))
    return Examples(kept, words)


def sample(n: int) -> Rows:
    """Which of ``n`` texts the word lists are drawn from, ascending."""
    if n <= _EXPLAINED:
        return np.arange(n)
    return np.sort(np.random.default_rng(_SEED).choice(n, _EXPLAINED, replace=False))


def shortened(explanation: Explanation, longest: int) -> Explanation:
    """The explanation of a text that is short enough to be shown: about ``longest`` characters.

    Of a longer text both ends stay, with the tokens in them; what lies between becomes a note of
    how long it was.
    """
    text = explanation.text
    if len(text) <= longest:
        return explanation
    half = longest // 2
    ends = [token.end for token in explanation.tokens if token.end <= half]
    starts = [token.start for token in explanation.tokens if token.start >= len(text) - half]
    head = max(ends, default=half)
    tail = min(starts, default=len(text) - half)
    if explanation.unread is not None:  # what was not read is left out first
        head, tail = min(head, explanation.unread[0]), max(tail, explanation.unread[1])
    marker = f" [… {tail - head:,} characters …] "
    shift = head + len(marker) - tail
    kept = [
        (number, token)
        for number, token in enumerate(explanation.tokens)
        if token.end <= head or token.start >= tail
    ]
    moved = tuple(
        token
        if token.end <= head
        else token._replace(start=token.start + shift, end=token.end + shift)
        for _, token in kept
    )
    return dataclasses.replace(
        explanation,
        text=text[:head] + marker + text[tail:],
        tokens=moved,
        contributions=explanation.contributions[[number for number, _ in kept]],
        unread=None,
    )
