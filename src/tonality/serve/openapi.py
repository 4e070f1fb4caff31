"""What the service does, in OpenAPI: each status that a path may answer with, and its body."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from tonality.serve.problems import MEDIA_TYPE, Problem
from tonality.serve.served_model import VERSION
from tonality.serve.table_formats import FORMATS, TEXT_TYPES, WRITTEN
from tonality.serve.upload_query import LONGEST_PREFIX
from tonality.tables.read_options import QUOTINGS

Responses = dict[int | str, dict[str, Any]]

# What any path may answer, whatever is asked of it.
_ALWAYS = {
    400: "The request is no HTTP, or its body is no JSON.",
    408: "The request took too long to arrive.",
    421: "The service does not answer to the name that the request was sent to.",
    431: "The headers are too large.",
    500: "The service failed.",
    503: "The service has too much to do, or stops.",
}
# What further some may answer: those that take a body, that give a table, that need the disk.
BODY = {
    413: "The body is too large.",
    415: "The body is of another media type, or compressed.",
    422: "The body says something that is not asked for.",
}
TABLE = {406: "No format that is accepted."}
DISK = {507: "The service has no disk to keep the table on while it is read."}
KEY = {401: "An API key is asked for."}
# Without a schema: everything is a string, and which strings are tables no schema can say.
_TABLES: dict[str, Any] = {media_type: {} for media_type in FORMATS}
_SCORED: dict[str, Any] = {media_type: {} for media_type in WRITTEN}
_PLAIN: dict[str, Any] = {media_type: {} for media_type in TEXT_TYPES}


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of the query."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


_SHEET = _parameter(
    "sheet",
    "The sheet of a spreadsheet, by its name or its number; by default the first "
    "that holds something.",
    {"type": "string"},
)
_QUOTING = _parameter(
    "quoting",
    "How quotes are meant in CSV and TSV: `double`, where one in a text is "
    "doubled; `backslash`, where one in a text has a backslash before it; `none`, where quotes "
    "are characters like any other. By default, or where it is empty, the rows tell.",
    {"type": "string", "enum": [*QUOTINGS, ""]},
)
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
_VERSION = {
    "description": "The version of the model, as `/v1/model` tells it.",
    "schema": {"type": "string"},
}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def responses(
    success: type[BaseModel] | dict[str, Any], faults: dict[int, str], *, version: bool
) -> Responses:
    """The answers of a path.

    Args:
        success: the model of its JSON, or an OpenAPI response object.
        faults: what else it may answer than any path: a status, and what it says.
        version: whether answers say which version of the model gave them.
    """
    first = success if isinstance(success, dict) else {"model": success, "description": "Done."}
    described: Responses = {200: first}
    for status, description in sorted((_ALWAYS | faults).items()):
        described[status] = {"model": Problem, "description": description}
        if status == 503:
            described[status]["headers"] = _RETRY
    if version:
        for answered, response in described.items():
            if answered != 401:
                # Problems that are found before the path is read have none.
                header = {**_VERSION, "required": answered == 200}
                response["headers"] = {**response.get("headers", {}), VERSION: header}
    return described


def json_body(schema: dict[str, Any]) -> dict[str, Any]:
    """The description of a JSON body."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def table_body() -> dict[str, Any]:
    """The description of an upload, and of the query that goes with it."""
    column = _parameter(
        "text_column",
        "The column of the texts; several, by commas or by giving it again, are "
        "joined. By default it is found by its usual names.",
        {"type": "array", "items": {"type": "string", "minLength": 1}},
    )
    prefix = _parameter(
        "prefix",
        "What the added columns' names begin with; by default nothing, or "
        "`tonality_` where the table has a column of such a name.",
        {"type": "string", "maxLength": LONGEST_PREFIX},
    )
    delimiter = _parameter(
        "delimiter",
        "What stands between the fields of CSV: one character, or `comma`, "
        "`semicolon`, `tab` or `pipe`; by default, or where it is empty, the first lines tell.",
        {"type": "string"},
    )
    body = {"required": True, "content": _TABLES}
    return {"requestBody": body, "parameters": [column, prefix, delimiter, _QUOTING, _SHEET]}


def plain_body() -> dict[str, Any]:
    """The description of a table that is to be unpacked."""
    return {"requestBody": {"required": True, "content": _TABLES}, "parameters": [_SHEET]}


def table_answer() -> dict[str, Any]:
    """The description of a scored table."""
    return {"description": "The rows with their verdicts, as a stream.", "content": _SCORED}


def plain_answer() -> dict[str, Any]:
    """The description of an unpacked table."""
    sheets = "Of a spreadsheet: the names of the sheet that is read and of the others, as JSON."
    header = {"description": sheets, "schema": {"type": "string"}}
    found = {"description": "The text of the table, as a stream.", "content": _PLAIN}
    return {**found, "headers": {"X-Sheets": header}}


def secured(extra: dict[str, Any], *, key: bool) -> dict[str, Any]:
    """The description of a path that asks for an API key, where ``key`` says so."""
    return {**extra, "security": [{name: []} for name in _SCHEMES]} if key else extra


def finish(app: FastAPI, *, keys: bool) -> None:
    """Makes the description of an application, whose routes are all there, the one it gives.

    FastAPI describes every model as ``application/json``, problems too.
    """
    document = app.openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    if keys:
        document["components"]["securitySchemes"] = _SCHEMES
