"""What callers give for texts: checked, with missing ones as None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tonality.errors import ConfigError, DataError

# For an example in a message; tonality.tables.column_names has those that tables are read by.
_USUAL = {"text", "review", "tweet", "comment", "comments", "message", "feedback"}


def is_missing(value: object) -> bool:
    """Whether a value stands for a missing text: None, NaN, or pandas' NA and NaT."""
    if value is None:
        return True
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    kind = type(value)  # pandas is not imported to know its values
    return kind.__name__ in ("NAType", "NaTType") and kind.__module__.partition(".")[0] == "pandas"


def row_index(texts: Any) -> Any:
    """The index of a Series or frame of pandas, also in narwhals; None of what has none."""
    native = texts.to_native() if hasattr(texts, "to_native") else texts
    index = getattr(native, "index", None)  # of a list it is a method
    return index if type(index).__module__.partition(".")[0] == "pandas" else None


def require_several(texts: object, instead: str) -> None:
    """Refuses one text, which would be gone through letter by letter.

    Args:
        texts: what was given.
        instead: what to write for one text.

    Raises:
        ConfigError: it is one.
    """
    if isinstance(texts, str):
        raise ConfigError(f"expected a list of texts, got one text; write {instead}")


def checked_texts(texts: Any) -> list[str | None]:
    """The texts as a list, with None for missing ones.

    Args:
        texts: a list, a column of a table, an array with one dimension, or anything else that
            gives strings one after the other.

    Raises:
        DataError: it is a table, a mapping or otherwise no texts, or something in it is neither a
            string nor missing.
    """
    _refuse_tables(texts)
    index = row_index(texts)
    if hasattr(texts, "to_pylist"):  # of Arrow, whose own values are no strings
        texts = texts.to_pylist()
    elif hasattr(texts, "to_list"):  # of pandas and polars, several times as quick
        texts = texts.to_list()
    if not isinstance(texts, Iterable):
        number = f"{str(texts)!r} if the number is the text, or " * isinstance(texts, int | float)
        raise DataError(
            f"expected a text or a list of texts, got {_kind(texts)}; give {number}"
            "a list of strings"
        )
    result: list[str | None] = []
    for row, text in enumerate(texts, start=1):
        if isinstance(text, str):
            result.append(text)
        elif is_missing(text):
            result.append(None)
        else:
            raise DataError(_no_text(text, at_index(index, row)), row=row)
    return result


def at_index(index: Any, row: int) -> str:
    """Where pandas shows a row, for a message: `` (index 57)``; nothing without an index.

    Args:
        index: from :func:`row_index`.
        row: the row, from 1.
    """
    if index is None:
        return ""
    label = index[row - 1]
    parts = label if isinstance(label, tuple) else (label,)  # of a MultiIndex it has several
    plain = tuple(part.item() if isinstance(part, np.generic) else part for part in parts)
    return f" (index {plain if isinstance(label, tuple) else plain[0]!r})"


def _refuse_tables(texts: Any) -> None:
    """Refuses what would give names, numbers or an order by chance where it is gone through.

    Raises:
        DataError: it is such a thing.
    """
    kind = _kind(texts)
    names = getattr(texts, "columns", None)
    names = getattr(texts, "column_names", None) if names is None else names
    if names is not None and not isinstance(texts, str):
        first = _likeliest(list(names))
        raise DataError(
            f"expected texts, got {kind}, which gives the names of its columns; give the column of "
            f"the texts, such as table[{first!r}], or the table itself to tonality.score_frame"
        )
    if isinstance(texts, Mapping):
        raise DataError(
            f"expected texts, got {kind}, which gives its keys; give the texts themselves, such as "
            "list(texts.values())"
        )
    if isinstance(texts, bytes | bytearray | memoryview):
        raise DataError("expected texts, got bytes; decode them, such as by texts.decode()")
    if isinstance(texts, set | frozenset):  # the keys of a dictionary have an order
        raise DataError(f"expected texts, got {kind}, which has no order; give a list")
    if (dimensions := getattr(texts, "ndim", 1)) != 1:
        raise DataError(f"expected texts, got {kind} of {dimensions} dimensions; give one column")


def _likeliest(names: list[Any]) -> Any:
    """The name of a column that may hold texts: a usual one, or the first that is a string."""
    strings = [name for name in names if isinstance(name, str)]
    usual = (name for name in strings if name.casefold() in _USUAL)
    name = next(usual, (strings or names or ["review"])[0])
    return name.item() if isinstance(name, np.generic) else name


def _no_text(value: object, where: str) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"bytes are no text{where}; decode them, such as by text.decode()"
    return f"{_kind(value)} is no text{where}; expected a string, or None for a missing one"


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
