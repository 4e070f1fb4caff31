"""What a model may be called: the name of one that ships with the package, or a folder."""

from __future__ import annotations

import functools
import os
import warnings
from pathlib import Path

from tonality.errors import ArtifactError

BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_MODEL = "general"
_CONFIG = "config.json"
_CONFIGS = (_CONFIG, f"model/{_CONFIG}")  # of a model's folder, and of a run's


def model_path(model: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a model, by the name of a bundled one or by its path.

    Args:
        model: a name, or a path; a ``Path`` is never a name. By default ``general``.

    Raises:
        ArtifactError: there is no such model.
    """
    given = DEFAULT_MODEL if model is None else model
    name = os.fsdecode(given)
    path = Path(name)
    if is_bundled(given):
        if model is not None and any((path / each).exists() for each in _CONFIGS):
            _warn_of_folder(name, path.absolute())
        return BUNDLED / name
    try:
        found = name != "" and path.is_dir()
        a_run = found and not (path / _CONFIG).exists() and (path / "model").is_dir()
    except OSError as error:
        raise ArtifactError(f"cannot be read: {error.strerror}", path=name) from None
    if a_run:
        raise ArtifactError(f"is a training run; its model is {path / 'model'}", path=name)
    if not found and name in bundled_models():
        raise ArtifactError(
            f"no model folder is here; for the bundled model give the string {name!r}, not a path",
            path=name,
        )
    if not found:
        import difflib

        close = difflib.get_close_matches(name.casefold(), bundled_models(), n=1)
        guess = f"; did you mean {close[0]}?" if close else ""
        raise ArtifactError(
            "no model folder is here, nor is this the name of a bundled model "
            f"({', '.join(bundled_models()) or 'there are none'}){guess}",
            path=name,
        )
    return path


@functools.cache  # said once of each: several parts of a command ask for the path
def _warn_of_folder(name: str, folder: Path) -> None:
    """Says that a name is the bundled model's, though a folder of a model is called so, too."""
    reason = f"{name!r} is the bundled model; for the folder here write {'./' + name!r}"
    warnings.warn(reason, UserWarning, stacklevel=4)


def is_bundled(model: str | os.PathLike[str]) -> bool:
    """Whether this names a model that ships with the package; a path never does."""
    return isinstance(model, str) and model in bundled_models()


def bundled_models() -> list[str]:
    """The names of the models that ship with the package."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{_CONFIG}"))
