"""The model folder: what is written reads back, and only that is written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small_models import contents, reseal, same, small_artifact, small_network, small_vocabulary
from tonality.artifact.model_folder import Artifact, read, write
from tonality.classifier import Classifier
from tonality.errors import ArtifactError
from tonality.network.config import POOLINGS

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = {"README.md", "config.json", "vocabulary.json", "weights.safetensors"}


def _fitting(shape: dict[str, Any]) -> dict[str, Any]:
    if "attention" not in shape["pooling"]:
        del shape["attention_size"]
    return shape


networks = st.fixed_dictionaries(
    {
        "ngrams": st.booleans(),
        "embedding_size": st.integers(1, 5),
        "hidden_size": st.integers(1, 4),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "pooling": st.lists(st.sampled_from(POOLINGS), min_size=1, unique=True).map("+".join),
        "attention_size": st.integers(0, 3),
        "dense": st.lists(st.integers(1, 4), max_size=2).map(tuple),
        "classes": st.integers(2, 4),
    }
).map(_fitting)


@settings(deadline=None, max_examples=25)
@given(settings=networks, seed=st.integers(0, 9), quantised=st.booleans())
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any], seed: int, quantised: bool
) -> None:
    model = small_artifact(seed, **settings)
    if not quantised:
        shapes = model.network.tensor_shapes()
        zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        model = dataclasses.replace(model, tensors=zeros)
    folder = tmp_path_factory.mktemp("round") / "model"
    assert write(model, folder) == folder
    assert same(read(folder), model)
    assert contents(folder).keys() == FILES


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    model = small_artifact()
    turned = dataclasses.replace(
        model,
        temperature=np.float64(model.temperature),
        tensors=dict(reversed(model.tensors.items())),
        provenance=dict(reversed(model.provenance.items())),
    )
    write(model, tmp_path / "one")
    write(turned, tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_tensors_in_any_memory_layout(tmp_path: Path) -> None:
    model = small_artifact()
    turned = {name: np.asfortranarray(tensor) for name, tensor in model.tensors.items()}
    write(dataclasses.replace(model, tensors=turned), tmp_path / "model")
    assert same(read(tmp_path / "model"), model)


def test_text_that_utf8_cannot_spell_survives_in_the_vocabulary(tmp_path: Path) -> None:
    model = small_artifact()
    vocabulary = dataclasses.replace(model.vocabulary, variants={"\ud800": 2, "ü": 3})
    write(dataclasses.replace(model, vocabulary=vocabulary), tmp_path / "model")
    assert read(tmp_path / "model").vocabulary == vocabulary


def test_golden_folder_reads_as_ever(tmp_path: Path) -> None:
    model = read(GOLDEN / "model")
    expected = json.loads((GOLDEN / "model.expected.json").read_text(encoding="utf-8"))
    assert model.tensors.keys() == expected["tensors"].keys()
    for name, tensor in expected["tensors"].items():
        assert model.tensors[name].dtype.name == tensor["dtype"]
        assert model.tensors[name].tolist() == tensor["values"]
    probabilities = Classifier(model).predict_proba(expected["texts"])
    np.testing.assert_allclose(probabilities, expected["probabilities"], atol=2e-6)
    write(model, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(GOLDEN / "model")


# What cannot be read is not written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0.0}, "temperature must be a number from"),
        ({"temperature": float("nan")}, "not be plain JSON"),
        ({"abstain": 1.5}, "abstain must be a number from 0 to 1"),
        ({"thresholds": (0.5, 0.4)}, "thresholds must sum to 1"),
        ({"priors": (0.5, 0.4)}, "priors must sum to 1"),
        ({"priors": (1.0,)}, "priors must be a list of 2"),
        ({"labels": ("a", "a")}, "labels must differ"),
        ({"labels": ("a", " ")}, "labels must be texts"),
        ({"labels": ("a", "\x1b[2J")}, "without control characters"),
        ({"labels": ("a", "b", "c")}, "labels must be a list of 2"),
        ({"provenance": {"when": object()}}, "not be plain JSON"),
        ({"metrics": {"loss": float("inf")}}, "not be plain JSON"),
        ({"card": "\ud800"}, "not be UTF-8"),
        ({"card": "x" * 2_000_000}, "would have 2,000,000 bytes"),
        ({"vocabulary": small_vocabulary(ngrams=False)}, "has 0 rows of n-grams"),
        ({"network": small_network(small_vocabulary(), layers=2)}, "lacks the tensor 'lstm.1"),
        ({"network": small_network(small_vocabulary(), layers=65)}, "more than 64 layers"),
        ({"tensors": {}}, "lacks the tensor"),
    ],
)
def test_refuses_to_write_what_would_not_read(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArtifactError, match=message):
        write(dataclasses.replace(small_artifact(), **change), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_provenance_with_a_cycle_is_refused(tmp_path: Path) -> None:
    cycle: dict[str, Any] = {}
    cycle["again"] = cycle
    with pytest.raises(ArtifactError, match="not be plain JSON"):
        write(dataclasses.replace(small_artifact(), provenance=cycle), tmp_path / "model")


def test_float64_weights_are_refused(tmp_path: Path) -> None:
    model = small_artifact()
    wide = {**model.tensors, "output.bias": model.tensors["output.bias"].astype(np.float64)}
    with pytest.raises(ArtifactError, match=r"'output.bias' is float64, not float16 or float32"):
        write(dataclasses.replace(model, tensors=wide), tmp_path / "model")


def test_metadata_in_the_header_is_allowed(tmp_path: Path) -> None:
    import safetensors.numpy

    folder = write(small_artifact(), tmp_path / "model")
    tensors = dict(small_artifact().tensors)
    data = safetensors.numpy.save(tensors, metadata={"format": "np"})
    (folder / "weights.safetensors").write_bytes(data)
    reseal(folder)
    assert same(read(folder), small_artifact())


def test_artifacts_compare_by_identity() -> None:
    model: Artifact = small_artifact()
    assert model == model
    assert model != small_artifact()
