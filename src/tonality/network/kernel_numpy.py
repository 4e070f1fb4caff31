"""The pieces of the network in numpy: embedding, LSTM direction, the order of reading.

The input half of the gates, ``x W_ih``, is computed once for each distinct input of a batch
and looked up afterwards; texts are sorted by length and leave when they end, so padding is
never computed; the cell gate's weights are doubled, ``tanh(z) = 2 sigmoid(2 z) - 1``, which
turns all four gates into one sigmoid. It is written with ``exp``, which numpy computes twice
as fast as ``tanh``.

Shape letters as in :mod:`tonality.network`; R rows of a table, I inputs of a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

# numpy converts a Python number at each call; a float32 of its own costs nothing.
ONE, HALF, MINUS_FOUR = np.float32(1.0), np.float32(0.5), np.float32(-4.0)


@dataclass(frozen=True)
class Embedding:
    """A table of row vectors, float or int8 with one scale a row.

    Only the rows asked for are turned into float32, so an int8 table stays int8 in memory.
    """

    weight: NDArray[Any]  # (R, E)
    scale: Floats | None = None  # (R,)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], name: str) -> Embedding:
        """The table called ``name``, with its scales where there are any."""
        return cls(tensors[f"{name}.weight"], tensors.get(f"{name}.scale"))

    def rows(self, indices: NDArray[Any]) -> Floats:
        """The vectors (U, E) of the rows ``indices`` (U,)."""
        vectors: Floats = self.weight[indices].astype(np.float32)
        if self.scale is not None:
            vectors *= self.scale[indices, None]
        return vectors


@dataclass(frozen=True)
class Direction:
    """One LSTM layer in one direction, its weights arranged for :func:`recur`.

    Gates stand in the order i, f, o, g and are negated, since a sigmoid starts from ``exp(-z)``;
    g is doubled besides. The recurrent matrix is doubled once more, since states are kept halved.
    """

    input_weight: Floats  # (I, 4H)
    recurrent_weight: Floats  # (H, 4H)
    bias: Floats  # (4H,)
    backward: bool

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], prefix: str) -> Direction:
        """Arranges the tensors ``PREFIX.weight_ih``, ``.weight_hh`` and ``.bias``."""
        weight_ih, weight_hh, bias = (
            np.asarray(tensors[f"{prefix}.{name}"], dtype=np.float32)
            for name in ("weight_ih", "weight_hh", "bias")
        )
        h = weight_hh.shape[1]
        order = np.r_[0 : 2 * h, 3 * h : 4 * h, 2 * h : 3 * h]
        scale = np.repeat(np.array([-1.0, -2.0], dtype=np.float32), [3 * h, h])  # (4H,)
        return cls(
            input_weight=np.ascontiguousarray(weight_ih[order].T * scale),
            recurrent_weight=np.ascontiguousarray(weight_hh[order].T * (scale * np.float32(2.0))),
            bias=bias[order] * scale,
            backward=prefix.endswith("backward"),
        )

    def gates(self, x: Floats) -> Floats:
        """The input half of the gates (U, 4H) for inputs (U, I)."""
        gates: Floats = x @ self.input_weight
        gates += self.bias
        return gates


@dataclass(frozen=True)
class Schedule:
    """In which order a batch's tokens are read: longest text first, one token of each a step.

    A text leaves when it ends, so step t reads ``active[t]`` tokens and nothing is padded.

    Attributes:
        order: the texts (N,), longest first; rank r is text ``order[r]``.
        starts: each rank's first token (N,), an index into the batch's tokens.
        lengths: each rank's length (N,).
        active: texts still being read at each step.
    """

    order: Integers
    starts: Integers
    lengths: Integers
    active: list[int]

    @classmethod
    def of(cls, offsets: Integers) -> Schedule:
        """The schedule of texts whose tokens lie between ``offsets`` (N + 1,)."""
        lengths = np.diff(offsets)
        order = np.argsort(-lengths, kind="stable")
        lengths = lengths[order]
        steps = np.arange(lengths[0] if len(lengths) else 0)
        active = len(lengths) - np.searchsorted(lengths[::-1], steps, side="right")
        return cls(order, offsets[order], lengths, active.tolist())

    def positions(self, *, backward: bool) -> Integers:
        """The token (T,) read at each (step, rank), step by step."""
        active = np.array(self.active, dtype=np.int64)
        step = np.repeat(np.arange(len(active)), active)
        rank = np.arange(len(step)) - np.repeat(np.cumsum(active) - active, active)
        if backward:
            return self.starts[rank] + self.lengths[rank] - 1 - step
        return self.starts[rank] + step


def recur(
    direction: Direction, gates: Floats, slots: Integers, active: list[int]
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Runs the LSTM (Hochreiter & Schmidhuber 1997) over a batch, yielding states halved.

    Args:
        direction: the weights.
        gates: input halves of the gates (U, 4H) of the distinct inputs.
        slots: the row of ``gates`` of each token (T,), step by step.
        active: texts read at each step, never rising.

    Yields:
        h / 2, the memory cells c / 2 and the forget gates f of each step's texts, all (n, H);
        overwritten by the next step.
    """
    hidden = direction.recurrent_weight.shape[0]
    most = active[0] if active else 0
    z = np.empty((most, 4 * hidden), dtype=np.float32)
    x = np.empty_like(z)
    h = np.zeros((most, hidden), dtype=np.float32)  # h / 2
    c = np.zeros_like(h)  # c / 2
    begin = 0
    for n in active:
        zn, cn, hn = z[:n], c[:n], h[:n]
        np.take(gates, slots[begin : begin + n], axis=0, out=x[:n], mode="clip")
        np.matmul(hn, direction.recurrent_weight, out=zn)
        zn += x[:n]
        sigmoid_of_negated(zn)
        i, f, o, g = (zn[:, k * hidden : (k + 1) * hidden] for k in range(4))
        g -= HALF  # tanh / 2
        g *= i
        cn *= f
        cn += g
        np.multiply(cn, MINUS_FOUR, out=hn)  # tanh(c) / 2 = sigmoid(2 c) - 1 / 2
        sigmoid_of_negated(hn)
        hn -= HALF
        hn *= o
        yield hn, cn, f
        begin += n


def sigmoid_of_negated(z: Floats) -> None:
    """``sigmoid(-z)`` in place."""
    with np.errstate(over="ignore"):  # exp gives infinity, and the sigmoid its limit, 0
        np.exp(z, out=z)
    z += ONE
    np.divide(ONE, z, out=z)


def pool_running(
    steps: Iterator[tuple[Floats, Floats, Floats]],
    poolings: tuple[str, ...],
    lengths: Integers,
    hidden_size: int,
) -> list[Floats]:
    """Pools the states that :func:`recur` yields as they come: (N, H) each, longest text first."""
    pooled = [np.zeros((len(lengths), hidden_size), dtype=np.float32) for _ in poolings]
    for step, (h, _, _) in enumerate(steps):
        for name, whole in zip(poolings, pooled, strict=True):
            part = whole[: len(h)]
            if name == "mean":
                part += h
            elif name == "last" or not step:
                part[...] = h
            else:
                np.maximum(part, h, out=part)
    for name, whole in zip(poolings, pooled, strict=True):
        if name == "mean":
            whole /= np.maximum(lengths, 1)[:, None].astype(np.float32)
        whole *= 2.0
    return pooled
