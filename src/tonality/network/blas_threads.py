"""Holds numpy's BLAS to one thread while tonality runs its own.

A step of an LSTM is a small matrix product: split over the cores it gets slower, whereas
whole batches side by side scale. numpy has no call for this, so the OpenBLAS that numpy's
wheels carry is asked directly; with another BLAS nothing is changed (set
``OMP_NUM_THREADS=1`` there).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np


class _OpenBlas(NamedTuple):
    get_threads: ctypes._NamedFuncPointer
    set_threads: ctypes._NamedFuncPointer


# May be taken again by the thread that holds it, as by a handler of a signal that forks.
_lock = threading.RLock()
_users = 0
_threads_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds OpenBLAS to one thread inside the block; nests, and may be entered by many threads.

    The setting is the process's, so other numpy work done meanwhile runs on one thread too. A
    process that is forked meanwhile begins outside the block.
    """
    global _users, _threads_before
    blas = _openblas()
    if blas is None:
        yield
        return
    with _lock:
        if _users == 0:
            _threads_before = blas.get_threads()
            blas.set_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            if _users == 1:
                blas.set_threads(_threads_before)
            _users = max(_users - 1, 0)  # 0 already where this process was forked in the block


def _begin_anew() -> None:
    """After a fork, in the child: the threads that were inside the block are not there."""
    global _users
    blas = _openblas() if _users else None
    _users = 0
    if blas is not None:
        blas.set_threads(_threads_before)
    _lock.release()


if hasattr(os, "register_at_fork"):
    # Nobody else has the lock, or is within OpenBLAS's own, in the moment of a fork: the child's
    # copy would be held for ever.
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_anew
    )


@cache
def _openblas() -> _OpenBlas | None:
    """The OpenBLAS inside numpy's wheel, or None."""
    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")  # Linux and Windows; macOS
    for path in sorted(p for folder in folders for p in folder.glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for prefix in ("scipy_openblas", "openblas"):
            for suffix in ("64_", ""):
                try:
                    blas = _OpenBlas(
                        getattr(library, f"{prefix}_get_num_threads{suffix}"),
                        getattr(library, f"{prefix}_set_num_threads{suffix}"),
                    )
                except AttributeError:
                    continue
                blas.get_threads.argtypes, blas.get_threads.restype = [], ctypes.c_int
                blas.set_threads.argtypes, blas.set_threads.restype = [ctypes.c_int], None
                return blas
    return None
