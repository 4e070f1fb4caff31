"""A tonality network as an ONNX graph, for ONNX Runtime to compute.

The way in is tonality's own: the graph begins with ids. It pools by maximum, as ``general`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH = 8  # texts of like lengths side by side: the fastest of 8, 16, 32 and 64
OPSET = 17


def export(model: str | None, path: Path, *, int8: bool = False) -> None:
    """Write the network of a model to ``path``.

    Args:
        model: a bundled model's name or a folder.
        path: the file to write.
        int8: quantise the products, as ``quantize_dynamic`` does.

    Raises:
        ImportError: onnx or ONNX Runtime is missing.
        ValueError: the network has a shape that is not written here.
    """
    import onnx
    from onnxruntime.quantization import quantize_dynamic

    import tonality

    artifact = tonality.load(model).artifact
    config = artifact.network
    if (config.pooling, config.layers, config.dense) != ("max", 1, ()):
        raise ValueError("expected a network of one layer that pools by maximum, got another")
    helper, kinds = onnx.helper, onnx.TensorProto
    inputs = [
        helper.make_tensor_value_info("ids", kinds.INT64, ["steps", "texts", 3]),
        helper.make_tensor_value_info("lengths", kinds.INT32, ["texts"]),
        helper.make_tensor_value_info("padding", kinds.FLOAT, ["steps", "texts", 1]),
    ]
    outputs = [helper.make_tensor_value_info("logits", kinds.FLOAT, ["texts", config.classes])]
    initialisers = [
        onnx.numpy_helper.from_array(value, name)
        for name, value in _tensors(config, artifact.tensors).items()
    ]
    graph = helper.make_graph(_nodes(config, helper), "tonality", inputs, outputs, initialisers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    made.ir_version = 8
    onnx.save(made, str(path))
    if int8:
        quantize_dynamic(str(path), str(path))


def _nodes(config: Any, helper: Any) -> list[Any]:
    directions = "bidirectional" if config.bidirectional else "forward"
    lstm = {"hidden_size": config.hidden_size, "direction": directions}
    return [
        helper.make_node("Gather", ["table", "ids"], ["each"]),  # (T, N, 3, E)
        helper.make_node("ReduceSum", ["each", "axis"], ["x"], keepdims=0),
        helper.make_node("LSTM", ["x", "W", "R", "B", "lengths"], ["states"], **lstm),
        helper.make_node("Transpose", ["states"], ["turned"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["turned", "flat"], ["joined"]),  # (T, N, D)
        helper.make_node("Add", ["joined", "padding"], ["masked"]),
        helper.make_node("ReduceMax", ["masked"], ["pooled"], axes=[0], keepdims=0),
        helper.make_node("Gemm", ["pooled", "output", "bias"], ["logits"], transB=1),
    ]


def _tensors(config: Any, tensors: Any) -> dict[str, NDArray[Any]]:
    """The weights as ONNX names and orders them: gates i, o, f, g; n-grams behind the words."""
    hidden = config.hidden_size
    order = np.concatenate([np.arange(hidden) + gate * hidden for gate in (0, 3, 1, 2)])
    names = [f"lstm.0.{direction}" for direction in config.directions]

    def stacked(name: str) -> NDArray[Any]:
        return np.stack([np.asarray(tensors[f"{n}.{name}"], np.float32)[order] for n in names])

    bias = stacked("bias")
    tables = [_floats(tensors, "embedding"), _floats(tensors, "ngram_embedding")]
    tables[1][0] = 0  # row 0 stands for no n-gram
    return {
        "table": np.concatenate(tables),
        "axis": np.array([2], np.int64),
        "W": stacked("weight_ih"),
        "R": stacked("weight_hh"),
        "B": np.concatenate([bias, np.zeros_like(bias)], axis=1),
        "flat": np.array([0, 0, len(names) * hidden], np.int64),
        "output": np.asarray(tensors["output.weight"], np.float32),
        "bias": np.asarray(tensors["output.bias"], np.float32),
    }


def _floats(tensors: Any, name: str) -> NDArray[np.float32]:
    weight = np.asarray(tensors[f"{name}.weight"], dtype=np.float32)
    scale = tensors.get(f"{name}.scale")
    return weight if scale is None else weight * np.asarray(scale, np.float32)[:, None]


class OnnxClassifier:
    """An exported network behind tonality's way in.

    Args:
        model: the model that was exported.
        path: the file that :func:`export` wrote.
        batch: texts side by side. A dynamically quantised graph takes one: its activations share a
            scale, so companions would move a text's answer.
    """

    def __init__(self, model: str | None, path: Path, batch: int = BATCH) -> None:
        import onnxruntime

        import tonality

        classifier = tonality.load(model)
        self.labels = classifier.labels
        self._encoder, self._batch = classifier._encoder, batch
        self._first_ngram = classifier.artifact.network.vocabulary_size
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (N, C) of N texts, none of them empty."""
        encoded = self._encoder.encode(texts)
        order = np.argsort(encoded.lengths, kind="stable")
        found = np.empty((len(texts), len(self.labels)), np.float32)
        for begin in range(0, len(order), self._batch):
            rows = order[begin : begin + self._batch]
            found[rows] = self._session.run(None, self._padded(encoded.take(rows)))[0]
        return found

    def _padded(self, encoded: Any) -> dict[str, NDArray[Any]]:
        lengths = encoded.lengths
        ids = np.zeros((int(lengths.max()), len(encoded), 3), np.int64)
        ids[..., 1:] = self._first_ngram
        padding = np.full((*ids.shape[:2], 1), -2.0, np.float32)  # under any state
        steps = np.arange(len(encoded.ids)) - np.repeat(encoded.offsets[:-1], lengths)
        texts = np.repeat(np.arange(len(encoded)), lengths)
        ids[steps, texts, 0] = encoded.ids
        if encoded.ngrams is not None:
            ids[steps, texts, 1:] += encoded.ngrams
        padding[steps, texts] = 0.0
        return {"ids": ids, "lengths": lengths.astype(np.int32), "padding": padding}
