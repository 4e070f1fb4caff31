"""``distill``: what large models know, in a small one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions, run_folder
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import as_start
from tonality.train.start.start import Start

if TYPE_CHECKING:
    from lightning.pytorch import Callback


def distill(
    dataset: Dataset,
    teachers: Sequence[str | os.PathLike[str]],
    recipe: Recipe,
    output: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | Start | None = None,
    cache: str | os.PathLike[str] | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint_minutes: float = MINUTES,
    accelerator: str = "auto",
    devices: int | str = "auto",
    nodes: int = 1,
) -> Path:
    """Trains a student on its teachers' verdicts and writes its folder.

    It learns from the training and the unlabelled texts alike: from the mean of the teachers'
    probabilities at a temperature, and by ``distillation.hard_weight`` from the label where there
    is one (Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network"). An epoch
    is a pass over all these texts; all else is as in :func:`tonality.train.train`, which also says
    what the other arguments mean.

    Args:
        dataset: the data; texts that are in its validation or test part teach nothing.
        teachers: model folders, names of bundled models, folders of transformers, or tables of
            answers; models may read more of a text. They teach all texts but those of collections
            for which ``distillation.teachers`` names others.
        recipe: the student's settings.
        output: the run's folder; the model goes to its subfolder ``model``.
        start_from: as in :func:`tonality.train.train`: a language model, for a student as large as
            its teachers, or a model to go on with.
        cache: a folder where the teachers' answers and the word vectors are kept, for other
            students of theirs; by default the run's folder.

    Returns:
        The model folder.

    Raises:
        ArtifactError: a teacher is missing or damaged.
        ConfigError: there is no teacher, or one has other labels; a text has no teacher; a setting
            does not go with teachers.
        DataError: a table of answers cannot be read, or lacks a text.
        DependencyError: a transformer, and the extra ``transformers`` is missing.
        TonalityError: as in :func:`tonality.train.train`.
    """
    options = RunOptions(
        resume, reporter or Reporter(), checkpoint_minutes, accelerator, devices, callbacks,
        cache=None if cache is None else RunFolder(cache), nodes=nodes,
    )  # fmt: skip
    folder = run_folder(output, options)
    start = None if start_from is None else as_start(start_from)
    if not teachers and not recipe.distillation.teachers:
        raise ConfigError(
            "there is no teacher; name a model folder with --teacher, or one for each collection "
            "in the recipe's [distillation.teachers]"
        )
    run = check_run("distill", recipe, dataset, start, resume=resume)
    return fit_student(run, teachers, folder, options)


def fit_student(
    run: Checked,
    teachers: Sequence[str | os.PathLike[str]],
    folder: RunFolder,
    options: RunOptions,
) -> Path:
    """Does a run that is checked; as for :func:`distill`."""
    # Importing torch takes seconds: what is wrong is said before.
    from tonality.train.fit_classifier import fit_classifier
    from tonality.train.teachers.read_teachers import read_teaching

    distillation = run.recipe.distillation
    teaching = read_teaching(run.dataset, teachers, distillation, run.labels, options.cache)
    return fit_classifier(run, folder, options, teaching)
