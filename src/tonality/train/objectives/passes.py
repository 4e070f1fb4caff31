"""Several losses of the same token vectors, each with its backward pass done at once.

Adversarial training needs the gradient of the clean loss for the token vectors before there is
another loss to add. A backward pass gives that of the weights along with it, so both are kept: no
pass is made twice, and only one graph is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Passes:
    """Losses that are added up, as one loss whose gradient is known already.

    What :attr:`total` gives is backpropagated like any other loss: scaled, accumulated, averaged
    over processes, clipped. Only the token vectors' own graph, the look-ups, is still to be walked.

    Args:
        network: whose parameters' gradients are kept.
        vectors: the token vectors (N, T, E), with their graph.

    Attributes:
        vectors: the same without it; losses are to be computed from these.
    """

    def __init__(self, network: nn.Module, vectors: Tensor) -> None:
        self._embedded = vectors
        self.vectors = vectors.detach().requires_grad_()
        self._inputs = [self.vectors, *(p for p in network.parameters() if p.requires_grad)]
        self._gradients: list[Tensor | None] = [None] * len(self._inputs)
        self._value: Tensor | None = None

    def add(self, loss: Tensor) -> Tensor:
        """Takes in a loss, frees its graph and gives its gradient for the vectors (N, T, E)."""
        found = torch.autograd.grad(loss, self._inputs, allow_unused=True)
        self._gradients = [
            other if one is None else one if other is None else one + other
            for one, other in zip(self._gradients, found, strict=True)
        ]
        value = loss.detach()
        self._value = value if self._value is None else self._value + value
        return torch.zeros_like(self.vectors) if found[0] is None else found[0]

    @property
    def total(self) -> Tensor:
        """The sum of what was taken in."""
        assert self._value is not None
        inputs = [self._embedded, *self._inputs[1:]]
        known = [
            (one, gradient)
            for one, gradient in zip(inputs, self._gradients, strict=True)
            if gradient is not None
        ]
        gradients = [gradient for _, gradient in known]
        total: Tensor = _Known.apply(self._value, gradients, *(one for one, _ in known))  # type: ignore[no-untyped-call]
        return total


class _Known(torch.autograd.Function):
    """A value whose gradients are given."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: Sequence[Tensor], *inputs: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        (scale,) = upstream
        return None, None, *(gradient * scale for gradient in ctx.gradients)
