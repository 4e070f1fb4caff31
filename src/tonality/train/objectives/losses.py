"""What training minimises: functions from a network and a batch to a loss.

The pieces add up as a recipe says: cross-entropy, adversarial and virtual adversarial training,
entropy minimisation, and a teacher's verdicts in place of labels.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.objectives.adversarial import (
    Alike,
    Passes,
    entropy,
    perturbation,
    virtual_adversarial_loss,
)
from tonality.train.prepare.batches import Batch
from tonality.train.settings.objective_sections import DistillationSettings, UnlabelledSettings


@dataclass(frozen=True)
class Objective:
    """What of a batch is minimised besides the plain cross-entropy.

    Attributes:
        class_weights: (C,) what a text of each class counts; None for 1.
        targets: (C, C) the probabilities to learn for a text of each class, a row a class; by
            default 1 for the class itself.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        adversarial: L2 norm of the perturbation, over all token vectors of a text; 0 for none.
        unlabelled: what is learnt without labels.
        distillation: how a batch with soft targets is learnt from.
    """

    class_weights: Tensor | None = None
    targets: Tensor | None = None
    label_smoothing: float = 0.0
    adversarial: float = 0.0
    unlabelled: UnlabelledSettings = field(default_factory=UnlabelledSettings)
    distillation: DistillationSettings = field(default_factory=DistillationSettings)


PLAIN = Objective()


def classification_loss(
    network: LSTMNetwork, batch: Batch, objective: Objective = PLAIN
) -> tuple[Tensor, Tensor]:
    """What to minimise, and the cross-entropy of the classes in it; in nats, a mean over texts.

    With a teacher, the cross-entropy is that of :func:`labelled_cross_entropy`, for the record.

    With ``adversarial``, the cross-entropy of the same texts under the perturbation that raises
    it most is added (Miyato, Dai & Goodfellow 2017, "Adversarial Training Methods for
    Semi-Supervised Text Classification").

    Args:
        network: what gives the logits.
        batch: N texts and their classes, and what a teacher says of them if there is one.
        objective: what is minimised besides.
    """
    vectors = network.embed(batch.ids, batch.ngrams)  # (N, T, E)
    unlabelled = objective.unlabelled
    if not objective.adversarial and not unlabelled.virtual_adversarial:
        logits = network.forward_embedded(vectors, batch.lengths)
        loss = _supervised(logits, batch, objective)
        plain = _recorded(logits, loss, batch, objective)
    else:
        passes = Passes(network, vectors)
        plain = _add_perturbed(passes, network, batch, objective)
        loss = passes.total
    if batch.unlabelled is not None:
        loss = loss + unlabelled_loss(network, batch.unlabelled, unlabelled, 1.0 - _share(batch))
    return loss, plain


def _add_perturbed(
    passes: Passes, network: LSTMNetwork, batch: Batch, objective: Objective
) -> Tensor:
    """Adds the losses of the texts as they are and perturbed; gives the first's record."""
    unlabelled = objective.unlabelled
    alike = Alike() if unlabelled.virtual_adversarial else None
    with nullcontext() if alike is None else alike(passes.vectors.device):
        logits = network.forward_embedded(passes.vectors, batch.lengths)
    plain = _supervised(logits, batch, objective)
    gradient = passes.add(plain)
    if objective.adversarial:
        moved = passes.vectors + perturbation(gradient, batch.there, objective.adversarial)
        passes.add(_supervised(network.forward_embedded(moved, batch.lengths), batch, objective))
    if alike is not None:
        judge = partial(network.forward_embedded, lengths=batch.lengths)
        loss = virtual_adversarial_loss(
            judge, passes.vectors, batch.there, logits, alike, unlabelled
        )
        passes.add(unlabelled.virtual_weight * _share(batch) * portion(batch) * loss)
    return _recorded(logits, plain, batch, objective)


def _recorded(logits: Tensor, minimised: Tensor, batch: Batch, objective: Objective) -> Tensor:
    """What tells of the texts as they are, beside a loss on the validation part."""
    if batch.soft is None:
        return minimised.detach()
    return portion(batch) * labelled_cross_entropy(logits.detach(), batch)


def labelled_cross_entropy(logits: Tensor, batch: Batch) -> Tensor:
    """The cross-entropy with the labels in nats; over all N texts, where one without label adds 0.

    A teacher's softened verdicts and T^2 make a student's loss another quantity than this.

    Args:
        logits: (N, C), not divided by a temperature.
        batch: the classes, -1 where there is none, and the weights if there are any.
    """
    each = F.cross_entropy(logits, batch.classes, ignore_index=-1, reduction="none")
    return (each if batch.weights is None else each * batch.weights).mean()


def _supervised(logits: Tensor, batch: Batch, objective: Objective) -> Tensor:
    """The part of the loss that labels or teachers ask for."""
    weights, smoothing = objective.class_weights, objective.label_smoothing
    if batch.soft is not None:
        loss = distillation_loss(logits, batch, batch.soft, objective.distillation, smoothing)
        return portion(batch) * loss
    if objective.targets is None and batch.weights is None:
        loss = F.cross_entropy(logits, batch.classes, weight=weights, label_smoothing=smoothing)
    else:
        loss = weighted_cross_entropy(logits, batch, weights, objective.targets, smoothing)
    return portion(batch, weights) * loss


def portion(batch: Batch, class_weights: Tensor | None = None) -> float | Tensor:
    """What a process's mean over its texts counts, so that the processes' mean is the batch's.

    Gradients are averaged over processes, which may have different numbers of texts, or of texts
    of heavy classes. It is 1 where one process has the whole batch.

    Args:
        batch: the process's part.
        class_weights: (C,) what a text of each class counts in the mean; None for 1.
    """
    whole = batch.whole
    if whole is None:
        return 1.0
    if class_weights is None or not whole.here:
        return whole.processes * whole.here / len(whole.classes)
    here, everywhere = (class_weights[c].sum() for c in (batch.classes, whole.classes))
    return whole.processes * here / everywhere


def unlabelled_loss(
    network: LSTMNetwork, batch: Batch, settings: UnlabelledSettings, share: float
) -> Tensor:
    """What texts without labels add: virtual adversarial training and entropy minimisation.

    Args:
        network: what gives the logits.
        batch: the texts.
        settings: which of the two, and how.
        share: of these texts among all those of the step: what their part of the virtual
            adversarial loss counts, which is a mean over all of them.
    """
    vectors = network.embed(batch.ids, batch.ngrams)  # (N, T, E)
    passes = Passes(network, vectors)
    alike = Alike()
    with alike(vectors.device), torch.set_grad_enabled(settings.entropy > 0):
        logits = network.forward_embedded(passes.vectors, batch.lengths)
    if settings.entropy:
        passes.add(settings.entropy * portion(batch) * entropy(logits))
    if settings.virtual_adversarial:
        judge = partial(network.forward_embedded, lengths=batch.lengths)
        loss = virtual_adversarial_loss(judge, passes.vectors, batch.there, logits, alike, settings)
        passes.add(settings.virtual_weight * share * portion(batch) * loss)
    return passes.total


def _share(batch: Batch) -> float:
    """The share of the step's texts that stand in the first place, with their labels."""
    others = 0 if batch.unlabelled is None else texts_of_step(batch.unlabelled)
    return texts_of_step(batch) / (texts_of_step(batch) + others)


def texts_of_step(batch: Batch) -> int:
    """How many texts the batch has over all processes."""
    return len(batch.lengths) if batch.whole is None else len(batch.whole.classes)


def distillation_loss(
    logits: Tensor,
    batch: Batch,
    soft: Tensor,
    settings: DistillationSettings,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A student's cross-entropy with its teacher's verdicts, mixed with that of the labels.

    Both verdicts are softened by a temperature T; T^2 keeps the gradient's size (Hinton, Vinyals &
    Dean 2015, "Distilling the Knowledge in a Neural Network"). A text without a label learns from
    the teacher alone.

    Args:
        logits: (N, C), the student's.
        batch: the classes, -1 where there is none, and the weights if there are any.
        soft: (N, C) the teacher's probabilities at that temperature.
        settings: the temperature, and the weight of the labels.
        label_smoothing: of the labels: share of the target spread over all classes.
    """
    temperature = settings.temperature
    taught = temperature**2 * F.cross_entropy(logits / temperature, soft, reduction="none")  # (N,)
    told = F.cross_entropy(
        logits, batch.classes, ignore_index=-1, label_smoothing=label_smoothing, reduction="none"
    )
    weight = settings.hard_weight * (batch.classes >= 0)
    each = weight * told + (1.0 - weight) * taught
    return (each if batch.weights is None else each * batch.weights).mean()


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
        targets: (C, C) as in :class:`Objective`.
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
