"""What a type checker says of a program that uses the package."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tonality
from tonality import train

# Modules that are not named here count as Any: reading numpy takes half a minute.
PACKAGES = [str(Path(str(package.__file__))) for package in (tonality, train)]


def check(program: str, folder: Path) -> str:
    pytest.importorskip("mypy")
    (folder / "program.py").write_text(program, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=skip"]
    done = subprocess.run(
        [*command, "--config-file=", f"--cache-dir={folder / 'cache'}", *PACKAGES, "program.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(Path(PACKAGES[0]).parents[1])},
        timeout=300,
        check=False,
    )
    return "".join(line for line in done.stdout.splitlines(True) if line.startswith("program"))


def test_misspelt_names_are_found(tmp_path: Path) -> None:
    said = check(
        "from tonality import Predictons\n"
        "import tonality\n"
        "tonality.laod()\n"
        "from tonality.train import trian\n",
        tmp_path,
    )
    for number, name in ((1, "Predictons"), (3, "laod"), (4, "trian")):
        assert f"program.py:{number}: error: Module" in said
        assert f'has no attribute "{name}"' in said


def test_what_is_there_is_known(tmp_path: Path) -> None:
    names = ", ".join(tonality.__all__)
    rooms = [module.name for module in pkgutil.iter_modules(tonality.__path__) if module.ispkg]
    homes = sorted({home.split(".")[1] for home in tonality._HOMES} - set(rooms))
    apart = ("cli", "sklearn", "train")  # the command, and those of torch: imported by themselves
    named = "".join(f"print(tonality.{room})\n" for room in (*homes, *rooms) if room not in apart)
    program = (
        f"import tonality\nfrom tonality import {names}\n{named}from tonality.train import train\n"
    )
    assert check(program, tmp_path) == ""
