"""``train``: from a dataset and a recipe to a model folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tonality.data import Dataset
from tonality.train.prepare.preflight import check_run
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions, run_folder
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import as_start
from tonality.train.start.start import Start

if TYPE_CHECKING:
    from lightning.pytorch import Callback


def train(
    dataset: Dataset,
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
    records: bool = True,
) -> Path:
    """Trains a model and writes its folder.

    A run survives being killed: called again with ``resume``, it goes on from its last
    checkpoint and, on a CPU with the same number of threads, ends with the weights it would
    have had.

    Args:
        dataset: the data; a validation part is cut from its labelled texts, its test part is
            not touched.
        recipe: the settings.
        output: the run's folder; the model goes to its subfolder ``model``.
        start_from: the folder of a language model or a model, or the name of a bundled model, to
            begin with (or what was read of one): its vocabulary, text settings and shape are taken
            over, and its weights, without the head where the labels are others. Labels that are
            the model's in another spelling, such as ``POS``, get the model's names.
        cache: a folder where trained word vectors are kept, for other runs on the same texts with
            the same settings for them; by default none is.
        resume: go on with the run that the folder holds.
        reporter: told how it goes; by default the log.
        callbacks: Lightning callbacks, called before the run's own. One that sets
            ``trainer.should_stop``, as ``Timer`` does, ends the run after an evaluation.
        checkpoint_minutes: minutes between checkpoints, besides those after evaluations.
        accelerator: ``cpu``, ``gpu`` or whatever else Lightning knows; ``auto`` for the best.
        devices: how many of them, on each machine; ``auto`` for all, or as ``torchrun`` says.
        nodes: how many machines.
        records: whether to leave metrics and curves beside the model.

    Returns:
        The model folder.

    Raises:
        ConfigError: ``resume`` with other settings or data than the run's; settings that do not
            go together, or not with the start or a file of word vectors.
        DataError: the data cannot be trained on, a file of word vectors not be read.
        ArtifactError: there is nothing to start from, or it is damaged.
        DependencyError: a package of the extra ``train`` is missing.
        TrainingError: the folder holds a run already or other files, or no run to resume;
            another run is writing it; the model could not be saved; training diverged or ran out
            of memory; a file cannot be written. What failed before its first checkpoint leaves
            nothing behind but the answers of teachers.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    options = RunOptions(
        resume, reporter or Reporter(), checkpoint_minutes, accelerator, devices, callbacks,
        records, None if cache is None else RunFolder(cache), nodes,
    )  # fmt: skip
    folder = run_folder(output, options)
    start = None if start_from is None else as_start(start_from)
    run = check_run("train", recipe, dataset, start, resume=resume)
    # Importing torch takes seconds: what is wrong is said before.
    from tonality.train.fit_classifier import fit_classifier

    return fit_classifier(run, folder, options)
