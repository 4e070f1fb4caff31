"""A teacher: a model whose verdicts a student learns, whatever kind of model it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.model_names import is_bundled, model_path
from tonality.train.teachers.transformer_folder import check_transformer, is_transformer

# Of a teacher's record: the collections that it teaches, where it does not teach all texts.
COLLECTIONS = "collections"

Judge = Callable[[Sequence[str]], NDArray[np.float64]]


@dataclass(frozen=True)
class Teacher:
    """A model that teaches.

    Attributes:
        path: its folder.
        name: what to call it.
        sha256: of what decides its answers.
        outputs: its own names of its K classes, in the order of its outputs.
        load: for a device, such as ``cpu`` or ``cuda``, what gives the probabilities (N, K) of N
            texts.
        settings: what decides its answers besides its files.
        provenance: what it was made of; empty where it does not say.
        accuracy: on the part that its own training held out; None where that is not known.
        meanings: the data's label that each output stands for (K); empty for an output that is
            left out.
        at_once: whether it is asked about all texts in one call, as what only looks them up.
    """

    path: Path
    name: str
    sha256: str
    outputs: tuple[str, ...]
    load: Callable[[str], Judge]
    settings: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    accuracy: float | None = None
    meanings: tuple[str, ...] = ()
    at_once: bool = False

    def known(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The labels that it tells apart, in the order of ``labels``."""
        return tuple(label for label in labels if label in self.meanings)

    def translated(
        self, probabilities: NDArray[np.float64], labels: Sequence[str]
    ) -> NDArray[np.float64]:
        """Its probabilities (N, K) as those (N, C) of labels that it knows.

        Outputs of one meaning are added; those left out count as impossible.
        """
        columns = [
            [k for k, meaning in enumerate(self.meanings) if meaning == label] for label in labels
        ]
        found = np.stack([probabilities[:, each].sum(axis=1) for each in columns], axis=1)
        if "" in self.meanings:
            least = np.finfo(np.float64).tiny  # where an output that is left out had all of it
            found = np.maximum(found, least)
            found /= found.sum(axis=1, keepdims=True)
        return found


def teacher_path(source: str | os.PathLike[str]) -> Path:
    """A teacher's folder or table, by its path or the name of a bundled model.

    Raises:
        ArtifactError: there is none, or what it holds is not what it takes.
        DependencyError: a transformer, and the extra ``transformers`` is missing.
    """
    given = Path(os.path.expanduser(source))  # noqa: PTH111 - Path's raises of strangers
    if given.is_file():
        return given
    path = model_path(source if is_bundled(source) else given)
    if is_transformer(path):
        check_transformer(path)
    return path


def batches_of_tokens(lengths: NDArray[np.int64], most: int) -> Iterator[NDArray[np.int64]]:
    """The rows of texts of like lengths, longest first, at most so many tokens in a batch."""
    order = np.argsort(-lengths, kind="stable")
    while len(order):
        size = max(1, most // max(1, int(lengths[order[0]])))
        yield order[:size]
        order = order[size:]
