"""Runs the stages of a plan one after the other."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tonality import artifact
from tonality.durable_files import read_regular
from tonality.errors import ArtifactError, ConfigError, DataError, TonalityError, TrainingError
from tonality.tables.dataset import Dataset
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RUN, RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions
from tonality.train.settings.plan import MODEL, PLAN, Plan, Stage
from tonality.train.start.inherited_settings import CLASSIFIER, LANGUAGE_MODEL, Inherited
from tonality.train.start.read_start import read_start
from tonality.train.start.start import Start
from tonality.train.teachers.read_teachers import read_teaching


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

    All stages are checked first. Going on, those that have not begun may be others.

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
    done = [name for name in plan.names if resume and (folder.path / name / MODEL).exists()]
    checked = check_stages(dataset, plan.stages, resume=resume, done=done)
    _open(folder, plan, resume=resume)
    _do_in_turn(plan, checked, folder, options)
    last = artifact.read(folder.path / plan.stages[-1].name / MODEL)
    return artifact.write(last, folder.model, overwrite=True)


def check_stages(
    dataset: Dataset,
    stages: Sequence[Stage],
    *,
    resume: bool = False,
    done: Collection[str] = (),
) -> dict[str, Checked]:
    """Finds the mistakes in later stages before the first begins, which may take hours.

    Args:
        dataset: the data of every stage.
        stages: in their order.
        resume: whether some may be over, so that a file of word vectors may be gone.
        done: the stages that are over, whose teachers from elsewhere may be gone, too.

    Returns:
        What was found of each stage, by its name.

    Raises:
        ConfigError: a setting does not go with the stage's task, with what it starts from or with
            its teachers; what a stage builds on is neither a stage nor to be read.
        DataError: the data lacks what a stage needs, or a table of answers lacks a text.
        DependencyError: a package of the extra ``train`` or ``transformers`` is missing.
    """
    inherited: dict[str, Inherited] = {}
    found: dict[str, Checked] = {}
    last: Checked | None = None
    for stage in stages:
        try:
            start = _start(stage.start_from, inherited)
            last = check_run(stage.task, stage.read(), dataset, start, resume=resume, like=last)
            if stage.task == "distill" and stage.name not in done:
                _check_teachers(stage, last, inherited)
        except TonalityError as fault:
            raise _of_stage(stage, fault, inherited) from fault
        kind = LANGUAGE_MODEL if stage.task == "pretrain" else CLASSIFIER
        table = start is not None and start.has_ngrams
        inherited[stage.name] = Inherited.of_recipe(stage.name, kind, last.recipe, table)
        found[stage.name] = last
    return found


def _of_stage(stage: Stage, fault: TonalityError, before: Iterable[str]) -> TonalityError:
    """A fault with the name of the stage in which it was found."""
    if isinstance(fault, DataError):
        return DataError(f"stage {stage.name!r}: {fault.reason}", path=fault.path)
    if isinstance(fault, ArtifactError):  # perhaps a stage was meant
        known = ", ".join(before) or "none"
        return ConfigError(f"stage {stage.name!r}: {fault}; stages before it: {known}")
    return (
        ConfigError(f"stage {stage.name!r}: {fault}") if isinstance(fault, ConfigError) else fault
    )


def _start(name: str, inherited: Mapping[str, Inherited]) -> Inherited | None:
    """What a stage begins with: what an earlier one will be, or a model that is there."""
    if not name:
        return None
    return inherited[name] if name in inherited else read_start(os.path.expanduser(name))  # noqa: PTH111


def _check_teachers(stage: Stage, run: Checked, inherited: Mapping[str, Inherited]) -> None:
    """Reads the teachers that are no stages, and looks up the texts in tables of answers."""
    outside = [name for name in stage.teachers if name not in inherited]
    all_here = len(outside) == len(stage.teachers)
    settings = run.recipe.distillation
    read_teaching(run.dataset, outside, settings, run.labels, all_here=all_here).check_tables(run)


def _do_in_turn(
    plan: Plan, checked: Mapping[str, Checked], folder: RunFolder, options: RunOptions
) -> None:
    places = {name: folder.path / name for name in plan.names}
    try:
        for number, stage in enumerate(plan.stages, 1):
            heading = f"stage {number} of {len(plan.stages)}, {stage.name}"
            _do(stage, heading, checked[stage.name], places, options)
    except Exception:
        folder.abandon_if_nothing_is_begun(PLAN)
        raise


def _do(
    stage: Stage, heading: str, run: Checked, places: Mapping[str, Path], options: RunOptions
) -> None:
    """Does a stage that is not done, and tells of it.

    Args:
        stage: the stage.
        heading: what to call it.
        run: what was found of it.
        places: the folder of each stage.
        options: how it is carried out.

    Raises:
        ConfigError: it was done before, on other data.
    """
    place = places[stage.name]
    if (place / MODEL).exists():
        if json.loads(read_regular(place / RUN))["data"]["sha256"] != run.fingerprint:
            raise ConfigError(f"{place} was trained on other data; resume it with the same")
        options.reporter.say(f"{heading}: done before")
        return
    options.reporter.say(heading)
    _run(stage, run, places, options)


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


def _run(stage: Stage, checked: Checked, places: Mapping[str, Path], options: RunOptions) -> None:
    from tonality.train.distill import fit_student
    from tonality.train.fit_classifier import fit_classifier
    from tonality.train.pretrain import fit_language_model

    folder = RunFolder(places[stage.name])
    made = {name: str(place) for name, place in places.items()}
    start = _start(made.get(stage.start_from, stage.start_from), {})
    assert isinstance(start, Start | None)
    begun = (folder.path / RUN).exists()
    options = dataclasses.replace(options, resume=begun)
    if not begun:
        folder.check_free()
    run = check_run(stage.task, stage.read(), checked.dataset, start, resume=begun, like=checked)
    if stage.task == "pretrain":
        fit_language_model(run, folder, options)
    elif stage.task == "distill":
        models = {name: place / MODEL for name, place in places.items()}
        fit_student(run, [models.get(name, name) for name in stage.teachers], folder, options)
    else:
        fit_classifier(run, folder, options)
