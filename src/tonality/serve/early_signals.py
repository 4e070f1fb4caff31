"""Signals that come while the service starts: kept, and obeyed once it can.

A process that is starting would be killed by them; or, the first of a container, ignore them. They
are not blocked, because a library's threads that began earlier would take them all the same.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

NAMES = ("SIGHUP", "SIGTERM")

came: list[int] = []


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Puts the signals of this block into ``came``, but for those that others handle."""
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, _keep) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep(number: int, frame: object) -> None:
    came.append(number)
