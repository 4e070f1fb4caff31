"""``adapt``: a trained model goes on learning from texts of another kind."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality import plain_json
from tonality.classifier import Classifier, load
from tonality.data import Dataset, Table
from tonality.durable_files import read_regular
from tonality.errors import ConfigError, TrainingError
from tonality.evaluate.compare import Comparison, compare
from tonality.evaluate.seen_texts import count_seen
from tonality.measures.scores import confusion_matrix, macro_f1
from tonality.model_names import DEFAULT_MODEL
from tonality.prediction import decide
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.prepare.small_data import MOST_EPOCHS, epochs_for
from tonality.train.pretrain import fit_language_model
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import (
    ADAPTATION,
    LANGUAGE_MODEL_FOLDER,
    RUN,
    RunFolder,
    asked_recipe,
)
from tonality.train.records.run_options import MINUTES, RunOptions
from tonality.train.settings.recipe import Recipe
from tonality.train.start.read_start import read_start

# With few labels an epoch is a handful of steps: there are more of them, until so many are made.
LEAST_STEPS = 150


def adapt(
    dataset: Dataset,
    recipe: Recipe,
    output: str | os.PathLike[str],
    *,
    model: str | os.PathLike[str] | None = None,
    pretrain_epochs: int = 0,
    resume: bool = False,
    reporter: Reporter | None = None,
    checkpoint_minutes: float = MINUTES,
) -> Path:
    """Adapts a model to a dataset and writes the new one's folder.

    New words of the data get vectors, at first those that the words around them suggest; then the
    network learns, from its head downwards, the lower layers later and more slowly (Howard & Ruder
    2018, "Universal Language Model Fine-tuning for Text Classification"). Labels that model and
    data share keep what the model knows of them; those of the model alone are gone, which the log
    says; where none is shared, the head is new. Labels that are the model's in another spelling,
    such as ``POS``, get the model's names.

    Args:
        dataset: the data; its unlabelled texts add words, and teach with ``pretrain_epochs``.
        recipe: the settings; ``adapt`` ships. The network's shape and the text settings are the
            model's. With few texts there are more epochs, for ``LEAST_STEPS`` steps, unless
            somebody asked for a number of epochs (:meth:`Recipe.asks_for`). Either way the
            patience and the gradual unfreezing keep their share of the epochs, unless they are
            set.
        output: the run's folder; the model goes to its subfolder ``model``.
        model: a bundled model's name or a model folder; by default ``general``.
        pretrain_epochs: passes as a language model over all texts first; 0 for none.
        resume: go on with the run that the folder holds.
        reporter: told how it goes; by default the log.
        checkpoint_minutes: minutes between checkpoints.

    Returns:
        The model folder.

    Raises:
        ConfigError: ``pretrain_epochs`` for a model that cannot go on as a language model.
        TonalityError: as in :func:`tonality.train.train` and
            :func:`tonality.train.pretrain.pretrain`.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, after saving.
    """
    options = RunOptions(resume, reporter or Reporter(), checkpoint_minutes)
    start = read_start(DEFAULT_MODEL if model is None else model)
    # What is refused is refused before anything is written.
    _check_epochs(recipe, pretrain_epochs)
    heeded, before = recipe, None
    if pretrain_epochs:  # the language model heeds what the classifier does not
        own = frozenset(name for name in recipe.changed if not name.startswith("pretraining."))
        heeded = dataclasses.replace(recipe, changed=own)
    run = check_run("train", heeded, dataset, start, resume=resume)
    if pretrain_epochs:
        passes = _pretraining(recipe, pretrain_epochs)
        before = check_run("pretrain", passes, dataset, start, resume=resume, like=run)
    folder = RunFolder(output)
    asked = {
        "recipe": recipe.to_dict(),
        "model": start.identity,
        "pretrain_epochs": pretrain_epochs,
        "data": run.fingerprint,
    }
    with folder:
        _open(folder, asked, recipe.named, resume=resume)
        try:
            if before is not None:
                run = _after_language_model(run, before, folder, options)
            return _fit(run, folder, options)
        except Exception:
            folder.abandon_if_nothing_is_begun(ADAPTATION)
            raise


def _after_language_model(
    run: Checked, before: Checked, folder: RunFolder, options: RunOptions
) -> Checked:
    """The run, its start gone on as a language model first."""
    assert run.start is not None
    first = RunFolder(folder.path / LANGUAGE_MODEL_FOLDER)
    if forgotten := run.start.forgotten(run.labels, run.dataset.train.mapped):
        options.reporter.say(forgotten)  # the classifier says it too, but only afterwards
    if not first.model.exists():
        begun = (first.path / RUN).exists()
        options = dataclasses.replace(options, resume=begun)
        # The moving average is the classifier's, and meant for as many steps as that takes. The
        # recipe keeps it, for the run is known by its settings.
        fit_language_model(before, first, options, averaged=False)
    # The language model has the new words; others would be none that it has read.
    vocabulary = dataclasses.replace(run.recipe.vocabulary, extend=0)
    return dataclasses.replace(
        run,
        recipe=dataclasses.replace(run.recipe, vocabulary=vocabulary),
        start=run.start.after(first.model, run.recipe.vectors.deviation),
    )


def _fit(run: Checked, folder: RunFolder, options: RunOptions) -> Path:
    """Trains the classifier and says whether that helped."""
    start = run.start
    assert start is not None
    longer = enough_steps(run.recipe, len(run.division.rows))
    if longer.training.epochs > run.recipe.training.epochs:
        options.reporter.say(
            f"{longer.training.epochs} epochs in place of {run.recipe.training.epochs}: the data "
            f"is small, and an adaptation takes {LEAST_STEPS} steps or {MOST_EPOCHS} epochs"
        )
    from tonality.train.fit_classifier import fit_classifier  # not before all is checked

    begun = (folder.path / RUN).exists()
    run = dataclasses.replace(run, recipe=longer)
    adapted = fit_classifier(run, folder, dataclasses.replace(options, resume=begun))
    if set(run.labels) <= set(start.labels):
        _compare(run, adapted, options.reporter)
    return adapted


def _compare(run: Checked, adapted: Path, reporter: Reporter) -> None:
    """Says how right the model, which knows the labels, was on the validation part as it was.

    Both are judged by what decided which evaluation was kept: the accuracy or the macro F1.
    """
    assert run.start is not None
    table = run.dataset.train.take(run.division.held_out)
    if not len(table):
        return
    before, by_f1 = load(run.start.path), run.recipe.training.keep == "macro_f1"
    labels = before.labels
    truth = np.array([labels.index(label) for label in table.labels or ()])
    after, first = _answers(load(adapted), table, labels), _answers(before, table, labels)
    found = [_figure(truth, verdicts, len(labels), by_f1=by_f1) for _, verdicts in (after, first)]
    known = count_seen(table.texts, before.artifact.provenance)
    seen = ", some of which it had learnt from" if known is not None and known.learnt else ""
    now, was = (f"macro F1 {one:.4f}" if by_f1 else f"{one:.2%}" for one in found)
    reporter.say(f"on the {len(table):,} validation texts: {now}; as the model was, {was}{seen}")
    if found[0] <= found[1] and not seen:
        better = "raised the macro F1" if by_f1 else "made it more accurate"
        reporter.say(f"careful: adapting has not {better} there; consider the old model")
    elif found[0] > found[1]:
        both = after[1], first[1]
        compared = compare(truth, after[0], first[0], verdicts=both)
        if chance := _chance(compared, by_f1=by_f1):
            reporter.say(f"careful: that gain may be chance ({chance}): too few texts to tell")


def _answers(
    classifier: Classifier, table: Table, labels: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The probabilities (N, C) and verdicts (N,) on a table's texts, in the order of the labels."""
    own = np.array([labels.index(label) for label in classifier.labels])
    given = classifier.predict_proba(table.texts)
    probabilities = np.zeros((len(given), len(labels)))
    probabilities[:, own] = given
    return probabilities, own[decide(given, classifier.artifact.thresholds)]


