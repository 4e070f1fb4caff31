"""Batches: every text once an epoch, like lengths together, the same from (seed, epoch) alone."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from tonality.text.encoder import Encoded
from tonality.train.prepare.batches import (
    BatchStream,
    Share,
    TrainingTexts,
    UnlabelledBatches,
    collate,
    epoch_batches,
)


def make_texts(lengths: list[int], *, ngrams: bool = True) -> Encoded:
    """Texts of given lengths whose ids tell text and place."""
    ids = np.array(
        [100 * text + place + 2 for text, n in enumerate(lengths) for place in range(n)], np.int32
    )
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.stack([ids, -ids], axis=1) if ngrams else None
    return Encoded(ids, rows, offsets, np.zeros(len(lengths), np.int64))


LENGTHS = st.lists(st.integers(0, 50), min_size=1, max_size=300).map(np.array)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 2**63 - 1), st.integers(0, 5))
def test_every_row_once_and_full_batches_but_one(
    lengths: np.ndarray, size: int, seed: int, epoch: int
) -> None:
    batches = epoch_batches(lengths, size, seed, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert sum(len(batch) < size for batch in batches) <= 1
    again = epoch_batches(lengths, size, seed, epoch)
    assert all(map(np.array_equal, batches, again))


def test_epochs_and_seeds_differ_and_padding_is_small() -> None:
    lengths = np.random.default_rng(0).integers(1, 400, 2000)
    batches = epoch_batches(lengths, 20, seed=1, epoch=0)
    for other in (epoch_batches(lengths, 20, 1, 1), epoch_batches(lengths, 20, 2, 0)):
        assert not all(map(np.array_equal, batches, other))
    padded = sum(len(rows) * lengths[rows].max() for rows in batches)
    assert padded < 1.05 * lengths.sum()
    means = [lengths[rows].mean() for rows in batches]
    assert np.corrcoef(means[:-1], means[1:])[0, 1] < 0.3  # short and long batches mixed


def test_collate_pads_on_the_right_with_zeros() -> None:
    texts = make_texts([2, 0, 3])
    batch = collate(texts, np.array([0, 1, 1]), np.array([2, 1, 0]))
    assert batch.ids.tolist() == [[202, 203, 204], [0, 0, 0], [2, 3, 0]]
    assert batch.lengths.tolist() == [3, 0, 2]
    assert batch.classes.tolist() == [1, 1, 0]
    assert batch.ngrams is not None
    assert torch.equal(batch.ngrams, torch.stack([batch.ids, -batch.ids], dim=2))
    assert collate(make_texts([2], ngrams=False), np.array([0]), np.array([0])).ngrams is None


def test_a_batch_of_empty_texts_has_one_column() -> None:
    assert collate(make_texts([0, 0]), np.array([0, 1]), np.array([0, 1])).ids.shape == (2, 1)


def make_stream(first_step: int = 0, rank: int = 0, world_size: int = 1) -> BatchStream:
    texts = make_texts([n % 13 + 1 for n in range(50)])
    classes = np.arange(50) % 2
    stream = BatchStream(
        TrainingTexts(texts, classes), batch_size=8, seed=3, epochs=3, first_step=first_step
    )
    stream.share = Share(rank, world_size)
    return stream


def test_a_stream_begun_late_gives_the_rest_of_the_whole() -> None:
    whole = list(make_stream())
    assert len(whole) == len(make_stream()) == 21
    for first in (1, 6, 7, 8, 20, 21):
        rest = list(make_stream(first))
        assert len(rest) == len(make_stream(first)) == 21 - first
        for one, other in zip(rest, whole[first:], strict=True):
            assert torch.equal(one.ids, other.ids)


def test_processes_share_every_batch() -> None:
    for whole, *parts in zip(
        make_stream(), *(make_stream(rank=rank, world_size=3) for rank in range(3)), strict=True
    ):
        texts = []
        for part in parts:
            assert part.whole is not None
            assert part.whole.classes.tolist() == whole.classes.tolist()
            texts += [int(ids[0]) for ids in part.ids[: part.whole.here]]
        assert sorted(texts) == sorted(int(ids[0]) for ids in whole.ids)  # each in one process


def test_texts_without_labels_are_a_stream_of_their_own() -> None:
    texts = make_texts([n % 7 for n in range(30)])  # every seventh is empty
    filled = np.flatnonzero(texts.lengths).tolist()
    one, other = (UnlabelledBatches(texts, batch_size=4, seed=5) for _ in range(2))
    steps = -(-len(filled) // 4)
    passes = [[one.batch(step + turn * steps) for step in range(steps)] for turn in (0, 1)]
    for batches in passes:
        found = [int(ids[0]) // 100 for batch in batches for ids in batch.ids]
        assert sorted(found) == filled
        assert all((batch.classes == -1).all() for batch in batches)
    assert not torch.equal(passes[0][0].ids, passes[1][0].ids)
    late = other.batch(steps + 2)  # as another process would begin
    assert torch.equal(late.ids, passes[1][2].ids)
    shares = [other.batch(2, Share(rank, 2)) for rank in range(2)]
    together = {int(ids[0]) for part in shares for ids in part.ids}
    assert together == {int(ids[0]) for ids in passes[0][2].ids}


def test_a_stream_gives_soft_targets_and_texts_without_labels_beside_its_own() -> None:
    texts, beside = make_texts([3, 1, 2]), make_texts([2, 2])
    soft = np.random.default_rng(0).random((3, 2)).astype(np.float32)
    unlabelled = UnlabelledBatches(beside, batch_size=1, seed=0)
    classes = np.array([1, -1, 0])
    stream = BatchStream(
        TrainingTexts(texts, classes, soft=soft, beside=unlabelled),
        batch_size=2,
        seed=0,
        epochs=2,
    )
    for step, batch in enumerate(stream):
        rows = [int(ids[0]) // 100 for ids in batch.ids]
        assert batch.classes.tolist() == classes[rows].tolist()
        assert batch.soft is not None
        np.testing.assert_array_equal(batch.soft, soft[rows])
        assert batch.unlabelled is not None
        assert torch.equal(batch.unlabelled.ids, unlabelled.batch(step).ids)


@given(st.integers(1, 60), st.integers(1, 9))
def test_shares_are_equal_and_complete(rows: int, world_size: int) -> None:
    parts = [Share(rank, world_size).of(np.arange(rows)) for rank in range(world_size)]
    assert len({len(part) for part in parts}) == 1
    assert len(np.concatenate(parts)) < rows + world_size
    assert set(np.concatenate(parts).tolist()) == set(range(rows))
