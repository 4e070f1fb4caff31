"""Texts as a language model reads them: side by side in streams, a stretch of each at a step.

What a step reads is a function of the seed and the step's number, so a run that was stopped goes on
from that number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tonality.text.encoder import Encoded
from tonality.text.vocabulary import PAD

Int32 = NDArray[np.int32]

# Between two texts: PAD has a row in the embedding that nothing else needs.
END = PAD


class Stretch(NamedTuple):
    """What each of S streams reads at a step.

    Attributes:
        ids: (S, T + 1); the targets are the same one to the right.
        fresh: whether the streams begin here, with no state to carry on.
    """

    ids: Int32
    fresh: bool


class Streams:
    """The stretches of a run, from one of its steps to its end.

    Every epoch puts the texts, each with an end, one after the other in another order, and cuts the
    row of them into S streams of like length. What is left over, less than T tokens a stream, is
    not read in that epoch.

    Args:
        texts: N texts; their n-grams take no part.
        size: S, streams at most, for the texts may suffice for fewer, and T, tokens of a stretch:
            how far the gradient reaches back.
        seed: of the order.
        epochs: epochs of the run.
        backward: every text is read from its end.
        first_step: the step to begin with.
    """

    def __init__(
        self,
        texts: Encoded,
        *,
        size: tuple[int, int],
        seed: int,
        epochs: int = 1,
        backward: bool = False,
        first_step: int = 0,
    ) -> None:
        self.texts, self.seed, self.backward = texts, seed, backward
        self.first_step = first_step
        tokens = len(texts.ids) + len(texts) - 1  # a row of them has so many targets
        self.steps = max(1, min(size[1], tokens))
        self.streams = max(1, min(size[0], tokens // self.steps))
        self.steps_per_epoch = max(0, tokens) // (self.streams * self.steps)
        self.total_steps = self.steps_per_epoch * epochs

    @property
    def tokens_per_step(self) -> int:
        """S T, the targets of a step."""
        return self.streams * self.steps

    def __len__(self) -> int:
        return self.total_steps - self.first_step

    def __iter__(self) -> Iterator[Stretch]:
        epoch, rows = -1, np.zeros((0, 0), dtype=np.int32)
        for step in range(self.first_step, self.total_steps):
            number, part = divmod(step, self.steps_per_epoch)
            if number != epoch:
                epoch, rows = number, self._rows(number)
            start = part * self.steps
            yield Stretch(rows[:, start : start + self.steps + 1], fresh=part == 0)

    def _rows(self, epoch: int) -> Int32:
        """The streams of an epoch (S, T steps_per_epoch + 1)."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.texts))
        chosen = self.texts.take(order)
        row = np.insert(chosen.ids, chosen.offsets[1:], END)
        if self.backward:
            row = _each_reversed(row)
        length = self.steps * self.steps_per_epoch  # of a stream
        starts = np.arange(self.streams) * length
        rows: Int32 = row[starts[:, None] + np.arange(length + 1)]
        return rows


def _each_reversed(row: Int32) -> Int32:
    """Each text of a row reversed, its end still at the end."""
    ends = np.flatnonzero(row == END)
    lengths = np.diff(ends, prepend=-1)  # ends included
    last = np.repeat(ends, lengths)  # (tokens,) of each token, where its text ends
    first = last - np.repeat(lengths, lengths) + 1
    place = np.arange(len(row))
    return np.where(
        place == last, END, row[np.where(place == last, last, first + last - 1 - place)]
    )
