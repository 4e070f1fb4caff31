"""The model folder, in which training and inference meet: write it, verify it, read it."""

from __future__ import annotations

from tonality.artifact.config_json import FORMAT
from tonality.artifact.model_folder import Artifact, from_files, read, to_files, write
from tonality.artifact.weights import quantise

__all__ = ["FORMAT", "Artifact", "from_files", "quantise", "read", "to_files", "write"]
