"""The model folder, format 1: write it, verify it, read it.

The folder is where training and inference meet; ``docs/format.md`` is its specification. It is
data, never code, and it may come from anyone: whatever is wrong with it, :func:`read` raises an
:class:`~tonality.errors.ArtifactError`, and takes memory in proportion to the files at most.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from tonality import durable_files
from tonality.artifact.config_json import (
    CARD,
    CONFIG,
    VOCABULARY,
    WEIGHTS,
    FileRecord,
    Manifest,
    dump_json,
)
from tonality.artifact.vocabulary_json import read_vocabulary
from tonality.artifact.weights import Tensors, most_file_bytes, pack, unpack
from tonality.errors import ArtifactError
from tonality.network.config import NetworkConfig
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary

_MEGABYTE, _GIGABYTE = 2**20, 2**30
# JSON takes up to a dozen times its size in memory, so the vocabulary's size is tied to that of the
# tables it describes: 256 bytes a row leave room for every inflection of a word.
_VOCABULARY_PER_ROW = 256


@dataclass(frozen=True, eq=False)
class Artifact:
    """Everything a model is.

    Attributes:
        labels: the C class names, in the order of the logits.
        text: how a text becomes tokens.
        vocabulary: how tokens become ids.
        network: the shapes of the network.
        tensors: its tensors by name, as ``network.tensor_shapes`` names them; embeddings may be
            int8, with ``.scale`` tensors (see :func:`~tonality.artifact.weights.quantise`).
        priors: the C class priors, which are the result for an empty text; they sum to 1.
        temperature: what logits are divided by before the softmax; positive.
        abstain: the confidence under which a verdict is *uncertain*, 0 to 1; 0 means never.
        thresholds: C positive numbers that sum to 1: the verdict is the class whose probability is
            largest relative to its own; empty for the likeliest class.
        provenance: recipe, data names with their SHA-256, seed, library versions: plain JSON.
        metrics: what was measured: plain JSON.
        card: the text of ``README.md``, the model card.
    """

    labels: tuple[str, ...]
    text: TextConfig
    vocabulary: Vocabulary
    network: NetworkConfig
    tensors: Tensors
    priors: tuple[float, ...]
    temperature: float = 1.0
    abstain: float = 0.0
    thresholds: tuple[float, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    card: str = ""


def write(artifact: Artifact, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a model folder, whole or not at all; equal models give equal bytes.

    A reader sees the old model or the new one, also when this process is killed (``docs/format.md``
    says where that needs Linux). What a dead writer left behind is cleared first.

    Args:
        artifact: the model. Tensors are stored as they are;
            :func:`~tonality.artifact.weights.quantise` saves room.
        folder: where to; parent folders are made.
        overwrite: whether a model that is there is replaced.

    Returns:
        The folder.

    Raises:
        ArtifactError: the model would not read back; the folder exists and ``overwrite`` is not
            set, or holds other files; or the system cannot write. Nothing is left behind then.
    """
    folder = Path(folder)
    durable_files.publish(to_files(artifact, folder), folder, overwrite=overwrite)
    return folder


def to_files(artifact: Artifact, folder: Path = Path("model")) -> dict[str, bytes]:
    """The files of a model folder by name, for where no folder can go, such as a pickle.

    Args:
        artifact: the model.
        folder: the name for messages.

    Raises:
        ArtifactError: the model would not read back.
    """
    files = _serialise(artifact, folder)
    # The reader is the judge of what may be written.
    _assemble(lambda name, limit: _bounded(files[name], limit, folder / name), folder)
    return files


def from_files(files: Mapping[str, bytes]) -> Artifact:
    """The model whose files :func:`to_files` gave, verified as :func:`read` does.

    Args:
        files: content by name.

    Raises:
        ArtifactError: anything wrong with the files.
    """
    folder = Path("model")  # the name for messages

    def source(name: str, limit: int) -> bytes:
        if name not in files:
            raise ArtifactError("is missing", path=folder / name)
        return _bounded(files[name], limit, folder / name)

    return _assemble(source, folder)


