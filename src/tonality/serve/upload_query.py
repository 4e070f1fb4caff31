"""What the query of an upload asks for, and the answers to what cannot be had."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from tonality.errors import ConfigError, DataError
from tonality.serve.problems import ProblemError
from tonality.tables.read_options import ReadOptions

# It is in the name of each added column, and in JSON Lines in each row.
LONGEST_PREFIX = 100
SCORE_PARAMETERS = ("text_column", "prefix", "delimiter", "sheet")
TABLE_PARAMETERS = ("sheet", "delimiter")


def check_query(request: Request, known: Sequence[str]) -> None:
    """Refuses what the query may not hold: it would change nothing, and the answer not tell.

    Raises:
        ProblemError: 422.
    """
    for name in request.query_params:
        if name not in known:
            detail = f"The query has no parameter {name[:60]!r}."
            raise ProblemError(422, "invalid", detail, f"Known are {', '.join(known)}.")


def text_column_of(request: Request) -> str | None:
    """The column of the texts; None to find it.

    Raises:
        ProblemError: 422.
    """
    column = request.query_params.get("text_column")
    if column == "":
        remedy = "Name the column, or leave text_column out."
        raise ProblemError(422, "invalid", "text_column is empty.", remedy)
    return column


def read_options_of(request: Request) -> ReadOptions:
    """How the table is written.

    Raises:
        ProblemError: 422.
    """
    try:
        query = request.query_params
        return ReadOptions.of(delimiter=query.get("delimiter"), sheet=query.get("sheet") or None)
    except ConfigError:
        remedy = "Give one character, or comma, semicolon, tab or pipe."
        raise ProblemError(422, "invalid", "delimiter is no delimiter.", remedy) from None


def prefix_of(request: Request) -> str | None:
    """What the added columns' names begin with; None for the default.

    Raises:
        ProblemError: 422.
    """
    prefix = request.query_params.get("prefix")
    if prefix is not None and len(prefix) > LONGEST_PREFIX:
        detail = f"prefix has {len(prefix):,} characters; {LONGEST_PREFIX} are the most."
        raise ProblemError(422, "invalid", detail, "Choose a shorter prefix.")
    return prefix


def name_taken() -> ProblemError:
    """The answer to a table that has a column of a name that is added."""
    return ProblemError(
        422,
        "invalid",
        "The table has a column that scoring would add under this prefix.",
        "Choose another prefix, or leave it out.",
    )


def no_table(error: DataError) -> ProblemError:
    """The answer to what is no table."""
    # Without the names of the columns: in a table without a header they are texts.
    reason = error.reason.partition(". Columns: ")[0].removesuffix(".")
    reason = reason.replace("--text-column", "text_column in the query")
    reason = reason.replace("--sheet", "sheet in the query")
    return ProblemError(
        422,
        "no_table",
        f"The table cannot be read: {reason}.",
        "Send a header row and rows, or one JSON object a line.",
    )
