"""One training at a time in a process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

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
