"""Training: from labelled texts to a model folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tonality.train.settings.recipe import Recipe
    from tonality.train.train_classifier import train

__all__ = ["Recipe", "train"]

if not TYPE_CHECKING:  # type checkers would take any misspelt name for good

    def __getattr__(name: str) -> Any:
        # Importing Lightning takes seconds; a recipe can be read, and refused, without it.
        if name == "Recipe":
            from tonality.train.settings.recipe import Recipe

            return Recipe
        if name == "train":
            try:
                from tonality.train.train_classifier import train
            except ModuleNotFoundError as missing:
                from tonality.errors import DependencyError

                if (missing.name or "").startswith("tonality"):
                    raise
                raise DependencyError("training", extra="train") from missing
            return train
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
