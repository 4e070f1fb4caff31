"""The network: equal to its PyTorch twin, and to itself however texts are batched.

All of it runs with the numpy kernel and with the compiled one.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.errors import ConfigError
from tonality.native_library import KERNELS, library
from tonality.network.config import NetworkConfig
from tonality.network.network import Network
from tonality.network.pooling import pool
from tonality.text.encoder import Encoded

VOCABULARY, NGRAMS = 40, 25
# Of logits to the twin's, by kernel: the compiled one multiplies integers of 16 bits.
CLOSE = {"numpy": 1e-5, "native": 5e-4}


@pytest.fixture(params=KERNELS, scope="module", autouse=True)
def _kernel(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "native" and library() is None:
        pytest.skip("the kernel was not compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONALITY_KERNEL", request.param)
        yield


def make(seed: int = 0, **settings: object) -> tuple[NetworkConfig, dict[str, np.ndarray]]:
    config = NetworkConfig(
        **{"vocabulary_size": VOCABULARY, "embedding_size": 6, "hidden_size": 5, **settings}  # type: ignore[arg-type]
    )
    rng = np.random.default_rng(seed)
    tensors = {
        name: rng.normal(0, 0.6, shape).astype(np.float32)
        for name, shape in config.tensor_shapes().items()
    }
    if config.ngram_rows:
        tensors["ngram_embedding.weight"][0] = 0
    return config, tensors


def texts(lengths: list[int], seed: int = 0, *, ngrams: bool = False) -> Encoded:
    """Random texts of these lengths; the n-gram table fills with those that come first."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids = rng.integers(1, 12, int(offsets[-1])).astype(np.int32)
    rows = np.zeros((len(ids), 2), dtype=np.int32)
    table: dict[tuple[int, ...], int] = {}
    for begin, end in itertools.pairwise(offsets):
        for t in range(begin, end):
            for column, size in enumerate((2, 3)):
                if t - begin + 1 >= size:
                    gram = tuple(ids[t - size + 1 : t + 1].tolist())
                    if len(table) < NGRAMS - 1:
                        table.setdefault(gram, len(table) + 1)
                    rows[t, column] = table.get(gram, 0)
    return Encoded(ids, rows if ngrams else None, offsets, np.zeros(len(lengths), dtype=np.int64))


def twin_logits(
    config: NetworkConfig, tensors: dict[str, np.ndarray], encoded: Encoded
) -> np.ndarray:
    torch = pytest.importorskip("torch")
    from tonality.train.networks.lstm_network import LSTMNetwork

    twin = LSTMNetwork(config).eval()
    twin.start_from(tensors)
    lengths = encoded.lengths
    longest = max(1, int(lengths.max(initial=0)))
    ids = np.zeros((len(encoded), longest), dtype=np.int64)
    ngrams = np.zeros((len(encoded), longest, 2), dtype=np.int64)
    for row, (begin, end) in enumerate(zip(encoded.offsets, encoded.offsets[1:], strict=False)):
        ids[row, : end - begin] = encoded.ids[begin:end]
        if encoded.ngrams is not None:
            ngrams[row, : end - begin] = encoded.ngrams[begin:end]
    with torch.no_grad():
        result: np.ndarray = twin(
            torch.from_numpy(ids),
            torch.from_numpy(lengths),
            torch.from_numpy(ngrams) if encoded.ngrams is not None else None,
        ).numpy()
    return result


RAGGED = [3, 0, 17, 1, 9, 17, 2, 0, 30]


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("pooling", ["max", "mean", "attention", "last", "max+mean+last"])
@pytest.mark.parametrize("dense", [(), (7,), (7, 4)])
@pytest.mark.parametrize("ngram_rows", [0, NGRAMS])
def test_logits_equal_the_twins(
    layers: int, bidirectional: bool, pooling: str, dense: tuple[int, ...], ngram_rows: int
) -> None:
    config, tensors = make(
        layers=layers,
        bidirectional=bidirectional,
        pooling=pooling,
        dense=dense,
        ngram_rows=ngram_rows,
        classes=3,
    )
    encoded = texts(RAGGED, ngrams=ngram_rows > 0)
    ours = Network(config, tensors).logits(encoded)
    assert ours.shape == (len(RAGGED), 3)
    close = CLOSE[os.environ["TONALITY_KERNEL"]]
    np.testing.assert_allclose(ours, twin_logits(config, tensors, encoded), atol=close, rtol=0)


@pytest.mark.parametrize("lengths", [[], [0], [0, 0], [1]])
@pytest.mark.parametrize("pooling", ["max", "mean", "attention", "last"])
def test_smallest_batches(lengths: list[int], pooling: str) -> None:
    config, tensors = make(pooling=pooling)
    logits = Network(config, tensors).logits(texts(lengths))
    assert logits.shape == (len(lengths), 2)
    assert np.isfinite(logits).all()
    for row, length in enumerate(lengths):
        if not length:
            np.testing.assert_allclose(logits[row], tensors["output.bias"])


def test_export_and_start_from_are_inverse() -> None:
    pytest.importorskip("torch")
    from tonality.train.networks.lstm_network import LSTMNetwork

    config, tensors = make(layers=2, pooling="attention", dense=(3,), ngram_rows=NGRAMS)
    twin = LSTMNetwork(config)
    twin.start_from(tensors)
    exported = twin.export()
    assert exported.keys() == config.tensor_shapes().keys()
    for name, value in tensors.items():
        np.testing.assert_array_equal(exported[name], value)


