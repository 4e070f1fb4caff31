"""Texts a second of the transformer and of its student, on one thread and the same texts.

``python -m benchmarks.transformer_speed --data FOLDS --teacher mpnet --student DIR`` takes texts of
the left-out collections (``benchmarks.short_data --without ...``). The transformer runs in PyTorch
in float32 and bfloat16, and in ONNX Runtime with int8 weights, batches of texts of like length; in
ONNX Runtime one by one, as there a text's answer hangs on its companions. The student runs with the
kernel that ``TONALITY_KERNEL`` names. All take turns, round by round; the median counts, so that a
busy machine slows all alike. How right they are, ``benchmarks.short_texts`` says: here a teacher
may be pre-trained weights alone, which are as fast as fine-tuned ones. Writes JSON and a table of
``docs/general.md``. Needs onnx and onnxruntime beside what ``benchmarks.transformer`` needs.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer

import tonality
from benchmarks.json_lines import read_rows
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT
from benchmarks.pretrained import pretrained
from benchmarks.short_texts import LABELS
from benchmarks.transformer import Settings, cut, encode, read_network
from tonality.network.kernel import kernel_in_use

Judge = Callable[[Sequence[str]], Any]
SETTINGS = Settings(max_tokens=128)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write JSON and table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of left_out.jsonl")
    parser.add_argument("--teacher", required=True, help="minilm, mpnet or a folder")
    parser.add_argument("--student", required=True)
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=RESULTS / "transformer_speed.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = list(read_rows(options.data / "left_out.jsonl"))
    drawn = random.Random(0).sample(rows, options.texts)
    texts = [row["text"] for row in drawn]
    teacher = pretrained(options.teacher, options.data)
    judges = {
        f"{options.teacher}, PyTorch, float32": in_torch(teacher, bf16=False),
        f"{options.teacher}, PyTorch, bfloat16": in_torch(teacher, bf16=True),
        f"{options.teacher}, ONNX Runtime, int8": in_onnx(teacher),
        f"student, {kernel_in_use()}": student(options.student),
    }
    kept: dict[str, Any] = {
        "machine": describe(),
        "texts": len(texts),
        "models": measured(judges, texts, options.rounds),
    }
    options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    put(table(kept["models"]), options.page, "benchmarks.transformer_speed")


def in_torch(folder: Path, *, bf16: bool) -> Judge:
    """The transformer in PyTorch, batched."""
    tokenizer, network = AutoTokenizer.from_pretrained(folder), read_network(folder).eval()

    @torch.inference_mode()
    def judge(texts: Sequence[str]) -> Any:
        encoded = encode(tokenizer, [{"text": text} for text in texts], SETTINGS)
        found = np.empty((len(texts), len(LABELS)))
        order = np.argsort(encoded.lengths, kind="stable")
        for rows in cut(order, encoded.lengths, 3072):
            ids, mask = encoded.batch(rows)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                found[rows] = network(input_ids=ids, attention_mask=mask).logits.float().numpy()
        return found

    return judge


def in_onnx(folder: Path) -> Judge:
    """The transformer in ONNX Runtime, its matrices quantised as they are used, one by one."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    tokenizer, network = AutoTokenizer.from_pretrained(folder), read_network(folder).eval()
    network.config.return_dict = False
    with tempfile.TemporaryDirectory() as place:
        whole, small = Path(place) / "whole.onnx", Path(place) / "int8.onnx"
        ids = torch.ones((1, 8), dtype=torch.int64)
        torch.onnx.export(
            network, (ids, torch.ones_like(ids)), str(whole), dynamo=False, opset_version=17,
            input_names=["input_ids", "attention_mask"], output_names=["logits"],
            dynamic_axes={"input_ids": {0: "b", 1: "t"}, "attention_mask": {0: "b", 1: "t"}},
        )  # fmt: skip
        quantize_dynamic(whole, small, weight_type=QuantType.QInt8)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(small.read_bytes(), settings)

    def judge(texts: Sequence[str]) -> Any:
        encoded = encode(tokenizer, [{"text": text} for text in texts], SETTINGS)
        found = np.empty((len(texts), len(LABELS)))
        for row in range(len(texts)):
            ids, mask = encoded.batch(np.array([row]))
            given = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            found[row] = session.run(None, given)[0][0]
        return found

    return judge


def student(source: str) -> Judge:
    """A model of tonality."""
    classifier = tonality.load(source)
    order = [classifier.labels.index(label) for label in LABELS]
    return lambda texts: classifier.predict_proba(texts)[:, order]


def measured(
    judges: dict[str, Judge], texts: Sequence[str], rounds: int
) -> dict[str, dict[str, float]]:
    """Texts a second of each: the median of some rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in judges}
    for _ in range(rounds):
        for name, judge in judges.items():
            begun = time.perf_counter()
            judge(texts)
            seconds[name].append(time.perf_counter() - begun)
    return {
        name: {"texts a second": round(len(texts) / statistics.median(taken), 1)}
        for name, taken in seconds.items()
    }


def table(models: dict[str, dict[str, float]]) -> str:
    """The figures in Markdown, beside the last one."""
    student = list(models.values())[-1]["texts a second"]
    lines = ["| model | texts a second | the student is faster by |", "|---|---:|---:|"]
    for name, figures in models.items():
        rate = figures["texts a second"]
        lines.append(f"| {name} | {rate:,.1f} | {student / rate:.0f} x |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
