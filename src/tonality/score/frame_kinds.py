"""Frames of every library as narwhals has them, and back."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tonality.errors import DataError, DependencyError


def wrapped(frame: Any) -> tuple[Any, Any]:
    """narwhals, and the frame as narwhals has it; None for a LazyFrame of polars.

    Raises:
        DataError: it is none, or its columns are not told apart by their names.
        DependencyError: narwhals is not installed.
    """
    try:
        import narwhals.stable.v2 as narwhals
    except ImportError as error:
        raise DependencyError("scoring data frames", extra="frames") from error
    kind = type(frame).__name__
    try:
        found = narwhals.from_native(narwhals.to_native(frame, pass_through=True))
    except TypeError:
        raise DataError(
            f"expected a data frame of pandas, polars or pyarrow, got {kind}; make one of it, or "
            "give texts to Classifier.predict"
        ) from None
    except ValueError:
        raise DataError(
            "expected columns with different names, got one name twice; rename one of them"
        ) from None
    if not isinstance(found, narwhals.LazyFrame):
        return narwhals, found
    if found.implementation is not narwhals.Implementation.POLARS:
        raise DataError(
            f"expected a data frame in memory, or a LazyFrame of polars, got {kind}; turn it into "
            "a table of pyarrow, pandas or polars first"
        )
    return narwhals, None


def of_subclass(narwhals: Any, scored: Any, frame: Any) -> Any:
    """The scored frame with the given one's subclass of pandas, ``attrs`` and flags, if it has any.

    A subclass decides itself what it makes: without its geometry a frame of geopandas is a plain
    one. One that refuses further columns, or drops columns or rows, gives a plain one, too: the
    scoring may have taken hours.
    """
    if not narwhals.dependencies.is_pandas_dataframe(frame):
        return scored
    columns, length = list(scored.columns), len(scored)
    try:
        made = frame._constructor(scored.copy(deep=False)).__finalize__(frame)
        whole = list(made.columns) == columns and len(made) == length
    except Exception:  # of the subclass's own checks, so any kind
        whole = False
    return made if whole else scored.__finalize__(frame)


def as_given(scored: Any, frame: Any) -> Any:
    """The scored frame as a frame of narwhals if the given one was, in the same version of it."""
    name = type(frame).__module__
    if name.partition(".")[0] != "narwhals":
        return scored
    version = name.split(".")[:3] if name.startswith("narwhals.stable.") else ["narwhals"]
    narwhals = import_module(".".join(version))
    found = narwhals.from_native(scored)
    return found.lazy() if isinstance(frame, narwhals.LazyFrame) else found