def read(folder: str | os.PathLike[str]) -> Artifact:
    """Read a model folder and verify all of it.

    Args:
        folder: the folder, or a link to one; the files in it must be regular files.

    Returns:
        The model, its tensors in the types they are stored in.

    Raises:
        ArtifactError: anything wrong with the folder; names the file and what is wrong.
    """
    folder = Path(folder)
    for _ in range(20):
        before = durable_files.identity(folder)
        try:
            if before is None:
                _say_missing(folder)
            return _assemble(
                lambda name, limit: durable_files.read_file(folder / name, limit=limit), folder
            )
        except ArtifactError as error:
            fault = error
        # A fault in a folder that was replaced meanwhile is a mixture of two models: try again.
        between = before is None and durable_files.replaced(folder) is not None
        if not between and durable_files.identity(folder) == before:
            break
        time.sleep(0.01)
    raise fault


def _say_missing(folder: Path) -> NoReturn:
    old = durable_files.replaced(folder)
    if old is not None:
        reason = f"was being replaced when the writer died: rename {old.name} to {folder.name}"
    elif os.path.lexists(folder):
        reason = "is not a folder; a model is a folder"
    else:
        reason = "does not exist"
    raise ArtifactError(reason, path=folder)


def _bounded(data: bytes, limit: int, path: Path) -> bytes:
    if len(data) > limit:
        raise ArtifactError(
            f"would have {len(data):,} bytes; {limit:,} are the most it may have", path=path
        )
    return data


def _serialise(artifact: Artifact, folder: Path) -> dict[str, bytes]:
    try:
        card = artifact.card.encode()
    except UnicodeEncodeError as error:
        raise ArtifactError(f"would not be UTF-8: {error}", path=folder / CARD) from error
    files = {
        CARD: card,
        VOCABULARY: dump_json(artifact.vocabulary.to_json(), folder / VOCABULARY),
        WEIGHTS: pack(artifact.tensors),
    }
    manifest = Manifest(
        labels=artifact.labels,
        text=artifact.text,
        network=artifact.network,
        temperature=float(artifact.temperature),
        abstain=float(artifact.abstain),
        thresholds=tuple(float(threshold) for threshold in artifact.thresholds),
        priors=tuple(float(prior) for prior in artifact.priors),
        provenance=artifact.provenance,
        metrics=artifact.metrics,
        files={
            name: FileRecord(hashlib.sha256(data).hexdigest(), len(data))
            for name, data in files.items()
        },
    )
    return {**files, CONFIG: manifest.to_json(folder / CONFIG)}


def _assemble(source: Callable[[str, int], bytes], folder: Path) -> Artifact:
    """Build the model from its files and check everything.

    ``source`` gives a file's content by its name, and is told the most bytes it may have.
    """
    manifest = Manifest.from_json(source(CONFIG, _MEGABYTE), folder / CONFIG)
    network = manifest.network
    rows = network.vocabulary_size + network.ngram_rows
    limits = {
        CARD: _MEGABYTE,
        VOCABULARY: min(64 * _MEGABYTE, _MEGABYTE + _VOCABULARY_PER_ROW * rows),
        WEIGHTS: min(_GIGABYTE, most_file_bytes(network)),
    }
    files = {}
    for name, limit in limits.items():
        files[name] = source(name, limit)
        _check_file(files[name], manifest.files[name], folder / name)
    try:
        card = files.pop(CARD).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArtifactError(f"is not UTF-8: {error}", path=folder / CARD) from error
    # First the weights: they bear out the rows that the vocabulary's size is allowed for.
    tensors = unpack(files.pop(WEIGHTS), network, folder / WEIGHTS)
    return Artifact(
        labels=manifest.labels,
        text=manifest.text,
        vocabulary=read_vocabulary(files.pop(VOCABULARY), network, folder / VOCABULARY),
        network=network,
        tensors=tensors,
        priors=manifest.priors,
        temperature=manifest.temperature,
        abstain=manifest.abstain,
        thresholds=manifest.thresholds,
        provenance=manifest.provenance,
        metrics=manifest.metrics,
        card=card,
    )


def _check_file(data: bytes, record: FileRecord, path: Path) -> None:
    if len(data) != record.size:
        raise ArtifactError(
            f"has {len(data):,} bytes, but {CONFIG} says {record.size:,}: the file is damaged or "
            "belongs to another model",
            path=path,
        )
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise ArtifactError(
            f"does not have the SHA-256 that {CONFIG} says: the file is damaged or belongs to "
            "another model",
            path=path,
        )
