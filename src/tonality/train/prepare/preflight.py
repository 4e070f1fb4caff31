"""What a run needs, looked for before any work."""

from __future__ import annotations

from importlib.util import find_spec

from tonality.errors import ConfigError, DependencyError
from tonality.train.prepare.vector_file import dimensions
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


def check_network(recipe: Recipe) -> None:
    """Checks that the settings of a recipe's network go with one another.

    Raises:
        ConfigError: they do not.
    """
    recipe.network.config(vocabulary_size=2, ngram_rows=0, classes=2)


def check_vectors(recipe: Recipe) -> None:
    """Checks that a file of word vectors, where a recipe names one, fits its network.

    Raises:
        ConfigError: its vectors are of another size than the embedding's.
        DataError: it cannot be read, or is none of word vectors.
    """
    if not recipe.vectors.file:
        return
    check_size(dimensions(recipe.vectors.path), recipe)


def check_size(size: int, recipe: Recipe) -> None:
    """Checks that a file's vectors are of the embedding's size.

    Raises:
        ConfigError: they are not.
    """
    if size != recipe.network.embedding_size:
        raise ConfigError(
            f"the vectors of {recipe.vectors.file} have {size} numbers and the network takes "
            f"{recipe.network.embedding_size}; set network.embedding_size to {size}"
        )


def check_pretraining(recipe: Recipe) -> None:
    """Checks that a recipe has no setting that a language model cannot heed.

    Raises:
        ConfigError: it has.
    """
    if recipe.vectors.file:
        raise ConfigError(
            f"vectors.file is {recipe.vectors.file!r}, but a language model begins at random and "
            "learns its own vectors; leave it out"
        )
