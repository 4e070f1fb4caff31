"""On what a model was trained: the machine and the versions of what matters."""

from __future__ import annotations

import platform
from importlib import metadata

from tonality.cores import available_cores

_PACKAGES = ("tonality", "torch", "lightning", "numpy", "gensim")


def machine(device: str) -> dict[str, int | str]:
    """The machine that trained, as a model's provenance tells it.

    Args:
        device: what the network ran on, such as ``cpu``.
    """
    return {"cores": available_cores(), "device": device, "system": platform.system()}


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that shape a model."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # gensim, where no vectors are trained
            continue
    return found
