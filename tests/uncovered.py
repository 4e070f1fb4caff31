"""Processes that coverage does not follow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def uncovered() -> Iterator[None]:
    """A process started in here runs as a user's does.

    To be followed costs it up to half of its time, in vain where it runs nothing of tonality, is
    killed, or runs what other tests run too.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COV")]:
            patch.delenv(name)
        yield
