"""Numbers at the edge: the host program's error state changes nothing, and none is not finite."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tonality
from reading_model import make_artifact
from small_models import small_artifact
from tonality import classifier
from tonality.artifact.model_folder import Artifact, from_files, read, to_files, write
from tonality.classifier import Classifier
from tonality.errors import ArtifactError
from tonality.explain.attribution import METHODS

TEXTS = ["good film, not bad", "", None, "the film was a bad film " * 9, "?"]
VALUES = [0.0, 1e-45, -1e-45, 1e-38, 1e-20, 1.0, -1.0, 300.0, 65504.0, -65504.0]
POOLINGS = ["max", "mean", "last", "attention", "max+mean+attention+last"]


def everything(model: Classifier) -> str:
    """All that a model says of some texts, to the last bit."""
    said: list[object] = [model.predict_proba(TEXTS).tolist(), repr(model.predict(TEXTS))]
    for method in METHODS:
        for explanation in model.explain(TEXTS, method=method):
            said.append(explanation.to_json())
            said.append([str(explanation.pieces(label)) for label in model.labels])
            said.append(str(explanation.top()))
    return json.dumps(said, allow_nan=False)


def extreme(seed: int, values: list[float], **network: Any) -> Artifact:
    artifact = small_artifact(**network)
    rng = np.random.default_rng(seed)
    shapes = artifact.network.tensor_shapes()
    tensors = {name: rng.choice(values, shape).astype(np.float32) for name, shape in shapes.items()}
    return dataclasses.replace(artifact, tensors=tensors, thresholds=(1e-12, 1 - 1e-12))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=4),
    pooling=st.sampled_from(POOLINGS),
    layers=st.integers(1, 2),
    depth=st.sampled_from([0, 1, 3, 6, 12]),
    temperature=st.sampled_from([1e-6, 1.0, 1e6]),
)
@example(seed=1, values=[1e-45], pooling="mean", layers=1, depth=1, temperature=1e6)
@example(seed=1, values=[65504.0], pooling="max", layers=1, depth=12, temperature=1e-6)
def test_a_folder_that_is_read_gives_finite_numbers_whatever_the_host_set(
    seed: int, values: list[float], pooling: str, layers: int, depth: int, temperature: float
) -> None:
    artifact = extreme(seed, values, pooling=pooling, layers=layers, dense=(3,) * depth)
    artifact = dataclasses.replace(artifact, temperature=temperature)
    if depth > 1 and max(np.abs(values)) > 1:  # small ones cannot overflow, however deep
        try:
            to_files(artifact)
        except ArtifactError:
            return
    files = to_files(artifact)
    said = everything(Classifier(from_files(files)))
    with np.errstate(all="raise"):
        assert everything(Classifier(from_files(files))) == said


@pytest.mark.parametrize("model", ["general", "imdb"])
def test_the_bundled_models_in_a_strict_program(model: str) -> None:
    expected = everything(tonality.load(model))
    before = np.seterr(all="raise")
    try:
        assert everything(tonality.load(model)) == expected
        with ThreadPoolExecutor(2) as pool:
            assert pool.submit(everything, tonality.load(model)).result() == expected
        with patch.object(classifier, "LEAST_TOKENS", 1):  # as with texts enough for two threads
            tonality.load(model).predict_proba(TEXTS * 9, threads=2, batch_size=2)
        assert np.geterr()["under"] == "raise"
    finally:
        np.seterr(**before)


def test_a_folder_that_might_overflow_is_refused(tmp_path: Path) -> None:
    artifact = extreme(1, [65504.0], dense=(4,) * 9)
    with pytest.raises(ArtifactError, match=r"dense\.\d\.weight.*might overflow"):
        write(artifact, tmp_path / "model")
    with (
        patch("tonality.artifact.weights._LARGEST_LOGIT", float("inf")),  # as earlier versions did
        np.errstate(all="ignore"),
    ):
        write(artifact, tmp_path / "model")
    with pytest.raises(ArtifactError, match=r"weights\.safetensors.*might overflow"):
        read(tmp_path / "model")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_in_memory_whose_logits_are_not_finite_says_so(value: float) -> None:
    artifact = make_artifact()
    artifact.tensors["output.bias"][0] = value
    broken = Classifier(artifact, Path("some/model"))
    for ask in (broken.predict, broken.predict_proba, broken.explain):
        with pytest.raises(ArtifactError, match="some/model: gives logits that are not finite"):
            ask(["good", "bad"])
