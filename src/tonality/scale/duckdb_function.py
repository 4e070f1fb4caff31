"""DuckDB: the verdict on a text as a function of SQL."""

from __future__ import annotations

import contextlib
from typing import Any

from tonality.errors import ConfigError, DependencyError
from tonality.scale.batch_scorer import BatchOptions
from tonality.scale.text_function import TextFunction

_TYPES = {"string": "VARCHAR", "double": "DOUBLE", "int64": "BIGINT"}


def register_duckdb(connection: Any, name: str = "tonality", **how: Any) -> None:
    """Registers a function of SQL that gives the columns of ``tonality score`` as a struct.

    For example::

        register_duckdb(connection, prefix="tonality_")
        connection.sql("SELECT *, unnest(tonality(review)) FROM reviews")

    The prefix keeps the columns apart from a ``label`` that the table has.

    A null is a missing text, as elsewhere: its ``tokens_read`` is 0, all else is null. Store what
    was scored before you filter by it: DuckDB scores each text twice in
    ``WHERE tonality(review).score > 0.9``.

    Args:
        connection: a ``duckdb.DuckDBPyConnection``.
        name: of the function; one of this name that was registered before is replaced.
        how: the attributes of :class:`tonality.scale.BatchOptions` but for the columns.

    Raises:
        ArtifactError: there is no such model.
        ConfigError: columns are named, or DuckDB does not take the name.
        DependencyError: duckdb or pyarrow is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise DependencyError("scoring in DuckDB", extra="duckdb") from error
    judge = TextFunction(BatchOptions(**how))
    fields = {field.name: _TYPES[str(field.type)] for field in judge.fields}
    function = (name, judge, [duckdb.sqltype("VARCHAR")], duckdb.struct_type(fields))
    with contextlib.suppress(duckdb.Error):  # there is none
        connection.remove_function(name)
    try:
        # Without special handling, a null would be answered with a null struct.
        connection.create_function(*function, type="arrow", null_handling="special")
    except duckdb.Error as error:  # another connection's, or DuckDB's own
        raise ConfigError(f"DuckDB takes no function {name!r}: {error}; choose another") from error
