"""A trained language model on disk: what ``--start-from`` reads.

A folder like a model folder: ``config.json``, ``vocabulary.json``, ``weights.safetensors``; no
pickle. Reading checks the format, the hashes and the shapes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from tonality import durable_files, plain_json
from tonality.artifact.config_json import CONFIG, VOCABULARY, WEIGHTS, load_json
from tonality.artifact.weights import pack
from tonality.errors import ArtifactError, ConfigError
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary

FORMAT = 1
KIND = "language model"
LIMIT = 2**32  # bytes of the largest file

Tensors = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class SavedLanguageModel:
    """A language model's parts.

    Attributes:
        text: how its texts became tokens.
        vocabulary: V words.
        directions: ``forward``, ``backward`` or both.
        embedding_size: E.
        hidden_size: H.
        layers: LSTM layers in each direction.
        tensors: as :meth:`tonality.train.networks.language_model.LanguageModel.export` names them.
        provenance: what it was trained on and how; plain JSON.
        perplexity: of held-out texts, by direction.
    """

    text: TextConfig
    vocabulary: Vocabulary
    directions: tuple[str, ...]
    embedding_size: int
    hidden_size: int
    layers: int
    tensors: Tensors
    provenance: dict[str, Any]
    perplexity: dict[str, float]

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor by name."""
        v, e, h = self.vocabulary.size, self.embedding_size, self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (v, e), "softmax.bias": (v,)}
        for name in self.directions:
            shapes |= {f"projection.{name}.weight": (e, h), f"projection.{name}.bias": (e,)}
            for number in range(self.layers):
                prefix = f"lstm.{number}.{name}"
                shapes[f"{prefix}.weight_ih"] = (4 * h, h if number else e)
                shapes[f"{prefix}.weight_hh"] = (4 * h, h)
                shapes[f"{prefix}.bias"] = (4 * h,)
        return shapes


def write_language_model(model: SavedLanguageModel, folder: str | os.PathLike[str]) -> Path:
    """Writes the folder in one step; it must not be there yet.

    Raises:
        ArtifactError: it is there, or cannot be written.
    """
    target = Path(folder)
    files = {
        VOCABULARY: _dump(model.vocabulary.to_json(), indent=None),
        WEIGHTS: pack(model.tensors),
    }
    config = {
        "format": FORMAT,
        "kind": KIND,
        "text": model.text.to_stored(),
        "directions": list(model.directions),
        "embedding_size": model.embedding_size,
        "hidden_size": model.hidden_size,
        "layers": model.layers,
        "perplexity": model.perplexity,
        "provenance": model.provenance,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    durable_files.publish({CONFIG: _dump(config, indent=2), **files}, target, overwrite=False)
    return target


def read_language_model(folder: str | os.PathLike[str]) -> SavedLanguageModel:
    """Reads and checks a folder.

    Raises:
        ArtifactError: a file is missing, damaged, or of another kind or version.
    """
    path = Path(folder)
    config = _object(durable_files.read_file(path / CONFIG, limit=LIMIT), path / CONFIG)
    if config.get("kind") != KIND or config.get("format") != FORMAT:
        raise ArtifactError("is no language model that this version reads", path=path / CONFIG)
    hashes = config.get("files")
    if not isinstance(hashes, dict):
        raise ArtifactError("names no files", path=path / CONFIG)
    files = {}
    for name in (VOCABULARY, WEIGHTS):
        files[name] = durable_files.read_file(path / name, limit=LIMIT)
        if hashlib.sha256(files[name]).hexdigest() != hashes.get(name):
            raise ArtifactError("is damaged: its hash is not that of config.json", path=path / name)
    try:
        model = SavedLanguageModel(
            text=TextConfig.from_stored(config["text"]),
            vocabulary=Vocabulary.from_json(_object(files[VOCABULARY], path / VOCABULARY)),
            directions=tuple(config["directions"]),
            embedding_size=int(config["embedding_size"]),
            hidden_size=int(config["hidden_size"]),
            layers=int(config["layers"]),
            tensors=safetensors.numpy.load(files[WEIGHTS]),
            provenance=dict(config["provenance"]),
            perplexity=dict(config["perplexity"]),
        )
    except (
        KeyError, TypeError, ValueError, ConfigError, safetensors.SafetensorError,
    ) as fault:  # fmt: skip
        raise ArtifactError(f"cannot be read: {fault}", path=path) from fault
    _check_shapes(model, path / WEIGHTS)
    return model


def is_language_model(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder says that it holds a language model; False for any other or none."""
    try:
        path = Path(folder) / CONFIG
        return bool(_object(durable_files.read_file(path, limit=LIMIT), path).get("kind") == KIND)
    except ArtifactError:
        return False


def _check_shapes(model: SavedLanguageModel, path: Path) -> None:
    shapes = {name: tensor.shape for name, tensor in model.tensors.items()}
    if shapes != model.tensor_shapes():
        raise ArtifactError("has other tensors than config.json says", path=path)
    if not all(np.isfinite(tensor).all() for tensor in model.tensors.values()):
        raise ArtifactError("has values that are not finite", path=path)


def _dump(value: Mapping[str, Any], *, indent: int | None) -> bytes:
    return (plain_json.dumps(value, indent=indent, ascii_only=True) + "\n").encode()


def _object(data: bytes, path: Path) -> dict[str, Any]:
    value = load_json(data, path)
    if not isinstance(value, dict):
        raise ArtifactError("holds no object", path=path)
    return value
