"""Threads that predict while their process forks or ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Threads that predict without end; `blas` is None where numpy has no OpenBLAS of its own.
BEGIN = """
import os, signal, sys, threading, time, warnings
import tonality
from tonality.network import blas_threads
warnings.simplefilter("ignore")  # of Python, about forks beside threads
model = tonality.load(sys.argv[1])
blas = blas_threads._openblas()
if blas:
    blas.set_threads(2)
def predict():
    while True:
        model.predict("I love the film")
for _ in range(3):
    threading.Thread(target=predict, daemon=True).start()
time.sleep(0.1)
"""
FORK = """
for _ in range(40):
    child = os.fork()
    if not child:
        signal.alarm(30)
        model.predict("I love the film")
        with blas_threads.one_thread():
            held = blas is None or blas.get_threads() == 1
        os._exit(0 if held and (blas is None or blas.get_threads() == 2) else 9)
    status = os.waitpid(child, 0)[1]
    assert not status, status
"""
FORK_INSIDE = """
with blas_threads.one_thread():
    child = os.fork()
    if not child:
        model.predict("I love the film")
if not child:
    os._exit(0 if blas is None or blas.get_threads() == 2 else 9)
assert not os.waitpid(child, 0)[1]
"""
# What a model makes for its first text takes some milliseconds with numpy's kernel.
FORK_AT_FIRST = """
import os, signal, sys, threading, time, warnings
os.environ["TONALITY_KERNEL"] = "numpy"
import tonality
warnings.simplefilter("ignore")
model = tonality.load("general")
threading.Thread(target=model.predict, args=("a good film in a café",)).start()
for _ in range(30):
    time.sleep(0.0003)
    child = os.fork()
    if not child:
        signal.alarm(30)
        model.predict("a good film in a café")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert not status, status
"""


def run(script: str, model: Path) -> None:
    command = [sys.executable, "-c", script, str(model)]
    # Coverage has locks of its own, which a process forked beside a thread would wait for.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=alone
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("script", [BEGIN + FORK, BEGIN + FORK_INSIDE, FORK_AT_FIRST])
def test_a_forked_process_predicts_with_the_blas_threads_of_its_own(
    model_folder: Path, script: str
) -> None:
    run(script, model_folder)


def test_a_program_ends_while_threads_predict(model_folder: Path) -> None:
    for _ in range(4):
        run(BEGIN, model_folder)
