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
            return _from_language_model(read_language_model(path), path)
    path = model_path(source)
    return _from_classifier(artifact.read(path), path)


def _from_language_model(model: SavedLanguageModel, path: Path) -> Start:
    return Start(
        name=called(path),
        kind=LANGUAGE_MODEL,
        path=path,
        sha256=folder_sha256(path),
        text=model.text,
        vocabulary=model.vocabulary,
        network={key: getattr(model, key) for key in NETWORK[LANGUAGE_MODEL]},
        directions=model.directions,
        has_ngrams=False,
        labels=(),
        tensors=model.tensors,
        spread=_spread(model.tensors),
        provenance=model.provenance,
    )


def _from_classifier(model: Artifact, path: Path) -> Start:
    tensors = dequantise(model.tensors)
    return Start(
        name=called(path),
        kind=CLASSIFIER,
        path=path,
        sha256=folder_sha256(path),
        text=model.text,
        vocabulary=model.vocabulary,
        network={key: getattr(model.network, key) for key in NETWORK[CLASSIFIER]},
        directions=model.network.directions,
        has_ngrams=model.vocabulary.ngrams is not None,
        labels=model.labels,
        tensors=tensors,
        spread=_spread(tensors),
        provenance=model.provenance,
    )


def _spread(tensors: Mapping[str, Floats]) -> float:
    return max(float(tensors["embedding.weight"].std()), float(np.finfo(np.float32).tiny))


def called(path: Path) -> str:
    """What to call the model in a folder: by that of its run, where a run made it."""
    path = resolved(path)
    return path.parent.name if path.name == MODEL else path.name
