"""The LSTM in numpy: everything a prediction computes.

The input half of the gates, ``x W_ih``, is computed once for each distinct token of a batch
and looked up afterwards; texts are sorted by length and leave when they end, so padding is
never computed; the sigmoid gates' weights are halved, ``sigmoid(z) = (1 + tanh(z / 2)) / 2``,
which turns all four gates into one ``tanh`` call.

Shape letters: N texts, T tokens of all texts together, U distinct tokens, V vocabulary,
G n-gram rows, E embedding, H hidden, D = H or 2 H states, K head input, C classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import ConfigError

if TYPE_CHECKING:
    from tonality.encode import Encoded

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

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
                raise ConfigError(f"network.{name} must be a whole number from {low}, not {value!r}")
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
