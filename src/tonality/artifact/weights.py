"""The tensors of a model folder: quantise them, pack them, and check what a file holds.

An embedding may be stored as int8 with one float32 scale a row, ``value = int8 * scale[row]``;
every other tensor is float16 or float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.artifact.config_json import load_json, shorten
from tonality.errors import ArtifactError
from tonality.network.config import NetworkConfig

Tensors = dict[str, NDArray[Any]]

EMBEDDINGS = ("embedding.weight", "ngram_embedding.weight")

# Those of a safetensors file that numpy has; numbers are little-endian.
_TYPES = {
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    "BOOL": "?",
}

_FLOAT16_MAX = float(np.finfo(np.float16).max)
# No value of a network is larger: products of larger ones could overflow float32.
_LARGEST_VALUE = 65504.0
_LARGEST_SCALE = _LARGEST_VALUE / 127
# What comes out of a layer stays far within float32, with room for sums over many tokens.
_LARGEST_LOGIT = 1e30

# The header of weights.safetensors names each tensor in about 100 bytes.
_HEADER_PER_TENSOR, _HEADER_BASE = 256, 1024


def scale_name(name: str) -> str:
    """The name of an embedding's scales: ``embedding.weight`` -> ``embedding.scale``."""
    return name.removesuffix("weight") + "scale"


def quantise(tensors: Mapping[str, NDArray[Any]]) -> Tensors:
    """Store tensors small: embeddings as int8 with a scale per row, the rest as float16.

    A row's scale is its largest magnitude / 127, so each value is off by half a scale at most
    (symmetric per-row quantisation: Jacob et al., 2018, "Quantization and Training of Neural
    Networks for Efficient Integer-Arithmetic-Only Inference"). A tensor with values beyond what
    float16 holds stays float32. Tensors that are int8 already, and scales, are left as they are.

    Args:
        tensors: finite float tensors by name, as ``NetworkConfig.tensor_shapes`` names them.

    Returns:
        New tensors by name, with ``embedding.scale`` (V,) and the like added.
    """
    stored: Tensors = {}
    with np.errstate(all="ignore"):  # whatever the program set: small values may become zeros
        for name, tensor in tensors.items():
            if tensor.dtype == np.int8 or name.endswith(".scale"):
                stored[name] = tensor
            elif name in EMBEDDINGS:
                stored[name], stored[scale_name(name)] = _quantise_rows(tensor)
            elif tensor.size and float(np.abs(tensor).max()) > _FLOAT16_MAX:
                stored[name] = tensor.astype(np.float32)
            else:
                stored[name] = tensor.astype(np.float16)
    return stored


def dequantise(tensors: Mapping[str, NDArray[Any]]) -> Tensors:
    """The tensors that :func:`quantise` stored, as float32 and without scales."""
    found: Tensors = {}
    with np.errstate(all="ignore"):
        for name, tensor in tensors.items():
            if name.endswith(".scale"):
                continue
            scale = tensors.get(scale_name(name))
            values = tensor.astype(np.float32)
            found[name] = values if scale is None else values * scale[:, None]
    return found


