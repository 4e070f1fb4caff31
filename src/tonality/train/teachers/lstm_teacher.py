"""Model folders of tonality as teachers: run by numpy, or on an accelerator by PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tonality import artifact
from tonality.artifact.config_json import folder_sha256
from tonality.artifact.weights import dequantise
from tonality.classifier import Classifier
from tonality.prediction import softmax
from tonality.text.content import with_content
from tonality.text.encoder import Encoder
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.batches import collate
from tonality.train.start.read_start import called
from tonality.train.teachers.teacher import Judge, Teacher, batches_of_tokens

# Tokens of a batch on an accelerator, padding included.
BATCH_TOKENS = 2**18


def lstm_teacher(path: Path) -> Teacher:
    """Reads a model folder as a teacher.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    model = artifact.read(path)
    return Teacher(
        path=path,
        name=called(path),
        sha256=folder_sha256(path),
        outputs=model.labels,
        load=lambda device: _judge(path, device),
        provenance=model.provenance,
        accuracy=_own_accuracy(model.metrics),
    )


def _judge(path: Path, device: str) -> Judge:
    """What gives the probabilities: numpy, or on an accelerator its twin in PyTorch.

    On one core numpy is 1.7 times as fast as the twin: 26 reviews a second with 1,024 units.
    """
    classifier = Classifier(artifact.read(path))
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
        encoded = encoder.encode(with_content(texts))
        logits = np.empty((len(texts), len(model.labels)))
        for rows in batches_of_tokens(encoded.lengths, BATCH_TOKENS):
            batch = collate(encoded, None, rows)
            ngrams = None if batch.ngrams is None else batch.ngrams.to(device)
            found = network(batch.ids.to(device), batch.lengths.to(device), ngrams)
            logits[rows] = found.double().cpu().numpy()
        probabilities = softmax(logits / model.temperature)
        probabilities[encoded.lengths == 0] = model.priors
        return probabilities

    return judge


def _own_accuracy(metrics: Mapping[str, Any]) -> float | None:
    found = metrics.get("validation")
    accuracy = found.get("accuracy") if isinstance(found, Mapping) else None
    return accuracy if isinstance(accuracy, float) else None
