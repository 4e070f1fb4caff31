"""What callers give for numbers: checked before anything is compared with them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, TypeGuard

from tonality.errors import ConfigError


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number, of Python or numpy; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def whole_number(value: Any, name: str, least: int = 1) -> int:
    """A whole number as Python's, for numpy's own multiply no lists.

    Args:
        value: what was given.
        name: the argument, for the message.
        least: the lowest that it may be.

    Raises:
        ConfigError: it is none, or lower.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name}: expected a whole number, {least} or more, got {value!r}")
    return int(value)
