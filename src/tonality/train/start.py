"""Where a network begins when not at random: a language model or a trained classifier.

A classifier that begins at a language model of its own texts' kind needs far fewer labels (Dai & Le
2015; Howard & Ruder 2018).
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality import artifact
from tonality.artifact import Artifact
from tonality.classifier import model_path
from tonality.encode import Encoder
from tonality.errors import ConfigError
from tonality.network import NetworkConfig
from tonality.text import TextConfig
from tonality.train.checkpoint import MODEL
from tonality.train.induction import induced
from tonality.train.language_model_folder import (
    SavedLanguageModel,
    is_language_model,
    read_language_model,
)
from tonality.train.recipe import Recipe
from tonality.train.sections import NetworkSettings
from tonality.vocabulary import Vocabulary
from tonality.weights import dequantise

Floats = NDArray[np.float32]

LANGUAGE_MODEL, CLASSIFIER = "language model", "classifier"

# What a run may choose anew: how much of a text is read.
_FREE = ("max_tokens", "truncate")


@dataclass(frozen=True)
class Start:
    """What a run begins with.

    Attributes:
        name: of the folder.
        kind: ``language model`` or ``classifier``.
        sha256: of its ``config.json``, which holds the hashes of its other files.
        text: how its texts became tokens.
        vocabulary: its words, and its n-grams if it has a table.
        network: the settings of the network that it decides, by name.
        labels: a classifier's, in the order of its outputs; empty for a language model.
        tensors: its weights, named as in a model folder, float32.
        pretrained: SHA-256 of the ``config.json`` of the language model that its embedding and
            LSTM went on as; empty for none.
        provenance: what it was made of.
    """

    name: str
    kind: str
    sha256: str
    text: TextConfig
    vocabulary: Vocabulary
    network: Mapping[str, Any]
    labels: tuple[str, ...]
    tensors: Mapping[str, Floats]
    pretrained: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, str]:
        """What a run records of it."""
        found = {"name": self.name, "kind": self.kind, "sha256": self.sha256}
        return {**found, "pretrained": self.pretrained} if self.pretrained else found

    @property
    def directions(self) -> tuple[str, ...]:
        """Those in which its LSTM reads."""
        names = ("forward", "backward")
        return tuple(name for name in names if f"lstm.0.{name}.bias" in self.tensors)

    def settings(self, recipe: Recipe) -> Recipe:
        """A recipe with the settings that this start decides.

        Raises:
            ConfigError: the recipe asks for another value of one of them.
        """
        text, network = recipe.text, recipe.network
        wanted = {f.name: getattr(self.text, f.name) for f in dataclasses.fields(TextConfig)}
        for name in _FREE:
            del wanted[name]
        self._check("text", text, TextConfig(), wanted)
        self._check("network", network, NetworkSettings(), self.network)
        return dataclasses.replace(
            recipe,
            text=dataclasses.replace(text, **wanted),
            network=dataclasses.replace(network, **self.network),
        )

    def _check(self, section: str, asked: Any, default: Any, decided: Mapping[str, Any]) -> None:
        for name, value in decided.items():
            given = getattr(asked, name)
            if given not in (value, getattr(default, name)):
                raise ConfigError(
                    f"{section}.{name} is {given!r}, but {self.name}, from which to start, has "
                    f"{value!r}; leave it out or set it to that"
                )

    def with_vocabulary(self, vocabulary: Vocabulary, texts: list[str]) -> Start:
        """The same, with vectors for the words that a vocabulary adds at its end.

        A new word begins at what its company in the new texts says (:func:`induced`).

        Args:
            vocabulary: this one's words and then others.
            texts: of the new kind.
        """
        added = vocabulary.size - self.vocabulary.size
        if not added:
            return self
        plain = vocabulary.with_ngrams(None)
        encoded = Encoder(dataclasses.replace(self.text, max_tokens=0), plain).encode(texts)
        old = self.tensors["embedding.weight"]
        tensors = {
            **self.tensors,
            "embedding.weight": induced(old, encoded.ids, encoded.offsets, plain.size),
        }
        if "softmax.bias" in tensors:
            bias = tensors["softmax.bias"]
            rare = np.full(added, bias.min(), dtype=np.float32)
            tensors["softmax.bias"] = np.concatenate([bias, rare])
        return dataclasses.replace(self, vocabulary=vocabulary, tensors=tensors)

    def after(self, folder: str | os.PathLike[str]) -> Start:
        """The same, its words, embedding and LSTM as a language model left them.

        Args:
            folder: of the language model, which began with this.

        Raises:
            ArtifactError: it cannot be read.
        """
        path = Path(folder)
        saved = read_language_model(path)
        taken = {
            name: tensor
            for name, tensor in saved.tensors.items()
            if name == "embedding.weight" or name.startswith("lstm.")
        }
        ngrams = self.vocabulary.ngrams
        if ngrams is not None:
            ngrams = ngrams.resized(saved.vocabulary.size)
        return dataclasses.replace(
            self,
            vocabulary=saved.vocabulary.with_ngrams(ngrams),
            tensors={**self.tensors, **taken},
            pretrained=_sha256(path),
        )

    def for_network(self, network: NetworkConfig, labels: tuple[str, ...]) -> dict[str, Floats]:
        """The tensors that a network begins with.

        Of the head, the rows of the labels that this knows too; a further label begins in the
        middle of those. Where no label is shared, the head is not among the tensors.

        Args:
            network: the shapes to fill.
            labels: the classes, in the order of its outputs.
        """
        shapes = network.tensor_shapes()
        own = self.tensors
        if set(labels).isdisjoint(self.labels):
            own = {name: tensor for name, tensor in own.items() if not name.startswith("output.")}
        elif labels != self.labels:
            own = {
                name: self._rows(tensor, labels) if name.startswith("output.") else tensor
                for name, tensor in own.items()
            }
        return {name: tensor for name, tensor in own.items() if shapes.get(name) == tensor.shape}

    def _rows(self, tensor: Floats, labels: tuple[str, ...]) -> Floats:
        """The rows (C, ...) of a head's tensor for these labels."""
        shared = [self.labels.index(label) for label in labels if label in self.labels]
        rows = np.tile(tensor[shared].mean(axis=0), (len(labels), *([1] * (tensor.ndim - 1))))
        rows[[label in self.labels for label in labels]] = tensor[shared]
        return rows.astype(tensor.dtype)