def _figure(
    truth: NDArray[np.int64], verdicts: NDArray[np.int64], classes: int, *, by_f1: bool
) -> float:
    """The accuracy of verdicts, or their macro F1."""
    if by_f1:
        return float(macro_f1(confusion_matrix(truth, verdicts, classes)))
    return float((verdicts == truth).mean())


def _chance(compared: Comparison, *, by_f1: bool) -> str:
    """Why a gain may be chance, by a test of the two models on the same texts; else nothing."""
    if by_f1:
        low, high = compared.macro_f1.interval
        return f"95 % interval {low:.4f} to {high:.4f}" if low <= 0 else ""
    p_value = compared.p_value
    return f"McNemar's test, p = {p_value:.2f}" if p_value >= 0.05 else ""


def enough_steps(recipe: Recipe, texts: int) -> Recipe:
    """The recipe with more epochs where the texts to train on are few and nobody says how many.

    Gradual unfreezing keeps its share of the epochs, whoever chose them, and so does the patience:
    an evaluation an epoch is sooner without a new best where epochs are short. What somebody set
    stays as it is.
    """
    settings = recipe.training
    if recipe.asks_for("training", "epochs"):
        epochs, usual = settings.epochs, Recipe.load("adapt").training.epochs
        stays = recipe.asks_for  # what the record of a run holds has its share already
    else:
        epochs, usual = epochs_for(LEAST_STEPS, texts, settings), settings.epochs
        stays = recipe.names
    every, patience = recipe.optimiser.unfreeze_every, settings.patience
    if not stays("optimiser", "unfreeze_every"):
        every *= epochs / usual
    if patience > 0 and not stays("training", "patience"):
        patience = -(-patience * epochs // usual)
    return dataclasses.replace(
        recipe,
        training=dataclasses.replace(settings, epochs=epochs, patience=patience),
        optimiser=dataclasses.replace(recipe.optimiser, unfreeze_every=every),
    )


def _check_epochs(recipe: Recipe, pretrain_epochs: int) -> None:
    """Checks that the passes of the language model are asked for in one place."""
    asked = recipe.pretraining.epochs
    if "pretraining.epochs" in recipe.changed and asked != pretrain_epochs:
        raise ConfigError(
            f"pretraining.epochs is {asked}, but pretrain_epochs ({pretrain_epochs}) says how many "
            "passes an adaptation makes as a language model; leave it out, and set "
            "--pretrain-epochs"
        )


def _pretraining(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe of the language model: all layers learn at once, at the same rate.

    What it does not heed, the classifier does.
    """
    return dataclasses.replace(
        recipe,
        changed=frozenset(),
        pretraining=dataclasses.replace(recipe.pretraining, epochs=epochs),
        optimiser=dataclasses.replace(recipe.optimiser, layer_decay=1.0, unfreeze_every=0.0),
    )


def _open(
    folder: RunFolder, asked: Mapping[str, Any], named: frozenset[str], *, resume: bool
) -> None:
    """Takes a free folder, or checks that it holds an adaptation like the one asked for."""
    place = folder.path
    if not resume:
        folder.check_free()
        if (place / ADAPTATION).exists():
            raise TrainingError(
                f"{place} holds a run already: go on with it with --resume, or choose another "
                "folder"
            )
        folder.hold()
        begun = {**asked, "named": sorted(named)}
        folder.write(ADAPTATION, (plain_json.dumps(begun, indent=2) + "\n").encode())
        return
    own = asked_recipe(place)
    if own is None:
        raise TrainingError(f"there is no run in {place} to resume; start one without --resume")
    # Read and written again, its recipe has the settings that this version has.
    held = {**json.loads(read_regular(place / ADAPTATION)), "recipe": own.to_dict()}
    for key, value in asked.items():
        if held.get(key, value) != value:  # earlier versions noted no data
            what, remedy = key.replace("_", " "), "resume it as it was"
            if key == "model":  # another may have the same name
                what += f" ({held[key]['name']}, SHA-256 {held[key]['sha256'][:12]})"
                remedy = "name that one with --model"
            raise ConfigError(
                f"the run in {place} was begun with another {what}: {remedy}, or start anew in "
                "another folder"
            )
    folder.hold()