@settings(max_examples=30, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    pooling=st.sampled_from(["max", "mean", "attention", "last"]),
    layers=st.integers(1, 2),
    data=st.data(),
)
def test_a_result_does_not_depend_on_its_companions(
    lengths: list[int], pooling: str, layers: int, data: st.DataObject
) -> None:
    config, tensors = make(pooling=pooling, layers=layers, ngram_rows=NGRAMS)
    network = Network(config, tensors)
    encoded = texts(lengths, ngrams=True)
    whole = network.logits(encoded)
    order = np.array(data.draw(st.permutations(range(len(lengths)))), dtype=np.int64)
    np.testing.assert_allclose(network.logits(encoded.take(order)), whole[order], atol=1e-6)
    alone = np.array([data.draw(st.integers(0, len(lengths) - 1))])
    np.testing.assert_allclose(network.logits(encoded.take(alone)), whole[alone], atol=1e-6)


@pytest.mark.parametrize("pooling", ["max", "mean", "last"])
def test_running_pooling_equals_pooling_kept_states(pooling: str) -> None:
    config, tensors = make(pooling=pooling)
    network = Network(config, tensors)
    encoded = texts(RAGGED)
    states, _, _ = network.trace(encoded)
    kept = pool(config, states, encoded.offsets)
    np.testing.assert_allclose(network.pooled(encoded), kept, atol=1e-6)


def test_int8_embeddings_are_scaled_by_row() -> None:
    config, tensors = make(ngram_rows=NGRAMS)
    rng = np.random.default_rng(1)
    stored = dict(tensors)
    for name in ("embedding", "ngram_embedding"):
        codes = rng.integers(-127, 128, tensors[f"{name}.weight"].shape).astype(np.int8)
        scale = rng.uniform(0.001, 0.01, len(codes)).astype(np.float32)
        stored[f"{name}.weight"], stored[f"{name}.scale"] = codes, scale
        tensors[f"{name}.weight"] = codes * scale[:, None]
    encoded = texts(RAGGED, ngrams=True)
    np.testing.assert_allclose(
        Network(config, stored).logits(encoded), Network(config, tensors).logits(encoded), atol=1e-6
    )


@pytest.mark.parametrize("size", [1, 3, 40])
def test_an_attention_of_another_size_equals_the_twins(size: int) -> None:
    config, tensors = make(pooling="mean+attention", attention_size=size)
    assert tensors["attention.weight"].shape == (size, 10)
    encoded = texts(RAGGED)
    twins = twin_logits(config, tensors, encoded)
    close = CLOSE[os.environ["TONALITY_KERNEL"]]
    np.testing.assert_allclose(Network(config, tensors).logits(encoded), twins, atol=close, rtol=0)
    assert NetworkConfig.from_dict(config.to_dict()) == config
    assert "attention_size" not in make(pooling="attention")[0].to_dict()


@pytest.mark.parametrize("size", [0, 3])
def test_attention_shares_sum_to_one(size: int) -> None:
    config, tensors = make(pooling="attention", attention_size=size)
    network = Network(config, tensors)
    encoded = texts([4, 9])
    states, _, _ = network.trace(encoded)
    assert network.attention is not None
    shares = network.attention.shares(states, encoded.offsets)
    np.testing.assert_allclose([shares[:4].sum(), shares[4:].sum()], 1.0, rtol=1e-6)
    assert (shares > 0).all()


def test_config_round_trip() -> None:
    config, _ = make(layers=2, pooling="max+attention", dense=(4, 2), ngram_rows=9, classes=5)
    assert NetworkConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"hidden": 3}, "hidden_size"),
        ({"hidden_size": 0}, "network.hidden_size"),
        ({"hidden_size": True}, "network.hidden_size"),
        ({"layers": 2.0}, "network.layers"),
        ({"classes": 1}, "network.classes"),
        ({"bidirectional": 1}, "network.bidirectional"),
        ({"pooling": "max+max"}, "network.pooling"),
        ({"pooling": "median"}, "attention"),
        ({"pooling": None}, "network.pooling"),
        ({"attention_size": -1, "pooling": "attention"}, "network.attention_size"),
        ({"attention_size": 3, "pooling": "max+mean"}, "pooling 'max.mean' has no attention"),
        ({"dense": [3, 0]}, "network.dense"),
        ({"dense": 3}, "network.dense"),
    ],
)
def test_a_bad_setting_is_named(change: dict[str, object], names: str) -> None:
    config, _ = make()
    with pytest.raises(ConfigError, match=names):
        NetworkConfig.from_dict({**config.to_dict(), **change})


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="hidden_size"):
        NetworkConfig.from_dict({"vocabulary_size": 5, "embedding_size": 2})


def test_an_unknown_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONALITY_KERNEL", "cuda")
    with pytest.raises(ConfigError, match=r"TONALITY_KERNEL to be numpy.*got 'cuda'"):
        Network(*make())
    monkeypatch.setenv("TONALITY_KERNEL", "numpy")
    Network(*make())
