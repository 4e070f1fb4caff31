"""Dropout: how much it drops, what it leaves, and what it costs a seed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tonality.train.networks.dropout import dropped, keep_mask


@given(
    shape=st.lists(st.integers(0, 7), min_size=1, max_size=3),
    drop=st.floats(0, 1, exclude_max=True),
    kind=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_an_element_is_dropped_or_grows(shape: list[int], drop: float, kind: torch.dtype) -> None:
    x = torch.ones(shape, dtype=kind)
    found = dropped(x, drop, training=True)
    assert (found.shape, found.dtype) == (x.shape, kind)
    grown = torch.tensor(1 / (1 - min(round(drop * 65_536), 65_535) / 65_536)).to(kind)
    assert ((found == 0) | (found == grown)).all()


@pytest.mark.parametrize("drop", [0.01, 0.1, 0.5, 0.9])
def test_the_share_is_right_and_the_mean_stays(drop: float) -> None:
    torch.manual_seed(0)
    found = dropped(torch.ones(1000, 1001), drop, training=True)
    deviation = (drop * (1 - drop) / found.numel()) ** 0.5
    assert float((found == 0).float().mean()) == pytest.approx(drop, abs=5 * deviation)
    assert float(found.mean()) == pytest.approx(1, abs=5 * deviation / (1 - drop))


def test_elements_are_dropped_independently() -> None:
    """Four of them share one random number; none of its parts may tell of another."""
    torch.manual_seed(0)
    kept = (keep_mask(torch.ones(1), (250_000, 4), 0.5) > 0).float()
    correlation = torch.corrcoef(kept.T) - torch.eye(4)
    assert correlation.abs().max() < 5 / 250_000**0.5
    after = torch.corrcoef(torch.stack([kept[:-1, 3], kept[1:, 0]]))[0, 1]
    assert abs(after) < 5 / 250_000**0.5


def test_nothing_is_dropped_outside_of_training_or_at_zero() -> None:
    x = torch.ones(3)
    assert dropped(x, 0.5, training=False) is x
    assert dropped(x, 0.0, training=True) is x


def test_a_seed_repeats_it() -> None:
    masks = []
    for _ in range(2):
        torch.manual_seed(7)
        masks.append(keep_mask(torch.ones(1), (5, 13), 0.3))
    assert torch.equal(*masks)
    assert not torch.equal(masks[0], keep_mask(torch.ones(1), (5, 13), 0.3))
