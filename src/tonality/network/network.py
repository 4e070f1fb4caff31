"""The LSTM in numpy: everything a prediction computes.

The pieces, and why they are fast, are in :mod:`tonality.network.kernel_numpy`.

Shape letters: N texts, T tokens of all texts together, U distinct tokens, V vocabulary,
G n-gram rows, E embedding, H hidden, D = H or 2 H states, A attention, K head input, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.network.config import NetworkConfig
from tonality.network.kernel_numpy import (
    Direction,
    Embedding,
    Floats,
    Integers,
    Schedule,
    pool_running,
    recur,
    sigmoid_of_negated,
)

if TYPE_CHECKING:
    from tonality.text.encoder import Encoded


class Network:
    """A trained network.

    Args:
        config: the shapes.
        tensors: the arrays named by ``config.tensor_shapes()``, floats; an embedding may be
            int8 with a ``.scale`` (R,) beside it.
    """

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.embedding = Embedding.from_tensors(tensors, "embedding")
        self.ngram_embedding = (
            Embedding.from_tensors(tensors, "ngram_embedding") if config.ngram_rows else None
        )
        self.lstm = [
            [Direction.from_tensors(tensors, f"lstm.{layer}.{name}") for name in config.directions]
            for layer in range(config.layers)
        ]
        small = ("attention.", "dense.", "output.")
        self.tensors: dict[str, Floats] = {
            name: np.asarray(tensors[name], dtype=np.float32)
            for name in config.tensor_shapes()
            if name.startswith(small)
        }

    def logits(self, encoded: Encoded) -> Floats:
        """Logits (N, C); those of an empty text are the head's on a pooled vector of zeros."""
        return self.head(self.pooled(encoded))

    def head(self, pooled: Floats) -> Floats:
        """Logits (N, C) of pooled vectors (N, K): dense layers with ReLU, then the output."""
        for number in range(len(self.config.dense)):
            pooled = pooled @ self.tensors[f"dense.{number}.weight"].T
            pooled += self.tensors[f"dense.{number}.bias"]
            np.maximum(pooled, 0.0, out=pooled)
        logits: Floats = pooled @ self.tensors["output.weight"].T + self.tensors["output.bias"]
        return logits

    def pooled(self, encoded: Encoded) -> Floats:
        """Pooled vectors (N, K), without keeping the last layer's states where that is possible."""
        if "attention" in self.config.poolings:
            return self.pool(self.states(encoded), encoded.offsets)
        schedule = Schedule.of(encoded.offsets)
        inputs, slots = self.last_inputs(encoded, schedule)
        shape = (len(encoded), len(self.config.poolings), self.config.state_size)
        result = np.empty(shape, dtype=np.float32)
        for number, direction in enumerate(self.lstm[-1]):
            steps = recur(
                direction,
                direction.gates(inputs),
                slots[schedule.positions(backward=direction.backward)],
                schedule.active,
            )
            size, columns = self.config.hidden_size, self.config.columns(number)
            each = pool_running(steps, self.config.poolings, schedule.lengths, size)
            for place, pooled in enumerate(each):
                result[schedule.order, place, columns] = pooled
        return result.reshape(len(encoded), self.config.pooled_size)

    def distinct(self, encoded: Encoded) -> tuple[Floats, Integers]:
        """The distinct input vectors (U, E) of a batch and each token's row among them (T,).

        A trigram settles its last bigram and its last token, and a bigram its last token, so
        the longest n-gram that ends at a position names that position's input.
        """
        ids = encoded.ids
        size, names = self.config.vocabulary_size, ids.astype(np.int64)
        if self.ngram_embedding is not None and encoded.ngrams is not None:
            longest = np.where(encoded.ngrams[:, 1] > 0, encoded.ngrams[:, 1], encoded.ngrams[:, 0])
            np.copyto(names, longest + size, where=longest > 0)
            size += self.config.ngram_rows
        # A table over all names is quicker than sorting, and finds a token of each name.
        example = np.full(size, -1, dtype=np.int64)
        example[names] = np.arange(len(names))
        used = np.flatnonzero(example >= 0)
        tokens = example[used]
        inputs = self.embedding.rows(ids[tokens])
        if self.ngram_embedding is not None and encoded.ngrams is not None:
            for column in encoded.ngrams[tokens].T:
                hits = np.flatnonzero(column)
                inputs[hits] += self.ngram_embedding.rows(column[hits])
        example[used] = np.arange(len(used))
        return inputs, example[names]

    def states(self, encoded: Encoded) -> Floats:
        """The last layer's state (T, D) of every token of the batch."""
        schedule = Schedule.of(encoded.offsets)
        return self.run(self.lstm[-1], *self.last_inputs(encoded, schedule), schedule)

    def last_inputs(self, encoded: Encoded, schedule: Schedule) -> tuple[Floats, Integers]:
        """What the last layer reads: inputs (U, I) and the row among them of each token (T,)."""
        inputs, slots = self.distinct(encoded)
        for layer in self.lstm[:-1]:
            inputs = self.run(layer, inputs, slots, schedule)
            slots = np.arange(len(inputs))
        return inputs, slots

    def run(
        self, layer: list[Direction], inputs: Floats, slots: Integers, schedule: Schedule
    ) -> Floats:
        """A layer's state (T, D) of every token, from inputs (U, I) and each token's slot (T,)."""
        states = np.empty((len(slots), self.config.state_size), dtype=np.float32)
        for number, direction in enumerate(layer):
            positions = schedule.positions(backward=direction.backward)
            columns = self.config.columns(number)
            begin = 0
            gates = direction.gates(inputs)
            for h, _, _ in recur(direction, gates, slots[positions], schedule.active):
                states[positions[begin : begin + len(h)], columns] = h
                begin += len(h)
        states *= 2.0
        return states

    def pool(self, states: Floats, offsets: Integers) -> Floats:
        """Pooled vectors (N, K) from the states (T, D) of texts between ``offsets`` (N + 1,)."""
        lengths = np.diff(offsets)
        filled = np.flatnonzero(lengths)
        pooled = np.zeros((len(lengths), self.config.pooled_size), dtype=np.float32)
        if not len(filled):
            return pooled
        starts = offsets[filled]
        ends = offsets[filled + 1]
        size, h = self.config.state_size, self.config.hidden_size
        shares: Floats | None = None
        if "attention" in self.config.poolings:
            shares = self.attention(states, starts, lengths[filled])
        # Text by text, for numpy's reduceat takes several times as long on long ones.
        for row, start, end in zip(filled.tolist(), starts.tolist(), ends.tolist(), strict=True):
            text = states[start:end]
            for number, name in enumerate(self.config.poolings):
                part = pooled[row, number * size : (number + 1) * size]
                if name == "max":
                    np.max(text, axis=0, out=part)
                elif name == "mean":
                    np.mean(text, axis=0, out=part)
                elif shares is not None and name == "attention":
                    np.matmul(shares[start:end], text, out=part)
                else:
                    part[:h], part[h:] = text[-1, :h], text[0, h:]
        return pooled

    def attention(self, states: Floats, starts: Integers, lengths: Integers) -> Floats:
        """Each token's share (T,) of its text's attention; a text's shares sum to 1."""
        # tanh(z) = 2 sigmoid(2 z) - 1, quicker; the -1 changes all scores alike, and no share.
        minus_two = np.float32(-2.0)
        hidden: Floats = states @ (minus_two * self.tensors["attention.weight"].T)  # (T, A)
        hidden += minus_two * self.tensors["attention.bias"]
        sigmoid_of_negated(hidden)
        scores: Floats = hidden @ (np.float32(2.0) * self.tensors["attention.context"])  # (T,)
        scores -= np.repeat(np.maximum.reduceat(scores, starts), lengths)
        np.exp(scores, out=scores)
        scores /= np.repeat(np.add.reduceat(scores, starts), lengths)
        return scores
