"""Batches of texts of like length, in an order that only the seed and the epoch decide.

A pure function of (seed, epoch) needs no state: whoever knows the number of steps done knows
which batch comes next, on any device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tonality.text.encoder import Encoded
from tonality.text.vocabulary import PAD

Int64 = NDArray[np.int64]
Floats = NDArray[np.float32]

# Texts are sorted by length within runs of so many batches: little padding, and still another
# mixture in every epoch.
SORTED_BATCHES = 50


class Whole(NamedTuple):
    """The whole batch of a step, of which each of several processes has a part.

    Attributes:
        classes: (M,) of all its texts, -1 where there is none.
        here: how many of them this process has; if none, a text stands in that counts nothing.
        processes: how many share it.
    """

    classes: Tensor
    here: int
    processes: int


class Batch(NamedTuple):
    """N texts, padded on the right to T tokens."""

    ids: Tensor  # (N, T) int64
    lengths: Tensor  # (N,) int64
    ngrams: Tensor | None  # (N, T, 2) int64
    classes: Tensor  # (N,) int64, -1 where there is none
    weights: Tensor | None = None  # (N,) float32, what each text counts
    soft: Tensor | None = None  # (N, C) float32, a teacher's probabilities
    unlabelled: Batch | None = None  # texts without labels, beside these
    whole: Whole | None = None  # where these are one process's part of a batch

    @property
    def there(self) -> Tensor:
        """(N, T), false where a text has ended."""
        steps = torch.arange(self.ids.shape[1], device=self.ids.device)
        return steps < self.lengths.unsqueeze(1)


def epoch_batches(
    lengths: Int64,
    batch_size: int,
    seed: int,
    epoch: int,
    stream: tuple[int, ...] = (),
) -> list[Int64]:
    """The row indices of each batch of an epoch; every row once.

    Args:
        lengths: tokens of each text (N,).
        batch_size: texts a batch; one batch holds the rest and may be smaller.
        seed: with the epoch, decides the order.
        epoch: from 0.
        stream: tells streams of one seed apart.
    """
    rng = np.random.default_rng([seed, epoch, *stream])
    order = rng.permutation(len(lengths))
    run = batch_size * SORTED_BATCHES
    batches = []
    for start in range(0, len(order), run):
        rows = order[start : start + run]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def collate(
    texts: Encoded, classes: Int64 | None, rows: Int64, weights: Floats | None = None
) -> Batch:
    """The padded batch of some rows; T is at least 1, so that a batch of empty texts works.

    Without classes, each is -1.
    """
    chosen = texts.take(rows)
    lengths = chosen.lengths
    there = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]  # (N, T)
    ids = np.full(there.shape, PAD, dtype=np.int64)
    ids[there] = chosen.ids
    ngrams = None
    if chosen.ngrams is not None:
        padded = np.zeros((*there.shape, chosen.ngrams.shape[1]), dtype=np.int64)
        padded[there] = chosen.ngrams
        ngrams = torch.from_numpy(padded)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(lengths),
        ngrams,
        torch.from_numpy(np.full(len(rows), -1) if classes is None else classes[rows]),
        None if weights is None else torch.from_numpy(weights[rows]),
    )


@dataclass(frozen=True)
class Share:
    """Which of the processes that share the work this is.

    Attributes:
        rank: its number, from 0.
        processes: how many they are.
    """

    rank: int = 0
    processes: int = 1

    def disjoint(self, rows: Int64) -> Int64:
        """A process's part of rows; each row goes to one process, so some may get one less."""
        return rows[self.rank :: self.processes]

    def of(self, rows: Int64) -> Int64:
        """A process's part of rows; all get equally many, for which some rows may go to two."""
        each = -(-len(rows) // self.processes)
        return np.resize(rows, each * self.processes)[self.rank :: self.processes]


WHOLE = Share()


@dataclass(frozen=True)
class TrainingTexts:
    """What a run learns from.

    Attributes:
        texts: the training texts, N.
        classes: their classes (N,), -1 where there is none.
        weights: what each text counts (N,), or None for 1.
        soft: a teacher's probabilities for each text (N, C), if there is a teacher.
        beside: gives each step the texts without labels that go with its batch.
    """

    texts: Encoded
    classes: Int64
    weights: Floats | None = None
    soft: Floats | None = None
    beside: UnlabelledBatches | None = None

    def batch(self, rows: Int64) -> Batch:
        """The padded batch of some rows."""
        batch = collate(self.texts, self.classes, rows, self.weights)
        if self.soft is None:
            return batch
        return batch._replace(soft=torch.from_numpy(self.soft[rows]))


class BatchStream:
    """The batches from one step of a run to its end, epoch after epoch.

    Args:
        data: what the run learns from.
        batch_size: texts a step, over all processes together.
        seed: of the order.
        epochs: epochs of the whole run.
        first_step: the step to begin with; steps before it were done earlier.

    Attributes:
        share: this process's part of each batch; all of it until it is set.
    """

    def __init__(
        self,
        data: TrainingTexts,
        *,
        batch_size: int,
        seed: int,
        epochs: int,
        first_step: int = 0,
    ) -> None:
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.first_step, self.share = first_step, WHOLE
        self.steps_per_epoch = -(-len(data.texts) // batch_size)
        self.total_steps = self.steps_per_epoch * epochs

    def __len__(self) -> int:
        return self.total_steps - self.first_step

    def __iter__(self) -> Iterator[Batch]:
        lengths = self.data.texts.lengths
        epoch, batches = -1, list[Int64]()
        for step in range(self.first_step, self.total_steps):
            if step // self.steps_per_epoch != epoch:
                epoch = step // self.steps_per_epoch
                batches = epoch_batches(lengths, self.batch_size, self.seed, epoch)
            everyone = batches[step % self.steps_per_epoch]
            rows, whole = _part(everyone, self.data.classes, self.share)
            batch = self.data.batch(rows)._replace(whole=whole)
            if self.data.beside is not None:
                batch = batch._replace(unlabelled=self.data.beside.batch(step, self.share))
            yield batch


class UnlabelledBatches:
    """Batches of texts without labels, as many as a run has steps, pass after pass over the texts.

    Args:
        texts: the texts; those of no token are never drawn.
        batch_size: texts a step, over all processes together.
        seed: of the order.
    """

    def __init__(self, texts: Encoded, *, batch_size: int, seed: int) -> None:
        self.texts, self.batch_size, self.seed = texts, batch_size, seed
        self._filled = np.flatnonzero(texts.lengths)
        self._of_pass = -1, list[Int64]()  # its number and its batches

    def __len__(self) -> int:
        return len(self._filled)

    def batch(self, step: int, share: Share = WHOLE) -> Batch:
        """A process's part of the batch of a step; a function of the seed and the step alone."""
        number, place = divmod(step, -(-len(self) // self.batch_size))
        if number != self._of_pass[0]:
            lengths = self.texts.lengths[self._filled]
            batches = epoch_batches(lengths, self.batch_size, self.seed, number, stream=(1,))
            self._of_pass = number, batches
        rows, whole = _part(self._of_pass[1][place], None, share)
        return collate(self.texts, None, self._filled[rows])._replace(whole=whole)


def _part(rows: Int64, classes: Int64 | None, share: Share) -> tuple[Int64, Whole | None]:
    """A process's rows of a batch, and what it must know of the others'."""
    if share.processes == 1:
        return rows, None
    own = share.disjoint(rows)
    each = np.full(len(rows), -1) if classes is None else classes[rows]
    whole = Whole(torch.from_numpy(each), len(own), share.processes)
    return (own if len(own) else rows[:1]), whole
