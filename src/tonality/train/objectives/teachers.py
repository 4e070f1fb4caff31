"""Teachers: models whose verdicts a student learns."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tonality import artifact
from tonality.artifact.config_json import folder_sha256
from tonality.artifact.weights import dequantise
from tonality.classifier import Classifier, model_path
from tonality.durable_files import open_regular
from tonality.errors import ConfigError
from tonality.prediction import softmax
from tonality.text.encoder import Encoder
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.batches import collate
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import ANSWERS, RunFolder
from tonality.train.start.read_start import called
from tonality.train.start.start import how_to_map

Floats = NDArray[np.float32]
Judge = Callable[[Sequence[str]], NDArray[np.float64]]

# Texts judged at once, between looks at the clock.
WINDOW = 512
# Tokens of a batch on an accelerator, padding included.
BATCH_TOKENS = 2**18
# Seconds between saves of the answers, and between lines on how far they are.
EVERY = 30.0


@dataclass(frozen=True)
class Teacher:
    """A model that teaches.

    Attributes:
        path: its folder.
        name: what to call it.
        sha256: of its ``config.json``, which holds the hashes of its other files.
        labels: its labels, in the order of its outputs.
        provenance: what it was made of.
        accuracy: on the part that its own training held out; None where that is not known.
    """

    path: Path
    name: str
    sha256: str
    labels: tuple[str, ...]
    provenance: Mapping[str, Any]
    accuracy: float | None


def read_teachers(
    sources: Sequence[str | os.PathLike[str]], labels: tuple[str, ...]
) -> list[Teacher]:
    """Reads the teachers of a student.

    Args:
        sources: model folders, or names of bundled models.
        labels: the student's labels.

    Raises:
        ArtifactError: there is no such model, or it is damaged.
        ConfigError: there is none, one is given twice, or its labels are others than the student's.
    """
    if not sources:
        raise ConfigError("there is no teacher; name a model folder")
    teachers: list[Teacher] = []
    for source in sources:
        path = model_path(source)
        model = artifact.read(path)
        teacher = Teacher(
            path=path,
            name=called(path),
            sha256=folder_sha256(path),
            labels=model.labels,
            provenance=model.provenance,
            accuracy=_own_accuracy(model.metrics),
        )
        if set(model.labels) != set(labels):
            raise ConfigError(
                f"the teacher {teacher.name} tells {_listed(model.labels)} apart, but the labels "
                f"of the data are {_listed(labels)}; map them with --label-map, or take another "
                f"teacher{how_to_map(labels, model.labels)}"
            )
        for other in teachers:
            if other.sha256 == teacher.sha256:
                raise ConfigError(
                    f"the teachers {other.name} and {teacher.name} are the same model"
                )
        teachers.append(teacher)
    return teachers


def answers(
    teacher: Teacher,
    texts: Sequence[str],
    labels: tuple[str, ...],
    store: RunFolder,
    reporter: Reporter,
) -> Floats:
    """The teacher's probabilities (N, C) of N texts, computed once and kept in a folder.

    The file's name tells teacher and texts. It is written now and then, so that whoever is killed
    goes on from there.

    Args:
        teacher: who is asked.
        texts: what is asked.
        labels: the order of the columns.
        store: where the answers are kept, or are there from before.
        reporter: told how far it is.

    Raises:
        TrainingError: they cannot be kept.
    """
    name = f"{ANSWERS}{_key(teacher, texts, labels)}.npy"
    known = _load(store.path / name, (len(texts), len(labels)))
    if len(known) == len(texts):
        reporter.say(f"the answers of the teacher {teacher.name} are there from before")
        return known
    judge = _judge(teacher, "cuda" if torch.cuda.is_available() else "cpu")
    columns = [teacher.labels.index(label) for label in labels]
    begun, told = len(known), time.monotonic()
    started = told
    reporter.say(f"asking the teacher {teacher.name} about {len(texts) - begun:,} texts")
    while len(known) < len(texts):
        part = judge(texts[len(known) : len(known) + WINDOW])[:, columns]
        known = np.concatenate([known, part.astype(np.float32)])
        now = time.monotonic()
        if now - told >= EVERY or len(known) == len(texts):
            store.write(name, lambda file, found=known: np.save(file, found))  # type: ignore[misc]
            rate = (len(known) - begun) / max(now - started, 1e-9)
            reporter.say(f"{len(known):,} of {len(texts):,} texts answered, {rate:,.0f} a second")
            told = now
    return known


def soften(probabilities: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Probabilities (N, C) as they were, had the logits been divided by a temperature."""
    least = np.finfo(np.float32).tiny
    logits = np.log(np.maximum(probabilities, least, dtype=np.float64))
    return softmax(logits / temperature)


