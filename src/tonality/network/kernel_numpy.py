"""The reference kernel: the LSTM in numpy.

The input half of the gates, ``x W_ih``, is computed once for each distinct input of a batch
and looked up afterwards; texts are sorted by length and leave when they end, so padding is
never computed; the cell gate's weights are doubled, ``tanh(z) = 2 sigmoid(2 z) - 1``, which
turns all four gates into one sigmoid. States and cells are kept halved in here for the same
reason; what leaves this file is doubled.

Shape letters as in :mod:`tonality.network.network`; R rows of a table, I inputs of a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.network.activations import Floats, sigmoid_of_negated
from tonality.network.config import NetworkConfig
from tonality.network.pooling import Attention, RunningPool, pool
from tonality.network.schedule import Integers, Schedule

HALF, MINUS_FOUR = np.float32(0.5), np.float32(-4.0)
TWO = np.float32(2.0)


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


class NumpyKernel:
    """The reference :class:`~tonality.network.kernel.Kernel`.

    Args:
        config: the shapes.
        tensors: as :func:`~tonality.network.kernel.make_kernel` takes them.
    """

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self._config = config
        self._embedding = Embedding.from_tensors(tensors, "embedding")
        self._ngrams = (
            Embedding.from_tensors(tensors, "ngram_embedding") if config.ngram_rows else None
        )
        self._lstm = [
            [Direction.from_tensors(tensors, f"lstm.{layer}.{name}") for name in config.directions]
            for layer in range(config.layers)
        ]
        self._attention = Attention.from_tensors(tensors)

    def pooled(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> Floats:
        """The pooled vectors (N, K), without keeping the last layer's states where it can."""
        config, schedule = self._config, Schedule.of(offsets)
        inputs, slots = self._last_inputs(ids, ngrams, schedule)
        if self._attention is not None:
            states = self._states(self._lstm[-1], inputs, slots, schedule)
            return pool(config, states, offsets, self._attention.shares(states, offsets))
        count = len(offsets) - 1
        result = np.empty((count, len(config.poolings), config.state_size), dtype=np.float32)
        for number, direction in enumerate(self._lstm[-1]):
            running = RunningPool(config.poolings, schedule.lengths, config.hidden_size)
            for h, _, _, _ in _steps(direction, inputs, slots, schedule):
                running.add(h)
            for place, pooled in enumerate(running.result()):
                pooled *= TWO
                result[schedule.order, place, config.columns(number)] = pooled
        return result.reshape(count, config.pooled_size)

    def trace(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> tuple[Floats, Floats, Floats]:
        """States, cells and forget gates of the last layer, each (T, D)."""
        schedule = Schedule.of(offsets)
        inputs, slots = self._last_inputs(ids, ngrams, schedule)
        shape = len(ids), self._config.state_size
        states, cells, kept = (np.empty(shape, dtype=np.float32) for _ in range(3))
        for number, direction in enumerate(self._lstm[-1]):
            columns = self._config.columns(number)
            for h, c, f, positions in _steps(direction, inputs, slots, schedule):
                states[positions, columns] = h
                cells[positions, columns] = c
                kept[positions, columns] = f
        states *= TWO
        cells *= TWO
        return states, cells, kept

    def _last_inputs(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, schedule: Schedule
    ) -> tuple[Floats, Integers]:
        """What the last layer reads: inputs (U, I) and the row among them of each token (T,)."""
        inputs, slots = self._distinct(ids, ngrams)
        for layer in self._lstm[:-1]:
            inputs = self._states(layer, inputs, slots, schedule)
            slots = np.arange(len(inputs))
        return inputs, slots

    def _distinct(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None
    ) -> tuple[Floats, Integers]:
        """The distinct input vectors (U, E) of a batch and each token's row among them (T,).

        A trigram settles its last bigram and its last token, and a bigram its last token, so
        the longest n-gram that ends at a position names that position's input.
        """
        size, names = self._config.vocabulary_size, ids.astype(np.int64)
        if self._ngrams is not None and ngrams is not None:
            longest = np.where(ngrams[:, 1] > 0, ngrams[:, 1], ngrams[:, 0])
            np.copyto(names, longest + size, where=longest > 0)
            size += self._config.ngram_rows
        # A table over all names is quicker than sorting, and finds a token of each name.
        example = np.full(size, -1, dtype=np.int64)
        example[names] = np.arange(len(names))
        used = np.flatnonzero(example >= 0)
        tokens = example[used]
        inputs = self._embedding.rows(ids[tokens])
        if self._ngrams is not None and ngrams is not None:
            for column in ngrams[tokens].T:
                hits = np.flatnonzero(column)
                inputs[hits] += self._ngrams.rows(column[hits])
        example[used] = np.arange(len(used))
        return inputs, example[names]

    def _states(
        self, layer: list[Direction], inputs: Floats, slots: Integers, schedule: Schedule
    ) -> Floats:
        """A layer's states (T, D), from inputs (U, I) and each token's slot (T,)."""
        states = np.empty((len(slots), self._config.state_size), dtype=np.float32)
        for number, direction in enumerate(layer):
            columns = self._config.columns(number)
            for h, _, _, positions in _steps(direction, inputs, slots, schedule):
                states[positions, columns] = h
        states *= TWO
        return states


def _steps(
    direction: Direction, inputs: Floats, slots: Integers, schedule: Schedule
) -> Iterator[tuple[Floats, Floats, Floats, Integers]]:
    """What :func:`recur` yields of each step, and the tokens (n,) that it read."""
    positions = schedule.positions(backward=direction.backward)
    steps = recur(direction, direction.gates(inputs), slots[positions], schedule.active)
    begin = 0
    for h, c, f in steps:
        end = begin + len(h)
        yield h, c, f, positions[begin:end]
        begin = end
