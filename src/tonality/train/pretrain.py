"""``pretrain``: from texts, labelled or not, to a language model that starts a classifier."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from tonality.data import Dataset
from tonality.train.loop.language_model_fit import PretrainingRun
from tonality.train.prepare.corpus import read_corpus
from tonality.train.prepare.data_checks import fingerprint, vocabulary_fingerprint
from tonality.train.prepare.preflight import check_pretraining
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
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
    checkpoint_minutes: float = 10.0,
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
        recipe: the settings.
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
            training diverged; a file cannot be written.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    reporter = reporter or Reporter()
    check_pretraining(recipe)
    folder = RunFolder(output)
    start = None
    if start_from is not None:
        start = as_start(start_from)
        recipe = start.as_language_model(recipe)
    identity: dict[str, Any] = {
        "task": "pretrain",
        "settings": recipe.settings(),
        "data": {"name": dataset.name, "sha256": fingerprint(dataset)},
        "start": None if start is None else start.identity,
    }
    if resume:
        folder.reopen(identity)
    else:
        folder.check_free()
    corpus = read_corpus(dataset, recipe, reporter, start)
    identity["vocabulary"] = vocabulary_fingerprint(corpus.vocabulary)
    if resume:
        folder.reopen(identity)
    else:
        folder.begin(identity, recipe.to_toml())
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        with torch.random.fork_rng(), _interruptible() as interrupted:
            run = PretrainingRun(corpus, recipe, folder, reporter, torch.device(device))
            run.steps(checkpoint_minutes * 60, interrupted)
    except Exception:
        folder.abandon()
        raise
    finally:
        reporter.close()
    if interrupted.is_set():
        raise KeyboardInterrupt
    return run.finish(dataset)


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Takes Ctrl-C and SIGTERM as a wish to save and stop; a second one stops at once."""
    wish = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if wish.is_set():
            raise KeyboardInterrupt
        wish.set()

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
