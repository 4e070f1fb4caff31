"""What an installation adds to a disk, and what ``import tonality`` costs.

``python -m benchmarks.install_size`` makes an empty environment, installs the project from its
sources, and measures as ``du`` does; ``--compare`` does the same for the packages that
:mod:`benchmarks.predict_speed` compares with. It downloads what it installs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.contenders import contenders
from benchmarks.machine import describe

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parent.parent

_IMPORT = """
import time, numpy
start = time.perf_counter()
import tonality
print(time.perf_counter() - start)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.install_size", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--compare", action="store_true", help="the other packages as well")
    parser.add_argument("--output", type=Path, default=RESULTS / "install_size.json")
    options = parser.parse_args(arguments)
    wanted = ["."]
    if options.compare:
        wanted = list(dict.fromkeys(c.requirement for c in contenders().values()))
    sizes = {}
    for requirement in wanted:
        name = "tonality" if requirement == "." else requirement
        sizes[name] = install(requirement)
        imports = sizes[name].get("import_s")
        beyond = "" if imports is None else f", import {imports:.3f} s beyond numpy's"
        print(f"{name}: {sizes[name]['mb']:.1f} MB{beyond}")
    written = {"machine": describe(), "sizes": sizes}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def install(requirement: str, starts: int = 9) -> dict[str, object]:
    """Install into a new environment and measure.

    Args:
        requirement: what ``pip install`` takes, separated by spaces, from the project's root.
        starts: processes behind the median import time.

    Returns:
        ``mb`` added (of a million bytes, on disk), the ``packages`` that came, and for the
        project itself ``import_s``, the seconds that importing it takes beyond numpy.
    """
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True, symlinks=os.name != "nt")
        python = str(Path(place) / ("Scripts" if os.name == "nt" else "bin") / "python")
        before, there = disk_bytes(Path(place)), _packages(python)
        _run([python, "-m", "pip", "install", "--quiet", *requirement.split()])
        found: dict[str, object] = {
            "mb": round((disk_bytes(Path(place)) - before) / 1e6, 1),
            "packages": [name for name in _packages(python) if name not in there],
        }
        if requirement == ".":
            seconds = [float(_run([python, "-c", _IMPORT])) for _ in range(starts + 1)]
            found["import_s"] = round(median(seconds[1:]), 4)  # the first filled the disk's cache
        return found


def disk_bytes(folder: Path) -> int:
    """What the files of a folder take on disk, in bytes: ``du`` without the folders themselves."""
    total = 0
    for path in folder.rglob("*"):
        status = path.lstat()
        if path.is_file() and not path.is_symlink():
            total += getattr(status, "st_blocks", -(-status.st_size // 512)) * 512
    return total


def _packages(python: str) -> list[str]:
    listed = json.loads(_run([python, "-m", "pip", "list", "--format", "json"]))
    return [f"{package['name']} {package['version']}" for package in listed]


def _run(command: Sequence[str]) -> str:
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=quiet
    )
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
