"""Numbers in messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Returns ``1 row`` or ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
