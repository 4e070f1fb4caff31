"""The processes that train together: which of them this is, and who goes first.

``torchrun`` or Ray Train starts them all at once and tells each by its environment which one it is.
Without them, Lightning, if it is asked for several devices, starts the others once the first is
prepared.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tonality.errors import ConfigError

# The others wait while the first prepares: word vectors, or the answers of large teachers.
PATIENCE = timedelta(hours=24)


def started_together() -> bool:
    """Whether ``torchrun``, or what says the same as it, started this process and others."""
    # Ray Train says these. What Lightning starts has no rank: it counts from its local one.
    said = {"RANK", "MASTER_ADDR"} <= os.environ.keys()
    return said and int(os.environ.get("WORLD_SIZE", "1")) > 1


def leads() -> bool:
    """Whether this process writes the run's folder: one does, over all machines."""
    if started_together():
        return os.environ["RANK"] == "0"
    # Lightning starts the processes of the other devices by running the program anew.
    places = (os.environ.get(name, "0") for name in ("NODE_RANK", "LOCAL_RANK"))
    return all(place == "0" for place in places)


def devices_and_nodes(devices: int | str, nodes: int) -> tuple[int | str, int]:
    """Devices a machine and machines, by what ``torchrun`` started where it did.

    Args:
        devices: how many were asked for; ``auto`` for any.
        nodes: machines that were asked for; 1 also where none were.

    Raises:
        ConfigError: ``torchrun`` started others.
    """
    if not started_together():
        return devices, nodes
    local, world = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), int(os.environ["WORLD_SIZE"])
    if devices not in ("auto", local) or nodes not in (1, world // local):
        raise ConfigError(
            f"devices={devices}, nodes={nodes}: torchrun started {local} processes on each of "
            f"{world // local} machines; leave devices and nodes to it, or give the same"
        )
    return local, world // local


def join() -> None:
    """Connects the processes that ``torchrun`` started; once is enough."""
    import torch  # late: a command asks who leads before it loads torch
    from torch import distributed

    if distributed.is_initialized():
        return
    # Without a name: gloo for what is on CPUs, and NCCL for what is on GPUs.
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group(timeout=PATIENCE)
    atexit.register(_leave)


def _leave() -> None:
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()


@contextmanager
def leader_first() -> Iterator[None]:
    """Within it, the leading process works first; the others find in the folder what it left."""
    together = started_together()
    if together:
        join()
        if not leads():
            _wait()
    yield
    if together and leads():
        _wait()


def _wait() -> None:
    import torch
    from torch import distributed

    distributed.all_reduce(torch.zeros(1))