def averaged(answers: Sequence[Floats], temperature: float) -> NDArray[np.float64]:
    """What several teachers say together (N, C): the mean of their softened probabilities.

    Args:
        answers: the probabilities of each (N, C).
        temperature: what each one's logits are divided by first.
    """
    total: NDArray[np.float64] = sum(
        (soften(each, temperature) for each in answers), start=np.zeros(answers[0].shape)
    )
    return total / len(answers)


def _judge(teacher: Teacher, device: str) -> Judge:
    """What gives the teacher's probabilities: numpy, or on an accelerator its twin in PyTorch.

    On one core numpy is 1.7 times as fast as the twin: 26 reviews a second with 1,024 units.
    """
    classifier = Classifier(artifact.read(teacher.path))
    return classifier.predict_proba if device == "cpu" else twin(classifier, device)


def twin(classifier: Classifier, device: str) -> Judge:
    """A classifier's ``predict_proba``, run by PyTorch."""
    model = classifier.artifact
    encoder = Encoder(model.text, model.vocabulary)
    network = LSTMNetwork(model.network)
    network.start_from(dequantise(model.tensors))
    network.eval().to(device)

    @torch.no_grad()
    def judge(texts: Sequence[str]) -> NDArray[np.float64]:
        encoded = encoder.encode(texts)
        order = np.argsort(encoded.lengths, kind="stable")
        logits = np.empty((len(texts), len(model.labels)))
        while len(order):  # from the longest
            size = max(1, BATCH_TOKENS // max(1, int(encoded.lengths[order[-1]])))
            order, rows = order[:-size], order[-size:]
            batch = collate(encoded, None, rows)
            ngrams = None if batch.ngrams is None else batch.ngrams.to(device)
            found = network(batch.ids.to(device), batch.lengths.to(device), ngrams)
            logits[rows] = found.double().cpu().numpy()
        probabilities = softmax(logits / model.temperature)
        probabilities[encoded.lengths == 0] = model.priors
        return probabilities

    return judge


def _key(teacher: Teacher, texts: Sequence[str], labels: tuple[str, ...]) -> str:
    digest = hashlib.sha256(teacher.sha256.encode())
    for value in (*labels, *texts):
        data = value.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]


def _load(path: Path, shape: tuple[int, int]) -> Floats:
    """The answers that a file holds, which may be the first ones only."""
    try:
        with open_regular(path) as file:
            found: Floats = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return np.empty((0, shape[1]), dtype=np.float32)
    sound = found.dtype == np.float32 and found.ndim == 2 and found.shape[1] == shape[1]
    return found if sound and len(found) <= shape[0] else np.empty((0, shape[1]), np.float32)


def _own_accuracy(metrics: Mapping[str, Any]) -> float | None:
    found = metrics.get("validation")
    accuracy = found.get("accuracy") if isinstance(found, Mapping) else None
    return accuracy if isinstance(accuracy, float) else None


def _listed(labels: Sequence[str]) -> str:
    shown = [repr(label) for label in labels[:9]]
    return ", ".join(shown) + (f" and {len(labels) - 9} more" if len(labels) > 9 else "")
