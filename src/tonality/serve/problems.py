"""Errors as ``application/problem+json`` (RFC 9457), each with a code and a remedy."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from pydantic import Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tonality.serve.schemas import Exact

MEDIA_TYPE = "application/problem+json"


class Problem(Exact):
    """What went wrong, for a program in `code`, for a person in `detail` and `remedy`."""

    type: str = Field(description="`about:blank`: the status says what kind it is.")
    title: str = Field(description="The name of the HTTP status.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    code: str = Field(description="What is wrong, in a word that stays the same over versions.")
    detail: str = Field(description="What is wrong, in a sentence.")
    remedy: str = Field(description="What to do about it.")


class ProblemError(Exception):
    """A request that is answered with a problem.

    Args:
        status: the HTTP status.
        code: what a program may compare with; stays the same over versions.
        detail: what is wrong, without a word of the texts.
        remedy: what the caller can do.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        remedy: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.headers = headers or {}

    def body(self) -> bytes:
        """The JSON document."""
        return _document(self.status, self.code, self.detail, self.remedy)

    def response(self) -> Response:
        """The answer."""
        return Response(self.body(), self.status, self.headers, MEDIA_TYPE)


@lru_cache(maxsize=64)  # the same words thousands of times a second, where there is too much to do
def _document(status: int, code: str, detail: str, remedy: str) -> bytes:
    return to_json(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "remedy": remedy,
        }
    )


class CutShortError(Exception):
    """An answer that has begun and cannot be finished: the connection is closed.

    Args:
        status: what would have been answered, had it been known before.
    """

    def __init__(self, status: int) -> None:
        super().__init__("cut_short")
        self.status = status


def problem_of(error: Exception) -> ProblemError:
    """The problem that an exception is to the caller."""
    if isinstance(error, ProblemError):
        return error
    if not isinstance(error, HTTPException):
        return ProblemError(
            500,
            "internal",
            "The service could not answer; its log says where.",
            "Tell the people who run it, with the time of the request.",
        )
    if error.status_code == 405:
        detail, remedy = "This path does not take that method.", "The header Allow says which."
        return ProblemError(405, "method_not_allowed", detail, remedy, dict(error.headers or {}))
    return not_found()


def not_found() -> ProblemError:
    """There is no such path."""
    return ProblemError(404, "not_found", "Nothing is here.", "/openapi.json lists the paths.")


def invalid(detail: str, remedy: str) -> ProblemError:
    """The request asks for what cannot be had."""
    return ProblemError(422, "invalid", detail, remedy)


def busy(detail: str) -> ProblemError:
    """The service has as much to do as it takes."""
    return ProblemError(
        503,
        "busy",
        detail,
        "Try again in a second, or send less at a time.",
        {"Retry-After": "1"},
    )


def no_disk() -> ProblemError:
    """The service has nowhere to keep a table that it reads as a whole.

    Not 503: a client would try again, and it would not help.
    """
    return ProblemError(
        507,
        "no_disk",
        "The service cannot write a temporary file; its log says why.",
        "Tell the people who run it: it needs a folder with room that it may write to, /tmp or "
        "what TMPDIR names.",
    )


def stopping() -> ProblemError:
    """The service is about to stop."""
    return ProblemError(503, "stopping", "The service stops.", "Ask another one.")


# What a connection is refused with before there is a request.


def no_http() -> ProblemError:
    """What is sent is no HTTP/1.1."""
    return ProblemError(400, "bad_request", "That is no HTTP/1.1 request.", "See RFC 9112.")


def misdirected() -> ProblemError:
    """The request names another host."""
    return ProblemError(
        421,
        "host_not_allowed",
        "This service does not answer to the name in the header Host.",
        "Use the service's own name, or add this one to --allowed-hosts (TONALITY_ALLOWED_HOSTS).",
    )


def too_long_head(limit: int) -> ProblemError:
    """Line and headers have more than ``limit`` bytes."""
    return ProblemError(
        431,
        "headers_too_large",
        f"The request's line and headers have more than {limit:,} bytes.",
        "Send fewer and shorter headers.",
    )


def slow(what: str) -> ProblemError:
    """A part of the request, ``headers`` or ``body``, took too long."""
    return ProblemError(
        408,
        f"slow_{what}",
        f"The {what} of the request took too long to arrive.",
        "Send the request again, over a quicker connection.",
    )


def crowded() -> ProblemError:
    """There are too many connections."""
    return ProblemError(
        503,
        "too_many_connections",
        "The service has as many connections as it takes.",
        "Try again in a second, and keep connections for several requests.",
        {"Retry-After": "1"},
    )
