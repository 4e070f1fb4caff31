"""The packages of the extra ``train`` that a run needs, looked for before any work."""

from __future__ import annotations

from importlib.util import find_spec

from tonality.errors import DependencyError
from tonality.train.settings.recipe import Recipe

# Drawing and measuring come at the end of a run, which may be hours away.
_ALWAYS = ("torch", "lightning", "sklearn", "matplotlib")


def require_packages(recipe: Recipe) -> None:
    """Checks that the packages of the extra ``train`` that a recipe needs are there.

    Raises:
        DependencyError: one is missing.
    """
    vectors = ("gensim",) if recipe.vectors.trained else ()
    if any(find_spec(name) is None for name in (*_ALWAYS, *vectors)):
        raise DependencyError("training", extra="train")
