"""Everyday texts that were written to try ``general``, with their labels."""

from __future__ import annotations

import csv
from pathlib import Path

FILE = Path(__file__).with_name("everyday_texts.tsv")


def everyday_texts() -> list[dict[str, str]]:
    """Each text with its ``text``, its ``label`` and its ``set``."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
