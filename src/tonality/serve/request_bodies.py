"""The bodies of requests: read within their limits, and strictly."""

from __future__ import annotations

import gc
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request

from tonality.serve.problems import ProblemError, busy, invalid
from tonality.serve.settings import Settings

JSON = "application/json"

FEWER_TEXTS = "Send fewer texts at a time, or a file to /v1/score."

_CHARSETS = ("utf-8", "utf8", "us-ascii")
_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    str: "a string",
    list: "a list",
    dict: "an object",
}


class Bodies:
    """Reads the bodies of requests.

    Args:
        settings: how large one body may be, and all that are arriving; how many texts, how long.
    """

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_body_bytes
        self._most = settings.max_held_bytes
        self._held = 0
        self._most_texts = settings.max_texts
        self._longest = settings.max_text_length

    async def read_texts(self, request: Request) -> list[str | None]:
        """The texts that the JSON body of a request holds; None stands for null.

        Raises:
            ProblemError: 415 another media type or an encoding; 413 too many bytes; 503 too many
                bytes are arriving; 400 no JSON; 422 JSON of another shape.
            ClientDisconnect: nobody waits for the answer any more.
        """
        found = media_type(request)
        if found != JSON:
            detail = f"The body is {found or 'of no type'}, not {JSON}."
            raise unsupported(detail, f"{as_curl_says(found, JSON)}Send {JSON}.")
        check_charset(request)
        check_encoding(request)
        return self._texts(_parsed(await self._read(request)))

    def _texts(self, document: Any) -> list[str | None]:
        """The texts of a document, which must hold nothing else. Messages never quote it."""
        if not isinstance(document, dict):
            raise _misshapen(f"The document is {_kind(document)}, not an object.")
        texts = document.get("texts")
        if "texts" not in document:
            raise _misshapen("The member texts is missing.")
        if len(document) > 1:
            others = len(document) - 1
            more = "is another member" if others == 1 else f"are {others:,} others"
            raise _misshapen(f"There {more} beside texts.")
        if not isinstance(texts, list):
            raise _misshapen(f"texts is {_kind(texts)}, not a list.")
        if len(texts) > self._most_texts:
            raise _misshapen(f"texts has {len(texts):,} texts; {self._most_texts:,} are the most.")
        for number, text in enumerate(texts):
            if isinstance(text, str) and len(text) > self._longest:
                length = f"{len(text):,} characters; {self._longest:,} are the most"
                raise _misshapen(f"texts[{number}] has {length}.")
            if not isinstance(text, str | None):
                raise _misshapen(f"texts[{number}] is {_kind(text)}, not a string or null.")
        return texts

    async def _read(self, request: Request) -> bytes:
        check_length(request, self._limit, FEWER_TEXTS)
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                self._held += len(chunk)
                if size > self._limit:
                    raise too_large(self._limit, FEWER_TEXTS)
                if self._held > self._most:
                    raise busy("Too many bodies are arriving.")
                chunks.append(chunk)
        finally:
            self._held -= size
        return b"".join(chunks)


def media_type(request: Request) -> str:
    """The media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def as_curl_says(found: str, wanted: str) -> str:
    """What to add where a body is of the type that curl gives it by itself; else nothing."""
    if found != "application/x-www-form-urlencoded":
        return ""
    return f"curl says so by default; add -H 'Content-Type: {wanted}'. "


def check_charset(request: Request) -> bool:
    """Refuses a body that says itself that it is not in UTF-8; whether it says that it is.

    Raises:
        ProblemError: 415.
    """
    given = False
    for parameter in request.headers["content-type"].split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and (charset := value.strip(' "').lower()):
            if charset not in _CHARSETS:
                raise unsupported("The body is not in UTF-8.", "Convert it to UTF-8.")
            given = True
    return given


def check_encoding(request: Request) -> None:
    """Refuses compressed bodies: a small one may unpack to any size.

    Raises:
        ProblemError: 415.
    """
    codings = request.headers.getlist("content-encoding")
    if any(coding.strip().lower() != "identity" for coding in codings):
        raise unsupported("The body is encoded.", "Send it as it is, without Content-Encoding.")


def check_length(request: Request, limit: int, remedy: str) -> None:
    """Refuses a body that says itself that it is too large, with what to do about it.

    Raises:
        ProblemError: 413.
    """
    if int(request.headers.get("content-length", "0")) > limit:
        raise too_large(limit, remedy)


def too_large(limit: int, remedy: str, what: str = "The body") -> ProblemError:
    """Something has more bytes than the limit."""
    return ProblemError(413, "body_too_large", f"{what} has more than {limit:,} bytes.", remedy)


def unsupported(detail: str, remedy: str) -> ProblemError:
    """A body is of a type or encoding that is not read here."""
    return ProblemError(415, "unsupported_media_type", detail, remedy)


def _parsed(body: bytes) -> Any:
    """What a JSON document holds.

    Nothing else runs meanwhile, ``/healthz`` neither. So this is the quickest reader there is, and
    Python's collector does not go over the values of a large document while they are made.

    Raises:
        ProblemError: 400, it is none.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return from_json(body, cache_strings="none")
    except ValueError as error:
        raise ProblemError(
            400, "not_json", f"Invalid JSON: {error}.", "Send a JSON document in UTF-8 (RFC 8259)."
        ) from None
    finally:
        if collecting:
            gc.enable()


def _kind(value: Any) -> str:
    """What JSON calls a value."""
    return _KINDS.get(type(value), "a number")


def _misshapen(detail: str) -> ProblemError:
    return invalid(detail, 'Send {"texts": ["…", null]}; /openapi.json has the limits.')
