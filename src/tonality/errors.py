"""The exceptions tonality raises on purpose.

::

    TonalityError
      ConfigError      a setting or recipe: unknown key, bad value
      DataError        a file or row: path, row, column, what was expected
      ArtifactError    a model folder: file, what is wrong
      DependencyError  an extra is missing: the exact pip command
      TrainingError    not finite, nothing to resume, out of memory: what to change

Each message is one or two sentences that a user can act on; the command line prints it
as it is and exits with a non-zero status.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class TonalityError(Exception):
    """Base of every error that tonality raises on purpose; any of them can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an error is made anew from its message, which not every one takes.
        return _remade, (type(self), self.args, self.__dict__)


def _remade(kind: type[TonalityError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigError(TonalityError):
    """A setting or a recipe is wrong: an unknown key or a value out of range."""


class DataError(TonalityError):
    """A data file or one of its rows cannot be used.

    Args:
        reason: what is wrong and what was expected.
        path: the file, if one is known.
        row: the 1-based row (header not counted) or line, if one is known.
        column: the column's name, if one is known.
    """

    def __init__(
        self,
        reason: str,
        *,
        path: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.reason = reason
        self.path = None if path is None else Path(path)
        self.row = row
        self.column = column
        where = [] if path is None else [str(path) or "''"]
        if row is not None:
            where.append(f"row {row}")
        if column is not None:
            where.append(f"column {column!r}")
        super().__init__(f"{', '.join(where)}: {reason}" if where else reason)


class ArtifactError(TonalityError):
    """A model folder cannot be read or written.

    Args:
        reason: what is wrong and what was expected.
        path: the file or folder at fault.
    """

    def __init__(self, reason: str, *, path: Path | str) -> None:
        self.reason = reason
        self.path = Path(path)
        super().__init__(f"{path}: {reason}")


class DependencyError(TonalityError):
    """An optional dependency is missing.

    Args:
        what: the thing that needs it, such as ``"training"``.
        extra: the extra to install, such as ``"train"``.
        package: the package to install, where it belongs to no extra.
    """

    def __init__(self, what: str, *, extra: str | None = None, package: str = "") -> None:
        self.extra = extra
        if extra is None:
            super().__init__(f"{what} needs a package: pip install {package}")
        else:
            super().__init__(f"{what} needs an extra: pip install 'tonality[{extra}]'")


class TrainingError(TonalityError):
    """Training cannot go on: the message says what to change."""
