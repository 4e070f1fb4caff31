"""The verdict on a text, and how probabilities come to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Prediction:
    """The verdict on one text.

    Attributes:
        label: the verdict, or ``uncertain`` where the score is under the model's abstain band.
            The verdict is the likeliest label, or, where the model has thresholds, the one whose
            probability is largest relative to its threshold. None where there is no text: no
            token to read is no opinion.
        score: the probability of the verdict, 0 to 1; 0 without a verdict.
        probabilities: the probability of each label, in the model's order; without a text the
            classes' shares in the training data.
        tokens_read: how many tokens the network read.
        tokens_left_out: how many it did not, because the text was longer than the limit.
        tokens_known: how many of the tokens read the model knows. The others are blanks to it.
    """

    label: str | None
    score: float
    probabilities: dict[str, float]
    tokens_read: int
    tokens_left_out: int
    tokens_known: int = 0

    @property
    def verdict(self) -> str | None:
        """The label, or what it would be if the model never answered ``uncertain``."""
        if self.label is None or self.label in self.probabilities:
            return self.label
        return next(name for name, value in self.probabilities.items() if value == self.score)


def verdict_kinds(labels: Sequence[str]) -> dict[str, type]:
    """The columns that a table of verdicts has, and the type of their values.

    They are ``label``, ``score``, ``p_`` and each label, ``tokens_read`` and ``tokens_left_out``.
    """
    kinds: dict[str, type] = {"label": str, "score": float}
    kinds |= {f"p_{label}": float for label in labels}
    return kinds | {"tokens_read": int, "tokens_left_out": int}


def verdict_values(prediction: Prediction) -> tuple[str | int | float | None, ...]:
    """A row of a table of verdicts, in the order of :func:`verdict_kinds`; None without a text."""
    read, left_out = prediction.tokens_read, prediction.tokens_left_out
    if prediction.label is None:  # nor are the shares in the training data an opinion
        return (None, None, *[None] * len(prediction.probabilities), read, left_out)
    shares = [round(share, 6) for share in prediction.probabilities.values()]
    return (prediction.label, round(prediction.score, 6), *shares, read, left_out)


def decide(probabilities: NDArray[np.float64], thresholds: ArrayLike = ()) -> NDArray[np.int64]:
    """The verdicts (N,) that probabilities (N, C) come to.

    Args:
        probabilities: the probabilities.
        thresholds: (C,) what each class's probability is divided by before they are compared;
            empty for the likeliest class.
    """
    limits = np.asarray(thresholds, np.float64)
    with np.errstate(all="ignore"):
        relative = probabilities / limits if limits.size else probabilities
    verdicts: NDArray[np.int64] = relative.argmax(axis=1)
    return verdicts


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (N, C) of logits (N, C)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
