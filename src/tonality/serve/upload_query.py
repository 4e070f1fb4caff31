"""What the query of a request asks for, and the answers to what cannot be had."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request

from tonality.errors import ConfigError, DataError
from tonality.score.output_columns import LATE_COLUMN
from tonality.serve.problems import ProblemError, invalid
from tonality.serve.table_formats import FORMATS, SHEET_TYPES
from tonality.tables.option_formats import OPTION_FORMATS
from tonality.tables.read_options import QUOTINGS, ReadOptions

# It is in the name of each added column, and in JSON Lines in each row.
LONGEST_PREFIX = 100
SCORE_PARAMETERS = ("text_column", "prefix", "delimiter", "quoting", "sheet")
TABLE_PARAMETERS = ("sheet",)
# Options of the commands that no request has, and where to say such a thing instead.
_ELSEWHERE = {
    "model": "The service has one model; tonality serve --model names it.",
    "abstain": "The service says when a verdict is uncertain: tonality serve --abstain sets it.",
}
_NONE = 'Send {"texts": [...]} as the body, and leave the query out.'
# What the messages of the command line say, in words of a request.
_OPTIONS = {
    "--text-column": "text_column in the query",
    "--sheet": "sheet in the query",
    LATE_COLUMN: "ask for JSON Lines (Accept: application/x-ndjson)",
}
_OF_FILES = re.compile(r"(?:[:;] let its name end|; save it as UTF-8, or read it with).*")
# What to do, by how the reason begins. The command line goes by names, a request by media types.
_REMEDIES = {
    ("no text column", "no column", "several columns"): "Name the column of the texts in "
    "text_column.",
    ("has no sheet '", 'has no sheet "'): "Name a sheet that is there, or leave sheet out.",
    ("is a zip archive, as", "is a file of Office"): "If it is a spreadsheet, send it with the "
    f"Content-Type of one: {', '.join(SHEET_TYPES)}. Otherwise send the table that it holds.",
    ("is a zip archive, but",): "Unpack it, and send the table that it holds. If it is a "
    "spreadsheet, save it as .xlsx once more, and send that.",
    ("is gzipped", "is packed"): "Unpack it, and send the table that it holds.",
    ("is a Parquet",): "Send the table as CSV, TSV, JSON Lines or a spreadsheet.",
    ("is no spreadsheet",): "Send it with the Content-Type of what it is.",
    ("is protected",): "Save it without the password, and send that.",
    ("its first line has null", "is a binary", "is not valid"): "Save it as CSV in UTF-8, and "
    "send that.",
    ("cannot be unpacked", "is damaged"): "Send it once more. If that fails too, the file is "
    "damaged.",
}
_VERB = re.compile(r"(?:is|has|holds|cannot|was) ")


def check_query(request: Request, known: Sequence[str], own: str) -> None:
    """Refuses what the query may not hold: it would change nothing, and the answer not tell.

    Args:
        request: the request.
        known: the parameters that there are; each but ``text_column`` may be there once.
        own: the media type of the body.

    Raises:
        ProblemError: 422.
    """
    for name in request.query_params:
        if name not in known:
            detail = f"The query has no parameter {name[:60]!r}."
            remedy = f"Known are {', '.join(known)}." if known else _NONE
            raise invalid(detail, _ELSEWHERE.get(name, remedy))
        if name != "text_column" and len(request.query_params.getlist(name)) > 1:
            detail = f"{name} is in the query more than once."
            raise invalid(detail, "Give it once.")
        suiting, kinds = OPTION_FORMATS.get(name, (FORMATS.values(), ""))
        if request.query_params[name] and FORMATS[own] not in suiting:
            detail = f"{name} is for {kinds}; the body is {own}."
            raise invalid(detail, f"Leave {name} out.")


def text_columns_of(request: Request) -> list[str] | None:
    """The columns of the texts, which are joined; None to find one.

    Raises:
        ProblemError: 422.
    """
    columns = request.query_params.getlist("text_column")
    if "" in columns:
        remedy = "Name the column, or leave text_column out."
        raise invalid("text_column is empty.", remedy)
    return columns or None


def read_options_of(request: Request) -> ReadOptions:
    """How the table is written.

    Raises:
        ProblemError: 422.
    """
    query = request.query_params
    quoting = query.get("quoting") or None
    if quoting is not None and quoting not in QUOTINGS:
        remedy = f"Give one of {', '.join(QUOTINGS)}, or leave it out."
        raise invalid(f"quoting {quoting[:60]!r} is not known.", remedy)
    try:
        sheet, delimiter = query.get("sheet") or None, query.get("delimiter") or None
        options = ReadOptions.of(delimiter=delimiter, sheet=sheet)
    except ConfigError:
        remedy = "Give one character, or comma, semicolon, tab or pipe."
        raise invalid("delimiter is no delimiter.", remedy) from None
    return replace(options, quoting=quoting)


def prefix_of(request: Request) -> str | None:
    """What the added columns' names begin with; None for the default.

    Raises:
        ProblemError: 422.
    """
    prefix = request.query_params.get("prefix")
    if prefix is not None and len(prefix) > LONGEST_PREFIX:
        detail = f"prefix has {len(prefix):,} characters; {LONGEST_PREFIX} are the most."
        raise invalid(detail, "Choose a shorter prefix.")
    return prefix


def name_taken() -> ProblemError:
    """The answer to a table that has a column of a name that is added."""
    return invalid(
        "The table has a column that scoring would add under this prefix.",
        "Choose another prefix, or leave it out.",
    )


def check_names(columns: Sequence[str]) -> None:
    """Refuses columns whose names could not be decoded: an answer could not name them.

    Raises:
        DataError: there is one.
    """
    for number, name in enumerate(columns, start=1):
        if any("\udc80" <= character <= "\udcff" for character in name):
            raise DataError(f"the name of column {number} is not valid UTF-8")


def no_table(error: DataError) -> ProblemError:
    """The answer to what is no table."""
    # Without the names of the columns: in a table without a header they are texts.
    reason = error.reason.partition(". Columns: ")[0].removesuffix(".")
    begins = [remedy for starts, remedy in _REMEDIES.items() if reason.startswith(starts)]
    remedy = (*begins, "Send a header row and rows, or one JSON object a line.")[0]
    reason = for_requests(reason)
    it = "it " if _VERB.match(reason) else ""
    return ProblemError(422, "no_table", f"The table cannot be read: {it}{reason}.", remedy)


def for_requests(reason: str) -> str:
    """What a reason of the command line says, in words of a request."""
    reason = _OF_FILES.sub("", reason)
    for option, parameter in _OPTIONS.items():
        reason = reason.replace(option, parameter)
    return reason
