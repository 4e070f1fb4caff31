"""The words that push verdicts most, each way, over many texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonality.explain.explanation import Explanation

_MOST = 15  # words a class
_TEXTS, _SHARE = 3, 0.005  # of the texts that such a word stands in, at least


@dataclass(frozen=True)
class Push:
    """What one word does for a class, where it stands.

    Attributes:
        word: as the tokenizer spells it.
        mean: its mean evidence for the class against the others, in logits as
            :meth:`~tonality.explain.explanation.Explanation.evidence` has it.
        texts: in how many texts.
    """

    word: str
    mean: float
    texts: int


class WordCounter:
    """Sums up what words do, explanation by explanation.

    Args:
        labels: the C classes.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.read = 0
        self._numbers: dict[str, int] = {}
        self._sums = np.zeros((1024, len(labels)))  # (words, C), grown as they come
        self._counts = np.zeros((1024, 2), np.int64)  # occurrences, texts

    def add(self, explanation: Explanation) -> None:
        """Takes in one text."""
        self.read += 1
        if not explanation.tokens:
            return
        words = np.array(
            [self._numbers.setdefault(t.text, len(self._numbers)) for t in explanation.tokens]
        )
        while len(self._numbers) > len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        parts = explanation.contributions.astype(np.float64)  # (T, C)
        others = parts.shape[1] - 1
        evidence = parts - (parts.sum(axis=1, keepdims=True) - parts) / others
        np.add.at(self._sums, words, evidence)
        np.add.at(self._counts[:, 0], words, 1)
        self._counts[np.unique(words), 1] += 1

    def strongest(self) -> dict[str, tuple[Push, ...]]:
        """The words of the highest mean evidence for each class.

        A word must stand in several texts: no name that one text made famous comes first.
        """
        n = len(self._numbers)
        names = list(self._numbers)
        counts, sums = self._counts[:n], self._sums[:n]
        spoken = np.array([any(map(str.isalnum, name)) for name in names], dtype=np.bool_)
        common = np.flatnonzero(spoken & (counts[:, 1] >= max(_TEXTS, _SHARE * self.read)))
        means = sums[common] / counts[common, :1]  # (common words, C)
        return {
            label: tuple(
                Push(names[common[row]], float(means[row, c]), int(counts[common[row], 1]))
                for row in np.argsort(-means[:, c], kind="stable")[:_MOST].tolist()
                if means[row, c] > 0
            )
            for c, label in enumerate(self.labels)
        }
