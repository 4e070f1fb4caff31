"""Make ``tests/golden/probabilities.npz``: what the bundled models say, to hold a kernel to it.

    python tests/golden/make_probabilities.py

The values of the golden model are those of commit 3fee901. Run it again when a bundled model is
replaced: what is stored of the others stays as it is. Name a model, such as ``general``, where it
reads texts otherwise than before. Only the hashes of the texts are stored: the sample reviews and
the texts of ``tonality check``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tonality.check.suite import read_suite
from tonality.classifier import load
from tonality.model_names import BUNDLED, bundled_models

PATH = Path(__file__).parent / "probabilities.npz"
GOLDEN = Path(__file__).parent / "model"


@cache
def texts() -> list[str]:
    """The 300 sample reviews, and each text of the behaviour tests once."""
    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for behaviour in read_suite() for case in behaviour.cases]
    checked = [text for case in cases for text in (case.text, case.changed) if text is not None]
    return list(dict.fromkeys([json.loads(line)["text"] for line in lines] + checked))


def hashes(texts: list[str]) -> NDArray[np.uint64]:
    """The first 8 bytes of each text's SHA-256."""
    digests = (hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    return np.frombuffer(b"".join(digests), dtype="<u8")


def identity(folder: Path) -> str:
    """Which model is in a folder: the SHA-256 of its ``config.json``."""
    return hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()


def folders() -> list[Path]:
    """The bundled models and the golden one."""
    return [*(BUNDLED / name for name in bundled_models()), GOLDEN]


def stored() -> dict[str, dict[int, NDArray[np.float64]]]:
    """What is stored: of each model the probabilities of each text, by its hash."""
    if not PATH.exists():
        return {}
    with np.load(PATH) as held:
        keys = held["texts"].tolist()
        models = (name for name in held.files if name != "texts")
        return {name: dict(zip(keys, held[name], strict=True)) for name in models}


if __name__ == "__main__":
    os.environ["TONALITY_KERNEL"] = "numpy"
    everything, before = texts(), stored()
    keys = hashes(everything)
    arrays = {}
    for folder in folders():
        found, kept = (
            load(folder).predict_proba(everything, batch_size=128),
            {} if folder.name in sys.argv[1:] else before.get(identity(folder), {}),
        )
        rows = [kept.get(key, row) for key, row in zip(keys.tolist(), found, strict=True)]
        arrays[identity(folder)] = np.array(rows)
    np.savez_compressed(PATH, allow_pickle=False, texts=keys, **arrays)
