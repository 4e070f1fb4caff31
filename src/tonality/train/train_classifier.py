"""``train``: from a dataset and a recipe to a model folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from tonality import artifact
from tonality.data import Dataset
from tonality.errors import TrainingError
from tonality.train.export import build_artifact, rehearse, validation_csv
from tonality.train.loop.callback import Loop
from tonality.train.loop.lightning_fit import take_steps
from tonality.train.prepare.data_checks import check_dataset, fingerprint, vocabulary_fingerprint
from tonality.train.prepare.preflight import check_network, check_vectors, require_packages
from tonality.train.prepare.prepare import Prepared, prepare
from tonality.train.prepare.starting_vectors import with_vectors
from tonality.train.prepare.unlabelled import check_unlabelled
from tonality.train.records.curves_png import CURVES, draw_curves
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import METRICS, RunFolder
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import as_start
from tonality.train.start.start import Start
from tonality.train.teachers.soft_targets import Teaching

VALIDATION = "validation.csv"

_MEMORY = (
    "out of memory: start anew in another folder with a lower training.batch_size, "
    "text.max_tokens or training.max_tokens, network.hidden_size or vocabulary.ngrams"
)


def train(
    dataset: Dataset,
    recipe: Recipe,
    output: str | os.PathLike[str],
    *,
    start_from: str | os.PathLike[str] | Start | None = None,
    teaching: Teaching | None = None,
    cache: str | os.PathLike[str] | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint_minutes: float = 10.0,
    accelerator: str = "auto",
    devices: int | str = "auto",
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
            over, and its weights, without the head where the labels are others.
        teaching: the teachers of :func:`tonality.train.distill`, if there are any.
        cache: a folder where trained word vectors are kept, for other runs on the same texts with
            the same settings for them; by default none is.
        resume: go on with the run that the folder holds.
        reporter: told how it goes; by default the log.
        callbacks: Lightning callbacks, called before the run's own.
        checkpoint_minutes: minutes between checkpoints, besides those after evaluations.
        accelerator: ``cpu``, ``gpu`` or whatever else Lightning knows; ``auto`` for the best.
        devices: how many of them; ``auto`` for all.
        records: whether to leave metrics and curves beside the model.

    Returns:
        The model folder.

    Raises:
        ConfigError: ``resume`` with other settings or data than the run's; settings that do not
            go together, or not with the start or a file of word vectors.
        DataError: the data cannot be trained on, a file of word vectors not be read.
        ArtifactError: there is nothing to start from, or it is damaged.
        DependencyError: a package of the extra ``train`` is missing.
        TrainingError: the folder holds a run already or other files, or no run to resume; the
            model could not be saved; training diverged or ran out of memory; a file cannot be
            written. What failed before its first checkpoint leaves nothing behind.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    began = time.monotonic()
    require_packages(recipe)
    folder = RunFolder(output)
    start = None
    if start_from is not None:
        start = as_start(start_from)
        recipe = start.settings(recipe)
    elif not resume:
        check_vectors(recipe)
    check_network(recipe)
    # Lightning starts the processes of the other devices by running the program anew: they
    # find the folder as the first one left it.
    leads = os.environ.get("LOCAL_RANK", "0") == "0"
    reporter = reporter if reporter is not None and leads else Reporter()
    data, state = _begin(
        dataset, recipe, folder, start, teaching, reporter, resume=resume, leads=leads
    )
    try:
        if leads:
            rehearse(data, recipe, folder)
        if state is None and start is None and recipe.vectors.wanted:
            kept = None if cache is None else RunFolder(cache)
            data = with_vectors(data, recipe, folder, reporter, kept)
        if teaching is not None:
            data = teaching.taught(dataset, data, recipe, folder, reporter)
        trainer, loop = take_steps(
            data, recipe, folder, reporter,
            state=state, checkpoint_minutes=checkpoint_minutes, began=began,
            callbacks=list(callbacks), accelerator=accelerator, devices=devices,
        )  # fmt: skip
    except Exception as fault:
        folder.abandon()
        if _is_of_memory(fault):
            raise TrainingError(_MEMORY) from fault
        raise
    if not trainer.is_global_zero:
        return folder.model
    if records:
        _leave_records(folder, loop)
    if loop.interrupted:
        raise KeyboardInterrupt
    return _finish(dataset, data, recipe, folder, loop, reporter, str(trainer.strategy.root_device))


def _begin(
    dataset: Dataset,
    recipe: Recipe,
    folder: RunFolder,
    start: Start | None,
    teaching: Teaching | None,
    reporter: Reporter,
    *,
    resume: bool,
    leads: bool,
) -> tuple[Prepared, dict[str, Any] | None]:
    """The data and, of a run that goes on, its checkpoint; from here on the folder is the run's."""
    labels = check_dataset(dataset)
    identity: dict[str, Any] = {
        "settings": recipe.settings(),
        "data": {"name": dataset.name, "labels": list(labels), "sha256": fingerprint(dataset)},
        "start": None if start is None else start.identity,
        "teachers": None if teaching is None else teaching.identity(dataset),
    }
    if resume and leads:
        folder.reopen(identity)
    elif leads:
        folder.check_free()
    state = folder.load_checkpoint() if resume else None
    data = prepare(dataset, recipe, reporter, start)
    check_unlabelled(data.unlabelled, recipe)
    for line in [] if data.start is None else data.start.news(data.network, labels, recipe.text):
        reporter.say(line)
    # Only now, for most mistakes show until here; from here on, word vectors included, a run that
    # is killed can be resumed.
    # Another version may prepare the same data in another way, which the weights would not fit.
    identity["vocabulary"] = vocabulary_fingerprint(data.vocabulary)
    if leads and resume:
        folder.reopen(identity)
    elif leads:
        folder.begin(identity, recipe.to_toml())
    return data, state


def _is_of_memory(fault: Exception) -> bool:
    return isinstance(fault, MemoryError) or (
        isinstance(fault, RuntimeError) and "memory" in str(fault)
    )


def _leave_records(folder: RunFolder, loop: Loop) -> None:
    if loop.history.rows:
        folder.write(METRICS, loop.history.to_csv().encode())
        folder.write(CURVES, draw_curves(loop.history.rows, loop.best_row))


def _finish(
    dataset: Dataset,
    data: Prepared,
    recipe: Recipe,
    folder: RunFolder,
    loop: Loop,
    reporter: Reporter,
    device: str,
) -> Path:
    best = loop.best_row
    assert best is not None  # the last step is always evaluated
    assert loop.best is not None
    measured = len(data.validation) > 0
    if measured:
        reporter.say(f"keeping step {best.step:,}; measuring the model as it will run")
    model, probabilities = build_artifact(
        dataset,
        data,
        recipe,
        folder.load_best(loop.best["file"]),
        best=best,
        minutes=loop.seconds / 60,
        device=device,
    )
    if measured:
        folder.write(VALIDATION, validation_csv(dataset, data, probabilities).encode())
    artifact.write(model, folder.model)
    if not measured:
        reporter.say(f"trained on all rows, so nothing is measured; the model is in {folder.model}")
        return folder.model
    found = model.metrics["validation"]
    low, high = found["accuracy_interval"]
    reporter.say(
        f"validation accuracy {found['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}); "
        f"the model is in {folder.model}"
    )
    return folder.model
