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
        The text, which :mod:`tomllib` reads back. Values are as for :func:`toml_value`.
    """
    lines = _lines(head)
    for heading, values in tables:
        lines += ["", heading, *_lines(values)]
    return "\n".join(lines) + "\n"


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]


def toml_value(value: Any) -> str:
    """A boolean, a number, a string, a list of these or a table of such values, as TOML has it."""
    if isinstance(value, Mapping):
        pairs = [f"{toml_value(key)} = {toml_value(item)}" for key, item in value.items()]
        return f"{{{', '.join(pairs)}}}"
    # JSON's booleans, numbers, strings and lists are TOML's too, but for one escape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
