"""The network: a kernel up to the pooled vectors, and the head that makes logits of them.

Shape letters: N texts, T tokens of all texts together, U distinct tokens, V vocabulary,
G n-gram rows, E embedding, H hidden, D = H or 2 H states, A attention, K head input, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tonality.network.activations import Floats
from tonality.network.config import NetworkConfig
from tonality.network.kernel import kernel_in_use, make_kernel
from tonality.network.pooling import Attention

if TYPE_CHECKING:
    from tonality.text.encoder import Encoded


class Network:
    """A trained network.

    Args:
        config: the shapes.
        tensors: the arrays named by ``config.tensor_shapes()``, floats; an embedding may be
            int8 with a ``.scale`` (R,) beside it.

    Attributes:
        kernel_name: what computes the states, for people.
    """

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self._made_of = config, tensors
        self._kernel = make_kernel(config, tensors)
        self.kernel_name = kernel_in_use()
        self.attention = Attention.from_tensors(tensors)
        small = ("dense.", "output.")
        self.tensors: dict[str, NDArray[np.float64]] = {
            name: np.asarray(tensors[name], dtype=np.float64)
            for name in config.tensor_shapes()
            if name.startswith(small)
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, self._made_of  # with the kernel of the machine that opens it

    def logits(self, encoded: Encoded) -> Floats:
        """Logits (N, C); those of an empty text are the head's on a pooled vector of zeros."""
        with np.errstate(all="ignore"):  # whatever the program around it has set (np.seterr)
            return self.head(self.pooled(encoded))

    def head(self, pooled: Floats) -> Floats:
        """Logits (N, C) of pooled vectors (N, K): dense layers with ReLU, then the output.

        In float64: in float32 the last digits of a row would go by how many rows there are.
        """
        hidden = pooled.astype(np.float64)
        for number in range(len(self.config.dense)):
            hidden = hidden @ self.tensors[f"dense.{number}.weight"].T
            hidden += self.tensors[f"dense.{number}.bias"]
            np.maximum(hidden, 0.0, out=hidden)
        logits = hidden @ self.tensors["output.weight"].T + self.tensors["output.bias"]
        return logits.astype(np.float32)

    def pooled(self, encoded: Encoded) -> Floats:
        """Pooled vectors (N, K); zeros for an empty text."""
        return self._kernel.pooled(encoded.ids, encoded.ngrams, encoded.offsets)

    def trace(self, encoded: Encoded) -> tuple[Floats, Floats, Floats]:
        """The last layer's states, cells and forget gates at every token, each (T, D)."""
        return self._kernel.trace(encoded.ids, encoded.ngrams, encoded.offsets)
