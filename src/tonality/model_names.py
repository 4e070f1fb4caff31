"""What a model may be called: the name of one that ships with the package, or a folder."""

from __future__ import annotations

import os
from pathlib import Path

from tonality.errors import ArtifactError

BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_MODEL = "general"


def model_path(model: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a model, by the name of a bundled one or by its path.

    Raises:
        ArtifactError: there is no such model.
    """
    name = DEFAULT_MODEL if model is None else os.fspath(model)
    names = bundled_models()
    if name in names:
        return BUNDLED / name
    path = Path(name)
    try:
        found = name != "" and path.is_dir()
        a_run = found and not (path / "config.json").exists() and (path / "model").is_dir()
    except OSError as error:
        raise ArtifactError(f"cannot be read: {error.strerror}", path=name) from None
    if a_run:
        raise ArtifactError(f"is a training run; its model is {path / 'model'}", path=name)
    if not found:
        import difflib

        close = difflib.get_close_matches(name.casefold(), names, n=1)
        guess = f"; did you mean {close[0]}?" if close else ""
        raise ArtifactError(
            "no model folder is here, nor is this the name of a bundled model "
            f"({', '.join(names) or 'there are none'}){guess}",
            path=name,
        )
    return path


def bundled_models() -> list[str]:
    """The names of the models that ship with the package."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/config.json"))
