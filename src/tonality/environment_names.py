"""The environment variables of tonality: all names, in one place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

PREFIX = "TONALITY_"
# The service's settings, in the order of :class:`tonality.serve.settings.Settings`.
SERVICE = (
    *("HOST", "PORT", "MODEL", "ABSTAIN", "THREADS", "API_KEYS", "CORS_ORIGINS", "ALLOWED_HOSTS"),
    *("LOG_LEVEL", "BATCH_TEXTS", "BATCH_CHARACTERS", "BATCH_WAIT_MS", "QUEUE_TEXTS", "MAX_TEXTS"),
    *("MAX_TEXT_LENGTH", "MAX_BODY_BYTES", "MAX_HELD_BYTES", "MAX_UPLOAD_BYTES", "MAX_UPLOADS"),
    *("MAX_COLUMNS", "MAX_HEADER_BYTES", "MAX_CONNECTIONS", "REQUEST_SECONDS", "HEADER_SECONDS"),
    *("BODY_SECONDS", "WRITE_SECONDS", "KEEP_ALIVE_SECONDS", "DRAIN_SECONDS", "SHUTDOWN_SECONDS"),
)
# Those of everything else: the kernel, downloads, builds, and where tests find data.
OTHERS = ("KERNEL", "INSTRUCTIONS", "CACHE", "COMPILE", "DATA")


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """What to say of variables that look like tonality's and are none: a line each.

    Args:
        environment: names and values; the values are not looked at.
    """
    lines = []
    for name in sorted(environment):
        stem = name.upper().removeprefix(PREFIX)
        known = stem in SERVICE or (stem in OTHERS and name.isupper())  # the service's: in any case
        if not name.upper().startswith(PREFIX) or known:
            continue
        close = difflib.get_close_matches(stem, [*SERVICE, *OTHERS], n=1)
        guess = f"; did you mean {PREFIX}{close[0]}?" if close else ""
        lines.append(f"careful: the environment variable {name} has no effect{guess}")
    return lines
