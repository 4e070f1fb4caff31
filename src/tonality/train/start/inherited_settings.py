"""What a start decides of the run that begins with it; known before the start itself is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tonality.errors import ConfigError
from tonality.text.tokenizer import TextConfig
from tonality.train.settings.recipe import Recipe, shipped
from tonality.train.settings.sections import NetworkSettings

LANGUAGE_MODEL, CLASSIFIER = "language model", "classifier"

# What a run may choose anew: how much of a text is read.
_FREE = ("max_tokens", "truncate")

# What a start decides of a classifier's network, by its kind.
NETWORK: Mapping[str, tuple[str, ...]] = {
    LANGUAGE_MODEL: ("embedding_size", "hidden_size", "layers"),
    CLASSIFIER: tuple(field.name for field in dataclasses.fields(NetworkSettings)),
}


@dataclass(frozen=True)
class Decided:
    """What a start decides.

    Attributes:
        name: of the start.
        kind: ``language model`` or ``classifier``.
        text: how its texts became tokens.
        network: the settings of the network that it decides, by name.
        directions: those in which its LSTM reads.
    """

    name: str
    kind: str
    text: TextConfig
    network: Mapping[str, Any]
    directions: tuple[str, ...]

    @classmethod
    def of_recipe(cls, name: str, kind: str, recipe: Recipe) -> Decided:
        """What the language model or the classifier that a recipe makes will decide."""
        both = recipe.network.bidirectional
        read = recipe.pretraining.directions if kind == LANGUAGE_MODEL else _directions(both)
        network = {key: getattr(recipe.network, key) for key in NETWORK[kind]}
        return cls(name, kind, recipe.text, network, read)

    def settings(self, recipe: Recipe, asked: Collection[str] = ()) -> Recipe:
        """A recipe with the settings that this start decides.

        Args:
            recipe: the settings.
            asked: the names of those that were asked for one by one, ``section.key``. Of the
                others, one at its default, or as in the recipe that ships under this name,
                counts as not asked for.

        Raises:
            ConfigError: the recipe asks for another value of one of them.
        """
        if recipe.vectors.file:
            raise ConfigError(
                f"vectors.file is {recipe.vectors.file!r}, but {self.name}, from which to start, "
                "has vectors of its own; leave it out"
            )
        text, network = recipe.text, recipe.network
        wanted = {f.name: getattr(self.text, f.name) for f in dataclasses.fields(TextConfig)}
        for name in _FREE:
            del wanted[name]
        standard = Recipe.load(recipe.name) if recipe.name in shipped() else Recipe()
        self._check("text", text, (TextConfig(), standard.text), wanted, asked)
        self._check("network", network, (NetworkSettings(), standard.network), self.network, asked)
        return dataclasses.replace(
            recipe,
            text=dataclasses.replace(text, **wanted),
            network=dataclasses.replace(network, **self.network),
        )

    def _check(
        self,
        section: str,
        given: Any,
        defaults: tuple[Any, Any],
        decided: Mapping[str, Any],
        asked: Collection[str],
    ) -> None:
        for key, value in decided.items():
            found, name = getattr(given, key), f"{section}.{key}"
            usual = found in [getattr(default, key) for default in defaults]
            left_out = usual and name not in asked
            if found != value and not left_out:
                raise ConfigError(
                    f"{name} is {found!r}, but {self.name}, from which to start, has "
                    f"{value!r}; leave it out or set it to that"
                )

    def as_language_model(self, recipe: Recipe) -> Recipe:
        """A recipe with what this decides of a language model that goes on from it.

        Raises:
            ConfigError: the recipe asks for another value of a setting; or it cannot be one.
        """
        layers, both = self.network["layers"], len(self.directions) == 2
        if self.kind == CLASSIFIER and both and layers > 1:
            raise ConfigError(
                f"{self.name} cannot go on as a language model: it has {layers} LSTM layers in "
                "both directions, and the second reads what both say, so it would see the words "
                "that it is to foretell. Adapt it without --pretrain-epochs, or take a model with "
                "network.layers=1 or network.bidirectional=false"
            )
        direction: Any = "both" if both else self.directions[0]
        settings = dataclasses.replace(recipe.pretraining, direction=direction)
        return self.settings(dataclasses.replace(recipe, pretraining=settings))


def asked_for(changes: Iterable[str] | None) -> frozenset[str]:
    """The names in changes to a recipe, each ``section.key=value``."""
    return frozenset(change.partition("=")[0].strip() for change in changes or ())


def _directions(bidirectional: bool) -> tuple[str, ...]:
    return ("forward", "backward") if bidirectional else ("forward",)
