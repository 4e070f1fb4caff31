"""Model folders with anything in them: they read, or end in an ArtifactError."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small_models import contents, reseal, safetensors_file, small_artifact
from tonality.artifact.model_folder import read, write
from tonality.errors import ArtifactError

NAMES = ("README.md", "config.json", "vocabulary.json", "weights.safetensors")
MODEL = small_artifact()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Hypothesis writes to again and again."""
    return write(MODEL, tmp_path_factory.mktemp("hostile") / "model")


@pytest.fixture(scope="module")
def pristine(scratch: Path) -> dict[str, bytes]:
    return contents(scratch)


@contextlib.contextmanager
def mended(folder: Path, files: dict[str, bytes]) -> Iterator[None]:
    """Put the files back afterwards."""
    try:
        yield
    finally:
        for name, data in files.items():
            (folder / name).write_bytes(data)


def reads_or_refuses(folder: Path) -> None:
    try:
        model = read(folder)
    except ArtifactError as error:
        path: Path | None = error.path
    else:
        path = None
        assert model.tensors.keys() == MODEL.tensors.keys()
    assert path is None or path.is_relative_to(folder)


def places(values: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a JSON value."""
    if isinstance(values, dict | list):
        for key, inner in values.items() if isinstance(values, dict) else enumerate(values):
            yield (key,)
            yield from ((key, *way) for way in places(inner))


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(NAMES), data=st.data(), sealed=st.booleans())
def test_mutated_bytes(
    scratch: Path, pristine: dict[str, bytes], name: str, data: st.DataObject, sealed: bool
) -> None:
    old = pristine[name]
    at = data.draw(st.integers(0, len(old)))
    cut = data.draw(st.integers(0, 4) | st.just(len(old)))
    (scratch / name).write_bytes(old[:at] + data.draw(st.binary(max_size=4)) + old[at + cut :])
    with mended(scratch, pristine):
        if sealed and name != "config.json":
            reseal(scratch)
        reads_or_refuses(scratch)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(["config.json", "vocabulary.json"]), value=json_values, data=st.data())
def test_any_value_in_any_place(
    scratch: Path, pristine: dict[str, bytes], name: str, value: object, data: st.DataObject
) -> None:
    values = json.loads(pristine[name])
    *way, last = data.draw(st.sampled_from(list(places(values))))
    spot = values
    for step in way:
        spot = spot[step]
    spot[last] = value
    (scratch / name).write_text(json.dumps(values), encoding="utf-8")
    with mended(scratch, pristine):
        if name != "config.json":
            reseal(scratch)
        reads_or_refuses(scratch)


@settings(deadline=None, max_examples=60)
@given(header=st.dictionaries(st.sampled_from(sorted(MODEL.tensors)), json_values) | json_values)
def test_any_header(scratch: Path, pristine: dict[str, bytes], header: object) -> None:
    (scratch / "weights.safetensors").write_bytes(safetensors_file(header, b"\0" * 64))
    with mended(scratch, pristine):
        reseal(scratch)
        reads_or_refuses(scratch)
