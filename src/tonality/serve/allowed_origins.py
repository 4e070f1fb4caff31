"""Whose pages may call the service, as a browser names them in the header ``Origin``."""

from __future__ import annotations

import re

# As browsers write it (RFC 6454, 6.2): in small letters, and without the usual port.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_USUAL_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535


def origin(text: str) -> str:
    """An origin as a browser writes it, or ``*``.

    Args:
        text: the origin; large letters, a slash at its end or the usual port do no harm.

    Raises:
        ValueError: no browser names an origin so, and it would never fit; or it is ``null``, which
            stands for any page in a sandbox or a file.
    """
    if text == "*":
        return text
    if text.lower() == "null":
        raise ValueError(
            "expected the origin of a host, got 'null', which is refused for safety: it is that of "
            "any file and of any page in a sandbox; serve the page from a host and name that"
        )
    found = _ORIGIN.fullmatch(text.lower().removesuffix("/"))
    if found is None or int(found[3] or 0) > _LAST_PORT:
        raise ValueError(
            "expected an origin such as https://example.com or http://localhost:3000, or * for "
            f"any, got {text!r}; name each host, without a path"
        )
    scheme, host, port = found.groups()
    usual = port is None or int(port) == _USUAL_PORTS.get(scheme)
    return f"{scheme}://{host}" + ("" if usual else f":{int(port)}")
