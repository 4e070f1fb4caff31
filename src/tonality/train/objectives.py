"""What training minimises: functions from a network and a batch to a loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tonality.train.batches import Batch
from tonality.train.model import LSTMNetwork


def classification_loss(
    network: LSTMNetwork,
    batch: Batch,
    *,
    class_weights: Tensor | None = None,
    targets: Tensor | None = None,
    label_smoothing: float = 0.0,
    adversarial: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """What to minimise, and the cross-entropy of the classes in it; in nats, a mean over texts.

    With ``adversarial``, the cross-entropy of the same texts under the perturbation that raises
    it most is added (Miyato, Dai & Goodfellow 2017, "Adversarial Training Methods for
    Semi-Supervised Text Classification").

    Args:
        network: what gives the logits.
        batch: N texts and their classes.
        class_weights: (C,) what a text of each class counts.
        targets: (C, C) the probabilities to learn for a text of each class, a row a class; by
            default 1 for the class itself.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        adversarial: L2 norm of the perturbation, over all token vectors of a text; 0 for none.
    """

    def cross_entropy(vectors: Tensor) -> Tensor:
        logits = network.forward_embedded(vectors, batch.lengths)
        if targets is None and batch.weights is None:
            return F.cross_entropy(
                logits, batch.classes, weight=class_weights, label_smoothing=label_smoothing
            )
        return weighted_cross_entropy(logits, batch, class_weights, targets, label_smoothing)

    vectors = network.embed(batch.ids, batch.ngrams)  # (N, T, E)
    plain = cross_entropy(vectors)
    if not adversarial:
        return plain, plain
    (gradient,) = torch.autograd.grad(plain, vectors, retain_graph=True)
    there = torch.arange(vectors.shape[1], device=vectors.device) < batch.lengths.unsqueeze(1)
    return plain + cross_entropy(vectors + perturbation(gradient, there, adversarial)), plain


def weighted_cross_entropy(
    logits: Tensor,
    batch: Batch,
    class_weights: Tensor | None,
    targets: Tensor | None,
    label_smoothing: float,
) -> Tensor:
    """Cross-entropy where texts count by their weights or classes have softer targets.

    The mean is over what the classes count, as PyTorch's; the texts' weights are 1 on average
    over the data, and a batch of light texts counts less.

    Args:
        logits: (N, C).
        batch: the classes, and the weights if there are any.
        class_weights: (C,) what a text of each class counts.
        targets: (C, C) as in :func:`classification_loss`.
        label_smoothing: share of the target spread over all classes.
    """
    counts = logits.new_ones(len(logits)) if class_weights is None else class_weights[batch.classes]
    if targets is None:
        each = F.cross_entropy(
            logits,
            batch.classes,
            weight=class_weights,
            label_smoothing=label_smoothing,
            reduction="none",
        )
    else:
        goals = targets[batch.classes]  # (N, C)
        each = counts * F.cross_entropy(
            logits, goals, label_smoothing=label_smoothing, reduction="none"
        )
    if batch.weights is not None:
        each = each * batch.weights
    return each.sum() / counts.sum()


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
