"""What a shell completes after an option: names that the package knows, and paths that fit.

Where a completer finds nothing, the shell completes the names of files.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

Completer = Callable[[str], list[str]]


def completes(
    completer: Completer,
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """A completer as click takes it for a parameter."""

    def complete(_: object, param: object, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [CompletionItem(value) for value in completer(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]

    return complete


def one_of(*values: str) -> Completer:
    """Completes one of some words."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def known_models(incomplete: str) -> list[str]:
    """Completes the bundled models and the folders of others."""
    from tonality.model_names import bundled_models

    return _with_paths(bundled_models(), incomplete, lambda path: (path / "config.json").is_file())


def known_datasets(incomplete: str) -> list[str]:
    """Completes files and the one dataset that has a name."""
    return _with_paths(["imdb"], incomplete, Path.is_file)


def known_recipes(command: str) -> Completer:
    """Completes the recipes that ship with the package, for ``train`` the plans, and files."""

    def complete(incomplete: str) -> list[str]:
        from tonality.train.settings.shipped_recipes import shipped, shipped_plans

        names = [*shipped(), *(shipped_plans() if command == "train" else ())]
        return _with_paths(names, incomplete, lambda path: path.suffix == ".toml")

    return complete


def _with_paths(names: Sequence[str], incomplete: str, fits: Callable[[Path], bool]) -> list[str]:
    """The names and the paths that begin so; a folder on the way to others ends in a slash.

    All is left to the shell where there is but one such folder, after which it would put a space,
    or where a path needs quotes.
    """
    found = one_of(*names)(incomplete)
    head, slash, start = incomplete.rpartition("/")
    for path in _entries(Path(head + slash), start):
        on_the_way = path.is_dir() and not fits(path)
        if on_the_way or fits(path):
            found.append(f"{head}{slash}{path.name}{'/' if on_the_way else ''}")
    alone = len(found) == 1 and found[0].endswith("/")
    return [] if alone or any(shlex.quote(each) != each for each in found) else found


def _entries(folder: Path, start: str) -> list[Path]:
    """What a folder holds that begins so, without what is hidden."""
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.name.startswith(start) and (start or not path.name.startswith("."))
        )
    except OSError:
        return []
