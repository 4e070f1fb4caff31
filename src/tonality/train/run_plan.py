"""Runs the stages of a plan one after the other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tonality import artifact
from tonality.durable_files import read_regular
from tonality.errors import ConfigError, TrainingError
from tonality.tables.dataset import Dataset
from tonality.train.prepare.data_checks import fingerprint
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RUN, RunFolder
from tonality.train.settings.plan import MODEL, PLAN, Plan, Stage


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
            if json.loads(read_regular(place / RUN))["data"]["sha256"] != data:
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
    from tonality.train.pretrain import pretrain
    from tonality.train.train_classifier import train

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
