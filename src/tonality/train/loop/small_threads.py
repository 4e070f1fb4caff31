"""One thread for small trainings.

The steps of a small network are short. Two threads then wait for each other at every turn, and
where another program wants a core, too, they wait long: each keeps its core busy meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tonality.train.prepare.small_data import SMALL_TEXTS

SMALL_UNITS = 128
CHOSEN = "OMP_NUM_THREADS"  # by which the caller says how many, as for torch itself


@contextmanager
def few_threads(texts: int, hidden_size: int) -> Iterator[None]:
    """Within it, torch computes a small training on one thread; others are as they were.

    Args:
        texts: how many are learnt from.
        hidden_size: units of each LSTM layer, in one direction.
    """
    before = torch.get_num_threads()
    if CHOSEN not in os.environ and texts <= SMALL_TEXTS and hidden_size <= SMALL_UNITS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
