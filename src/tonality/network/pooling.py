"""Pooling: the states of a text's tokens become one vector.

A pooling takes each unit from one token (``max``, ``last``) or sums the tokens, each with its
share (``mean``, ``attention``). :func:`pool` does it on the states of a whole batch. Without
attention, :class:`RunningPool` does it while the states are being computed.

Shape letters as in :mod:`tonality.network.network`; n texts that are not empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.network.activations import Floats, sigmoid_of_negated
from tonality.network.config import NetworkConfig
from tonality.network.schedule import Integers


@dataclass(frozen=True)
class Attention:
    """Weighs each token of a text (Yang et al. 2016); a text's shares sum to 1."""

    weight: Floats  # (A, D)
    bias: Floats  # (A,)
    context: Floats  # (A,)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Attention | None:
        """The tensors ``attention.weight``, ``.bias`` and ``.context``; None without them."""
        if "attention.weight" not in tensors:
            return None
        return cls(
            *(
                np.asarray(tensors[f"attention.{name}"], dtype=np.float32)
                for name in ("weight", "bias", "context")
            )
        )

    def shares(self, states: Floats, offsets: Integers) -> Floats:
        """Each token's share (T,) of its text, from the states (T, D)."""
        lengths = np.diff(offsets)
        lengths, starts = lengths[lengths > 0], offsets[:-1][lengths > 0]
        if not len(lengths):
            return np.zeros(0, dtype=np.float32)
        # tanh(z) = 2 sigmoid(2 z) - 1, quicker; the -1 changes all scores alike, and no share.
        minus_two = np.float32(-2.0)
        hidden: Floats = states @ (minus_two * self.weight.T)  # (T, A)
        hidden += minus_two * self.bias
        sigmoid_of_negated(hidden)
        scores: Floats = hidden @ (np.float32(2.0) * self.context)  # (T,)
        scores -= np.repeat(np.maximum.reduceat(scores, starts), lengths)
        np.exp(scores, out=scores)
        scores /= np.repeat(np.add.reduceat(scores, starts), lengths)
        return scores


def tokens_taken(
    config: NetworkConfig, pooling: str, states: Floats, offsets: Integers
) -> Integers:
    """The token (n, D) from which ``max`` or ``last`` takes each unit of each text.

    Args:
        config: the network's shapes.
        pooling: ``max`` or ``last``.
        states: the states (T, D).
        offsets: where each text starts, and T (N + 1,).
    """
    filled = np.flatnonzero(np.diff(offsets))
    taken = np.empty((len(filled), config.state_size), dtype=np.int64)
    if pooling == "max":
        for row, (start, end) in zip(taken, _spans(offsets, filled), strict=True):
            np.argmax(states[start:end], axis=0, out=row)
            row += start
    else:
        taken[:, : config.hidden_size] = offsets[filled + 1, None] - 1
        taken[:, config.hidden_size :] = offsets[filled, None]
    return taken


def equal_shares(offsets: Integers) -> Floats:
    """The share (T,) of each token in its text's mean."""
    lengths = np.diff(offsets)
    return np.repeat(np.float32(1.0) / np.maximum(lengths, 1).astype(np.float32), lengths)


def pool(
    config: NetworkConfig, states: Floats, offsets: Integers, attended: Floats | None = None
) -> Floats:
    """Pooled vectors (N, K) from the states of a batch.

    Args:
        config: the network's shapes.
        states: the states (T, D).
        offsets: where each text starts, and T (N + 1,).
        attended: what :meth:`Attention.shares` gives (T,), where a pooling is ``attention``.
    """
    filled = np.flatnonzero(np.diff(offsets))
    pooled = np.zeros((len(offsets) - 1, config.pooled_size), dtype=np.float32)
    size, h = config.state_size, config.hidden_size
    # Text by text, for numpy's reduceat takes several times as long on long ones.
    for row, (start, end) in zip(filled.tolist(), _spans(offsets, filled), strict=True):
        text = states[start:end]
        for number, name in enumerate(config.poolings):
            part = pooled[row, number * size : (number + 1) * size]
            if name == "max":
                np.max(text, axis=0, out=part)
            elif name == "mean":
                np.mean(text, axis=0, out=part)
            elif name == "attention":
                assert attended is not None
                np.matmul(attended[start:end], text, out=part)
            else:
                part[:h], part[h:] = text[-1, :h], text[0, h:]
    return pooled


def _spans(offsets: Integers, texts: Integers) -> list[tuple[int, int]]:
    return list(zip(offsets[texts].tolist(), offsets[texts + 1].tolist(), strict=True))


class RunningPool:
    """Pools one direction's states as they come, step by step, the longest text first.

    Args:
        poolings: any of ``max``, ``mean`` and ``last``.
        lengths: the texts' lengths (N,), falling.
        hidden_size: H.
    """

    def __init__(self, poolings: tuple[str, ...], lengths: Integers, hidden_size: int) -> None:
        self._poolings, self._lengths, self._first = poolings, lengths, True
        self._pooled = [np.zeros((len(lengths), hidden_size), dtype=np.float32) for _ in poolings]

    def add(self, states: Floats) -> None:
        """Takes in a step's states (n, H) of the n longest texts."""
        for name, whole in zip(self._poolings, self._pooled, strict=True):
            part = whole[: len(states)]
            if name == "mean":
                part += states
            elif name == "last" or self._first:
                part[...] = states
            else:
                np.maximum(part, states, out=part)
        self._first = False

    def result(self) -> list[Floats]:
        """The pooled units of each pooling (N, H)."""
        for name, whole in zip(self._poolings, self._pooled, strict=True):
            if name == "mean":
                whole /= np.maximum(self._lengths, 1)[:, None].astype(np.float32)
        return self._pooled
