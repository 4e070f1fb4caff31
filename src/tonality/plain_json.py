"""JSON that any reader takes.

RFC 8259 has no NaN and no infinities. Python's json module writes and reads them all the same, and
so do the programs that tables come from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

_CONSTANTS = {"NaN": None, "Infinity": "inf", "-Infinity": "-inf"}


def dumps(
    value: Any,
    *,
    ascii_only: bool = False,
    indent: int | None = None,
    default: Callable[[Any], Any] | None = None,
) -> str:
    """A value as JSON; NaN becomes null, an infinity the text ``inf`` or ``-inf``.

    Args:
        value: what the json module takes.
        ascii_only: whether other characters are written as escapes.
        indent: spaces a level; None writes one line.
        default: turns what the json module does not take into what it takes.
    """

    def dump(value: Any) -> str:
        return json.dumps(
            value, ensure_ascii=ascii_only, indent=indent, default=default, allow_nan=False
        )

    try:
        return dump(value)
    except ValueError:
        return dump(_finite(value, default))


def finite(value: Any) -> Any:
    """A value of JSON without NaN and infinities, as :func:`dumps` writes it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else _finite(value)
    return _finite(value) if isinstance(value, dict | list) else value


def mapping_at(value: Any, *keys: str) -> Mapping[str, Any]:
    """The object under these keys of nested JSON; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def is_plain(text: str) -> bool:
    """Whether JSON that the json module reads is without NaN and infinities."""
    if "NaN" not in text and "Infinity" not in text:
        return True
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _finite(value: Any, default: Callable[[Any], Any] | None = None) -> Any:
    return json.loads(json.dumps(value, default=default), parse_constant=_CONSTANTS.get)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
