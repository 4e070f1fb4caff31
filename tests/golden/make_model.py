"""Make ``tests/golden/model``, a model folder of format 1, and what it must read back as.

    python tests/golden/make_model.py

Only a change of format may make it anew; see CONTRIBUTING.md.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from small_models import small_artifact  # noqa: E402
from tonality.artifact.model_card import Card  # noqa: E402
from tonality.artifact.model_folder import Artifact, write  # noqa: E402
from tonality.classifier import Classifier  # noqa: E402

TEXTS = ["", "A good film, not a bad one.", "bad bad bad \N{PILE OF POO}", "The films: not good!"]


def golden_model() -> Artifact:
    """The model that is in the folder."""
    model = small_artifact(seed=1, classes=3)
    card = Card(
        name="golden",
        labels=("negative", "neutral", "positive"),
        network=model.network,
        data={"nothing": "random weights; this model is for tests"},
        licence="apache-2.0",
    )
    return dataclasses.replace(
        model, labels=tuple(card.labels), priors=(0.25, 0.25, 0.5), card=card.render()
    )


def expected(model: Artifact) -> dict[str, Any]:
    """Its tensors and its verdicts, in plain numbers."""
    return {
        "tensors": {
            name: {"dtype": tensor.dtype.name, "values": tensor.tolist()}
            for name, tensor in model.tensors.items()
        },
        "texts": TEXTS,
        "probabilities": Classifier(model).predict_proba(TEXTS).round(6).tolist(),
    }


if __name__ == "__main__":
    model = golden_model()
    write(model, HERE / "model", overwrite=True)
    text = json.dumps(expected(model), indent=1)
    (HERE / "model.expected.json").write_text(text + "\n", encoding="utf-8")
