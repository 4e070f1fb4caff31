"""Which names of the service a request may be addressed to.

A page on the web may give its own name the address 127.0.0.1 (DNS rebinding). A browser then lets
it read what a service on this machine answers, for it takes both for one site. The header ``Host``
still holds the page's name, so a service that knows its own names can refuse it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

# A host and perhaps a port, as in a URL (RFC 3986, 3.2.2); an IPv6 address is in brackets.
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/?#@\s]+)(?::[0-9]*)?")
_NAME = re.compile(r"\*|(?:\*\.)?[A-Za-z0-9_.-]+")


def pattern(text: str) -> str:
    """A name that is allowed, as :func:`checker` compares it.

    Args:
        text: a host name, an address, ``*.example.com`` for all names below, or ``*`` for any.

    Raises:
        ValueError: it is none of these.
    """
    address = _address(text.strip("[]"))
    if address is not None:
        return str(address)
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"expected a host name such as example.com, without scheme, port or path, got {text!r}"
        )
    return text.lower().rstrip(".")


def checker(host: str, bound: str, allowed: Sequence[str]) -> Callable[[bytes], bool]:
    """Tells whether a request may be addressed to an authority, as its header ``Host`` has it.

    Args:
        host: what the service was told to listen on.
        bound: the address that this came to.
        allowed: what :func:`pattern` gave. If empty, any name is allowed, unless ``bound`` is of
            the loopback: then ``localhost``, the loopback's addresses and ``host`` are.
    """
    if not allowed and not _is_loopback(bound):
        return lambda authority: True
    exact = {name for name in allowed if not name.startswith("*")}
    below = tuple(name[1:] for name in allowed if name.startswith("*"))

    def allows(authority: bytes) -> bool:
        name = _host(authority)
        if name is None:
            return False
        if not allowed:
            return _is_loopback(name) or name == host.lower()
        return name in exact or name.endswith(below)

    return allows


def _host(authority: bytes) -> str | None:
    """The host, as :func:`pattern` writes it; None where this is no authority."""
    found = _AUTHORITY.fullmatch(authority.decode("latin-1").lower())
    if found is None:
        return None
    name = found[1].strip("[]")
    address = _address(name)
    return name.rstrip(".") if address is None else str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    """Whether a host is this machine itself by its name (RFC 6761, 6.3) or address."""
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
