"""The compiled kernel: what :mod:`tonality.network.kernel_numpy` computes, several times faster.

It multiplies integers of 16 bits, whose sums are exact. So a text's pooled vector is the same to
the bit in every batch, within 1e-6 with every instruction set, and within 1e-4 of numpy's.

Shape letters as in :mod:`tonality.network.network`.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import ConfigError
from tonality.native_library import FAILED_MEMORY, INSTRUCTIONS, library
from tonality.network.activations import Floats
from tonality.network.config import NetworkConfig
from tonality.network.schedule import Integers

_POOLINGS = {"max": 0, "mean": 1, "attention": 2, "last": 3}
_TYPES = {np.dtype(np.int8): 0, np.dtype(np.float16): 1, np.dtype(np.float32): 2}


class _Table(ctypes.Structure):
    _fields_ = (
        ("rows", ctypes.c_int64),
        ("type", ctypes.c_int64),
        ("weight", ctypes.c_void_p),
        ("scale", ctypes.c_void_p),
    )


class _Network(ctypes.Structure):
    _fields_ = (
        *(
            (name, ctypes.c_int64)
            for name in ("embedding", "hidden", "layers", "directions", "attention", "poolings")
        ),
        ("pooling", ctypes.c_int64 * 4),
        ("words", _Table),
        ("ngrams", _Table),
        ("tensors", ctypes.POINTER(ctypes.c_void_p)),
    )


@cache
def instruction_sets() -> tuple[str, ...]:
    """The instruction sets that this build and this machine both have, the fastest first."""
    kernel, found = library(), list[str]()
    while kernel is not None and (name := kernel.tonality_instructions(len(found))) is not None:
        found.append(name.decode())
    return tuple(found)


def chosen_instructions() -> str:
    """The instruction set in use: the fastest, or what ``TONALITY_INSTRUCTIONS`` names.

    Raises:
        ConfigError: this machine or this build does not have it.
    """
    names = instruction_sets()
    name = os.environ.get(INSTRUCTIONS) or names[0]
    if name not in names:
        raise ConfigError(
            f"expected {INSTRUCTIONS} to be one of {', '.join(names)}, got {name!r}; "
            "unset it for the fastest one"
        )
    return name


class NativeKernel:
    """The compiled :class:`~tonality.network.kernel.Kernel`.

    Args:
        config: the shapes.
        tensors: as :func:`~tonality.network.kernel.make_kernel` takes them.

    Raises:
        ConfigError: ``TONALITY_INSTRUCTIONS`` names what this machine does not have.
        MemoryError: there is no room for the packed weights.
    """

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self._config = config
        kernel = library()
        assert kernel is not None
        self._library = kernel
        self.instructions = chosen_instructions()
        self._tables: list[NDArray[Any]] = []  # what the model points into
        network, small = self._describe(config, tensors)
        number = instruction_sets().index(self.instructions)
        self._model = ctypes.c_void_p(kernel.tonality_make(ctypes.byref(network), number))
        del small
        if not self._model:
            raise MemoryError("no room for the packed weights of the network")
        # Not when the program ends: a thread that goes on predicting would read what is freed.
        weakref.finalize(self, kernel.tonality_free, self._model).atexit = False

    def _describe(
        self, config: NetworkConfig, tensors: Mapping[str, NDArray[Any]]
    ) -> tuple[_Network, list[Floats]]:
        """The network as the library takes it, and the arrays it points to while it is packed."""
        names = [
            f"lstm.{layer}.{direction}.{name}"
            for layer in range(config.layers)
            for direction in config.directions
            for name in ("weight_ih", "weight_hh", "bias")
        ]
        attention = "attention" in config.poolings
        if attention:
            names += [f"attention.{name}" for name in ("weight", "bias", "context")]
        small = [np.ascontiguousarray(tensors[name], dtype=np.float32) for name in names]
        pointers = (ctypes.c_void_p * len(small))(*(each.ctypes.data for each in small))
        kinds = [_POOLINGS[name] for name in config.poolings]
        network = _Network(
            embedding=config.embedding_size,
            hidden=config.hidden_size,
            layers=config.layers,
            directions=len(config.directions),
            attention=len(small[-1]) if attention else 0,
            poolings=len(kinds),
            pooling=(ctypes.c_int64 * 4)(*kinds),
            words=self._table(tensors, "embedding"),
            ngrams=self._table(tensors, "ngram_embedding") if config.ngram_rows else _Table(),
            tensors=ctypes.cast(pointers, ctypes.POINTER(ctypes.c_void_p)),
        )
        return network, small

    def _table(self, tensors: Mapping[str, NDArray[Any]], name: str) -> _Table:
        weight = tensors[f"{name}.weight"]
        kind = weight.dtype if weight.dtype in _TYPES else np.dtype(np.float32)
        weight = np.require(weight, kind, ["C", "A"])
        scale = np.require(tensors.get(f"{name}.scale", np.empty(0)), np.float32, ["C", "A"])
        self._tables += weight, scale
        return _Table(len(weight), _TYPES[kind], weight.ctypes.data, scale.ctypes.data)

    def pooled(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> Floats:
        """The pooled vectors (N, K); zeros for an empty text."""
        pooled = np.zeros((len(offsets) - 1, self._config.pooled_size), dtype=np.float32)
        self._call(self._library.tonality_pooled, ids, ngrams, offsets, [pooled])
        return pooled

    def trace(
        self, ids: NDArray[np.int32], ngrams: NDArray[np.int32] | None, offsets: Integers
    ) -> tuple[Floats, Floats, Floats]:
        """States, cells and forget gates of the last layer, each (T, D)."""
        shape = len(ids), self._config.state_size
        states, cells, kept = (np.empty(shape, dtype=np.float32) for _ in range(3))
        self._call(self._library.tonality_trace, ids, ngrams, offsets, [states, cells, kept])
        return states, cells, kept

    def _call(
        self,
        function: Any,
        ids: NDArray[np.int32],
        ngrams: NDArray[np.int32] | None,
        offsets: Integers,
        results: list[Floats],
    ) -> None:
        ids = np.ascontiguousarray(ids, dtype=np.int32)
        offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        rows = None if ngrams is None else np.ascontiguousarray(ngrams, dtype=np.int32)
        if offsets[0] != 0 or np.any(offsets[1:] < offsets[:-1]):
            raise ValueError("expected offsets to start at 0 and never to fall, got others")
        if offsets[-1] != len(ids) or (rows is not None and rows.shape != (len(ids), 2)):
            raise ValueError("ids, n-grams and offsets do not fit each other")
        failed = function(
            self._model,
            len(offsets) - 1,
            ids.ctypes.data,
            None if rows is None else rows.ctypes.data,
            offsets.ctypes.data,
            *(each.ctypes.data for each in results),
        )
        if failed == FAILED_MEMORY:
            raise MemoryError("no room to compute a batch of texts")
        if failed:
            raise ValueError("expected ids and n-grams of the network's tables, got others")
