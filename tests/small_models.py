"""Small models for tests: every tensor there, a few units each, made in a millisecond."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.artifact.weights import quantise
from tonality.network.config import NetworkConfig
from tonality.text.ngrams import NgramTable
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary

COUNTS = {"good": 9, "bad": 8, "film": 7, "not": 6, "films": 3, "a": 2, "the": 20}
TEXT = TextConfig(stop_words="english")


def small_vocabulary(*, ngrams: bool = True) -> Vocabulary:
    """Five words, a variant and, if asked for, two bigrams and a trigram."""
    vocabulary = Vocabulary.build(COUNTS, TEXT, min_count=1)
    table = NgramTable([[2, 4], [5, 2]], [[5, 2, 4]], vocabulary.size) if ngrams else None
    return dataclasses.replace(vocabulary, variants={"movie": 4}, ngrams=table)


def small_network(vocabulary: Vocabulary, **settings: Any) -> NetworkConfig:
    """A network that fits the vocabulary; ``settings`` change it."""
    ngram_rows = 0 if vocabulary.ngrams is None else vocabulary.ngrams.size
    sizes = {"embedding_size": 4, "hidden_size": 3, "dense": (5,), "pooling": "max+attention"}
    return NetworkConfig(vocabulary.size, ngram_rows=ngram_rows, **{**sizes, **settings})


def small_artifact(seed: int = 0, *, ngrams: bool = True, **settings: Any) -> Artifact:
    """A quantised model of random weights; ``settings`` change its network."""
    vocabulary = small_vocabulary(ngrams=ngrams)
    network = small_network(vocabulary, **settings)
    classes = network.classes
    rng = np.random.default_rng(seed)
    tensors = {
        name: rng.normal(size=shape).astype(np.float32)
        for name, shape in network.tensor_shapes().items()
    }
    return Artifact(
        labels=tuple(f"class {number}" for number in range(classes)),
        text=TEXT,
        vocabulary=vocabulary,
        network=network,
        tensors=quantise(tensors),
        priors=(1 / classes,) * classes,
        temperature=1.25,
        abstain=0.5,
        provenance={"seed": seed, "recipe": {"name": "small", "epochs": [1, 2]}},
        metrics={"validation": {"accuracy": 0.5}},
        card="# A small model\n\nÜber alles.\n",
    )


def same(one: Artifact, other: Artifact) -> bool:
    """Whether two models are equal, tensors bit by bit."""
    fields = [field.name for field in dataclasses.fields(Artifact) if field.name != "tensors"]
    return (
        all(getattr(one, name) == getattr(other, name) for name in fields)
        and one.tensors.keys() == other.tensors.keys()
        and all(
            tensor.dtype == other.tensors[name].dtype
            and tensor.shape == other.tensors[name].shape
            and tensor.tobytes() == other.tensors[name].tobytes()
            for name, tensor in one.tensors.items()
        )
    )


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def reseal(folder: Path) -> None:
    """Make the hashes and sizes in ``config.json`` those of the files, as a forger would."""
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    for name in config["files"]:
        data = (folder / name).read_bytes()
        config["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    path.write_text(json.dumps(config), encoding="utf-8")


def safetensors_file(header: object, values: bytes = b"") -> bytes:
    """A safetensors file of any header, JSON or bytes, over any values."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values
