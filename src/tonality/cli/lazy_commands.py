"""Commands that are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

import click


class LazyCommands(Mapping[str, click.Command]):
    """Commands by their names. Importing all of them would take a tenth of a cold ``predict``.

    Args:
        files: command -> the module of this package that defines it.
    """

    def __init__(self, **files: str) -> None:
        self._files = files

    def __getitem__(self, name: str) -> click.Command:
        module = import_module(f"tonality.cli.{self._files[name]}")
        return cast(click.Command, getattr(module, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
