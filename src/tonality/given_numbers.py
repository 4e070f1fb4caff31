"""What callers give for numbers: checked before anything is compared with them."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from tonality.errors import ConfigError


def as_number(value: Any) -> float:
    """A number as a float, whatever it is one of, such as a ``Decimal`` or an array without axes.

    What is no number is NaN, and so is one beyond all floats. Text and truth values are none.
    """
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if isinstance(value, bool | str | bytes | bytearray) or kind not in "iuf":
        return math.nan
    if getattr(value, "ndim", 0):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def whole_number(value: Any, name: str, least: int = 1) -> int:
    """A whole number as Python's, for numpy's own multiply no lists.

    Args:
        value: what was given.
        name: the argument, for the message.
        least: the lowest that it may be.

    Raises:
        ConfigError: it is none, or lower.
    """
    try:
        number = least - 1 if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ConfigError(f"{name}: expected a whole number, {least} or more, got {value!r}")
    return number
