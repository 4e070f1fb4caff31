"""Cold starts of the command line: from an empty process to its last line.

``python -m benchmarks.cold_start --python PYTHON --baseline PYTHON`` starts the commands of both
environments in turn, so that a busy moment falls on both, and gives the least of some starts: files
are in the system's cache, and what else the machine does only adds. The processor's time is that of
all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.machine import describe

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import tonality": ["-c", "import tonality"],
    "tonality --help": ["-m", "tonality", "--help"],
    'tonality predict "good film"': ["-m", "tonality", "predict", "good film"],
    'tonality explain "good film"': ["-m", "tonality", "explain", "good film"],
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cold_start", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--python", default=sys.executable, help="of an environment with tonality")
    parser.add_argument("--baseline", help="of one with an earlier build")
    parser.add_argument("--starts", type=int, default=9, help="starts of each command")
    parser.add_argument("--output", type=Path, help="a file for the figures as JSON")
    options = parser.parse_args(arguments)
    builds = {"now": options.python}
    if options.baseline is not None:
        builds["baseline"] = options.baseline
    print("| command | build | processor, ms | wall, ms |\n|---|---|---|---|")
    figures = []
    for name, words in COMMANDS.items():
        for build, least in measured(builds, words, options.starts).items():
            processor, wall = (1000 * seconds for seconds in least)
            print(f"| `{name}` | {build} | {processor:.0f} | {wall:.0f} |", flush=True)
            figures.append({"command": name, "build": build, "cpu_ms": processor, "wall_ms": wall})
    if options.output is not None:
        text = json.dumps({"machine": describe(), "figures": figures}, indent=2)
        options.output.write_text(text + "\n", encoding="utf-8")


def measured(
    builds: dict[str, str], words: Sequence[str], starts: int
) -> dict[str, tuple[float, float]]:
    """The least processor time and the least wall time, in seconds, of each build.

    Args:
        builds: name -> its Python.
        words: what follows the Python on the command line.
        starts: how often each starts.

    Raises:
        subprocess.CalledProcessError: a command failed.
    """
    times: dict[str, list[tuple[float, float]]] = {build: [] for build in builds}
    for number in range(starts + 1):
        for build, python in builds.items():
            found = start([python, *words])
            if number:  # the first fills the system's cache
                times[build].append(found)
    return {
        build: (min(cpu for cpu, _ in each), min(wall for _, wall in each))
        for build, each in times.items()
    }


def start(command: Sequence[str]) -> tuple[float, float]:
    """Runs a command to its end: seconds of the processor, and on the wall."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, wall


if __name__ == "__main__":
    main()
