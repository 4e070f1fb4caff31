"""The model folder, in which training and inference meet: write it, verify it, read it."""

from __future__ import annotations

from tonality.artifact.model_folder import (
    FORMAT,
    Artifact,
    from_files,
    quantise,
    read,
    to_files,
    write,
)

__all__ = ["FORMAT", "Artifact", "from_files", "quantise", "read", "to_files", "write"]
