"""With what a model was trained: the versions of what matters."""

from __future__ import annotations

import platform
from importlib import metadata

_PACKAGES = ("tonality", "torch", "lightning", "numpy", "gensim")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that shape a model."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # gensim, where no vectors are trained
            continue
    return found
