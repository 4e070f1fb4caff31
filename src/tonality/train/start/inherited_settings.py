"""What a run inherits from its start; known before the start itself is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tonality.errors import ConfigError
from tonality.text.tokenizer import TextConfig
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import NetworkSettings

LANGUAGE_MODEL, CLASSIFIER = "language model", "classifier"

# What a run may choose anew: how much of a text is read, and whether misspelt words are.
_FREE = ("max_tokens", "truncate", "typos")

# What a start decides of a classifier's network, by its kind.
NETWORK: Mapping[str, tuple[str, ...]] = {
    LANGUAGE_MODEL: ("embedding_size", "hidden_size", "layers"),
    CLASSIFIER: tuple(field.name for field in dataclasses.fields(NetworkSettings)),
}


@dataclass(frozen=True)
class Inherited:
    """The settings that a run inherits from its start.

    They replace defaults and what a shipped recipe says. A setting that somebody asked for
    (:meth:`Recipe.asks_for`) and that contradicts them is an error, and so is a change
    (``--set``) that can have no effect.

    Attributes:
        name: of the start.
        kind: ``language model`` or ``classifier``.
        text: how its texts became tokens.
        network: the settings of the network that it decides, by name.
        directions: those in which its LSTM reads.
        has_ngrams: whether its vocabulary has an n-gram table.
    """

    name: str
    kind: str
    text: TextConfig
    network: Mapping[str, Any]
    directions: tuple[str, ...]
    has_ngrams: bool

    @classmethod
    def of_recipe(cls, name: str, kind: str, recipe: Recipe, has_ngrams: bool = False) -> Inherited:
        """What a run will inherit from the language model or classifier that a recipe makes.

        Args:
            name: of the start.
            kind: ``language model`` or ``classifier``.
            recipe: the recipe.
            has_ngrams: whether it begins with an n-gram table of its own start.
        """
        read = recipe.pretraining.directions
        if kind == CLASSIFIER:
            read = ("forward", "backward") if recipe.network.bidirectional else ("forward",)
        network = {key: getattr(recipe.network, key) for key in NETWORK[kind]}
        table = kind == CLASSIFIER and (has_ngrams or recipe.vocabulary.ngrams > 0)
        return cls(name, kind, recipe.text, network, read, table)

    def settings(self, recipe: Recipe) -> Recipe:
        """A recipe with the settings that this start decides.

        Raises:
            ConfigError: the recipe asks for another value of one of them, or for what has no
                effect with a start.
        """
        if recipe.vectors.file:
            raise ConfigError(
                f"vectors.file is {recipe.vectors.file!r}, but {self.name}, from which to start, "
                "has vectors of its own; leave it out"
            )
        names = [field.name for field in dataclasses.fields(TextConfig) if field.name not in _FREE]
        text = {name: getattr(self.text, name) for name in names}
        self._check(recipe, "text", text)
        self._check(recipe, "network", self.network)
        for name, reason in self._without_effect(recipe):
            if name in recipe.changed:
                raise ConfigError(
                    f"{name} has no effect: {self.name}, from which to start, {reason}"
                )
        return dataclasses.replace(
            recipe,
            text=dataclasses.replace(recipe.text, **text),
            network=dataclasses.replace(recipe.network, **self.network),
        )

    @property
    def can_foretell(self) -> bool:
        """Whether it can go on as a language model: no layer reads what both directions say."""
        both = len(self.directions) == 2
        return self.kind == LANGUAGE_MODEL or not both or self.network["layers"] == 1

    def as_language_model(self, recipe: Recipe) -> Recipe:
        """A recipe with what this decides of a language model that goes on from it.

        Raises:
            ConfigError: as for :meth:`settings`; or it cannot be one.
        """
        if not self.can_foretell:
            raise ConfigError(
                f"{self.name} cannot go on as a language model: it has {self.network['layers']} "
                "LSTM layers in both directions, and the second reads what both say, so it would "
                "see the words that it is to foretell. Adapt it without --pretrain-epochs, or take "
                "a model with network.layers=1 or network.bidirectional=false"
            )
        direction: Any = "both" if len(self.directions) == 2 else self.directions[0]
        self._check(recipe, "pretraining", {"direction": direction})
        settings = dataclasses.replace(recipe.pretraining, direction=direction)
        return self.settings(dataclasses.replace(recipe, pretraining=settings))

    def _check(self, recipe: Recipe, section: str, decided: Mapping[str, Any]) -> None:
        for key, value in decided.items():
            found = getattr(getattr(recipe, section), key)
            if found != value and recipe.asks_for(section, key):
                raise ConfigError(
                    f"{section}.{key} is {found!r}, but {self.name}, from which to start, has "
                    f"{value!r}; leave it out or set it to that"
                )

    def _without_effect(self, recipe: Recipe) -> Iterator[tuple[str, str]]:
        """Settings that a start leaves without effect, and what to say of it."""
        trained = ("epochs", "window", "negative", *(("use",) if recipe.vectors.use else ()))
        for key in trained:
            yield f"vectors.{key}", "has vectors of its own, and none are trained; leave it out"
        if not recipe.vocabulary.extend:
            reason = "gets no new words; set vocabulary.extend too, or leave it out"
            yield "vocabulary.min_count", reason
        words = "has words of its own; vocabulary.extend says how many new ones it gets at most"
        yield "vocabulary.max_size", words
        if self.has_ngrams:
            for key in ("ngrams", "ngram_min_count"):
                yield f"vocabulary.{key}", "has an n-gram table of its own; leave it out"
