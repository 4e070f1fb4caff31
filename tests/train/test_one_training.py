"""Trainings in one process take turns, and a forked process does not wait for another's."""

from __future__ import annotations

import os
import signal
import threading
import warnings

import pytest

from tonality.train.loop.one_training import one_training


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_forked_while_a_thread_trains_can_train() -> None:
    begun, end = threading.Event(), threading.Event()

    def train() -> None:
        with one_training():
            begun.set()
            end.wait(60)

    thread = threading.Thread(target=train)
    thread.start()
    begun.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about forks beside threads
        child = os.fork()
    if not child:
        signal.alarm(10)
        with one_training():
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    end.set()
    thread.join()
    assert status == 0
