"""Verdicts as a data frame of the library that the caller works with."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from tonality.errors import ConfigError, DependencyError
from tonality.label_valences import label_valences

Kind: TypeAlias = type[str] | type[float] | type[int]
LIBRARIES = ("pandas", "polars", "pyarrow")
VALENCE = "valence"


def verdict_kinds(labels: Sequence[str], *, valence: bool = False) -> dict[str, Kind]:
    """The columns that a table of verdicts has, and the type of their values.

    They are ``label``, ``score``, ``p_`` and each label, ``tokens_read``, ``tokens_left_out`` and
    ``unfamiliar``, which is 1 for an unfamiliar text (:attr:`Prediction.unfamiliar`), else 0; with
    ``valence`` also that (:attr:`Prediction.valence`).

    Raises:
        ConfigError: valence is asked for, and the labels have none.
    """
    if valence and label_valences(tuple(labels)) is None:
        raise ConfigError(
            "expected labels that say a feeling or are numbers, got "
            f"{', '.join(labels)}, which have no valence; leave valence out"
        )
    kinds: dict[str, Kind] = {"label": str, "score": float}
    kinds |= {f"p_{label}": float for label in labels}
    kinds |= {"tokens_read": int, "tokens_left_out": int, "unfamiliar": int}
    return kinds | {VALENCE: float} if valence else kinds


def make_frame(
    kinds: Mapping[str, Kind],
    columns: Sequence[Sequence[Any]],
    library: str | None = None,
    index: Any = None,
) -> Any:
    """A data frame: ``DataFrame`` of pandas or polars, ``Table`` of pyarrow.

    Args:
        kinds: the columns' names, and their types.
        columns: their values, None for what is missing.
        library: one of :data:`LIBRARIES`; by default the first of them that the program has
            imported, or else that is installed.
        index: of the rows in pandas, the only library that has one; by default their numbers.

    Raises:
        ConfigError: it is another library.
        DependencyError: it is not installed, or none is.
    """
    name, module = _loaded(library)
    if name == "pandas":
        return _pandas(module, kinds, columns, index)
    values = dict(zip(kinds, columns, strict=True))
    if name == "polars":
        types = {str: module.String, float: module.Float64, int: module.Int64}
        return module.DataFrame(values, {name: types[kind] for name, kind in kinds.items()})
    types = {str: module.string(), float: module.float64(), int: module.int64()}
    fields = [(name, types[kind]) for name, kind in kinds.items()]
    return module.table(values, schema=module.schema(fields))


def _loaded(library: str | None) -> tuple[str, Any]:
    """The library to use, by its name and as a module."""
    if library is not None and library not in LIBRARIES:
        raise ConfigError(f"expected one of {', '.join(LIBRARIES)}, got {library!r}")
    imported = [name for name in LIBRARIES if sys.modules.get(name) is not None]
    for name in [library] if library else [*imported, *LIBRARIES]:
        try:
            return name, import_module(name)
        except ImportError:
            continue
    what = library or "pandas, polars or pyarrow"
    raise DependencyError(f"a data frame of {what}", package=library or "pandas")


def _pandas(
    pandas: Any, kinds: Mapping[str, Kind], columns: Sequence[Sequence[Any]], index: Any
) -> Any:
    """A frame of pandas; which type holds strings is for pandas to say."""
    made = {}
    for (name, kind), values in zip(kinds.items(), columns, strict=True):
        if kind is str:  # a text before them: of missing ones alone pandas makes other types
            made[name] = pandas.Series(["", *values]).array[1:]
        else:
            made[name] = pandas.array(values, dtype="float64" if kind is float else "int64")
    return pandas.DataFrame(made, index=index)
