"""Reads what a run is to begin with: a language model or a trained classifier."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tonality import artifact
from tonality.artifact.config_json import CONFIG, folder_sha256
from tonality.artifact.model_folder import Artifact
from tonality.artifact.weights import dequantise
from tonality.durable_files import resolved
from tonality.model_names import is_bundled, model_path
from tonality.network.config import NetworkConfig
from tonality.train.networks.language_model_folder import (
    SavedLanguageModel,
    is_language_model,
    read_language_model,
)
from tonality.train.settings.plan import MODEL
from tonality.train.start.inherited_settings import CLASSIFIER, LANGUAGE_MODEL, NETWORK
from tonality.train.start.start import Floats, Start


def as_start(source: str | os.PathLike[str] | Start) -> Start:
    """What was read already, or is to be read now; as for :func:`read_start`."""
    return source if isinstance(source, Start) else read_start(source)


def read_start(source: str | os.PathLike[str]) -> Start:
    """Reads what a run is to begin with.

    Args:
        source: the folder of a language model, of a classifier, or of the run that made it; or the
            name of a bundled model.

    Raises:
        ArtifactError: there is no such folder, or it is damaged.
    """
    if not is_bundled(source):
        source = path = Path(source)
        if (path / MODEL).is_dir() and not (path / CONFIG).exists():
            source = path = path / MODEL  # of a run
        if is_language_model(path):
            saved = read_language_model(path)
            return _start(path, LANGUAGE_MODEL, saved, saved, saved.tensors)
    path = model_path(source)
    model = artifact.read(path)
    return _start(path, CLASSIFIER, model, model.network, dequantise(model.tensors))


def _start(
    path: Path,
    kind: str,
    model: SavedLanguageModel | Artifact,
    shape: SavedLanguageModel | NetworkConfig,
    tensors: Mapping[str, Floats],
) -> Start:
    tiny = float(np.finfo(np.float32).tiny)
    return Start(
        name=called(path),
        kind=kind,
        path=path,
        sha256=folder_sha256(path),
        text=model.text,
        vocabulary=model.vocabulary,
        network={key: getattr(shape, key) for key in NETWORK[kind]},
        directions=shape.directions,
        has_ngrams=model.vocabulary.ngrams is not None,
        labels=model.labels if isinstance(model, Artifact) else (),
        tensors=tensors,
        spread=max(float(tensors["embedding.weight"].std()), tiny),
        provenance=model.provenance,
    )


def called(path: Path) -> str:
    """What to call the model in a folder: by that of its run, where a run made it."""
    path = resolved(path)
    return path.parent.name if path.name == MODEL else path.name
