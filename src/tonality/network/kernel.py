"""The kernel: token ids in, pooled vectors out. Everything costly in a prediction is behind it.

A kernel is made once from a network's tensors and then serves many threads. ``TONALITY_KERNEL``
chooses one by its name, and ``TONALITY_INSTRUCTIONS`` the compiled one.
``numpy`` (:mod:`tonality.network.kernel_numpy`) is the reference;
``native`` (:mod:`tonality.network.kernel_native`) is compiled, and the default where it was built.

Shape letters as in :mod:`tonality.network.network`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tonality.native_library import asking_variable, library_in_use
from tonality.network.activations import Floats
from tonality.network.config import NetworkConfig
from tonality.network.kernel_native import NativeKernel, chosen_instructions
from tonality.network.schedule import Integers


class Kernel(Protocol):
    """What computes a network up to the pooled vectors. Safe to share between threads.

    Both functions take a batch as :class:`tonality.text.encoder.Encoded` has it: ``ids`` (T,)
    int32, ``ngrams`` (T, 2) int32 or None, ``offsets`` (N + 1,) int64.
    """

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> None: ...

    def pooled(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> Floats:
        """The pooled vectors (N, K); zeros for an empty text."""

    def trace(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> tuple[Floats, Floats, Floats]:
        """What the last layer went through at each token.

        Returns:
            The states h, the memory cells c and the forget gates f, each (T, D), in the order of
            the tokens; a direction's units stand in ``config.columns(direction)``.
        """


def make_kernel(config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> Kernel:
    """The kernel of a network.

    Args:
        config: the shapes.
        tensors: the arrays named by ``config.tensor_shapes()``, floats; an embedding may be
            int8 with a ``.scale`` (R,) beside it.

    Raises:
        ConfigError: the environment names a kernel or an instruction set that is not here.
    """
    if _is_native():
        return NativeKernel(config, tensors)
    from tonality.network.kernel_numpy import NumpyKernel

    return NumpyKernel(config, tensors)


def _is_native() -> bool:
    # Of what a machine may have, portable C alone is slower than numpy.
    return library_in_use() is not None and bool(
        asking_variable() or chosen_instructions() != "portable"
    )


def kernel_in_use() -> str:
    """The kernel in use, for people: ``numpy``, or ``native`` with its instruction set.

    Raises:
        ConfigError: the environment names a kernel or an instruction set that is not here.
    """
    return f"native ({chosen_instructions()})" if _is_native() else "numpy"
