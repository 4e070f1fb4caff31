"""Kill a job on Ray at random moments, go on with it each time, until it is done.

    python tests/scale/kill_ray.py MODEL KILLS OUT IN...

In turn it kills a worker that scores, the driver, and all of Ray's processes. Parts are small, so
that kills fall on every step. Prints one JSON object: what was killed, and at how many parts. A
worker's death must not stop the job; the others are gone on with by --resume.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tonality.scale.batch_scorer import BatchOptions
from tonality.scale.job_plan import JobInputs
from tonality.scale.ray_job import RayEngine, score_with_ray
from tonality.scale.scored_folder import MANIFEST, ScoredFolder

WORKER, DRIVER, ALL = "a worker", "the driver", "all of Ray's processes"


def job(model: str, out: str, names: list[str]) -> None:
    """The job, slowed down so that there is time to kill it."""
    options = BatchOptions(model)
    with ScoredFolder(out, resume=True) as folder:
        inputs = JobInputs(names, part_rows=100)
        score_with_ray(inputs, folder, options, RayEngine(workers=2), lambda rows: time.sleep(0.02))


def main(model: str, kills: int, out: str, names: list[str]) -> None:
    dice, killed = random.Random(kills), list[dict[str, object]]()
    for _ in range(3 * kills):  # on a busy machine Ray may not come up in time
        if len(killed) == kills:
            break
        child = start(model, out, names)
        ray = Family(child.pid)
        what = (WORKER, DRIVER, ALL)[len(killed) % 3]
        wait(child, out, parts(out) + dice.randrange(1, 4))
        time.sleep(dice.random() / 4)
        hit = ray.kill(what) if child.poll() is None else 0
        if hit:
            killed.append({"what": what, "parts": parts(out), "processes": hit})
        if hit and what == WORKER:
            assert child.wait(400) == 0, "a worker's death stopped the job"
        ray.end()
        child.wait(60)
        if Path(out, MANIFEST).exists() and len(killed) < kills:
            again(out, dice)
    for _ in range(3):
        last = start(model, out, names)
        family = Family(last.pid)
        done = last.wait(400) == 0
        family.end()
        if done:
            break
    print("KILLED", json.dumps(killed))


def start(model: str, out: str, names: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--job", model, out, *names]
    return subprocess.Popen(command, start_new_session=True)


def again(out: str, dice: random.Random) -> None:
    """Of a job that is done, takes some parts away, so that there is something to kill."""
    Path(out, MANIFEST).unlink()
    for part in sorted(Path(out).glob("part-*")):
        if dice.random() < 0.7:
            part.unlink()


def parts(out: str) -> int:
    return len(list(Path(out).glob("part-*")))


def wait(child: subprocess.Popen[bytes], out: str, least: int) -> None:
    """Waits until there are so many parts, or the job is done."""
    deadline = time.monotonic() + 100
    while parts(out) < least and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


class Family:
    """A driver and the processes that it started, Ray's among them."""

    def __init__(self, pid: int) -> None:
        self._driver = psutil.Process(pid)
        self._seen: dict[int, psutil.Process] = {}

    def look(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self._driver.children(recursive=True):
                self._seen[process.pid] = process
        return [process for process in self._seen.values() if process.is_running()]

    def kill(self, what: str) -> int:
        """Kills without a warning; returns how many processes."""
        found = self.look()
        if what == DRIVER:
            hit = [self._driver]
        elif what == WORKER:
            hit = [one for one in found if "MapWorker" in title(one)][:1]
        else:
            hit = [*found, self._driver]
        for process in hit:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        return len(hit)

    def end(self) -> None:
        """Ends what is left of it: Ray outlives its driver for a while."""
        for process in self.look():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(list(self._seen.values()), timeout=20)


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


if __name__ == "__main__":
    if sys.argv[1] == "--job":
        job(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        os.environ.setdefault("RAY_DEDUP_LOGS", "0")
        main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
