"""The order in which a batch is read: longest text first, one token of each text a step.

Shape letters as in :mod:`tonality.network.network`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """When each token of a batch is read.

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
