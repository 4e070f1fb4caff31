"""The moving average of the weights, which generalises better than the last ones.

Polyak & Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

# Steps between updates: an update reads and writes every weight, and the large embeddings would
# make that a tenth of a step on a CPU. The decay is raised to the steps gone by instead.
EVERY = 8


class MovingAverage:
    """An exponential moving average of a module's parameters.

    Early on the decay is lower, (1 + step) / (10 + step), so that the start is forgotten soon.

    Args:
        module: whose parameters to average; must be on its device already.
        decay: what of the average stays after a step, 0 to 1.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updated = 0
        self._parameters = dict(module.named_parameters())
        self._average = {name: p.detach().clone() for name, p in self._parameters.items()}

    @staticmethod
    def due(step: int) -> bool:
        """Whether the average is brought up to date after this step."""
        return step % EVERY == 0

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after ``step`` steps."""
        gone_by = step - self.updated
        if gone_by <= 0:
            return
        kept = min(self.decay, (1 + step) / (10 + step)) ** gone_by
        for name, parameter in self._parameters.items():
            self._average[name].lerp_(parameter, 1 - kept)
        self.updated = step

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it, the module has the averaged weights; nothing is copied."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for name, parameter in self._parameters.items():
            average: Tensor = self._average[name]
            parameter.data, self._average[name] = average, parameter.data

    def state_dict(self) -> dict[str, Any]:
        """What :meth:`load_state_dict` needs to go on from here."""
        return {"updated": self.updated, "average": self._average}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state."""
        self.updated = state["updated"]
        for name, average in self._average.items():
            average.copy_(state["average"][name])