def as_start(source: str | os.PathLike[str] | Start, *, deviation: float = 0.25) -> Start:
    """What was read already, or is to be read now; as for :func:`read_start`."""
    return source if isinstance(source, Start) else read_start(source, deviation=deviation)


def read_start(source: str | os.PathLike[str], *, deviation: float = 0.25) -> Start:
    """Reads what a run is to begin with.

    Args:
        source: the folder of a language model, of a classifier, or of the run that made it; or the
            name of a bundled model.
        deviation: what the elements of the vectors are scaled to, so that the size of an
            adversarial step means the same from any start; the LSTM is scaled back.

    Raises:
        ArtifactError: there is no such folder, or it is damaged.
    """
    path = Path(source)
    if (path / MODEL).is_dir() and not (path / "config.json").exists():
        path /= MODEL
    if is_language_model(path):
        return _from_language_model(read_language_model(path), path, deviation)
    path = model_path(path if path.is_dir() else source)
    return _from_classifier(artifact.read(path), path, deviation)


def _from_language_model(model: SavedLanguageModel, path: Path, deviation: float) -> Start:
    return Start(
        name=_name(path),
        kind=LANGUAGE_MODEL,
        sha256=_sha256(path),
        text=model.text,
        vocabulary=model.vocabulary,
        network={
            "embedding_size": model.embedding_size,
            "hidden_size": model.hidden_size,
            "layers": model.layers,
        },
        labels=(),
        tensors=_scaled(model.tensors, deviation),
        provenance=model.provenance,
    )


def _from_classifier(model: Artifact, path: Path, deviation: float) -> Start:
    decided = [field.name for field in dataclasses.fields(NetworkSettings)]
    return Start(
        name=_name(path),
        kind=CLASSIFIER,
        sha256=_sha256(path),
        text=model.text,
        vocabulary=model.vocabulary,
        network={name: getattr(model.network, name) for name in decided},
        labels=model.labels,
        tensors=_scaled(dequantise(model.tensors), deviation),
        provenance=model.provenance,
    )


def _scaled(tensors: Mapping[str, Floats], deviation: float) -> dict[str, Floats]:
    """The same function of tokens, by token vectors of another size."""
    vectors = tensors["embedding.weight"]
    scale = np.float32(deviation / max(float(vectors.std()), float(np.finfo(np.float32).tiny)))
    scaled = dict(tensors)
    for name, tensor in tensors.items():
        if name in ("embedding.weight", "ngram_embedding.weight"):
            scaled[name] = tensor * scale
        # What reads the vectors, and the scores of a language model, products with the same.
        elif name.startswith("projection.") or (
            name.startswith("lstm.0.") and name.endswith(".weight_ih")
        ):
            scaled[name] = tensor / scale
    return scaled


def _name(path: Path) -> str:
    path = path.resolve()
    return path.parent.name if path.name == MODEL else path.name


def _sha256(path: Path) -> str:
    return hashlib.sha256((path / "config.json").read_bytes()).hexdigest()
