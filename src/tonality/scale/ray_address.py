"""Which Ray cluster is meant, and whether it answers: Ray waits minutes for one that does not."""

from __future__ import annotations

import importlib.util
import os
import re
import socket

from tonality.errors import ConfigError, DataError, DependencyError

LOCAL = "local"  # Ray's word for a cluster that is started here
CLIENT_PORT = 10001  # of ray://HOST
PATIENCE = 10  # seconds that a machine has to answer
_CLIENT = "ray://"
_PLACE = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


def ray_address(asked: str | None) -> str:
    """The address that Ray is to be given.

    Args:
        asked: ``auto``, ``HOST:PORT``, ``ray://HOST:PORT`` or ``local``. As everywhere in Ray, the
            environment's ``RAY_ADDRESS`` stands in for none and for ``auto``.

    Returns:
        One of these; ``local`` where none is named.

    Raises:
        ConfigError: it is none of these.
        DependencyError: ``ray://`` needs a package that is not installed.
    """
    name, address = "--address", asked
    if asked in (None, "auto") and (found := os.environ.get("RAY_ADDRESS")):
        name, address = "RAY_ADDRESS", found
    if address is None:
        return LOCAL
    if address not in (LOCAL, "auto") and _place(address) is None:
        raise ConfigError(
            f"{name} {address!r}: expected auto, HOST:PORT or ray://HOST:PORT; leave it out to "
            "start Ray on this machine"
        )
    if address.startswith(_CLIENT) and importlib.util.find_spec("grpc") is None:
        raise DependencyError(f"{name} {address}", extra="ray")
    return address


def check_answers(address: str) -> None:
    """Checks that somebody listens at an address, if it names a machine.

    Raises:
        DataError: nobody does.
    """
    place = _place(address)
    if place is None:
        return
    try:
        socket.create_connection(place, PATIENCE).close()
    except OSError as error:
        raise no_cluster(address, error) from error


def no_cluster(address: str, error: Exception) -> DataError:
    """What to say where Ray cannot be used at an address."""
    told = " ".join(str(error).split()) or type(error).__name__
    if address == LOCAL:
        return DataError(f"Ray does not start on this machine: {told[:500]}", path="--engine ray")
    reason = f"no Ray cluster can be used there: {told[:500]}; start one with `ray start --head`"
    rest = "or leave out --address and RAY_ADDRESS to work on this machine"
    return DataError(f"{reason}, {rest}", path=address)


def _place(address: str) -> tuple[str, int] | None:
    """The host and port of an address; None where it has none."""
    found = _PLACE.fullmatch(address.removeprefix(_CLIENT))
    is_client = address.startswith(_CLIENT)
    if found is None or not (found["port"] or is_client):
        return None
    port = int(found["port"] or CLIENT_PORT)
    return (found["host"].strip("[]"), port) if 0 < port < 2**16 else None
