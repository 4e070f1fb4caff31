"""Asks an installed wheel for its kernel and a first verdict.

    python -I tests/wheel_smoke.py

It runs where tonality and its dependencies are installed, and nothing else: ``make dist`` and
cibuildwheel do that.
"""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

COMMAND = Path(sysconfig.get_path("scripts"), "tonality")


def answer(*arguments: str) -> str:
    """What the command ``tonality`` prints."""
    done = subprocess.run(
        [str(COMMAND), *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise SystemExit(f"tonality {' '.join(arguments)} failed: {done.stderr}")
    return done.stdout


def main() -> None:
    """Prints both answers, or ends with what was expected of the one that is wrong."""
    version = answer("--version")
    print(version, end="")
    if "kernel: native" not in version:
        raise SystemExit(
            "expected the compiled kernel; build the wheel with TONALITY_COMPILE=require"
        )
    verdict = answer("predict", "I would watch it again tomorrow.")
    print(verdict, end="")
    if "positive" not in verdict:
        raise SystemExit("expected the verdict to be 'positive'")


if __name__ == "__main__":
    main()
