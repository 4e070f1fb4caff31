"""Which Ray cluster is meant, and whether it answers: Ray waits minutes for one that does not."""

from __future__ import annotations

import os
import re
import socket

from tonality.errors import ConfigError, DataError

LOCAL = "local"  # Ray's word for a cluster that is started here
PATIENCE = 10  # seconds that a machine has to answer
_PLACE = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")


def ray_address(asked: str | None) -> str:
    """The address that Ray is to be given.

    Args:
        asked: ``auto``, ``HOST:PORT`` or ``local``. As everywhere in Ray, the environment's
            ``RAY_ADDRESS`` stands in for none and for ``auto``.

    Returns:
        One of these; ``local`` where none is named.

    Raises:
        ConfigError: it is none of these.
    """
    name, address = "--address", asked
    if asked in (None, "auto") and (found := os.environ.get("RAY_ADDRESS")):
        name, address = "RAY_ADDRESS", found
    if address is None:
        return LOCAL
    if address.startswith("ray://"):  # even a range of numbers fails there, in Ray 2.60
        raise ConfigError(
            f"{name} {address}: Ray Data does not work through Ray's client; run the command on a "
            "machine of the cluster with --address auto, as `ray job submit` does"
        )
    if address not in (LOCAL, "auto") and _place(address) is None:
        raise ConfigError(
            f"{name} {address!r}: expected auto or HOST:PORT; leave it out to start Ray on "
            "this machine"
        )
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
    # Ray says nothing of it where an address is given, and sends no token by itself.
    token = "A cluster with tokens, as `ray start` makes them, needs RAY_AUTH_MODE=token"
    hint = "" if isinstance(error, OSError) and error.errno else f". {token}"
    return DataError(f"{reason}, {rest}{hint}", path=address)


def _place(address: str) -> tuple[str, int] | None:
    """The host and port of an address; None where it has none."""
    if (found := _PLACE.fullmatch(address)) is None:
        return None
    port = int(found["port"])
    return (found["host"].strip("[]"), port) if 0 < port < 2**16 else None
