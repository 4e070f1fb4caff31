"""The bodies of requests: read within their limits, and strictly."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from tonality.serve.problems import ProblemError


async def read_json(request: Request, adapter: TypeAdapter[Any], limit: int) -> Any:
    """The JSON body of a request, checked.

    Args:
        request: the request.
        adapter: what checks the document.
        limit: the most bytes that the body may have.

    Raises:
        ProblemError: 415 another media type or an encoding; 413 too many bytes; 400 no JSON;
            422 JSON of another shape.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _unsupported(f"The body is {media_type or 'of no type'}, not application/json.")
    check_encoding(request)
    body = await _read(request, limit)
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def check_encoding(request: Request) -> None:
    """Refuses compressed bodies: a small one may unpack to any size."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise _unsupported("The body is encoded.", "Send it as it is, without Content-Encoding.")


async def _read(request: Request, limit: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _problem(error: ValidationError) -> ProblemError:
    """What is wrong with a document, without quoting it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return ProblemError(
            400, "not_json", f"{first['msg']}.", "Send a JSON document in UTF-8 (RFC 8259)."
        )
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"])
    more = error.error_count() - 1
    return ProblemError(
        422,
        "invalid",
        f"{where.lstrip('.') or 'The document'}: {first['msg']}"
        + (f", and {more} more." if more else "."),
        'Send {"texts": ["…", null]}; /openapi.json has the limits.',
    )


def _too_large(limit: int) -> ProblemError:
    return ProblemError(
        413,
        "body_too_large",
        f"The body has more than {limit:,} bytes.",
        "Send fewer texts at a time, or a file to /v1/score.",
    )


def _unsupported(detail: str, remedy: str = "Send application/json in UTF-8.") -> ProblemError:
    return ProblemError(415, "unsupported_media_type", detail, remedy)
