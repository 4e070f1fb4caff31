"""Prints the lower bounds of ``pyproject.toml`` as pip's constraints: ``make lowest``.

``"numpy>=1.26"`` becomes ``numpy==1.26``. torch stays at the version of ``constraints.txt``: the
oldest that fits comes with gigabytes of CUDA. So its lower bound is not tested.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("train", "analyse", "serve", "excel", "zstd", "frames", "languages")
HELD = ("torch",)
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)>=(?P<least>[\w.]+)(?P<marker>;.*)?")


def bounds() -> Iterator[str]:
    """The constraints, one of each direct dependency of the base install and ``EXTRAS``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][e] for e in EXTRAS)]
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    for requirement in sorted({requirement for group in groups for requirement in group}):
        found = REQUIREMENT.fullmatch(requirement)
        if found is None:
            raise ValueError(f"{requirement!r}: expected a lower bound, NAME>=VERSION")
        least = pinned[found["name"]] if found["name"] in HELD else found["least"]
        yield f"{found['name']}=={least}{found['marker'] or ''}"


if __name__ == "__main__":
    print("\n".join(bounds()))
