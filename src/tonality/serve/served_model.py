"""The model that answers requests, and how another takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tonality._version import __version__
from tonality.artifact.config_json import folder_sha256
from tonality.classifier import Classifier, load
from tonality.durable_files import resolved
from tonality.errors import ArtifactError
from tonality.model_names import model_path
from tonality.plain_json import mapping_at

# The header of an answer that says which version of the model gave it.
VERSION = "X-Model-Version"


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model, and what is told about it.

    Attributes:
        classifier: what computes.
        name: the bundled model's name, or that of the folder.
        version: 12 hexadecimal digits that change whenever the model does.
    """

    classifier: Classifier
    name: str
    version: str

    @classmethod
    def load(cls, model: str | None, abstain: float | None = None) -> ServedModel:
        """Loads a model and tries it on a text.

        Args:
            model: a bundled model's name or a model folder; by default ``general``.
            abstain: the confidence under which a verdict is ``uncertain``; by default the model's.

        Raises:
            ArtifactError: there is no such model, or its folder is damaged.
        """
        folder = model_path(model)
        for _ in range(20):
            version = folder_sha256(folder)
            classifier = load(folder, abstain=abstain)
            if folder_sha256(folder) == version:  # not replaced meanwhile
                classifier.predict("Is it good?")
                return cls(classifier, resolved(folder).name, version[:12])
        raise ArtifactError("keeps changing while it is read", path=folder)

    @property
    def headers(self) -> dict[str, str]:
        """Those of its answers."""
        return {VERSION: self.version}

    def info(self) -> dict[str, Any]:
        """What ``GET /v1/model`` says, as plain values."""
        artifact = self.classifier.artifact
        return {
            "name": self.name,
            "version": self.version,
            "labels": list(artifact.labels),
            "tonality": __version__,
            "accuracy": _accuracy(artifact.metrics),
            "abstain": artifact.abstain,
            "max_tokens": artifact.text.max_tokens,
            "card": artifact.card,
        }


def _accuracy(metrics: dict[str, Any]) -> float | None:
    """The accuracy on the validation part, where training wrote it into the folder."""
    accuracy = mapping_at(metrics, "validation").get("accuracy")
    if isinstance(accuracy, int | float) and 0 <= accuracy <= 1:
        return float(accuracy)
    return None
