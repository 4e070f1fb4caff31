"""Rows of JSON Lines files, as the commands of this folder write and read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, one JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:  # a text may hold what splitlines() splits at
            yield json.loads(line)
