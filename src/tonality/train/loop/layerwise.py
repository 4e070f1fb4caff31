"""Layers of a network that was pre-trained: slower the lower they are, and joining one by one.

Howard & Ruder 2018, "Universal Language Model Fine-tuning for Text Classification": what a language
model knows is kept by lower learning rates further down ("discriminative fine-tuning"), and by
letting only the head learn at first ("gradual unfreezing").
"""

from __future__ import annotations

from torch import Tensor

from tonality.train.networks.lstm_network import LSTMNetwork


def depth(name: str, layers: int) -> int:
    """How far under the output a parameter is: 0 for the head, 1 for the last LSTM layer.

    Args:
        name: as the network names it.
        layers: L; the embeddings are at L + 1.
    """
    if name.startswith("lstm."):
        return layers - int(name.split(".")[1])
    return layers + 1 if name.startswith(("embedding.", "ngram_embedding.")) else 0


def frozen(network: LSTMNetwork, epoch: float, unfreeze_every: float) -> list[Tensor]:
    """The parameters that do not learn yet.

    Args:
        network: the network.
        epoch: epochs done, in parts.
        unfreeze_every: epochs after which the next layer down joins; 0 if none ever waits.
    """
    if not unfreeze_every:
        return []
    reached = epoch / unfreeze_every
    layers = network.config.layers
    return [p for name, p in network.named_parameters() if depth(name, layers) > reached]
