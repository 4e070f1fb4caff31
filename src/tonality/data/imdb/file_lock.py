"""One process at a time: a lock that the system lifts when its holder ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tonality.errors import DataError

if sys.platform != "win32":
    import fcntl


@contextmanager
def only_one(lock: Path, target: Path) -> Iterator[None]:
    """Holds ``lock`` while ``target`` is being made; the file is gone afterwards.

    Without a lock of the system (Windows, some network file systems) nothing is held.

    Raises:
        DataError: another process, or another call in this one, holds it.
        OSError: the file cannot be created.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = _acquire(lock, target)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # before it is let go, or it might be the next holder's
        os.close(descriptor)


def _acquire(lock: Path, target: Path) -> int:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            reason = "is being downloaded by another command; wait for it or stop it"
            raise DataError(reason, path=target) from error
        except OSError:  # a file system without locks
            return descriptor
        if _is_still(lock, descriptor):
            return descriptor
        os.close(descriptor)  # its holder removed it between the two steps


def _is_still(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
