"""A run that is checked, done: its data prepared, its steps taken, its model written."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from tonality import artifact
from tonality.errors import TrainingError
from tonality.train.export import build_artifact, rehearse, validation_csv
from tonality.train.loop.callback import TrainingOutcome
from tonality.train.loop.lightning_fit import take_steps
from tonality.train.loop.one_training import few_threads, one_training
from tonality.train.prepare.data_checks import vocabulary_fingerprint
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.prepare import Prepared, prepare
from tonality.train.prepare.starting_vectors import with_vectors
from tonality.train.records.curves_png import CURVES, draw_curves
from tonality.train.records.processes import leader_first, leads
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import METRICS, VALIDATION, RunFolder
from tonality.train.records.run_options import RunOptions
from tonality.train.teachers.soft_targets import Teaching

_MEMORY = (
    "out of memory: start anew in another folder with a lower training.batch_size, "
    "text.max_tokens or training.max_tokens, network.hidden_size or vocabulary.ngrams"
)


def fit_classifier(
    run: Checked, folder: RunFolder, options: RunOptions, teaching: Teaching | None = None
) -> Path:
    """Does a run that is checked; as for :func:`tonality.train.train`."""
    if not leads():
        options = dataclasses.replace(options, reporter=Reporter())
    with folder:
        return _fit(run, folder, options, teaching)


def _fit(run: Checked, folder: RunFolder, options: RunOptions, teaching: Teaching | None) -> Path:
    began = time.monotonic()
    try:
        with leader_first():
            data, state = _prepared(run, folder, options, teaching)
        with one_training(), few_threads(len(data.corpus), run.recipe.network.hidden_size):
            trainer, loop = take_steps(data, run.recipe, folder, options, state, began)
        ended = trainer.is_global_zero and not loop.session.interrupted
        outcome = loop.outcome(str(trainer.strategy.root_device)) if ended else None
    except Exception as fault:
        told = TrainingError(_MEMORY) if _is_of_memory(fault) else fault
        if folder.abandon():
            told.add_note(
                f"The teachers' answers are kept in {folder.path}. Start anew there and they are "
                "used again, or in another folder with that one as the cache (--cache). A plan "
                "goes on with --resume."
            )
        if told is fault:
            raise
        raise told from fault
    if not trainer.is_global_zero:
        return folder.model
    history = loop.session.history
    if options.records and history.rows:
        folder.write(METRICS, history.to_csv().encode())
        folder.write(CURVES, draw_curves(history.rows, loop.best_row))
    if outcome is None:
        raise KeyboardInterrupt
    return _finish(run, data, folder, outcome, options.reporter)


def _prepared(
    run: Checked, folder: RunFolder, options: RunOptions, teaching: Teaching | None
) -> tuple[Prepared, dict[str, Any] | None]:
    """The data with all that the first step needs and, of a run that goes on, its checkpoint."""
    data, state = _begin(run, folder, options, teaching)
    if leads():
        rehearse(data, run.recipe)
    if state is None and run.start is None and run.recipe.vectors.wanted:
        data = with_vectors(data, run.recipe, folder, options.reporter, options.cache)
    if teaching is not None:
        data = teaching.taught(run, data, folder, options.reporter)
    return data, state


def _begin(
    run: Checked, folder: RunFolder, options: RunOptions, teaching: Teaching | None
) -> tuple[Prepared, dict[str, Any] | None]:
    """The data and, of a run that goes on, its checkpoint; from here on the folder is the run's."""
    data_of = {"name": run.dataset.name, "labels": list(run.labels), "sha256": run.fingerprint}
    identity: dict[str, Any] = {
        "settings": run.recipe.settings(),
        "data": data_of,
        "start": None if run.start is None else run.start.identity,
        "teachers": None if teaching is None else teaching.identity(run.dataset),
    }
    if options.resume and leads():
        folder.reopen(identity)
    state = folder.load_checkpoint() if options.resume else None
    data = prepare(run, options.reporter)
    if data.start is not None:
        mapped = run.dataset.train.mapped
        for line in data.start.news(data.network, run.labels, run.recipe.text, mapped):
            options.reporter.say(line)
    # Only now, for most mistakes show until here; from here on, word vectors included, a run that
    # is killed can be resumed.
    # Another version may prepare the same data in another way, which the weights would not fit.
    identity["vocabulary"] = vocabulary_fingerprint(data.vocabulary)
    if leads() and options.resume:
        folder.reopen(identity)
    elif leads():
        folder.begin(identity, run.recipe.to_toml())
    return data, state


