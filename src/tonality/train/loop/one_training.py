"""One training at a time in a process, a small one on one thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tonality.train.prepare.small_data import SMALL_TEXTS

SMALL_UNITS = 128
CHOSEN = "OMP_NUM_THREADS"  # by which the caller says how many, as for torch itself

_lock = threading.RLock()


@contextmanager
def one_training() -> Iterator[None]:
    """Within the block no other thread takes steps; those that would wait.

    torch's random numbers and threads, warnings and the levels of loggers are the process's, so
    two trainings side by side would not have what their seeds give.
    """
    with _lock:
        yield


def _begin_anew() -> None:
    """After a fork, in the child: a thread that trains is not there to let go of the lock."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def few_threads(texts: int, hidden_size: int) -> Iterator[None]:
    """Within it, torch computes a small training on one thread; others are as they were.

    The steps of a small network are short. Two threads then wait for each other at every turn, and
    where another program wants a core, too, they wait long: each keeps its core busy meanwhile.

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
