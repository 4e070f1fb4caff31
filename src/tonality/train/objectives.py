"""What training minimises: functions from a network and a batch to a loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tonality.train.batches import Batch
from tonality.train.model import LSTMNetwork


def classification_loss(
    network: LSTMNetwork,
    batch: Batch,
    *,
    class_weights: Tensor | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of the classes, in nats, averaged over the texts.

    Args:
        network: what gives the logits.
        batch: N texts and their classes.
        class_weights: (C,) what a text of each class counts.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
    """
    logits = network(batch.ids, batch.lengths, batch.ngrams)  # (N, C)
    return F.cross_entropy(
        logits, batch.classes, weight=class_weights, label_smoothing=label_smoothing
    )
