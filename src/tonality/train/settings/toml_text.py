"""Settings as TOML text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def toml_text(head: Mapping[str, Any], *tables: tuple[str, Mapping[str, Any]]) -> str:
    """A TOML file.

    Args:
        head: the keys before the first table, with their values.
        tables: each with its heading, such as ``[training]`` or ``[[stages]]``.

    Returns:
        The text, which :mod:`tomllib` reads back. Values are booleans, numbers, strings and lists
        of these.
    """
    lines = _lines(head)
    for heading, values in tables:
        lines += ["", heading, *_lines(values)]
    return "\n".join(lines) + "\n"


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    # JSON's booleans, numbers, strings and lists are TOML's too, but for one escape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
