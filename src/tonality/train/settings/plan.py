"""A plan: several runs one after the other, which may build on each other and on other models.

From raw reviews to a small model with one command: a language model, a large classifier that starts
from it, a small one that learns from the large one's verdicts.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tonality.durable_files import read_regular
from tonality.errors import ConfigError
from tonality.train.settings.checked_fields import check_fields, fill
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import Expected
from tonality.train.settings.shipped_recipes import PLANS, shipped_plans
from tonality.train.settings.toml_text import toml_text

PLAN = "plan.toml"
MODEL = "model"  # the folder in which a run, or a plan, leaves its model


@dataclass(frozen=True)
class Stage:
    """One run of a plan.

    Attributes:
        name: of its folder in the plan's.
        task: what to do: ``pretrain``, ``train`` or ``distill``.
        recipe: a recipe that ships, or a file.
        settings: changes to it, each ``section.key=value``.
        start_from: what to begin with: the stage whose language model or model it is, or one from
            elsewhere, as ``tonality train --start-from`` takes it; empty for nothing.
        teachers: who teaches: stages, for their models, or what ``tonality distill --teacher``
            takes, such as a table of answers. A path is that of the process, not of the plan;
            ``~`` is the home folder.
    """

    name: str = ""
    task: Literal["pretrain", "train", "distill"] = "train"
    recipe: str = "base"
    settings: tuple[str, ...] = ()
    start_from: str = ""
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self, "stages")
        taken = ("", ".", "..", MODEL, PLAN)
        if self.name in taken or Path(self.name).name != self.name:
            raise ConfigError(f"stages.name is {self.name!r}; a stage needs the name of a folder")
        if any(not name or "\0" in name for name in (*self.teachers, self.start_from or ".")):
            raise ConfigError(
                f"stage {self.name!r} builds on a model without a name, or with a null character "
                "in it; name a stage before it, or a model"
            )
        if (self.task == "distill") != bool(self.teachers):
            raise ConfigError(
                f"stage {self.name!r} has the task {self.task!r} and {len(self.teachers)} teachers"
            )

    def read(self) -> Recipe:
        """The recipe with its changes.

        Raises:
            ConfigError: it cannot be read.
        """
        return Recipe.load(self.recipe).with_settings(self.settings)


@dataclass(frozen=True)
class Plan:
    """Stages in their order.

    Attributes:
        name: what to call it.
        description: what it is for.
        stages: the runs; the model of the last is the plan's.
        expected: what it was measured to give; has no effect.
    """

    name: str
    description: str = ""
    stages: tuple[Stage, ...] = ()
    expected: Expected = field(default_factory=Expected)

    def __post_init__(self) -> None:
        if not self.stages:
            raise ConfigError(f"the plan {self.name} has no stages")
        if self.stages[-1].task == "pretrain":
            raise ConfigError(f"the plan {self.name} ends with a language model, not with a model")
        before: dict[str, str] = {}
        for stage in self.stages:
            for needed in (*stage.teachers, stage.start_from):
                if needed in self.names and needed not in before:
                    raise ConfigError(
                        f"stage {stage.name!r} builds on {needed!r}, which is no stage before it"
                    )
            if len(set(stage.teachers)) < len(stage.teachers):
                raise ConfigError(f"stage {stage.name!r} has the same teacher twice")
            if any(before.get(name) == "pretrain" for name in stage.teachers):
                raise ConfigError(f"stage {stage.name!r}: a language model is no teacher")
            if stage.name in before:
                raise ConfigError(f"two stages are called {stage.name!r}")
            before[stage.name] = stage.task

    @property
    def names(self) -> list[str]:
        """Those of the stages; any other name is that of something outside the plan."""
        return [stage.name for stage in self.stages]

    @classmethod
    def load(cls, source: str | Path) -> Plan | None:
        """The plan of a TOML file, or the one that ships under a name; None for a recipe.

        Raises:
            ConfigError: it is a plan, and something in it is wrong.
        """
        path = PLANS / f"{source}.toml" if str(source) in shipped_plans() else Path(source)
        try:
            content = tomllib.loads(read_regular(path).decode("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return None  # the reader of recipes says what is wrong
        return cls.from_dict({"name": path.stem, **content}) if "stages" in content else None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """The plan of plain values.

        Raises:
            ConfigError: something is wrong; says what is valid.
        """
        stages = values.get("stages")
        if not isinstance(stages, list):
            raise ConfigError("stages must be a list of tables, each [[stages]]")
        filled = [fill(Stage, stage, "stages") for stage in stages]
        expected = fill(Expected, values.get("expected", {}), "expected")
        return fill(cls, {**values, "stages": tuple(filled), "expected": expected}, "plan")

    def with_settings(self, changes: Iterable[str]) -> Plan:
        """This plan with some settings of its stages changed.

        Args:
            changes: each ``stage.section.key=value``.

        Raises:
            ConfigError: no such stage, or a change that its recipe does not take.
        """
        stages = {stage.name: stage for stage in self.stages}
        for change in changes:
            name, dot, rest = change.partition(".")
            if not dot or name not in stages:
                raise ConfigError(
                    f"{change!r} names no stage of the plan {self.name}; write "
                    f"stage.section.key=value, the stage one of {', '.join(stages)}"
                )
            stage = stages[name]
            stages[name] = dataclasses.replace(stage, settings=(*stage.settings, rest))
            stages[name].read()
        if all(stages[stage.name] is stage for stage in self.stages):
            return self
        return dataclasses.replace(self, stages=tuple(stages.values()), expected=Expected())

    def to_toml(self) -> str:
        """The plan as a file that :meth:`load` reads back."""
        return toml_text(
            {"name": self.name, "description": self.description},
            ("[expected]", vars(self.expected)),
            *(("[[stages]]", vars(stage)) for stage in self.stages),
        )
