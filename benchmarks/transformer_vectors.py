"""Word vectors of a pre-trained transformer: where the embedding of a small student begins.

``python -m benchmarks.transformer_vectors --data DIR ... -o FILE`` reads ``train.jsonl`` and
``unlabelled.jsonl`` of folders of ``benchmarks.short_data``, asks all-mpnet-base-v2 for a vector of
each word that stands in them three times or more, and writes the 128 principal components as a file
of word vectors (``vectors.file`` of a recipe). A word alone is a text to the transformer: its
vector is the mean over its pieces. So the student knows from the start which words are alike, of
rare words too.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from benchmarks.json_lines import read_rows
from benchmarks.pretrained import pretrained
from benchmarks.transformer import DEVICE, Settings, cut, encode
from tonality.text.tokenizer import TextConfig, Tokenizer

LEAST, MOST = 3, 60_000  # texts that hold a word; words
AXES_FROM = 20_000  # words, the most frequent ones, that the axes are of
SPREAD = 0.25  # standard deviation of what is written
Floats = NDArray[np.float32]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="folders")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=128)
    options = parser.parse_args(arguments)
    files = [folder / name for folder in options.data for name in ("train", "unlabelled")]
    words = words_of(row["text"] for file in files for row in read_rows(file.with_suffix(".jsonl")))
    found = components(vectors(words, pretrained("mpnet", options.output.parent)), options.size)
    with options.output.open("w", encoding="utf-8") as lines:
        for word, vector in zip(words, found, strict=True):
            lines.write(f"{word} {' '.join(f'{number:.4f}' for number in vector)}\n")
    print(f"{len(words):,} words: {options.output}")


def words_of(texts: Iterable[str]) -> list[str]:
    """The words of texts, most frequent first."""
    tokenizer, counts = Tokenizer(TextConfig()), Counter[str]()
    for text in texts:
        counts.update(set(tokenizer.tokens(text)))
    return [word for word, number in counts.most_common(MOST) if number >= LEAST]


@torch.inference_mode()
def vectors(words: Sequence[str], folder: Path) -> Floats:
    """A vector of length 1 for each word (V, 768)."""
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    network = network.float().eval().to(DEVICE)
    encoded = encode(tokenizer, [{"text": word} for word in words], Settings(max_tokens=12), ("",))
    found: Floats = np.empty((len(words), network.config.hidden_size), dtype=np.float32)
    for rows in cut(np.argsort(encoded.lengths, kind="stable"), encoded.lengths, 4096):
        ids, mask = (each.to(DEVICE) for each in encoded.batch(rows))
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            states: Any = network(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        found[rows] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
    return found


def components(found: Floats, size: int) -> Floats:
    """Their principal components (V, size), of one spread."""
    centred = found - found[:AXES_FROM].mean(axis=0)
    axes = np.linalg.svd(centred[:AXES_FROM], full_matrices=False)[2][:size]
    chosen: Floats = centred @ axes.T
    chosen *= SPREAD / chosen.std()
    return chosen


if __name__ == "__main__":
    main()
