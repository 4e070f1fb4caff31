"""Perturbations of the token vectors: the direction that hurts most, with labels and without.

Adversarial training needs the gradient of the clean loss for the token vectors before there is
another loss to add. A backward pass gives that of the weights along with it, so :class:`Passes`
keeps both: no pass is made twice, and only one graph is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from tonality.train.settings.objective_sections import UnlabelledSettings


def perturbation(gradient: Tensor, there: Tensor, norm: float) -> Tensor:
    """The step of a given length that raises a loss most, to first order.

    Args:
        gradient: of the loss for the token vectors (N, T, E).
        there: (N, T), false where a text has ended; padding is not moved.
        norm: L2 norm of the step of each text.

    Returns:
        (N, T, E); zeros for a text whose gradient is zero.
    """
    gradient = gradient * there.unsqueeze(-1)
    length: Tensor = (
        gradient.flatten(1).norm(dim=1).clamp(min=torch.finfo(gradient.dtype).tiny)
    )  # (N,)
    return gradient * (norm / length)[:, None, None]


class Alike:
    """Makes passes alike but for the token vectors: the same dropout, and in full precision.

    Only then is the difference of two passes that of their vectors: between two draws of dropout,
    or in bfloat16, a small perturbation would be lost.
    """

    def __init__(self) -> None:
        self._seed = int(torch.randint(2**62, ()))

    @contextmanager
    def __call__(self, device: torch.device) -> Iterator[None]:
        """Within it, a pass draws what all the others draw."""
        torch.manual_seed(self._seed)
        with torch.autocast(device.type, enabled=False):
            yield


def virtual_adversarial_loss(
    judge: Callable[[Tensor], Tensor],
    vectors: Tensor,
    there: Tensor,
    clean: Tensor,
    alike: Alike,
    settings: UnlabelledSettings,
) -> Tensor:
    """How far the verdicts move when the token vectors take the step that moves them most.

    The Kullback-Leibler divergence of the perturbed verdict from the clean one, which stands for
    the truth and passes no gradient: a mean over texts, in nats. The direction comes from one step
    of the power iteration on the divergence's Hessian, by a finite difference (Miyato, Dai &
    Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text Classification"; Miyato
    et al. 2018, "Virtual Adversarial Training").

    Args:
        judge: gives the logits (N, C) of token vectors.
        vectors: the token vectors (N, T, E).
        there: (N, T), false where a text has ended.
        clean: the logits (N, C) of ``vectors``, of a pass made ``alike``.
        alike: what that pass was made with.
        settings: ``virtual_adversarial`` is the L2 norm of the step of each text, ``probe`` that
            of the random step that begins the iteration: xi.
    """
    target = clean.detach().log_softmax(1)

    def divergence(step: Tensor) -> Tensor:
        with alike(vectors.device):
            verdict = judge(vectors + step).log_softmax(1)
        return F.kl_div(verdict, target, log_target=True, reduction="batchmean")

    random = torch.randn_like(vectors)
    tried = perturbation(random, there, settings.probe).requires_grad_()
    (gradient,) = torch.autograd.grad(divergence(tried), tried)
    return divergence(perturbation(gradient, there, settings.virtual_adversarial))


def entropy(logits: Tensor) -> Tensor:
    """The verdicts' entropy, a mean over texts, in nats.

    Least where the network is sure: minimised on texts without labels, it keeps the boundary
    between the classes away from them (Grandvalet & Bengio 2004, "Semi-supervised Learning by
    Entropy Minimization").

    Args:
        logits: (N, C).
    """
    scores = logits.log_softmax(1)
    return -(scores.exp() * scores).sum(1).mean()


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
