"""The compiled kernel, with each instruction set of this machine: the twin of the numpy one."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_network import NGRAMS, RAGGED, make, texts

from tonality import native_library
from tonality.classifier import Classifier, load
from tonality.errors import ConfigError
from tonality.model_names import BUNDLED, bundled_models
from tonality.native_library import library
from tonality.network import kernel
from tonality.network.kernel_native import NativeKernel, instruction_sets
from tonality.network.kernel_numpy import NumpyKernel
from tonality.network.network import Network
from tonality.prediction import softmax
from tonality.text.encoder import Encoded

if library() is None:
    pytest.skip("the kernel was not compiled", allow_module_level=True)

SETS = instruction_sets()
CLOSE = 5e-4  # of states: what is multiplied has 16 bits; probabilities are held to 1e-4


def trained_sizes(network: Any) -> Any:
    """The network with smaller weights, drawn at random.

    With larger ones it is chaotic: rounding grows from token to token. With 1.5 in place of 1.25,
    one of a thousand networks went beyond ``CLOSE``. Of trained ones the probabilities are held.
    """
    config, tensors = network
    for name, value in tensors.items():
        if ".weight_" in name or name == "output.weight":
            value *= 1.25 / np.sqrt(value.shape[1])
    return config, tensors


def native(instructions: str, network: Any) -> NativeKernel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(native_library.INSTRUCTIONS, instructions)
        return NativeKernel(*network)


def pooled(kernel: kernel.Kernel, encoded: Encoded) -> NDArray[np.float32]:
    return kernel.pooled(encoded.ids, encoded.ngrams, encoded.offsets)


shapes = st.fixed_dictionaries(
    {
        "embedding_size": st.integers(1, 40),
        "hidden_size": st.integers(1, 40),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "pooling": st.lists(
            st.sampled_from(["max", "mean", "attention", "last"]), min_size=1, unique=True
        ).map("+".join),
        "ngram_rows": st.sampled_from([0, NGRAMS]),
    }
)
lengths = st.lists(st.integers(0, 60), max_size=80)


@pytest.mark.parametrize("instructions", SETS)
@settings(max_examples=40)
@given(shape=shapes, lengths=lengths, seed=st.integers(0, 99))
def test_any_shape_gives_what_numpy_gives(
    instructions: str, shape: dict[str, Any], lengths: list[int], seed: int
) -> None:
    network = trained_sizes(make(seed, **shape))
    encoded = texts(lengths, seed, ngrams=shape["ngram_rows"] > 0)
    ours, reference = native(instructions, network), NumpyKernel(*network)
    found, expected = pooled(ours, encoded), pooled(reference, encoded)
    np.testing.assert_allclose(found, expected, atol=CLOSE)
    head = Network(*network).head
    ours_says, numpy_says = (
        softmax(head(states).astype(np.float64)) for states in (found, expected)
    )
    np.testing.assert_allclose(ours_says, numpy_says, atol=1e-4)
    arrays = encoded.ids, encoded.ngrams, encoded.offsets
    for mine, theirs in zip(ours.trace(*arrays), reference.trace(*arrays), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=CLOSE, rtol=CLOSE)


@pytest.mark.parametrize("instructions", SETS)
@pytest.mark.parametrize("pooling", ["attention+last", "max+mean"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])
def test_many_layers_share_two_buffers(instructions: str, pooling: str, both: bool) -> None:
    shape: dict[str, Any] = {"layers": 60, "bidirectional": both, "pooling": pooling}
    network = trained_sizes(make(embedding_size=4, hidden_size=3, **shape))
    encoded = texts([0, 1, 7, 20, 3])
    ours, reference = native(instructions, network), NumpyKernel(*network)
    found, expected = pooled(ours, encoded), pooled(reference, encoded)
    np.testing.assert_allclose(found, expected, atol=CLOSE)
    assert np.ptp(expected[1:]) > 100 * CLOSE  # which states of nothing would pass
    arrays = encoded.ids, encoded.ngrams, encoded.offsets
    for mine, theirs in zip(ours.trace(*arrays), reference.trace(*arrays), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=CLOSE, rtol=CLOSE)


@pytest.mark.parametrize("instructions", SETS)
@pytest.mark.parametrize("kind", ["int8", "float16"])
def test_stored_embeddings_are_read_as_they_are(instructions: str, kind: str) -> None:
    config, tensors = make(ngram_rows=NGRAMS)
    rng = np.random.default_rng(1)
    for name in ("embedding", "ngram_embedding"):
        shape: tuple[int, ...] = tensors[f"{name}.weight"].shape
        if kind == "int8":
            tensors[f"{name}.weight"] = rng.integers(-127, 128, shape).astype(np.int8)
            tensors[f"{name}.scale"] = rng.uniform(0.001, 0.01, shape[0]).astype(np.float32)
        else:
            # Numbers without a leading bit, and zero, too.
            tensors[f"{name}.weight"] = np.asarray(rng.normal(0, 3e-5, shape), np.float16)
            tensors[f"{name}.weight"][::2] = np.asarray(rng.normal(0, 1, shape), np.float16)[::2]
    encoded = texts(RAGGED, ngrams=True)
    ours, reference = native(instructions, (config, tensors)), NumpyKernel(config, tensors)
    np.testing.assert_allclose(pooled(ours, encoded), pooled(reference, encoded), atol=CLOSE)


def samples(count: int) -> list[str]:
    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines[:count]] + ["", "not bad at all"]


def probabilities(classifier: Classifier, kernel: kernel.Kernel) -> NDArray[np.float64]:
    encoded = classifier._encoder.encode(samples(12))
    logits = classifier._network.head(pooled(kernel, encoded))
    return softmax(np.asarray(logits, np.float64) / classifier.artifact.temperature)


@pytest.mark.parametrize("model", bundled_models())
def test_bundled_models_say_the_same(model: str) -> None:
    classifier = load(model)
    network = classifier.artifact.network, classifier.artifact.tensors
    expected = probabilities(classifier, NumpyKernel(*network))
    found = [probabilities(classifier, native(each, network)) for each in SETS]
    for each in found:
        np.testing.assert_allclose(each, expected, atol=1e-4, rtol=0)
        np.testing.assert_allclose(each, found[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("instructions", SETS)
@settings(max_examples=25)
@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=80), data=st.data())
@pytest.mark.parametrize("layers", [1, 2])
def test_a_text_does_not_depend_on_its_companions(
    instructions: str, layers: int, lengths: list[int], data: st.DataObject
) -> None:
    ours = native(instructions, make(pooling="max+attention", layers=layers, ngram_rows=NGRAMS))
    encoded = texts(lengths, ngrams=True)
    whole = pooled(ours, encoded)
    order = np.array(data.draw(st.permutations(range(len(lengths)))), dtype=np.int64)
    np.testing.assert_allclose(pooled(ours, encoded.take(order)), whole[order], atol=1e-6)
    alone = np.array([data.draw(st.integers(0, len(lengths) - 1))])
    np.testing.assert_allclose(pooled(ours, encoded.take(alone)), whole[alone], atol=1e-6)


@pytest.mark.parametrize("instructions", SETS)
def test_a_batch_longer_than_a_chunk(instructions: str) -> None:
    network = trained_sizes(make(pooling="attention+mean"))
    encoded = texts([9_000, 0, 8_000, 1])
    expected = pooled(NumpyKernel(*network), encoded)
    ours = pooled(native(instructions, network), encoded)
    np.testing.assert_allclose(ours, expected, atol=CLOSE)


@pytest.mark.parametrize("instructions", SETS)
def test_threads_share_a_kernel(instructions: str) -> None:
    ours, encoded = native(instructions, make(pooling="max+mean")), texts(RAGGED * 5)
    expected = pooled(ours, encoded)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: pooled(ours, encoded), range(40)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("instructions", SETS)
def test_powers_of_two_over_the_whole_range(instructions: str) -> None:
    # Every sigmoid and tanh of the kernel is made of these.
    kernel = library()
    assert kernel is not None
    number = SETS.index(instructions)
    exponents = np.concatenate([np.linspace(-120, 40, 200_003), [0, 1, -1]]).astype(np.float32)
    found = exponents.copy()
    kernel.tonality_powers(number, found.ctypes.data, len(found))
    np.testing.assert_allclose(found, np.exp2(exponents.astype(np.float64)), rtol=3e-7)
    ends = np.array([-np.inf, -1e30, -121, 41, 1e30, np.inf], dtype=np.float32)
    kernel.tonality_powers(number, ends.ctypes.data, len(ends))
    np.testing.assert_allclose(ends, np.exp2([-120.0] * 3 + [40.0] * 3), rtol=3e-7)


@pytest.mark.parametrize("instructions", SETS)
def test_the_largest_weights_a_folder_may_hold(instructions: str) -> None:
    config, tensors = make(pooling="max+mean+attention+last", layers=2)
    rng = np.random.default_rng(0)
    for value in tensors.values():
        value[...] = rng.choice([-65504.0, 0.0, 65504.0], value.shape)
    encoded = texts(RAGGED)
    ours, reference = native(instructions, (config, tensors)), NumpyKernel(config, tensors)
    assert np.isfinite(pooled(ours, encoded)).all()
    assert np.isfinite(pooled(reference, encoded)).all()


def test_inputs_that_are_not_the_networks_are_refused() -> None:
    ours = native(SETS[0], make(ngram_rows=NGRAMS))
    ids, offsets = np.array([1, 2], dtype=np.int32), np.array([0, 2], dtype=np.int64)
    rows = np.zeros((2, 2), dtype=np.int32)
    ours.pooled(ids, rows, offsets)
    tables, each_other, order = "expected ids", "do not fit each other", "expected offsets to start"
    for wrong, message in (
        ((ids - 2, rows, offsets), tables),
        ((ids + 40, rows, offsets), tables),
        ((ids, rows - 1, offsets), tables),
        ((ids, rows + NGRAMS, offsets), tables),
        ((ids, rows[:1], offsets), each_other),
        ((ids, rows, np.array([0, 3], dtype=np.int64)), each_other),
        ((ids, rows, np.array([1, 2], dtype=np.int64)), order),
        ((ids, rows, np.array([-1, 2], dtype=np.int64)), order),
        ((ids, rows, np.array([0, 3, 2], dtype=np.int64)), order),
    ):
        with pytest.raises(ValueError, match=message):
            ours.pooled(*wrong)


def test_an_instruction_set_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONALITY_INSTRUCTIONS", "sse")
    with pytest.raises(ConfigError, match=r"TONALITY_INSTRUCTIONS to be one of .*portable, got"):
        NativeKernel(*make())


def test_who_names_instructions_gets_the_compiled_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONALITY_KERNEL", raising=False)
    for name in SETS:
        monkeypatch.setenv("TONALITY_INSTRUCTIONS", name)
        assert kernel.kernel_in_use() == f"native ({name})"
        assert isinstance(Network(*make())._kernel, NativeKernel)
    monkeypatch.setenv("TONALITY_KERNEL", "numpy")
    assert kernel.kernel_in_use() == "numpy"


def test_without_a_compiled_kernel_numpy_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pickled = pickle.dumps(Network(*make()))
    monkeypatch.setattr(native_library, "LIBRARY", tmp_path / "none.so")
    monkeypatch.delenv("TONALITY_KERNEL", raising=False)
    monkeypatch.delenv("TONALITY_INSTRUCTIONS", raising=False)
    library.cache_clear()
    try:
        assert kernel.kernel_in_use() == "numpy"
        assert isinstance(pickle.loads(pickled)._kernel, NumpyKernel)
        Network(*make())
        for variable, value in (("KERNEL", "native"), ("INSTRUCTIONS", "portable")):
            with monkeypatch.context() as patch:
                patch.setenv(f"TONALITY_{variable}", value)
                expected = (
                    f"{variable} is '{value}', but .* no compiled kernel; install a C compiler"
                )
                with pytest.raises(ConfigError, match=expected):
                    Network(*make())
    finally:
        library.cache_clear()


def test_a_kernel_of_another_build_is_left_aside(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(native_library, "INTERFACE", -1)
    assert library.__wrapped__() is None
    assert "of another build" in caplog.text
