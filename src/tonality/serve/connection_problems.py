"""How a connection is refused before there is a request, in words."""

from __future__ import annotations

from tonality.serve.problems import ProblemError


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
