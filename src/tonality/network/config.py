"""The shapes of a network: how large each part is, and the tensors that follow.

Shape letters as in :mod:`tonality.network`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tonality.errors import ConfigError

POOLINGS = ("max", "mean", "attention", "last")
# Deeper networks, of either kind of layer, would make a list of tensors that no weights file bears
# out.
MOST_LAYERS = 64


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
        attention_size: A, hidden units that weigh a state where pooling has ``attention``; 0 for as
            many as a state has, D.
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
    attention_size: int = 0
    dense: tuple[int, ...] = ()
    classes: int = 2
    ngram_rows: int = 0

    def __post_init__(self) -> None:
        least = {
            "vocabulary_size": 2,
            "embedding_size": 1,
            "hidden_size": 1,
            "layers": 1,
            "attention_size": 0,
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
        if self.attention_size and "attention" not in self.poolings:
            raise ConfigError(
                f"network.attention_size is {self.attention_size}, but network.pooling "
                f"{self.pooling!r} has no attention; leave it out or set it to 0"
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
            a = self.attention_size or d
            shapes["attention.weight"] = (a, d)
            shapes["attention.bias"] = (a,)
            shapes["attention.context"] = (a,)
        size = self.pooled_size
        for number, out in enumerate(self.dense):
            shapes[f"dense.{number}.weight"] = (out, size)
            shapes[f"dense.{number}.bias"] = (out,)
            size = out
        shapes["output.weight"] = (self.classes, size)
        shapes["output.bias"] = (self.classes,)
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``attention_size`` only if given, for older readers' sake."""
        values = {**dataclasses.asdict(self), "dense": list(self.dense)}
        if not self.attention_size:
            del values["attention_size"]
        return values

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
