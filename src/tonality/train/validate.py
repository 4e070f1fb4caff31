"""The network's answers on the validation part while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tonality.encode import Encoded
from tonality.train.batches import collate, share
from tonality.train.model import LSTMNetwork

BATCH = 256


class Validation(NamedTuple):
    """How good the network is on the validation part."""

    loss: float  # cross-entropy in nats, unweighted
    accuracy: float


@torch.no_grad()
def validate(
    network: LSTMNetwork,
    texts: Encoded,
    classes: NDArray[np.int64],
    *,
    rank: int = 0,
    world_size: int = 1,
    gather: Callable[[Tensor], Tensor] | None = None,
) -> Validation:
    """Loss and accuracy of a network on N texts.

    Args:
        network: the network; its mode is as before afterwards.
        texts: the texts.
        classes: what they are (N,).
        rank: which of the processes that share the work this is.
        world_size: how many they are.
        gather: (n, C) of each process -> (world_size, n, C); needed with several.
    """
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    # Like lengths together; dealt out in turns, so that every process has as much to do.
    order = share(np.argsort(texts.lengths, kind="stable"), rank, world_size)
    parts = []
    for start in range(0, len(order), BATCH):
        batch = collate(texts, classes, order[start : start + BATCH])
        ngrams = None if batch.ngrams is None else batch.ngrams.to(device)
        parts.append(network(batch.ids.to(device), batch.lengths.to(device), ngrams))
    network.train(was_training)
    logits = torch.cat(parts).float()  # (n, C)
    rows = order
    if gather is not None and world_size > 1:
        logits = gather(logits).flatten(0, 1)
        everyone = np.argsort(texts.lengths, kind="stable")
        rows = np.concatenate([share(everyone, r, world_size) for r in range(world_size)])
    # Rows that went to two processes count once.
    rows, first = np.unique(rows, return_index=True)
    scores = logits.cpu().double()[torch.from_numpy(first)].log_softmax(1).numpy()  # (N, C)
    truth = classes[rows]
    return Validation(
        loss=float(-scores[np.arange(len(rows)), truth].mean()),
        accuracy=float((scores.argmax(1) == truth).mean()),
    )
