"""Folders of Hugging Face's library: told from tonality's, and checked before they are opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tonality.durable_files import read_regular
from tonality.errors import ArtifactError, DependencyError

CONFIG, ADAPTER = "config.json", "adapter_config.json"
# Files that decide a transformer's answers.
_DECIDES = (
    CONFIG, "*.safetensors", "*.safetensors.index.json", "tokenizer*", "vocab*", "merges.txt",
    "special_tokens_map.json", "added_tokens.json", "*.model",
)  # fmt: skip


def is_transformer(path: Path) -> bool:
    """Whether a folder is one of Hugging Face's library, not of tonality."""
    config = _config(path)
    return "format" not in config and bool(config.keys() & {"model_type", "architectures"})


def check_transformer(path: Path) -> None:
    """Checks what of a folder shows before the library opens it.

    Raises:
        ArtifactError: it asks for code of its own, is an adapter, or has no safetensors.
        DependencyError: the extra ``transformers`` is missing.
    """
    if find_spec("transformers") is None:
        raise DependencyError("a transformer as a teacher", extra="train,transformers")
    config = _config(path)
    # Attention that is named as owner/name is code to be fetched.
    fetched = "/" in str(config.get("attn_implementation", ""))
    if "auto_map" in config or fetched:
        raise ArtifactError(
            f"asks for code of its own ({'attn_implementation' if fetched else 'auto_map'}), and "
            "tonality runs no code from a model folder; expected a model of one of the library's "
            "own kinds",
            path=path / CONFIG,
        )
    if (path / ADAPTER).exists():
        raise ArtifactError(
            "is an adapter beside the model's weights, which would be left out; merge it into them "
            "(merge_and_unload) and save the model",
            path=path / ADAPTER,
        )
    if not any(file.is_file() for file in path.glob("*.safetensors")):
        raise ArtifactError(
            "expected weights as model.safetensors, found none (a .bin file is a pickle, which can "
            "run code); load it where you trust it and write it with save_pretrained",
            path=path,
        )


def transformer_sha256(path: Path) -> str:
    """SHA-256 of the files that decide a transformer's answers, names included."""
    digest = hashlib.sha256()
    files = {file for pattern in _DECIDES for file in path.glob(pattern) if file.is_file()}
    for file in sorted(files, key=lambda file: file.name):
        with file.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256")
        digest.update(f"{file.name}\0{content.hexdigest()}\n".encode())
    return digest.hexdigest()


def _config(path: Path) -> Mapping[str, Any]:
    """What ``config.json`` holds; empty where it is no JSON object."""
    try:
        found = json.loads(read_regular(path / CONFIG))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
