"""In which format a table comes, and in which it is wanted."""

from __future__ import annotations

from starlette.requests import Request

from tonality.serve.problems import ProblemError
from tonality.serve.request_bodies import as_curl_says, check_charset, media_type, unsupported

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Media types, and how tonality.tables calls the formats.
TEXT_TYPES = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "jsonl",
}
SHEET_TYPES = {
    XLSX: "xlsx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
FORMATS = TEXT_TYPES | SHEET_TYPES
# Those of answers, and as what rows are written at first; a workbook is made of them.
WRITTEN = TEXT_TYPES | {XLSX: "jsonl"}


def table_type(request: Request) -> str:
    """The media type of an upload.

    Raises:
        ProblemError: 415, it is no table that is read here.
    """
    found = media_type(request)
    if found not in FORMATS:
        detail = f"The body is {found or 'of no type'}, not a table."
        types = f"Send it with one of the Content-Types {', '.join(FORMATS)}."
        raise unsupported(detail, as_curl_says(found, "text/csv") + types)
    check_charset(request)
    return found


def wanted_type(request: Request, own: str) -> str:
    """The media type of the answer: what ``Accept`` likes best, the upload's own among equals.

    Of a spreadsheet that is CSV, unless a workbook is liked better.

    Raises:
        ProblemError: 406, it likes none.
    """
    own = own if own in TEXT_TYPES else "text/csv"
    ranges = _ranges(", ".join(request.headers.getlist("accept")) or "*/*")
    likings = {name: _liking(name, ranges) for name in (own, *WRITTEN)}
    best = max(likings, key=likings.__getitem__)
    if not likings[best]:
        raise ProblemError(
            406,
            "not_acceptable",
            "The header Accept takes none of the formats there are.",
            f"Accept one of {', '.join(WRITTEN)}, or leave the header out.",
        )
    return best


def _ranges(accept: str) -> dict[str, float]:
    """The media ranges of a header, and how much each is liked (RFC 9110, 12.5.1)."""
    ranges: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        ranges[name] = quality
    return ranges


def _liking(name: str, ranges: dict[str, float]) -> float:
    """By the narrowest range that covers the type."""
    for covering in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if covering in ranges:
            return ranges[covering]
    return 0.0
