"""The LSTM in numpy: everything a prediction computes.

The pieces, and why they are fast, are in :mod:`tonality.layers`.

Shape letters: N texts, T tokens of all texts together, U distinct tokens, V vocabulary,
G n-gram rows, E embedding, H hidden, D = H or 2 H states, K head input, C classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import ConfigError
from tonality.layers import (
    Direction,
    Embedding,
    Floats,
    Integers,
    Schedule,
    pool_running,
    recur,
)

if TYPE_CHECKING:
    from tonality.encode import Encoded

POOLINGS = ("max", "mean", "attention", "last")


@dataclass(frozen=True)
class NetworkConfig:
    """The shapes of a network.

    Attributes:
        vocabulary_size: rows V of the embedding, PAD and UNK included.
        embedding_size: E.
        hidden_size: H, of one direction.
        layers: LSTM layers, 1 or more.
        bidirectional: read from both ends.
        pooling: ``max``, ``mean``, ``attention``, ``last``, or several joined by ``+``, whose
            results are concatenated.
        dense: sizes of the dense layers (ReLU) between pooling and output.
        classes: C, 2 or more.
        ngram_rows: rows G of the n-gram table, row 0 ("none") included; 0 means no table.

    Raises:
        ConfigError: a value out of range.
    """

    vocabulary_size: int
    embedding_size: int
    hidden_size: int
    layers: int = 1
    bidirectional: bool = True
    pooling: str = "max"
    dense: tuple[int, ...] = ()
    classes: int = 2
    ngram_rows: int = 0

    def __post_init__(self) -> None:
        least = {
            "vocabulary_size": 2,
            "embedding_size": 1,
            "hidden_size": 1,
            "layers": 1,
            "classes": 2,
            "ngram_rows": 0,
        }
        for name, low in least.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= 2**31 - 1:
                raise ConfigError(
                    f"network.{name} must be a whole number from {low}, not {value!r}"
                )
        if type(self.bidirectional) is not bool:
            raise ConfigError(
                f"network.bidirectional must be true or false, not {self.bidirectional!r}"
            )
        if not isinstance(self.dense, tuple) or any(
            type(size) is not int or size < 1 for size in self.dense
        ):
            raise ConfigError(f"network.dense must list sizes from 1, not {self.dense!r}")
        names = self.poolings if isinstance(self.pooling, str) else ()
        if not names or len(set(names)) < len(names) or set(names) - set(POOLINGS):
            raise ConfigError(
                f"network.pooling must be one of {', '.join(POOLINGS)}, or several joined "
                f"by '+', not {self.pooling!r}"
            )

    @property
    def poolings(self) -> tuple[str, ...]:
        """The pooling methods, in the order of their results."""
        return tuple(self.pooling.split("+"))

    @property
    def directions(self) -> tuple[str, ...]:
        """``forward``, and ``backward`` where the network reads from both ends."""
        return ("forward", "backward") if self.bidirectional else ("forward",)

    @property
    def state_size(self) -> int:
        """D, the size of a token's state over all directions."""
        return self.hidden_size * len(self.directions)

    @property
    def pooled_size(self) -> int:
        """The size of the pooled vector."""
        return self.state_size * len(self.poolings)

    def columns(self, direction: int) -> slice:
        """Where a direction's units are among the D of a state."""
        return slice(direction * self.hidden_size, (direction + 1) * self.hidden_size)

    def layer_input(self, layer: int) -> int:
        """What LSTM layer ``layer`` reads: E for the first, D for the others."""
        return self.state_size if layer else self.embedding_size

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the network by name; gates are in the order i, f, g, o."""
        h, d = self.hidden_size, self.state_size
        shapes: dict[str, tuple[int, ...]] = {
            "embedding.weight": (self.vocabulary_size, self.embedding_size)
        }
        if self.ngram_rows:
            shapes["ngram_embedding.weight"] = (self.ngram_rows, self.embedding_size)
        for layer in range(self.layers):
            for direction in self.directions:
                prefix = f"lstm.{layer}.{direction}"
                shapes[f"{prefix}.weight_ih"] = (4 * h, self.layer_input(layer))
                shapes[f"{prefix}.weight_hh"] = (4 * h, h)
                shapes[f"{prefix}.bias"] = (4 * h,)
        if "attention" in self.poolings:
            shapes["attention.weight"] = (d, d)
            shapes["attention.bias"] = (d,)
            shapes["attention.context"] = (d,)
        size = self.pooled_size
        for number, out in enumerate(self.dense):
            shapes[f"dense.{number}.weight"] = (out, size)
            shapes[f"dense.{number}.bias"] = (out,)
            size = out
        shapes["output.weight"] = (self.classes, size)
        shapes["output.bias"] = (self.classes,)
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**dataclasses.asdict(self), "dense": list(self.dense)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NetworkConfig:
        """The inverse of :meth:`to_dict`.

        Raises:
            ConfigError: an unknown or missing key, or a value out of range.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        for key in values:
            if key not in known:
                raise ConfigError(
                    f"network has no setting {key!r}; it has {', '.join(sorted(known))}"
                )
        values = dict(values)
        if isinstance(values.get("dense"), list):
            values["dense"] = tuple(values["dense"])
        try:
            return cls(**values)
        except TypeError:
            missing = {"vocabulary_size", "embedding_size", "hidden_size"} - set(values)
            raise ConfigError(f"network lacks {', '.join(sorted(missing))}") from None


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
        """Pooled vectors (N, K), computed without keeping the states where that is possible."""
        if self.config.layers > 1 or self.config.pooling not in ("max", "mean", "last"):
            return self.pool(self.states(encoded), encoded.offsets)
        schedule = Schedule.of(encoded.offsets)
        inputs, slots = self.distinct(encoded)
        result = np.empty((len(encoded), self.config.pooled_size), dtype=np.float32)
        result[schedule.order] = np.concatenate(
            [
                pool_running(
                    recur(
                        direction,
                        direction.gates(inputs),
                        slots[schedule.positions(backward=direction.backward)],
                        schedule.active,
                    ),
                    self.config.pooling,
                    schedule.lengths,
                    self.config.hidden_size,
                )
                for direction in self.lstm[0]
            ],
            axis=1,
        )
        return result

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
        size = self.config.state_size
        for number, name in enumerate(self.config.poolings):
            part = pooled[:, number * size : (number + 1) * size]
            if name == "max":
                part[filled] = np.maximum.reduceat(states, starts, axis=0)
            elif name == "mean":
                part[filled] = np.add.reduceat(states, starts, axis=0) / lengths[filled, None]
            elif name == "attention":
                weighted = states * self.attention(states, starts, lengths[filled])[:, None]
                part[filled] = np.add.reduceat(weighted, starts, axis=0)
            else:
                h = self.config.hidden_size
                part[filled, :h] = states[offsets[filled + 1] - 1, :h]
                part[filled, h:] = states[starts, h:]
        return pooled

    def attention(self, states: Floats, starts: Integers, lengths: Integers) -> Floats:
        """Each token's share (T,) of its text's attention; a text's shares sum to 1."""
        hidden = np.tanh(
            states @ self.tensors["attention.weight"].T + self.tensors["attention.bias"]
        )
        scores = hidden @ self.tensors["attention.context"]  # (T,)
        scores -= np.repeat(np.maximum.reduceat(scores, starts), lengths)
        np.exp(scores, out=scores)
        scores /= np.repeat(np.add.reduceat(scores, starts), lengths)
        shares: Floats = scores
        return shares
