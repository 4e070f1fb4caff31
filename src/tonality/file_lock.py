"""One process at a time: locks that the system lifts when their holder ends, however it ends.

Windows and some network file systems have none; there nothing is held.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tonality.errors import TonalityError

if sys.platform != "win32":
    import fcntl

BUSY = "another run is writing it; wait for it or stop it"


@contextmanager
def only_one(path: Path, busy: TonalityError) -> Iterator[None]:
    """Holds a lock file, which is made, and gone afterwards.

    Args:
        path: the lock file.
        busy: what to raise if another process, or another call in this one, holds it.

    Raises:
        OSError: the file cannot be made.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = _acquire(path, busy)
    try:
        yield
    finally:
        with suppress(OSError):  # one that is left behind holds nobody up
            path.unlink()  # before it is let go, or it might be the next holder's
        unlock(descriptor)
        os.close(descriptor)


def _acquire(path: Path, busy: TonalityError) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            locked = lock(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            raise busy from None
        if not locked or _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)  # its holder removed it between the two steps


def hold(descriptor: int, path: Path, busy: TonalityError) -> None:
    """Holds a file that is open already, until it is closed.

    Args:
        descriptor: of the file.
        path: its place.
        busy: what to raise if another holds it, or has removed it.
    """
    try:
        locked = lock(descriptor)
    except BlockingIOError:
        raise busy from None
    # Its holder may have removed it between the two steps.
    if locked and not _is_still(path, descriptor):
        raise busy


def lock(descriptor: int, *, wait: bool = False) -> bool:
    """Locks an open file or folder; gives False where the system cannot.

    Raises:
        BlockingIOError: another holds it, and ``wait`` is False.
    """
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return False
    return True


def unlock(descriptor: int) -> None:
    """Lets go. Closing is not enough: a process forked meanwhile shares the lock."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
