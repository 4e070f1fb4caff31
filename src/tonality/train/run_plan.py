"""Runs the stages of a plan one after the other."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tonality import artifact
from tonality.durable_files import read_regular
from tonality.errors import ArtifactError, ConfigError, DataError, TonalityError, TrainingError
from tonality.tables.dataset import Dataset
from tonality.text.tokenizer import BEFORE
from tonality.train.prepare.data_checks import fingerprint
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RUN, RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions
from tonality.train.settings.plan import MODEL, PLAN, Plan, Stage
from tonality.train.settings.recipe import Recipe
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
        TrainingError: it is not free, another run is writing it, or there is nothing to resume.
        TonalityError: as in the stages' own functions.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    options = RunOptions(resume, reporter or Reporter(), checkpoint_minutes)
    folder = RunFolder(output)
    _check_folder(folder, plan, resume=resume)
    done = _done(folder, plan, dataset)
    checked = check_stages(dataset, plan.stages, resume=resume, done=done)
    with folder:
        _do_in_turn(plan, dataset, checked, folder, options)
        last = artifact.read(folder.path / plan.stages[-1].name / MODEL)
        return artifact.write(last, folder.model, overwrite=True)


def check_stages(
    dataset: Dataset,
    stages: Iterable[Stage],
    *,
    resume: bool = False,
    done: Mapping[str, Path] = MappingProxyType({}),
) -> dict[str, Checked]:
    """Finds the mistakes in later stages before the first begins, which may take hours.

    Args:
        dataset: the data of every stage.
        stages: in their order.
        resume: whether some may be over, so that a file of word vectors may be gone.
        done: the folders of the stages that are over; what these built on may be gone.

    Returns:
        What was found of each other stage, by its name.

    Raises:
        ArtifactError: the model of a stage that is over is damaged.
        ConfigError: a setting does not go with the stage's task, with what it starts from or with
            its teachers; what a stage builds on is neither a stage nor to be read.
        DataError: the data lacks what a stage needs, or a table of answers lacks a text.
        DependencyError: a package of the extra ``train`` or ``transformers`` is missing.
    """
    inherited, found, last = dict[str, Inherited](), dict[str, Checked](), None
    for stage in stages:
        if stage.name in done:
            inherited[stage.name] = read_start(done[stage.name])
            continue
        try:
            start = _start(stage.start_from, inherited)
            last = check_run(stage.task, stage.read(), dataset, start, resume=resume, like=last)
            if stage.task == "distill":
                _check_teachers(stage, last, inherited)
        except (ArtifactError, ConfigError, DataError) as fault:
            raise _of_stage(stage, fault, inherited) from fault
        inherited[stage.name] = _handed_on(stage, last.recipe, start)
        found[stage.name] = dataclasses.replace(last, start=None)
    return found


def _handed_on(stage: Stage, recipe: Recipe, start: Inherited | None) -> Inherited:
    """What a run inherits that begins with the model of a stage."""
    kind = LANGUAGE_MODEL if stage.task == "pretrain" else CLASSIFIER
    table = start is not None and start.has_ngrams
    return Inherited.of_recipe(stage.name, kind, recipe, table)


def _of_stage(stage: Stage, fault: TonalityError, before: Iterable[str]) -> TonalityError:
    """A fault with the name of the stage in which it was found."""
    where = f"stage {stage.name!r}: "
    if isinstance(fault, DataError):
        return DataError(where + fault.reason, path=fault.path, row=fault.row, column=fault.column)
    hint = ""
    if isinstance(fault, ArtifactError) and str(fault.path) in (*stage.teachers, stage.start_from):
        hint = f"; stages before it: {', '.join(before) or 'none'}"  # perhaps one was meant
    return ConfigError(f"{where}{fault}{hint}")


def _start(name: str, stages: Mapping[str, Inherited]) -> Inherited | None:
    """What a stage begins with: what an earlier one will be, or a model that is there."""
    return _outside(name) if name not in stages else stages[name]


def _outside(name: str) -> Start | None:
    """The model that is no stage, from which one begins; None without a name."""
    return read_start(os.path.expanduser(name)) if name else None  # noqa: PTH111 - as elsewhere


def _check_teachers(stage: Stage, run: Checked, inherited: Mapping[str, Inherited]) -> None:
    """Reads the teachers that are no stages, and looks up the texts in tables of answers."""
    outside = [name for name in stage.teachers if name not in inherited]
    all_here = len(outside) == len(stage.teachers)
    settings = run.recipe.distillation
    read_teaching(run.dataset, outside, settings, run.labels, all_here=all_here).check_tables(run)


def _do_in_turn(
    plan: Plan,
    dataset: Dataset,
    checked: Mapping[str, Checked],
    folder: RunFolder,
    options: RunOptions,
) -> None:
    """Takes the folder, does the stages that were checked, as they are not done, and tells of each.

    Raises:
        TrainingError: another run is writing it, or as in the stages' own functions.
    """
    folder.hold()
    folder.write(PLAN, plan.to_toml().encode())
    places = {name: folder.path / name for name in plan.names}
    try:
        for number, stage in enumerate(plan.stages, 1):
            heading = f"stage {number} of {len(plan.stages)}, {stage.name}"
            if stage.name not in checked:
                options.reporter.say(f"{heading}: done before")
                continue
            options.reporter.say(heading)
            _run(stage, dataset, checked[stage.name], places, options)
    except Exception:
        folder.abandon_if_nothing_is_begun(PLAN)
        raise


def _done(folder: RunFolder, plan: Plan, dataset: Dataset) -> dict[str, Path]:
    """The folders of the stages that are over, by name.

    Raises:
        ConfigError: one was trained on other data.
    """
    found = {name: folder.path / name for name in plan.names}
    done = {name: place for name, place in found.items() if (place / MODEL).exists()}
    known = fingerprint(dataset) if done else ""
    for place in done.values():
        if json.loads(read_regular(place / RUN))["data"]["sha256"] != known:
            raise ConfigError(f"{place} was trained on other data; resume it with the same")
    return done


def _check_folder(folder: RunFolder, plan: Plan, *, resume: bool) -> None:
    """Checks that a folder is free, or holds the beginning of a plan.

    Raises:
        ConfigError: it holds another plan.
        TrainingError: it is not free, or there is nothing to resume.
    """
    if not resume:
        folder.check_free()
        for name in plan.names:  # such as that of an adaptation's language model, which is let be
            if (folder.path / name).exists():
                raise TrainingError(
                    f"{folder.path / name} is there already, and a stage is called {name!r}; "
                    "choose another folder"
                )
        return
    place = folder.path / PLAN
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


def _asked(stage: Stage) -> tuple[Any, ...]:
    """What decides a stage's result, however its settings are written.

    Settings that an earlier version did not have are for the stage's own folder to compare.
    """
    settings = stage.read().settings()
    settings["text"] = {key: held for key, held in settings["text"].items() if key not in BEFORE}
    return stage.name, stage.task, stage.start_from, stage.teachers, settings


def _run(
    stage: Stage,
    dataset: Dataset,
    checked: Checked,
    places: Mapping[str, Path],
    options: RunOptions,
) -> None:
    from tonality.train.distill import fit_student
    from tonality.train.fit_classifier import fit_classifier
    from tonality.train.pretrain import fit_language_model

    folder, begins = RunFolder(places[stage.name]), stage.start_from
    start = read_start(places[begins]) if begins in places else _outside(begins)
    begun = (folder.path / RUN).exists()
    options = dataclasses.replace(options, resume=begun)
    if not begun:
        folder.check_free()
    run = check_run(stage.task, stage.read(), dataset, start, resume=begun, like=checked)
    if stage.task == "pretrain":
        fit_language_model(run, folder, options)
    elif stage.task == "distill":
        models = {name: place / MODEL for name, place in places.items()}
        fit_student(run, [models.get(name, name) for name in stage.teachers], folder, options)
    else:
        fit_classifier(run, folder, options)
