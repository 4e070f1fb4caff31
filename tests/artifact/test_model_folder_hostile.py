"""A model folder from a stranger: an ArtifactError that says what is wrong, never anything else."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from small_models import reseal, safetensors_file, small_artifact
from tonality import __version__
from tonality.artifact.model_folder import read, write
from tonality.errors import ArtifactError

NAMES = ("README.md", "config.json", "vocabulary.json", "weights.safetensors")
MODEL = small_artifact()
Json = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(MODEL, tmp_path / "model")


def refusal(folder: Path) -> str:
    """The message of the error that reading must end in."""
    with pytest.raises(ArtifactError) as caught:
        read(folder)
    message = str(caught.value)
    assert len(message) < 1000
    assert message.isprintable()
    return message.removeprefix(f"{folder}{os.sep}")


def change(folder: Path, name: str, edit: Callable[[Json], object]) -> None:
    """Edit a JSON file of the folder and make the hashes fit."""
    path = folder / name
    values = json.loads(path.read_bytes())
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")
    reseal(folder)


def forge(folder: Path, data: bytes) -> None:
    """Put other weights into the folder and make the hashes fit."""
    (folder / "weights.safetensors").write_bytes(data)
    reseal(folder)


# Files


@pytest.mark.parametrize("name", NAMES)
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder) == f"{name}: is missing"


@pytest.mark.parametrize("name", NAMES)
def test_symbolic_link(folder: Path, name: str, tmp_path: Path) -> None:
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    assert refusal(folder).startswith(f"{name}: is a symbolic link")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_irregular_file(folder: Path, name: str, make: Callable[[Path], None]) -> None:
    (folder / name).unlink()
    make(folder / name)
    assert refusal(folder).startswith(f"{name}: ")


@pytest.mark.parametrize("name", NAMES[:1] + NAMES[2:])
def test_another_file_of_the_same_size(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert refusal(folder).startswith(f"{name}: does not have the SHA-256 that config.json says")


@pytest.mark.parametrize("name", NAMES[:1] + NAMES[2:])
def test_truncated_file(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    assert "but config.json says" in refusal(folder)


@pytest.mark.parametrize("name", NAMES)
def test_huge_file_is_not_read(folder: Path, name: str) -> None:
    os.truncate(folder / name, 2**40)  # sparse: it takes no room
    tracemalloc.start()
    try:
        assert "the most it may have" in refusal(folder)
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


def test_no_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").endswith("does not exist")
    (tmp_path / "file").write_text("x")
    assert refusal(tmp_path / "file").endswith("is not a folder; a model is a folder")
    assert refusal(tmp_path) == "config.json: is missing"


# JSON


@pytest.mark.parametrize("name", ["config.json", "vocabulary.json"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"\xff\xfe{}", "is not valid JSON"),
        ("{}".encode("utf-16"), "is not valid JSON"),
        (b"\xef\xbb\xbf{}", "is not valid JSON"),
        (b"[" * 100_000, "nests too deeply"),
        (b'{"a":' * 100_000, "nests too deeply"),
        (b'{"size": ' + b"9" * 5000 + b"}", "is not valid JSON"),
        (b'{"size": NaN}', "NaN is not a number of JSON"),
        (b'{"size": -Infinity}', "-Infinity is not a number of JSON"),
        (b'{"size": 1e999}', "1e999 is too large a number"),
        (b'{"size": 1, "size": 2}', "the key 'size' is there twice"),
        (b'{"' + b"x" * 5000 + b'": 1, "' + b"x" * 5000 + b'": 1}', "the key 'xxx"),
        (b"null", "holds no JSON object"),
        (b"[1]", "holds no JSON object"),
    ],
)
def test_bad_json(folder: Path, name: str, data: bytes, message: str) -> None:
    (folder / name).write_bytes(data)
    if name != "config.json":
        reseal(folder)
    refused = refusal(folder)
    assert refused.startswith(f"{name}: ")
    assert message in refused


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", None, 'not of a tonality model: it has no "format"'),
        ("format", 2, f"has format 2; tonality {__version__} reads format 1; upgrade tonality"),
        ("format", 0, f"has format 0; tonality {__version__} reads format 1"),
        ("format", "1", f"has format '1'; tonality {__version__} reads format 1"),
        ("format", True, f"has format True; tonality {__version__} reads format 1"),
        ("extra", 1, "has an unknown key 'extra'"),
        ("labels", "ab", "labels must be a list of 2"),
        ("labels", ["a"], "labels must be a list of 2"),
        ("labels", ["a", "a"], "labels must differ"),
        ("labels", ["a", ""], "labels must be texts"),
        ("labels", ["a", 1], "labels must be texts"),
        ("labels", ["a", "\ud800"], "labels must be texts"),
        ("labels", ["a", "b\n"], "labels must be texts"),
        ("temperature", 0, "temperature must be a number from"),
        ("temperature", -1.5, "temperature must be a number from"),
        ("temperature", "1", "temperature must be a number from"),
        ("temperature", True, "temperature must be a number from"),
        ("temperature", 10**400, "temperature must be a number from"),
        ("abstain", 1.01, "abstain must be a number from 0 to 1"),
        ("thresholds", [], "thresholds must be a list of 2"),
        ("thresholds", None, "thresholds must be a list of 2"),
        ("thresholds", [0.5, 0.6], "thresholds must sum to 1"),
        ("thresholds", [0, 1], "each of thresholds must be a number from 1e-12 to 1"),
        ("thresholds", [1.5, -0.5], "each of thresholds must be a number from 1e-12 to 1"),
        ("priors", [0.5, 0.6], "priors must sum to 1"),
        ("priors", [2, -1], "each of priors must be a number from 0 to 1"),
        ("priors", [1.0], "priors must be a list of 2"),
        ("priors", {"a": 1}, "priors must be a list of 2"),
        ("provenance", [], "provenance must be an object"),
        ("metrics", None, "metrics must be an object"),
        ("text", 3, "text must be an object"),
        ("text", {"lower": True}, "'lower'"),
        ("text", {"max_tokens": -1}, "max_tokens"),
        ("text", {"max_tokens": 2**63}, "'max_tokens' to be from 0 to 2147483647, got 9223"),
        ("text", {"max_tokens": 2**64 + 5}, "'max_tokens' to be from 0 to 2147483647, got 1844"),
        ("text", {"stop_words": []}, "stop_words"),
        ("text", {"truncate": {}}, "truncate"),
        ("network", [], "network must be an object"),
        ("network", {}, "network lacks"),
        ("files", {}, "files must describe README.md, vocabulary.json, weights.safetensors"),
    ],
)
def test_bad_config(folder: Path, key: str, value: object, message: str) -> None:
    change(folder, "config.json", lambda config: config.update({"files": config["files"]}))
    path = folder / "config.json"
    config = {**json.loads(path.read_bytes()), key: value}
    path.write_text(json.dumps(config), encoding="utf-8")
    refused = refusal(folder)
    assert refused.startswith("config.json: ")
    assert message in refused


@pytest.mark.parametrize(
    "key", sorted(json.loads((Path(__file__).parents[1] / "golden/model/config.json").read_bytes()))
)
def test_every_key_is_needed(folder: Path, key: str) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    del config[key]
    path.write_text(json.dumps(config), encoding="utf-8")
    assert refusal(folder).startswith("config.json: ")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "must have sha256 and size"),
        ({"sha256": "0" * 64}, "must have sha256 and size"),
        ({"sha256": "0" * 64, "size": 1, "path": "/etc/passwd"}, "must have sha256 and size"),
        ({"sha256": "0" * 63, "size": 1}, "64 hexadecimal digits"),
        ({"sha256": 0, "size": 1}, "64 hexadecimal digits"),
        ({"sha256": "0" * 64, "size": -1}, "a size in bytes"),
        ({"sha256": "0" * 64, "size": 1.0}, "a size in bytes"),
        ({"sha256": "0" * 64, "size": 10**30}, "but config.json says"),
    ],
)
def test_bad_file_records(folder: Path, record: object, message: str) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    config["files"]["vocabulary.json"] = record
    path.write_text(json.dumps(config), encoding="utf-8")
    assert message in refusal(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocabulary_size", 6),
        ("vocabulary_size", 2**31 - 1),
        ("vocabulary_size", 10**300),
        ("ngram_rows", 0),
        ("ngram_rows", 3),
        ("embedding_size", 5),
        ("hidden_size", 2**31 - 1),
        ("layers", 2**31 - 1),
        ("layers", 2),
        ("dense", [1] * 100_000),
        ("dense", [[]]),
        ("dense", []),
        ("bidirectional", False),
        ("bidirectional", "yes"),
        ("pooling", "max+max"),
        ("pooling", "max"),
        ("attention_size", 2**31 - 1),
        ("attention_size", 2),
        ("attention_size", "6"),
        ("classes", 3),
        ("classes", None),
    ],
)
def test_network_that_does_not_fit(folder: Path, key: str, value: object) -> None:
    tracemalloc.start()
    try:
        change(folder, "config.json", lambda config: config["network"].update({key: value}))
        refusal(folder)
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()


def test_stop_word_path_is_not_opened(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
    where = str(tmp_path / "pipe")
    change(folder, "config.json", lambda config: config["text"].update(stop_words=where))
    assert read(folder).text.stop_words == where


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size", 8),
        ("pad", 1),
        ("unknown", True),
        ("words", ["a"] * 5),
        ("words", "abcde"),
        ("forms", {"x": 7}),
        ("forms", {"x": 10**30}),
        ("forms", {"good": 3}),
        ("forms", ["x"]),
        ("dropped", [1]),
        ("ngrams", []),
        ("ngrams", {"2": [2, 4], "3": []}),
        ("ngrams", {"2": [2, 4, 2, 4], "3": [2, 2, 2]}),
        ("ngrams", {"2": [2, 4, 5], "3": [2, 2, 2]}),
        ("ngrams", {"2": [2, 10**30], "3": [2, 2, 2, 3, 3, 3]}),
        ("ngrams", {"2": [0, 4, 5, 6], "3": [2, 2, 2]}),
        ("ngrams", {"2": 5, "3": None}),
    ],
)
def test_bad_vocabulary(folder: Path, key: str, value: object) -> None:
    change(folder, "vocabulary.json", lambda vocabulary: vocabulary.update({key: value}))
    assert refusal(folder).startswith("vocabulary.json: ")


# Weights


def entry(dtype: str, shape: list[int], begin: int, end: int) -> Json:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"\xff" * 8,
        (2**60).to_bytes(8, "little") + b"{}",
        safetensors_file({}),
        safetensors_file(b"[]"),
        safetensors_file(b"{}" + b" " * 100_000),
        safetensors_file({"output.bias": entry("F32", [2**62], 0, 2**64)}),
        safetensors_file({"output.bias": entry("F32", [2**40], 0, 2**42)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F32", [2**63, 2**63], 0, 8)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F32", [2], 8, 0)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F32", [3], 0, 8)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F99", [2], 0, 8)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("BF16", [4], 0, 8)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F32", [-2], 0, 8)}, b"\0" * 8),
        safetensors_file({"output.bias": entry("F32", [0], 0, 0)}),
        safetensors_file({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, b"\0" * 12),
        safetensors_file({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 9, 17)}, b"\0" * 17),
        safetensors_file(b'{"a":' * 150, b"\0" * 8),
    ],
)
def test_bad_safetensors(folder: Path, data: bytes) -> None:
    forge(folder, data)
    assert refusal(folder).startswith("weights.safetensors: ")


def with_tensor(name: str, tensor: np.ndarray[Any, Any]) -> bytes:
    return safetensors.numpy.save({**MODEL.tensors, name: tensor})


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("output.bias", np.array([1, np.nan], np.float16), "holds values that are not finite"),
        ("output.bias", np.array([np.inf, 1], np.float32), "holds values that are not finite"),
        ("output.bias", np.array([0, -7e4], np.float32), "holds values beyond 65,504"),
        ("output.bias", np.array([0, 1], np.float64), "is float64, not float16 or float32"),
        ("output.bias", np.array([0, 1], np.int8), "is int8, not float16 or float32"),
        ("output.bias", np.array([0, 1, 2], np.float32), "has shape (3,), not (2,)"),
        ("output.bias", np.array(1, np.float32), "has shape (), not (2,)"),
        ("output.bias", np.array([], np.float32), "has shape (0,), not (2,)"),
        ("embedding.scale", np.zeros(7, np.float16), "is float16, not float32"),
        ("embedding.scale", np.array([1] * 6 + [-1], np.float32), "holds scales out of range"),
        ("embedding.scale", np.array([1] * 6 + [3e38], np.float32), "holds scales out of range"),
        ("embedding.scale", np.array([1] * 6 + [np.nan], np.float32), "not finite"),
        ("embedding.scale", np.zeros((7, 1), np.float32), "has shape (7, 1), not (7,)"),
        ("embedding.weight", np.zeros((7, 4), np.uint8), "has a tensor 'embedding.scale'"),
        ("embedding.weight", np.zeros((7, 4), np.float16), "has a tensor 'embedding.scale'"),
        ("extra", np.zeros(1, np.float16), "has a tensor 'extra'"),
        ("x" * 900, np.zeros(1, np.float16), "has a tensor 'xxx"),
    ],
)
def test_tensor_that_does_not_fit(
    folder: Path, name: str, tensor: np.ndarray[Any, Any], message: str
) -> None:
    forge(folder, with_tensor(name, tensor))
    refused = refusal(folder)
    assert refused.startswith("weights.safetensors: ")
    assert message in refused


@pytest.mark.parametrize("name", sorted(MODEL.tensors))
def test_missing_tensor(folder: Path, name: str) -> None:
    forge(folder, safetensors.numpy.save({k: v for k, v in MODEL.tensors.items() if k != name}))
    assert f"lacks the tensor {name!r}" in refusal(folder)
