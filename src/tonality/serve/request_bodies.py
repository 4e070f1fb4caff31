"""The bodies of requests: read within their limits, and strictly."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from tonality.serve.problems import ProblemError, busy
from tonality.serve.settings import Settings

JSON = "application/json"

# A document may have a fault in each of its members; so many are gone through to word the first.
FAULTS = 1000

_CHARSETS = ("", "utf-8", "utf8", "us-ascii")


class Bodies:
    """Reads the bodies of requests.

    Args:
        settings: how large one body may be, and all that are arriving.
    """

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_body_bytes
        self._most = settings.max_held_bytes
        self._held = 0

    async def read_json(self, request: Request, adapter: TypeAdapter[Any]) -> Any:
        """The JSON body of a request, checked.

        Raises:
            ProblemError: 415 another media type or an encoding; 413 too many bytes; 503 too many
                bytes are arriving; 400 no JSON; 422 JSON of another shape.
            ClientDisconnect: nobody waits for the answer any more.
        """
        found = media_type(request)
        if found != JSON:
            raise unsupported(f"The body is {found or 'of no type'}, not {JSON}.", f"Send {JSON}.")
        check_charset(request)
        check_encoding(request)
        body = await self._read(request)
        try:
            return adapter.validate_json(body)
        except ValidationError as error:
            raise _invalid(error) from None

    async def _read(self, request: Request) -> bytes:
        check_length(request, self._limit)
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                self._held += len(chunk)
                if size > self._limit:
                    raise too_large(self._limit)
                if self._held > self._most:
                    raise busy("Too many bodies are arriving.")
                chunks.append(chunk)
        finally:
            self._held -= size
        return b"".join(chunks)


def media_type(request: Request) -> str:
    """The media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_charset(request: Request) -> None:
    """Refuses a body that says itself that it is not in UTF-8.

    Raises:
        ProblemError: 415.
    """
    for parameter in request.headers["content-type"].split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in _CHARSETS:
            raise unsupported("The body is not in UTF-8.", "Convert it to UTF-8.")


def check_encoding(request: Request) -> None:
    """Refuses compressed bodies: a small one may unpack to any size.

    Raises:
        ProblemError: 415.
    """
    codings = request.headers.getlist("content-encoding")
    if any(coding.strip().lower() != "identity" for coding in codings):
        raise unsupported("The body is encoded.", "Send it as it is, without Content-Encoding.")


def check_length(request: Request, limit: int) -> None:
    """Refuses a body that says itself that it is too large.

    Raises:
        ProblemError: 413.
    """
    if int(request.headers.get("content-length", "0")) > limit:
        raise too_large(limit)


def too_large(limit: int) -> ProblemError:
    """A body has more bytes than the limit."""
    return ProblemError(
        413,
        "body_too_large",
        f"The body has more than {limit:,} bytes.",
        "Send fewer texts at a time, or a file to /v1/score.",
    )


def unsupported(detail: str, remedy: str) -> ProblemError:
    """A body is of a type or encoding that is not read here."""
    return ProblemError(415, "unsupported_media_type", detail, remedy)


def _invalid(error: ValidationError) -> ProblemError:
    """What is wrong with a document, without quoting it."""
    count = error.error_count()
    if count > FAULTS:
        return _misshapen(f"The document has {count:,} faults.")
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return ProblemError(
            400, "not_json", f"{first['msg']}.", "Send a JSON document in UTF-8 (RFC 8259)."
        )
    if first["type"] == "too_long":
        has, most = first["ctx"]["actual_length"], first["ctx"]["max_length"]
        return _misshapen(f"{_place(first['loc'])} has {has:,} texts; {most:,} are the most.")
    # A member's name is the caller's, and may be a text put in the wrong place.
    where = "a member" if first["type"] == "extra_forbidden" else _place(first["loc"])
    more = f", and {count - 1} more" if count > 1 else ""
    return _misshapen(f"{where}: {first['msg']}{more}.")


def _place(path: tuple[int | str, ...]) -> str:
    """Where in the document: only `texts` and a number can be part of it."""
    return "".join(f"[{part}]" if isinstance(part, int) else part for part in path[:2]) or "body"


def _misshapen(detail: str) -> ProblemError:
    return ProblemError(
        422, "invalid", detail, 'Send {"texts": ["…", null]}; /openapi.json has the limits.'
    )
