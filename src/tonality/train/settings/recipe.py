"""Recipes: every setting of a training run, in one frozen tree that a TOML file fills."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tonality.durable_files import read_regular
from tonality.errors import ConfigError, DependencyError
from tonality.text.tokenizer import BEFORE, TextConfig
from tonality.train.settings.checked_fields import fill, unknown
from tonality.train.settings.objective_sections import (
    DistillationSettings,
    PretrainingSettings,
    UnlabelledSettings,
)
from tonality.train.settings.sections import (
    SECTIONS,
    DropoutSettings,
    Expected,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    VectorSettings,
    VocabularySettings,
)
from tonality.train.settings.shipped_recipes import FOLDER, shipped, shipped_plans
from tonality.train.settings.toml_text import toml_text

# Settings of the training that suit the data where nobody asks for them.
_SUITED = ("batch_size", "epochs", "keep")
# Settings that the record of an earlier version's run may lack, and what it did without them.
_LATER = {"text": BEFORE}
# Packages of the extra train. Drawing and measuring come at the end of a run, hours away.
_PACKAGES = ("torch", "lightning", "sklearn", "matplotlib")


@dataclass(frozen=True)
class Recipe:
    """Every setting of a training run.

    Attributes:
        name: what to call it.
        description: what it is for.
        text, vocabulary, vectors, network, dropout, optimiser, training: the settings.
        unlabelled, distillation: what is learnt besides labels.
        pretraining: those of a language model.
        expected: what it was measured to give; has no effect.
        named: those of its settings that a file, a dict or a change names, ``section.key``.
        changed: those that a change names.

    Recipes with the same values are equal, whoever asked for them.
    """

    name: str = "custom"
    description: str = ""
    text: TextConfig = field(default_factory=TextConfig)
    vocabulary: VocabularySettings = field(default_factory=VocabularySettings)
    vectors: VectorSettings = field(default_factory=VectorSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    dropout: DropoutSettings = field(default_factory=DropoutSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    unlabelled: UnlabelledSettings = field(default_factory=UnlabelledSettings)
    distillation: DistillationSettings = field(default_factory=DistillationSettings)
    pretraining: PretrainingSettings = field(default_factory=PretrainingSettings)
    expected: Expected = field(default_factory=Expected)
    named: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    changed: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @classmethod
    def load(cls, source: str | Path) -> Recipe:
        """The recipe of a TOML file, or the one that ships under a name.

        Raises:
            ConfigError: no such recipe, a file that is no TOML, an unknown key, a bad value.
        """
        ships = str(source) in shipped()
        path = FOLDER / f"{source}.toml" if ships else Path(source)
        try:
            content = tomllib.loads(read_regular(path).decode("utf-8"))
        except FileNotFoundError:
            if str(source) in shipped_plans():
                raise ConfigError(
                    f"{source} is a plan of several runs, which tonality train takes alone"
                ) from None
            names = [*shipped(), *shipped_plans()]
            raise unknown(f"recipe or file {str(source)!r}", str(source), names) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            raise ConfigError(f"recipe {path} cannot be read: {fault}") from fault
        recipe = cls.from_dict({"name": path.stem, **content})
        return dataclasses.replace(recipe, named=frozenset()) if ships else recipe

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe of plain values; absent sections and keys take their defaults.

        Raises:
            ConfigError: an unknown section or key, or a bad value; names the valid ones.
        """
        parts: dict[str, Any] = {}
        named: set[str] = set()
        for key, value in values.items():
            if key in ("name", "description"):
                if not isinstance(value, str):
                    raise ConfigError(f"{key} is {value!r}; it takes a string")
                parts[key] = value
            elif key in SECTIONS:
                # A section written out in full is the record of a run, not a wish; but what the
                # size of the data decided in it is decided.
                names = {field.name for field in dataclasses.fields(SECTIONS[key])}
                later = _LATER.get(key, {})
                recorded = isinstance(value, Mapping) and names - set(later) <= set(value)
                parts[key] = fill(SECTIONS[key], later | value if recorded else value, key)
                wishes = _SUITED if recorded and key == "training" else () if recorded else value
                named |= {f"{key}.{name}" for name in wishes}
            else:
                raise unknown(f"section {key!r} in a recipe", key, SECTIONS)
        return cls(**parts, named=frozenset(named))

    def names(self, section: str, key: str) -> bool:
        """Whether a file, a dict or a change names a setting."""
        return f"{section}.{key}" in self.named

    def asks_for(self, section: str, key: str) -> bool:
        """Whether somebody asked for the value of a setting.

        Who names it has; who takes a shipped recipe, or leaves a setting out, has not. Of what
        nobody named, a value that is neither the default nor the shipped recipe's counts.
        """
        if self.names(section, key):
            return True
        usual = [getattr(getattr(one, section), key) for one in (Recipe(), _standard(self.name))]
        return getattr(getattr(self, section), key) not in usual

    @property
    def learnt_text(self) -> TextConfig:
        """How texts are read that are learnt from: as the model reads, or less of each."""
        most = [n for n in (self.text.max_tokens, self.training.max_tokens) if n]
        learnt: TextConfig = dataclasses.replace(self.text, max_tokens=min(most, default=0))
        return learnt

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON or TOML; ``from_dict`` reads them back."""
        sections = {name: dataclasses.asdict(getattr(self, name)) for name in SECTIONS}
        values = {"name": self.name, "description": self.description, **sections}
        plain: dict[str, Any] = json.loads(json.dumps(values))
        return plain

    def settings(self) -> dict[str, Any]:
        """Those of the values that change a run's result."""
        values = self.to_dict()
        return {key: values[key] for key in SECTIONS if key != "expected"}

    def with_settings(self, changes: Iterable[str]) -> Recipe:
        """This recipe with some settings changed.

        Args:
            changes: each ``section.key=value``, the value as in TOML; a string may go without
                its quotes.

        Raises:
            ConfigError: a change of another form, an unknown key, a bad value.
        """
        values, asked = self.to_dict(), set()
        for change in changes:
            name, equals, text = change.partition("=")
            section, dot, key = name.strip().partition(".")
            if not equals or not dot:
                raise ConfigError(
                    f"{change!r} is no setting; write section.key=value, such as training.epochs=3"
                )
            if section not in SECTIONS or section == "expected":
                raise unknown(f"section {section!r} in a recipe", section, self.settings())
            values[section][key] = _value(text.strip())
            asked.add(f"{section}.{key}")
            values["expected"] = {}  # what was measured was another recipe
        network = values["network"]
        without = "network.pooling" in asked and "attention" not in str(network["pooling"])
        if without and "network.attention_size" not in asked:
            network["attention_size"] = 0  # it went with the pooling that is replaced
        changed = type(self).from_dict(values)
        return dataclasses.replace(changed, named=self.named | asked, changed=self.changed | asked)

    def to_toml(self) -> str:
        """The recipe as a file that :meth:`load` reads back."""
        values = self.to_dict()
        head = {key: values.pop(key) for key in ("name", "description")}
        return toml_text(head, *((f"[{name}]", section) for name, section in values.items()))


def require_packages(recipe: Recipe) -> None:
    """Checks that the packages of the extra ``train`` that a recipe needs are there.

    Raises:
        DependencyError: one is missing.
    """
    vectors = ("gensim",) if recipe.vectors.trained else ()
    if any(find_spec(name) is None for name in (*_PACKAGES, *vectors)):
        raise DependencyError("training", extra="train")


@cache
def _standard(name: str) -> Recipe:
    """The recipe that ships under a name; the defaults where none does."""
    return Recipe.load(name) if name in shipped() else Recipe()


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
