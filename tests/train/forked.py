"""Processes that a test kills or interrupts, forked from one that has loaded Lightning.

Loading it takes five seconds of a processor, and a process that starts from nothing spends them
before its work begins. These have memory, signals and streams of their own just the same.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import torch

from tonality.cli import main
from uncovered import uncovered

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["lightning.pytorch"])


class Forked:
    """A process, used as a ``subprocess.Popen``.

    Args:
        target: what it runs, a function of a module.
        arguments: of the function.
    """

    def __init__(self, target: Callable[..., object], *arguments: object) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._streams = [Path(self._folder.name, name) for name in ("stdout", "stderr")]
        # A daemon ends with the tests, also where one of them fails.
        self._process = _CONTEXT.Process(
            target=_run, args=(self._streams, target, *arguments), daemon=True
        )
        with uncovered():
            ensure_running()
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it said on stdout and on stderr, once it has ended."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"it did not end in {timeout} s"
        out, err = (stream.read_text() for stream in self._streams)
        self._folder.cleanup()
        return out, err


def forked_command(arguments: list[str]) -> Forked:
    """Starts a command of tonality."""
    return Forked(_command, arguments)


def _command(arguments: list[str]) -> None:
    # By its own name it would start itself anew, with settings of malloc.
    sys.argv = ["forked", *arguments]
    main()


def _run(streams: list[Path], target: Callable[..., object], *arguments: object) -> None:
    for descriptor, path in enumerate(streams, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    torch.set_num_threads(1)
    target(*arguments)
