"""Quantised tensors: small, and close to what they were."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from small_models import same, small_artifact
from tonality.artifact import weights as safetensors_home
from tonality.artifact.weights import pack, quantise
from tonality.classifier import Classifier
from tonality.train.records.run_folder import RunFolder, best_file

rows = arrays.array_shapes(min_dims=2, max_dims=2, max_side=6)
ORDERS = ["transposed", "reversed", "strided", "fortran", "broadcast", "swapped"]


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


kinds = st.sampled_from([np.float32, np.float16, np.float64, np.int8, np.int32])


@given(data=st.data(), kind=kinds, orders=st.lists(st.sampled_from(ORDERS), max_size=3))
def test_an_array_is_stored_as_its_values_are_however_it_lies(
    data: st.DataObject, kind: type, orders: list[str]
) -> None:
    """safetensors stores the memory of an array that is transposed or strided, in silence."""
    shape = arrays.array_shapes(min_dims=0, max_dims=3, max_side=4)
    array = data.draw(arrays.arrays(kind, shape))
    for order in orders:
        array = rearranged(array, order)
    (found,) = safetensors.numpy.load(pack({"array": array})).values()
    assert found.shape == array.shape
    assert found.dtype == np.dtype(kind)
    np.testing.assert_array_equal(found, array)


def rearranged(array: np.ndarray[Any, Any], order: str) -> np.ndarray[Any, Any]:
    """Another view of an array, or one that lies otherwise."""
    if order == "swapped":
        return array.astype(array.dtype.newbyteorder("S"))
    if order == "fortran":
        return np.asfortranarray(array) if array.ndim else array
    if order == "broadcast":
        return np.broadcast_to(array, (2, *array.shape))
    if order == "transposed" or not array.ndim:
        return array.T
    return array[::-1] if order == "reversed" else array[..., ::2]


def test_every_writer_of_tensors_goes_through_the_one_that_puts_them_in_order() -> None:
    source = Path(safetensors_home.__file__).parents[1]
    calls = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if re.search(r"safetensors\S*\.(save|save_file|serialize)\b", path.read_text())
    }
    assert calls == {"artifact/weights.py"}


def test_the_weights_of_a_checkpoint_come_back(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    whole = np.arange(12, dtype=np.float32).reshape(3, 4)
    folder.save_best(1, {"turned": whole.T, "strided": whole[:, ::2]})
    found = folder.load_best(best_file(1))
    np.testing.assert_array_equal(found["turned"], whole.T)
    np.testing.assert_array_equal(found["strided"], whole[:, ::2])
