"""Runs the stages of a plan one after the other."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tonality import artifact
from tonality.durable_files import read_regular
from tonality.errors import ConfigError, DataError, TrainingError
from tonality.tables.dataset import Dataset
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RUN, RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions
from tonality.train.settings.plan import MODEL, PLAN, Plan, Stage
from tonality.train.start.inherited_settings import CLASSIFIER, LANGUAGE_MODEL, Inherited
from tonality.train.start.read_start import read_start
from tonality.train.teachers.read_teachers import check_collections
from tonality.train.teachers.teacher import teacher_path


def run_plan(
    dataset: Dataset,
    plan: Plan,
    output: str | os.PathLike[str],
    *,
    resume: bool = False,
    reporter: Reporter | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Path:
    """Does the stages that are not done, and puts the last one's model in place.

    All stages are checked first. One that has not begun may be changed on going on.

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
        ConfigError: a stage cannot do what it asks for; stages that have begun are others now.
        DataError: the data lacks what a stage needs.
        TrainingError: it is not free, or there is nothing to resume.
        TonalityError: as in the stages' own functions.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    options = RunOptions(resume, reporter or Reporter(), checkpoint_minutes)
    folder = RunFolder(output)
    checked = check_stages(dataset, plan.stages, resume=resume)
    _open(folder, plan, resume=resume)
    for number, stage in enumerate(plan.stages, 1):
        heading = f"stage {number} of {len(plan.stages)}, {stage.name}"
        _do(stage, heading, checked[stage.name], folder, options)
    last = artifact.read(folder.path / plan.stages[-1].name / MODEL)
    return artifact.write(last, folder.model, overwrite=True)


def check_stages(
    dataset: Dataset, stages: Iterable[Stage], *, resume: bool = False
) -> dict[str, Checked]:
    """Finds the mistakes in later stages before the first begins, which may take hours.

    Args:
        dataset: the data of every stage.
        stages: in their order.
        resume: whether some may be over, so that a file of word vectors may be gone.

    Returns:
        What was found of each stage, by its name.

    Raises:
        ConfigError: a setting does not go with the stage's task, or with what it starts from.
        DataError: the data lacks what a stage needs.
        DependencyError: a package of the extra ``train`` is missing.
    """
    inherited: dict[str, Inherited] = {}
    found: dict[str, Checked] = {}
    last: Checked | None = None
    for stage in stages:
        start = inherited.get(stage.start_from)
        try:
            last = check_run(stage.task, stage.read(), dataset, start, resume=resume, like=last)
            settings = last.recipe.distillation
            if stage.task == "distill" and settings.teachers:
                check_collections(dataset, settings, others_taught=True)
                for source in settings.named_teachers:
                    teacher_path(source)
        except ConfigError as fault:
            raise ConfigError(f"stage {stage.name!r}: {fault}") from fault
        except DataError as fault:
            raise DataError(f"stage {stage.name!r}: {fault.reason}", path=fault.path) from fault
        kind = LANGUAGE_MODEL if stage.task == "pretrain" else CLASSIFIER
        table = start is not None and start.has_ngrams
        inherited[stage.name] = Inherited.of_recipe(stage.name, kind, last.recipe, table)
        found[stage.name] = last
    return found


def _do(stage: Stage, heading: str, run: Checked, folder: RunFolder, options: RunOptions) -> None:
    """Does a stage that is not done, and tells of it.

    Raises:
        ConfigError: it was done before, on other data.
    """
    place = folder.path / stage.name
    if (place / MODEL).exists():
        if json.loads(read_regular(place / RUN))["data"]["sha256"] != run.fingerprint:
            raise ConfigError(f"{place} was trained on other data; resume it with the same")
        options.reporter.say(f"{heading}: done before")
        return
    options.reporter.say(heading)
    try:
        _run(stage, run, folder.path, options)
    except Exception:
        folder.abandon_if_nothing_is_begun(PLAN)
        raise


def _open(folder: RunFolder, plan: Plan, *, resume: bool) -> None:
    place = folder.path / PLAN
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
    stages = held.stages if held else ()
    begun = [n for n, stage in enumerate(stages, 1) if (folder.path / stage.name / RUN).exists()]
    fixed = stages[: max(begun, default=0)]  # up to the last one that has begun
    if [_asked(stage) for stage in plan.stages[: len(fixed)]] != [_asked(s) for s in fixed]:
        raise ConfigError(
            f"{folder.path} holds a plan with other stages or settings: resume it as it was, but "
            "for stages that have not begun, or start anew in another folder"
        )
    folder.write(PLAN, plan.to_toml().encode())


def _asked(stage: Stage) -> tuple[Any, ...]:
    """What decides a stage's result, however it is written."""
    return stage.name, stage.task, stage.start_from, stage.teachers, stage.read().settings()


def _run(stage: Stage, checked: Checked, folder: Path, options: RunOptions) -> None:
    from tonality.train.distill import fit_student
    from tonality.train.fit_classifier import fit_classifier
    from tonality.train.pretrain import fit_language_model

    place = RunFolder(folder / stage.name)
    start = read_start(folder / stage.start_from) if stage.start_from else None
    begun = (place.path / RUN).exists()
    options = dataclasses.replace(options, resume=begun)
    if not begun:
        place.check_free()
    run = check_run(stage.task, stage.read(), checked.dataset, start, resume=begun, like=checked)
    if stage.task == "pretrain":
        fit_language_model(run, place, options)
    elif stage.task == "distill":
        teachers = [folder / name / MODEL for name in stage.teachers]
        fit_student(run, teachers, place, options)
    else:
        fit_classifier(run, place, options)
