"""``pretrain``: from texts, labelled or not, to a language model that starts a classifier."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import Any

from tonality.data import Dataset
from tonality.train.prepare.corpus import Corpus, read_corpus
from tonality.train.prepare.data_checks import vocabulary_fingerprint
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.records.processes import leader_first, leads
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.records.run_options import MINUTES, RunOptions, run_folder
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import as_start
from tonality.train.start.start import Start


def pretrain(
    dataset: Dataset,
    recipe: Recipe,
    output: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | Start | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
    checkpoint_minutes: float = MINUTES,
    device: str = "auto",
) -> Path:
    """Trains a language model and writes its folder.

    It learns from the training part and the unlabelled texts; what a classifier of the same
    data and recipe is measured on takes no part. Labels, where there are any, are not looked at,
    but for the cut.

    A run survives being killed: called again with ``resume`` it goes on from its last checkpoint
    and, on a CPU with the same number of threads, ends with the weights it would have had.

    Args:
        dataset: the data.
        recipe: the settings; with ``training.average`` the moving average of the weights is what
            gets measured and kept.
        output: the run's folder; the language model goes to its subfolder ``model``.
        start_from: the folder of a language model or a model, or the name of a bundled model, to
            go on from: its vocabulary, text settings, shape and directions are taken over, and its
            embedding and LSTM.
        resume: go on with the run that the folder holds.
        reporter: told how it goes; by default the log.
        checkpoint_minutes: minutes between checkpoints, besides those after evaluations.
        device: ``cpu``, ``cuda``, or ``auto`` for the best there is.

    Returns:
        The language model's folder.

    Raises:
        ArtifactError: there is nothing to start from, or it is damaged.
        ConfigError: ``resume`` with other settings or data than the run's; a start that cannot go
            on as a language model, for its upper layers read both directions; a setting that no
            language model heeds.
        DataError: too little text.
        TrainingError: the folder holds a run already or other files, or no run to resume;
            another run is writing it; training diverged; a file cannot be written.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    options = RunOptions(resume, reporter or Reporter(), checkpoint_minutes, device)
    folder = run_folder(output, options)
    start = None if start_from is None else as_start(start_from)
    run = check_run("pretrain", recipe, dataset, start, resume=resume)
    return fit_language_model(run, folder, options)


def fit_language_model(
    run: Checked, folder: RunFolder, options: RunOptions, *, averaged: bool = True
) -> Path:
    """Does a run that is checked; as for :func:`pretrain`.

    ``averaged`` says whether ``training.average`` is heeded.
    """
    # Importing torch takes seconds: what is wrong is said before.
    import torch

    from tonality.train.loop.language_model_fit import LanguageModelFit
    from tonality.train.loop.one_training import one_training

    began = time.monotonic()
    if not leads():
        options = dataclasses.replace(options, reporter=Reporter())
    with folder:
        with leader_first():
            corpus = _begin(run, folder, options)
        try:
            with one_training(), torch.random.fork_rng():
                fit = LanguageModelFit(run, corpus, folder, options, began, averaged=averaged)
                fit.take_steps()
        except Exception:
            folder.abandon()
            raise
        finally:
            options.reporter.close()
        if fit.session.interrupted:
            raise KeyboardInterrupt
        return fit.finish() if leads() else folder.model


def _begin(run: Checked, folder: RunFolder, options: RunOptions) -> Corpus:
    """What is learnt from; from here on the folder is the run's."""
    identity: dict[str, Any] = {
        "task": "pretrain",
        "settings": run.recipe.settings(),
        "data": {"name": run.dataset.name, "sha256": run.fingerprint},
        "start": None if run.start is None else run.start.identity,
    }
    if options.resume and leads():
        folder.reopen(identity)
    corpus = read_corpus(run, options.reporter)
    identity["vocabulary"] = vocabulary_fingerprint(corpus.vocabulary)
    if options.resume and leads():
        folder.reopen(identity)
    elif leads():
        folder.begin(identity, run.recipe.to_toml())
    return corpus