def _is_of_memory(fault: Exception) -> bool:
    """Whether there was too little memory; other faults have the word in their texts, too."""
    if isinstance(fault, (MemoryError, torch.OutOfMemoryError)):
        return True
    # torch's kind is for its own allocator of GPU memory. Others say it in words.
    texts = ("DefaultCPUAllocator", "out of memory")
    return isinstance(fault, RuntimeError) and any(text in str(fault) for text in texts)


def _finish(
    run: Checked, data: Prepared, folder: RunFolder, outcome: TrainingOutcome, reporter: Reporter
) -> Path:
    measured = len(data.validation) > 0
    if measured:
        reporter.say(f"keeping step {outcome.best.step:,}; measuring the model as it will run")
    tensors = folder.load_best(outcome.file)
    model, probabilities = build_artifact(run, data, tensors, outcome)
    if measured:
        folder.write(VALIDATION, validation_csv(run, probabilities).encode())
    artifact.write(model, folder.model)
    if not measured:
        reporter.say(f"trained on all rows, so nothing is measured; the model is in {folder.model}")
        return folder.model
    found = model.metrics["validation"]
    low, high = found["accuracy_interval"]
    figures = f"validation accuracy {found['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%})"
    if run.recipe.training.keep == "macro_f1":
        low, high = found["macro_f1_interval"]
        figures += f", macro F1 {found['macro']['f1']:.4f} ({low:.4f} to {high:.4f})"
    reporter.say(f"{figures}; the model is in {folder.model}")
    if warning := no_better_than_one_label(found, run, stopped=outcome.stopped):
        reporter.say(warning)
    return folder.model


def no_better_than_one_label(found: Mapping[str, Any], run: Checked, *, stopped: bool) -> str:
    """What to say of a model that is not clearly better than one that always answers the same.

    They are compared by the macro F1 where that decided which evaluation is kept, and by the
    accuracy otherwise.

    Args:
        found: its metrics on the validation part.
        run: what trained it.
        stopped: whether it ended before its last epoch, for want of a better evaluation.

    Returns:
        One sentence, or "" where the interval of the model's figure lies above that of always
        giving the commonest label.
    """
    rows = {label: scores["support"] for label, scores in found["per_class"].items()}
    label = max(rows, key=rows.__getitem__)
    share = rows[label] / found["n"]
    if run.recipe.training.keep == "macro_f1":
        # The label's F1 is that of its share in precision and 1 in recall; the others have 0.
        least = 2 * share / (1 + share) / sum(count > 0 for count in rows.values())
        low, told = found["macro_f1_interval"][0], f"has a macro F1 of {least:.4f}"
    else:
        least, low, told = share, found["accuracy_interval"][0], f"is right on {share:.2%}"
    if low > least:
        return ""
    remedies = list(_remedies(run, stopped=stopped))
    return (
        f"careful: this is no clear gain over always answering {label!r}, which {told}; try "
        f"{', '.join([*remedies, 'or more texts']) if remedies else 'more texts'}"
    )


def _remedies(run: Checked, *, stopped: bool) -> Iterator[str]:
    """What may help, without what was done already."""
    training = run.recipe.training
    if not stopped:
        yield f"more epochs (training.epochs={2 * training.epochs})"
    if training.batch_size > 1:
        yield f"smaller batches (training.batch_size={max(1, training.batch_size // 4)})"
    if run.recipe.name == "quick":
        yield "the recipe base"
    if run.start is None or not run.start.labels:
        yield "a start from a trained model (adapt)"
