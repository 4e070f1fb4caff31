"""Settings as frozen dataclasses: filled from plain values, every fault a clear ConfigError."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from tonality.errors import ConfigError

T = TypeVar("T")


def number(default: Any, low: float, high: float = math.inf, *, under: float = math.inf) -> Any:
    """A dataclass field for a number from ``low`` to ``high``, and below ``under``."""
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "under": under})


def fill(kind: type[T], values: Any, section: str) -> T:
    """The dataclass ``kind`` with ``values``; absent keys take their defaults.

    Raises:
        ConfigError: an unknown key, with the valid ones and the closest of them.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"[{section}] must be a table of settings, not {values!r}")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise unknown(f"setting {section}.{key}", key, hints)
    return kind(**{key: _coerced(value, hints[key]) for key, value in values.items()})


def unknown(what: str, given: str, valid: Iterable[str]) -> ConfigError:
    """The error for a name that does not exist: lists those that do and names the closest."""
    names = list(valid)
    close = difflib.get_close_matches(given, names, n=1)
    guess = f"; did you mean {close[0]!r}?" if close else "."
    return ConfigError(f"there is no {what}{guess} Valid: {', '.join(names)}.")


def check_fields(settings: Any, section: str) -> None:
    """Checks the types and ranges of a settings dataclass; for its ``__post_init__``.

    Raises:
        ConfigError: a value of the wrong type or out of range; says what is valid.
    """
    hints = get_type_hints(type(settings))
    for field in dataclasses.fields(settings):
        value, kind = getattr(settings, field.name), hints[field.name]
        name = f"{section}.{field.name}"
        if not _fits(value, kind):
            raise ConfigError(f"{name} is {value!r}; it takes {_describe(kind)}")
        limits = field.metadata
        if limits:
            for item in value if isinstance(value, tuple) else (value,):
                if not limits["low"] <= item <= limits["high"] or item >= limits["under"]:
                    raise ConfigError(f"{name} is {value!r}; it takes {_range(limits)}")


def _coerced(value: Any, kind: Any) -> Any:
    """TOML's nearest thing as what the field holds: 1 for 1.0, 32 for "32", a list for a tuple."""
    if kind is float and type(value) is int:
        return float(value)
    if get_origin(kind) is Literal and type(value) in (int, float):
        return str(value) if str(value) in get_args(kind) else value
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_coerced(item, get_args(kind)[0]) for item in value)
    if get_origin(kind) is Mapping and isinstance(value, Mapping):
        return {key: _coerced(item, get_args(kind)[1]) for key, item in value.items()}
    return value


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(value, tuple) or (kinds[-1] is not ... and len(value) != len(kinds)):
            return False
        return all(_fits(item, kinds[0]) for item in value)
    if get_origin(kind) is Mapping:
        pairs = value.items() if isinstance(value, dict) else [(None, None)]
        return all(isinstance(key, str) and _fits(item, get_args(kind)[1]) for key, item in pairs)
    return type(value) is kind and (kind is not float or math.isfinite(value))


def _describe(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(repr, get_args(kind)))}"
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        count = "a list" if kinds[-1] is ... else f"a list of {len(kinds)}"
        return f"{count}, each {_describe(kinds[0])}"
    if get_origin(kind) is Mapping:
        return f"a table, each value {_describe(get_args(kind)[1])}"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}[kind]


def _range(limits: Mapping[str, float]) -> str:
    if math.isfinite(limits["under"]):
        return f"a number from {limits['low']:g} to below {limits['under']:g}"
    if math.isfinite(limits["high"]):
        return f"a number from {limits['low']:g} to {limits['high']:g}"
    return f"a number from {limits['low']:g}"
