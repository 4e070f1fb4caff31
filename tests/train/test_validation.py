"""Measuring on the validation part, alone and shared between processes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tonality.network.config import NetworkConfig
from tonality.text.encoder import Encoded
from tonality.train.loop.validation import validate
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.batches import Share, collate
from tonality.train.settings.sections import DropoutSettings

ROWS = 23


def make_case() -> tuple[LSTMNetwork, Encoded, np.ndarray]:
    """A network and texts of 0 to 9 tokens."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 10, ROWS)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids = rng.integers(1, 20, offsets[-1]).astype(np.int32)
    texts = Encoded(ids, None, offsets, np.zeros(ROWS, np.int64))
    torch.manual_seed(0)
    network = LSTMNetwork(
        NetworkConfig(20, 4, 3, classes=3), DropoutSettings(embedding=0.5, pooled=0.5)
    )
    return network, texts, rng.integers(0, 3, ROWS)


def test_it_is_the_mean_over_the_texts_without_dropout_and_restores_the_mode() -> None:
    network, texts, classes = make_case()
    network.train()
    found = validate(network, texts, classes)
    assert network.training
    network.eval()
    batch = collate(texts, classes, np.arange(ROWS))
    logits = network(batch.ids, batch.lengths)
    assert found.loss == pytest.approx(F.cross_entropy(logits, batch.classes).item(), rel=1e-5)
    assert found.accuracy == pytest.approx(
        (logits.argmax(1) == batch.classes).float().mean().item()
    )


@pytest.mark.parametrize("world_size", [2, 3, 5])
def test_processes_find_together_what_one_finds_alone(world_size: int) -> None:
    network, texts, classes = make_case()
    alone = validate(network, texts, classes)
    shares: list[Tensor] = []

    def collect(logits: Tensor) -> Tensor:
        shares.append(logits)
        return logits.expand(world_size, *logits.shape)

    for rank in range(world_size):
        validate(network, texts, classes, share=Share(rank, world_size), gather=collect)
    together = validate(
        network, texts, classes, share=Share(0, world_size), gather=lambda _: torch.stack(shares)
    )
    assert together == pytest.approx(alone, rel=1e-5)