def _quantise_rows(tensor: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    values = tensor.astype(np.float32)  # (V, E)
    scale = np.abs(values).max(axis=1) / np.float32(127)  # (V,)
    # A row of zeros, or of values so small that their scale rounds to zero, becomes zeros.
    safe = np.where(scale > 0, scale, np.float32(1))
    values /= safe[:, None]
    np.rint(values, out=values)
    np.clip(values, -127, 127, out=values)
    return values.astype(np.int8), scale


def pack(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a safetensors file; the same tensors give the same bytes.

    safetensors takes an array's memory as it lies there. So of an array that is transposed, strided
    or of the other byte order it would store other numbers, in silence: all must pass through here.
    """
    import safetensors.numpy

    return safetensors.numpy.save({name: _in_order(tensor) for name, tensor in tensors.items()})


def _in_order(tensor: NDArray[Any]) -> NDArray[Any]:
    """The same values, one after the other, in this machine's byte order."""
    return np.asarray(tensor, dtype=tensor.dtype.newbyteorder("="), order="C")


def most_file_bytes(network: NetworkConfig) -> int:
    """The most bytes that a network's weights file may have: everything in float32."""
    shapes = network.tensor_shapes()
    values = sum(math.prod(shape) for shape in shapes.values())
    scales = sum(shapes[name][0] for name in EMBEDDINGS if name in shapes)
    return 4 * (values + scales) + 8 + _most_header_bytes(shapes)


def unpack(data: bytes, network: NetworkConfig, path: Path) -> Tensors:
    """Take a weights file apart and hold every tensor against the network.

    Args:
        data: what the file holds.
        network: the shapes it must have.
        path: the file, for the error.

    Raises:
        ArtifactError: not a safetensors file; a tensor that is missing, one too many, or of the
            wrong type or shape; values that are not finite, or so large that logits might not be.
    """
    shapes = network.tensor_shapes()
    # Parsing a header takes many times its size: look at the size first.
    header = int.from_bytes(data[:8], "little")
    if len(data) < 8 or header > _most_header_bytes(shapes):
        raise ArtifactError("is not a safetensors file, or its header is too long", path=path)
    try:
        tensors = _views(data, load_json(data[8 : 8 + header], path), 8 + header)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"is no valid safetensors file: {shorten(str(error))}"
        raise ArtifactError(reason, path=path) from error
    for name in EMBEDDINGS:
        if name in shapes and name in tensors and tensors[name].dtype == np.int8:
            shapes[scale_name(name)] = shapes[name][:1]
    _check_names(tensors, shapes, path)
    for name, shape in shapes.items():
        _check_tensor(name, tensors[name], shape, path)
    _check_head(tensors, network, path)
    return {name: tensors[name] for name in shapes}


def _views(data: bytes, header: Any, start: int) -> Tensors:
    """The tensors that a header describes, as views of the bytes from ``start`` on.

    safetensors itself would copy them, which takes as long as reading the file.

    Raises:
        KeyError, TypeError, ValueError: it is no such header, or they do not fill the bytes.
    """
    about = {name: value for name, value in dict(header).items() if name != "__metadata__"}
    tensors: Tensors = {}
    done = 0
    for name, each in sorted(about.items(), key=lambda item: item[1]["data_offsets"]):
        shape, (begin, end) = each["shape"], each["data_offsets"]
        if not all(type(number) is int and number >= 0 for number in (begin, end, *shape)):
            raise ValueError(f"tensor {name!r} is described as {each!r}")
        kind = np.dtype(_TYPES[each["dtype"]])
        if begin != done or end - begin != kind.itemsize * math.prod(shape):
            raise ValueError(f"tensor {name!r} does not fill its bytes")
        view: NDArray[Any] = np.ndarray(shape, kind, data, start + begin)
        tensors[name] = view if view.flags.aligned else view.copy()
        done = end
    if start + done != len(data):
        raise ValueError("the tensors do not fill the file")
    return tensors


def _check_head(tensors: Tensors, network: NetworkConfig, path: Path) -> None:
    """Refuses weights that finite numbers might overflow in.

    Up to the pooled vectors they cannot: states are between -1 and 1, no value is beyond
    ``_LARGEST_VALUE``, and a sigmoid of an infinity is finite. Each dense layer may multiply what
    it gets, and there may be many.
    """
    pooled = np.ones(network.pooled_size)  # at most
    layers = [*(f"dense.{number}" for number in range(len(network.dense))), "output"]
    for layer in layers:
        weight, bias = tensors[f"{layer}.weight"], tensors[f"{layer}.bias"].astype(np.float64)
        with np.errstate(all="ignore"):  # whatever the program around it has set (np.seterr)
            pooled = np.abs(weight.astype(np.float64)) @ pooled + np.abs(bias)
        if not pooled.max() <= _LARGEST_LOGIT:
            reason = f"tensor '{layer}.weight' holds values so large that logits might overflow"
            raise ArtifactError(reason, path=path)


def _most_header_bytes(shapes: Mapping[str, tuple[int, ...]]) -> int:
    return _HEADER_BASE + _HEADER_PER_TENSOR * (len(shapes) + len(EMBEDDINGS))


def _check_names(tensors: Tensors, shapes: Mapping[str, tuple[int, ...]], path: Path) -> None:
    missing = sorted(shapes.keys() - tensors.keys())
    if missing:
        raise ArtifactError(f"lacks the tensor {missing[0]!r}", path=path)
    extra = sorted(tensors.keys() - shapes.keys())
    if extra:
        raise ArtifactError(
            f"has a tensor {extra[0][:100]!r}, which the network of config.json does not",
            path=path,
        )


def _check_tensor(name: str, tensor: NDArray[Any], shape: tuple[int, ...], path: Path) -> None:
    if name.endswith(".scale"):
        allowed = ["float32"]
    elif name in EMBEDDINGS:
        allowed = ["float16", "float32", "int8"]
    else:
        allowed = ["float16", "float32"]
    if tensor.dtype.name not in allowed:
        raise ArtifactError(
            f"tensor {name!r} is {tensor.dtype.name}, not {' or '.join(allowed)}", path=path
        )
    if tensor.shape != shape:
        raise ArtifactError(f"tensor {name!r} has shape {tensor.shape}, not {shape}", path=path)
    # The extremes of an array with a NaN are NaN: two passes, no copy.
    if tensor.dtype != np.int8:
        magnitude = np.abs(np.array([tensor.min(), tensor.max()], dtype=np.float64)).max()
        if not np.isfinite(magnitude):
            raise ArtifactError(f"tensor {name!r} holds values that are not finite", path=path)
        if magnitude > _LARGEST_VALUE and not name.endswith(".scale"):
            raise ArtifactError(
                f"tensor {name!r} holds values beyond {_LARGEST_VALUE:,.0f}", path=path
            )
    if name.endswith(".scale") and not 0 <= tensor.min() <= tensor.max() <= _LARGEST_SCALE:
        raise ArtifactError(f"tensor {name!r} holds scales out of range", path=path)
