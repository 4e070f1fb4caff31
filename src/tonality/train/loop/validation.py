"""The network's answers on the validation part while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tonality.measures.scores import confusion_matrix, macro_f1
from tonality.text.encoder import Encoded
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.batches import WHOLE, Share, collate

BATCH = 256


class Validation(NamedTuple):
    """How good the network is on the validation part."""

    loss: float  # cross-entropy in nats, unweighted
    accuracy: float
    macro_f1: float  # the mean F1 of the classes that occur


@torch.no_grad()
def validate(
    network: LSTMNetwork,
    texts: Encoded,
    classes: NDArray[np.int64],
    *,
    weights: NDArray[np.float32] | None = None,
    share: Share = WHOLE,
    gather: Callable[[Tensor], Tensor] | None = None,
) -> Validation:
    """How good a network is on N texts.

    Args:
        network: the network; its mode is as before afterwards.
        texts: the texts.
        classes: what they are (N,).
        weights: what each of them counts (N,), or None for 1.
        share: this process's part of the work.
        gather: (n, C) of each process -> (processes, n, C); needed with several.
    """
    # Like lengths together; dealt out in turns, so that every process has as much to do.
    everyone = np.argsort(texts.lengths, kind="stable")
    rows = share.of(everyone)
    logits = _logits(network, texts, classes, rows)  # (n, C)
    if gather is not None and share.processes > 1:
        logits = gather(logits).flatten(0, 1)
        each = [Share(rank, share.processes) for rank in range(share.processes)]
        rows = np.concatenate([one.of(everyone) for one in each])
    # Rows that went to two processes count once.
    rows, first = np.unique(rows, return_index=True)
    scores = logits.cpu().double()[torch.from_numpy(first)].log_softmax(1).numpy()  # (N, C)
    truth, verdicts = classes[rows], scores.argmax(1)
    counts = np.ones(len(rows)) if weights is None else weights[rows].astype(np.float64)
    return Validation(
        loss=float(np.average(-scores[np.arange(len(rows)), truth], weights=counts)),
        accuracy=float(np.average(verdicts == truth, weights=counts)),
        macro_f1=float(macro_f1(confusion_matrix(truth, verdicts, scores.shape[1], counts))),
    )


def _logits(
    network: LSTMNetwork, texts: Encoded, classes: NDArray[np.int64], rows: NDArray[np.int64]
) -> Tensor:
    """What the network says of some rows (n, C), float32 on its device."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for start in range(0, len(rows), BATCH):
        batch = collate(texts, classes, rows[start : start + BATCH])
        ngrams = None if batch.ngrams is None else batch.ngrams.to(device)
        parts.append(network(batch.ids.to(device), batch.lengths.to(device), ngrams))
    network.train(was_training)
    return torch.cat(parts).float()
