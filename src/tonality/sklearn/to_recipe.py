"""The estimator's arguments as a training recipe."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from tonality.errors import ConfigError
from tonality.given_numbers import as_number
from tonality.train.settings.recipe import Recipe
from tonality.train.start.inherited_settings import Inherited

# Arguments of the constructor that are a recipe's settings under another roof.
_SETTINGS = {
    "max_tokens": "text.max_tokens",
    "min_count": "vocabulary.min_count",
    "max_vocabulary": "vocabulary.max_size",
    "ngrams": "vocabulary.ngrams",
    "weight_decay": "optimiser.weight_decay",
    "learning_rate": "optimiser.learning_rate",
    "batch_size": "training.batch_size",
    "epochs": "training.epochs",
    "label_smoothing": "training.label_smoothing",
    "adversarial": "training.adversarial",
    "ordered": "training.ordered",
}
# What is not worth an argument, from the recipes that ship.
_BASE = {
    "vocabulary.ngram_min_count": 3,
    "dropout.word": 0.1,
    "dropout.ngram": 0.5,
    "optimiser.embedding_rate": 0.5,
    "optimiser.ngram_rate": 0.5,
    "optimiser.schedule": "cosine",
}
_SHAPE = ("embedding_size", "hidden_size", "layers", "bidirectional", "pooling")
_DROPOUTS = ("embedding", "layer", "pooled")
# What messages call an argument.
_ARGUMENTS = {
    **{key: name for name, key in _SETTINGS.items()},
    **{f"network.{name}": name for name in _SHAPE},
    **{f"dropout.{name}": "dropout" for name in _DROPOUTS},
    "training.patience": "n_iter_no_change",
    "training.class_weights": "class_weight",
    "vocabulary.extend": "max_vocabulary",
}


def to_recipe(
    arguments: Mapping[str, Any], *, seed: int, cut: int, started: bool, gone_on: bool = False
) -> Recipe:
    """The recipe that an estimator's arguments ask for.

    Args:
        arguments: of :class:`~tonality.sklearn.LSTMClassifier`, by name.
        seed: of the weights, the order and the dropout.
        cut: seed of which texts are held out.
        started: whether the training starts from a model, which then decides the shape.
        gone_on: whether that is the estimator's own.

    Raises:
        ConfigError: a setting that does not exist, or a bad value.
    """
    values = {
        **_BASE,
        **{key: arguments[name] for name, key in _SETTINGS.items()},
        "training.validation": as_number(arguments["validation_fraction"]),
        **{f"dropout.{name}": arguments["dropout"] for name in _DROPOUTS},
        "training.seed": seed,
        "training.validation_seed": cut,
        "training.patience": _patience(arguments),
    }
    if started:
        values["vocabulary.extend"] = arguments["max_vocabulary"]
    else:
        values |= {f"network.{name}": arguments[name] for name in _SHAPE}
    settings = _further(arguments["settings"])
    if gone_on:  # the vectors are the model's own by now
        settings.pop("vectors.file", None)
    weights = arguments["class_weight"]
    if isinstance(weights, str):  # those of a mapping go by text
        values["training.class_weights"] = weights
        values["training.keep"] = "macro_f1"  # the accuracy would choose against rare classes
    recipe = Recipe.from_dict({"name": "LSTMClassifier", **_nested({**values, **settings})})
    # The arguments have defaults. Settings were asked for, if not for going on.
    changed = frozenset() if gone_on else frozenset(settings)
    asked = {*settings, "training.batch_size", "training.epochs"}  # whoever leaves those, too
    return dataclasses.replace(recipe, named=frozenset(asked), changed=changed)


def by_argument(message: str, settings: Mapping[str, Any] | None) -> str:
    """A message on a setting with the name of the argument that it was made of.

    Args:
        message: of the training.
        settings: the argument of that name; what it sets is called as it calls it.
    """
    key, rest = message.partition(" is ")[::2]
    if key not in _ARGUMENTS or key in (settings or {}):
        return message
    return f"{_ARGUMENTS[key]} is {rest}"


def _further(settings: Any) -> dict[str, Any]:
    """The argument ``settings``, checked.

    Raises:
        ConfigError: it is no mapping by name.
    """
    further = {} if settings is None else settings
    if not (isinstance(further, Mapping) and all(isinstance(name, str) for name in further)):
        raise ConfigError(
            "settings: expected a dictionary from the name of a setting to its value, such as "
            f"{{'text.stop_words': 'english'}}, got {settings!r}"
        )
    return dict(further)


def _patience(arguments: Mapping[str, Any]) -> Any:
    """The setting that the arguments on stopping ask for; 0 never stops.

    Raises:
        ConfigError: to stop after less than an epoch. As a setting, such numbers mean other things.
    """
    epochs = arguments["n_iter_no_change"]
    if not arguments["early_stopping"]:
        return 0
    if isinstance(epochs, int | float | np.number) and not epochs >= 1:
        raise ConfigError(
            f"n_iter_no_change: expected 1 epoch or more, got {epochs}; for a training that never "
            "stops early, set early_stopping=False"
        )
    return epochs


def warn_of_idle(
    arguments: Mapping[str, Any], defaults: Mapping[str, Any], start: Inherited
) -> None:
    """Warns of arguments that somebody gave and that a start overrides.

    Args:
        arguments: of the estimator, by name.
        defaults: likewise, where nobody gives any.
        start: what the training begins with.
    """
    decided = {name: start.network.get(name) for name in _SHAPE}
    if start.has_ngrams:
        decided["ngrams"] = None  # how many its table has is no argument of anybody's
    idle = [
        f"{name}={arguments[name]!r}"
        for name, own in decided.items()
        if arguments[name] not in (defaults[name], own)
    ]
    if idle:
        warnings.warn(
            f"{', '.join(idle)}: no effect, for {start.name}, from which to start, decides "
            f"{'this' if len(idle) == 1 else 'these'}; leave {'it' if len(idle) == 1 else 'them'} "
            "out, or train without start_from",
            UserWarning,
            stacklevel=6,  # the line that called fit
        )


def _nested(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``{"section.key": value}`` as sections; numpy's numbers as Python's, paths as text.

    Raises:
        ConfigError: a name without a section.
    """
    sections: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        section, dot, key = name.partition(".")
        if not dot:
            raise ConfigError(
                f"there is no setting {name!r}; name its section too, as in 'training.average'"
            )
        plain = value.item() if isinstance(value, np.generic) else value
        plain = os.fspath(plain) if isinstance(plain, os.PathLike) else plain
        sections.setdefault(section, {})[key] = plain
    return sections
