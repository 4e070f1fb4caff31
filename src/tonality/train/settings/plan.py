"""A plan: several runs one after the other, each building on those before it.

From raw reviews to a small model with one command: a language model, a large classifier that starts
from it, a small one that learns from the large one's verdicts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tonality import artifact
from tonality.data import Dataset
from tonality.errors import ConfigError, TrainingError
from tonality.train.checkpoint import MODEL, RUN, RunFolder
from tonality.train.identity import fingerprint
from tonality.train.progress import Reporter
from tonality.train.recipe import PLANS, Recipe, shipped_plans
from tonality.train.sections import Expected
from tonality.train.settings import check, fill

PLAN = "plan.toml"


@dataclass(frozen=True)
class Stage:
    """One run of a plan.

    Attributes:
        name: of its folder in the plan's.
        task: what to do: ``pretrain``, ``train`` or ``distill``.
        recipe: a recipe that ships, or a file.
        settings: changes to it, each ``section.key=value``.
        start_from: the stage whose language model or model to begin with; empty for none.
        teachers: the stages whose models teach.
    """

    name: str = ""
    task: Literal["pretrain", "train", "distill"] = "train"
    recipe: str = "base"
    settings: tuple[str, ...] = ()
    start_from: str = ""
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check(self, "stages")
        taken = ("", ".", "..", MODEL, PLAN)
        if self.name in taken or Path(self.name).name != self.name:
            raise ConfigError(f"stages.name is {self.name!r}; a stage needs the name of a folder")
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
            for needed in (*stage.teachers, *filter(None, [stage.start_from])):
                if needed not in before:
                    raise ConfigError(
                        f"stage {stage.name!r} builds on {needed!r}, which is no stage before it"
                    )
            if len(set(stage.teachers)) < len(stage.teachers):
                raise ConfigError(f"stage {stage.name!r} has the same teacher twice")
            if any(before[name] == "pretrain" for name in stage.teachers):
                raise ConfigError(f"stage {stage.name!r}: a language model is no teacher")
            if stage.name in before:
                raise ConfigError(f"two stages are called {stage.name!r}")
            before[stage.name] = stage.task

    @classmethod
    def load(cls, source: str | Path) -> Plan | None:
        """The plan of a TOML file, or the one that ships under a name; None for a recipe.

        Raises:
            ConfigError: it is a plan, and something in it is wrong.
        """
        path = PLANS / f"{source}.toml" if str(source) in shipped_plans() else Path(source)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
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
        return fill(cls, {**values, "stages": tuple(filled), **_expected(values)}, "plan")

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
        lines = [f"{key} = {_toml(getattr(self, key))}" for key in ("name", "description")]
        lines += ["", "[expected]"]
        lines += [f"{key} = {_toml(value)}" for key, value in vars(self.expected).items()]
        for stage in self.stages:
            lines += ["", "[[stages]]"]
            lines += [f"{key} = {_toml(value)}" for key, value in vars(stage).items()]
        return "\n".join(lines) + "\n"


def run_plan(
    dataset: Dataset,
    plan: Plan,
    output: str | os.PathLike[str],
    *,
    resume: bool = False,
    reporter: Reporter | None = None,
    checkpoint_minutes: float = 10.0,
) -> Path:
    """Does the stages that are not done, and puts the last one's model in place.

    All stages are checked before the first begins. One that has not begun may be changed when the
    plan is gone on with.

    Args:
        dataset: the data of every stage.
        plan: the stages.
        output: the plan's folder: a subfolder a stage, and ``model``.
        resume: go on with the plan that the folder holds.
        reporter: told how it goes; by default the log.
        checkpoint_minutes: minutes between checkpoints.

    Returns:
        The model folder.

    Raises:
        ConfigError: a stage cannot do what it asks for; the folder holds a plan whose stages that
            have begun are others.
        DataError: the data lacks what a stage needs.
        TrainingError: it is not free, or there is nothing to resume.
        TonalityError: as in the stages' own functions.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    from tonality.train.plan_check import check_stages

    reporter = reporter or Reporter()
    folder = RunFolder(output)
    check_stages(dataset, plan.stages, resume=resume)
    _open(folder, plan, resume=resume)
    data = fingerprint(dataset)
    for number, stage in enumerate(plan.stages, 1):
        place = folder.path / stage.name
        heading = f"stage {number} of {len(plan.stages)}, {stage.name}"
        if (place / MODEL).exists():
            if json.loads((place / RUN).read_bytes())["data"]["sha256"] != data:
                raise ConfigError(f"{place} was trained on other data; resume it with the same")
            reporter.say(f"{heading}: done before")
            continue
        reporter.say(heading)
        try:
            _run(dataset, stage, folder.path, reporter, checkpoint_minutes)
        except Exception:
            folder.abandon_if_nothing_is_begun(PLAN)
            raise
    last = artifact.read(folder.path / plan.stages[-1].name / MODEL)
    return artifact.write(last, folder.model, overwrite=True)


def _open(folder: RunFolder, plan: Plan, *, resume: bool) -> None:
    place = folder.path / PLAN
    if not resume and place.exists():
        raise TrainingError(
            f"{folder.path} holds a plan already: go on with it with --resume, or choose another "
            "folder"
        )
    if not resume:
        folder.check_free()
        folder.write(PLAN, plan.to_toml().encode())
        return
    if not place.exists():
        raise TrainingError(
            f"there is no plan in {folder.path} to resume; start one without --resume"
        )
    held = Plan.load(place)
    if held == plan:
        return
    begun = _begun(folder, held.stages if held else ())
    if [_asked(stage) for stage in plan.stages[: len(begun)]] != [_asked(s) for s in begun]:
        raise ConfigError(
            f"{folder.path} holds a plan with other stages or settings: resume it as it was, but "
            "for stages that have not begun, or start anew in another folder"
        )
    folder.write(PLAN, plan.to_toml().encode())


def _begun(folder: RunFolder, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages up to the last one that has begun."""
    numbers = [n for n, stage in enumerate(stages, 1) if (folder.path / stage.name / RUN).exists()]
    return stages[: max(numbers, default=0)]


def _asked(stage: Stage) -> tuple[Any, ...]:
    """What decides a stage's result, however it is written."""
    return stage.name, stage.task, stage.start_from, stage.teachers, stage.read().settings()


def _run(
    dataset: Dataset, stage: Stage, folder: Path, reporter: Reporter, checkpoint_minutes: float
) -> None:
    from tonality.train.distill import distill
    from tonality.train.fit import train
    from tonality.train.pretrain import pretrain

    recipe, output = stage.read(), folder / stage.name
    start = folder / stage.start_from if stage.start_from else None
    how: dict[str, Any] = {
        "resume": (output / RUN).exists(),
        "reporter": reporter,
        "checkpoint_minutes": checkpoint_minutes,
    }
    if stage.task == "pretrain":
        pretrain(dataset, recipe, output, start_from=start, **how)
    elif stage.task == "distill":
        teachers = [folder / name / MODEL for name in stage.teachers]
        distill(dataset, teachers, recipe, output, start_from=start, **how)
    else:
        train(dataset, recipe, output, start_from=start, **how)


def _expected(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"expected": fill(Expected, values.get("expected", {}), "expected")}


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
