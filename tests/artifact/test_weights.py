"""Quantised tensors: small, and close to what they were."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from small_models import same, small_artifact
from tonality.artifact.model_folder import quantise
from tonality.classifier import Classifier

rows = arrays.array_shapes(min_dims=2, max_dims=2, max_side=6)


@given(arrays.arrays(np.float32, rows, elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_int8_rows_are_off_by_half_a_scale_at_most(weight: np.ndarray[Any, Any]) -> None:
    stored = quantise({"embedding.weight": weight})
    integers, scale = stored["embedding.weight"], stored["embedding.scale"]
    assert integers.dtype == np.int8
    assert scale.dtype == np.float32
    values = integers.astype(np.float64) * scale[:, None].astype(np.float64)
    # float32 rounds the scale itself; below its smallest normal number it rounds coarsely.
    bound = scale[:, None] * (0.5 + 1e-4) + 256 * np.finfo(np.float32).tiny
    assert np.all(np.abs(values - weight) <= bound)
    assert not values[~weight.any(axis=1)].any()


@given(arrays.arrays(np.float32, rows, elements=st.floats(-(2**20), 2**20, width=32)))
def test_other_tensors_keep_eleven_bits_or_stay_float32(weight: np.ndarray[Any, Any]) -> None:
    stored = quantise({"output.weight": weight})["output.weight"]
    if np.abs(weight).max() > 65504:
        assert stored.dtype == np.float32
    else:
        assert stored.dtype == np.float16
    np.testing.assert_allclose(stored.astype(np.float32), weight, rtol=2**-11, atol=2**-25)


def test_quantising_again_changes_nothing() -> None:
    model = small_artifact()
    assert same(dataclasses.replace(model, tensors=quantise(model.tensors)), model)


def test_quantising_barely_moves_the_verdicts(tmp_path: Path) -> None:
    model = small_artifact(ngrams=False, hidden_size=16, embedding_size=16)
    rng = np.random.default_rng(0)
    exact = {
        name: rng.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in model.network.tensor_shapes().items()
    }
    texts = ["good film", "not a bad film", "bad"]
    one, other = (
        Classifier(dataclasses.replace(model, tensors=tensors)).predict_proba(texts)
        for tensors in (exact, quantise(exact))
    )
    np.testing.assert_allclose(one, other, atol=5e-3)
