"""From a finished run to a model folder, measured as users will run it."""

from __future__ import annotations

import csv
import dataclasses
import io
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality import artifact
from tonality.artifact.model_card import Card
from tonality.artifact.model_folder import Artifact, to_files
from tonality.classifier import Classifier
from tonality.cores import available_cores
from tonality.errors import ArtifactError, TrainingError
from tonality.evaluate import evaluate, seen_texts
from tonality.evaluate.calibrate_model import calibrate
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.messages import counted
from tonality.train.loop.callback import TrainingOutcome
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.prepare import Prepared
from tonality.train.records.environment import versions
from tonality.train.settings.recipe import Recipe
from tonality.train.start.leakage import KNOWN
from tonality.train.start.read_start import called
from tonality.train.start.start import AT_RANDOM, Start
from tonality.train.teachers.teacher import COLLECTIONS

# With more classes, the metrics that a model folder carries are without the confusion matrix, which
# has a number a pair of them.
MOST_CONFUSED = 50

Floats = NDArray[np.float64]


def build_artifact(
    run: Checked,
    data: Prepared,
    tensors: Mapping[str, NDArray[np.float32]],
    outcome: TrainingOutcome,
) -> tuple[Artifact, Floats]:
    """The model, with its metrics, provenance and card.

    Its temperature is fitted on the validation part. The metrics are those of what is stored:
    rounded weights, run by the numpy network. Without a validation part the recipe gives the
    temperature, and there are no metrics.

    Args:
        run: what was trained.
        data: its data as arrays.
        tensors: the best weights.
        outcome: how the training went.

    Returns:
        The model, and its probabilities on the validation part (M, C).
    """
    model = _untold(data, run.recipe, tensors)
    provenance = _provenance(run, data, outcome)
    probabilities = np.zeros((0, len(data.labels)))
    if len(data.validation):
        model, probabilities = _measured(run, data, model)
    else:
        model = dataclasses.replace(model, temperature=run.recipe.training.temperature)
    card = _card(run, data, model.metrics, provenance).render()
    return dataclasses.replace(model, provenance=provenance, card=card), probabilities


def _untold(data: Prepared, recipe: Recipe, tensors: Mapping[str, NDArray[np.float32]]) -> Artifact:
    """The model without what is told of it."""
    return Artifact(
        labels=data.labels,
        text=recipe.text,
        vocabulary=data.vocabulary,
        network=data.network,
        tensors=artifact.quantise(dict(tensors)),
        priors=tuple(float(share) for share in data.priors),
    )


def _measured(run: Checked, data: Prepared, model: Artifact) -> tuple[Artifact, Floats]:
    """The model with its temperature and metrics, and its probabilities on validation (M, C)."""
    dataset = run.dataset
    held_out = dataset.train.take(run.division.held_out)
    calibrated = calibrate(
        model,
        held_out,
        LabelledPredictions(
            data.validation_classes,
            Classifier(model).predict_proba(held_out.texts),
            data.validation.lengths,
        ),
        source={"name": dataset.name, "sha256": dict(dataset.sha256), "part": "validation"},
    )
    probabilities = calibrated.probabilities
    found = evaluate(
        data.validation_classes, probabilities, data.labels, lengths=data.validation.lengths
    ).to_json()
    metrics = {"validation": _short(found), **calibrated.artifact.metrics}
    return dataclasses.replace(calibrated.artifact, metrics=metrics), probabilities


def rehearse(data: Prepared, recipe: Recipe) -> None:
    """Makes the files of the model untrained, so that no run ends with one that cannot be saved.

    Args:
        data: what will be trained on.
        recipe: the settings.

    Raises:
        TrainingError: the model cannot be saved; says why.
    """
    zeros = {name: np.zeros(s, np.float32) for name, s in data.network.tensor_shapes().items()}
    scores = dict.fromkeys(("precision", "recall", "f1"), 0.12345678901234568)
    per_class = {label: {**scores, "support": len(data.validation)} for label in data.labels}
    untrained = dataclasses.replace(
        _untold(data, recipe, zeros),
        provenance={"recipe": recipe.to_dict()},
        metrics={"validation": {"labels": data.labels, "per_class": per_class}},
    )
    try:
        to_files(untrained)
    except ArtifactError as fault:
        raise TrainingError(
            f"the model could not be saved after training: its {fault.path.name} {fault.reason}"
        ) from fault


def _short(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a model folder carries of an evaluation."""
    left_out = {"mistakes"}
    if len(found["labels"]) > MOST_CONFUSED:
        left_out |= {"confusion", "by_length"}
    return {key: found[key] for key in found if key not in left_out}


def validation_csv(run: Checked, probabilities: Floats) -> str:
    """The validation rows with their labels and probabilities, as CSV."""
    text, table = io.StringIO(), run.dataset.train
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "id", "label", *run.labels])
    ids, labels, rows = table.ids, table.labels or [], table.row_names()
    for row, shares in zip(run.division.held_out.tolist(), probabilities.tolist(), strict=True):
        name = "" if ids is None else ids[row]
        writer.writerow([rows[row], name, labels[row], *(f"{share:.6f}" for share in shares)])
    return text.getvalue()


def _provenance(run: Checked, data: Prepared, outcome: TrainingOutcome) -> dict[str, Any]:
    dataset, recipe, best = run.dataset, run.recipe, outcome.best
    learnt, held_out = data.corpus[: len(data.train)], run.division.held_out.tolist()
    return {
        "recipe": _shared(recipe).to_dict(),
        **({} if data.start is None else {"start": _start(data, data.start)}),
        **({} if data.teachers is None else {"teachers": data.teachers}),
        "data": {"name": dataset.name, "sha256": dict(dataset.sha256)},
        "rows": {
            "train": len(data.train),
            "validation": len(data.validation),
            "unlabelled": data.unlabelled,
        },
        "left_out": dict(run.division.left_out),  # copies of texts to measure on
        seen_texts.KEY: seen_texts.record(
            dataset.train,
            learnt,
            held_out,
            unlabelled=_learnt_unlabelled(data, recipe),
            start=None if data.start is None else data.start.provenance,
        ),
        "seed": recipe.training.seed,
        "best": {"step": best.step, "epoch": round(best.epoch, 4)},
        "minutes": round(outcome.minutes, 2),
        "machine": {
            "cores": available_cores(),
            "device": outcome.device,
            "system": platform.system(),
        },
        "versions": versions(),
    }


def _shared(recipe: Recipe) -> Recipe:
    """The recipe as whoever gets the model may see it: a file's name tells enough, not its path."""
    teachers = {
        collection: tuple(called(Path(each)) for each in given)
        for collection, given in recipe.distillation.teachers.items()
    }
    return dataclasses.replace(
        recipe,
        vectors=dataclasses.replace(recipe.vectors, file=Path(recipe.vectors.file).name),
        distillation=dataclasses.replace(recipe.distillation, teachers=teachers),
    )


def _start(data: Prepared, start: Start) -> dict[str, str]:
    told = {KNOWN: data.known_to_start, AT_RANDOM: start.at_random(data.network, data.labels)}
    return {**start.identity, **{key: value for key, value in told.items() if value}}


def _learnt_unlabelled(data: Prepared, recipe: Recipe) -> list[str]:
    """The texts without labels, where they shape more than the vocabulary."""
    vectors = recipe.vectors.trained and data.start is None
    pretrained = data.start is not None and data.start.pretrained
    if vectors or pretrained or recipe.unlabelled.used or data.teachers is not None:
        return data.corpus[len(data.train) :]
    return []


def _card(
    run: Checked, data: Prepared, metrics: Mapping[str, Any], provenance: Mapping[str, Any]
) -> Card:
    recipe, name, machine = run.recipe, run.dataset.name, provenance["machine"]
    found, vectors = metrics.get("validation"), provenance["recipe"]["vectors"]["file"]
    cores = "1 core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    return Card(
        name=f"{name}, recipe {recipe.name}",
        labels=data.labels,
        network=data.network,
        data={name: f"{_about_rows(run, provenance['rows'])}."},
        evaluations={f"{name} (validation)": found} if found else {},
        held_out=bool(found),
        calibration=metrics.get("calibration"),
        training={
            "recipe": recipe.name,
            "seed": recipe.training.seed,
            **({"start": _begun(provenance["start"])} if "start" in provenance else {}),
            **({"word vectors": f"those of {vectors}"} if vectors else {}),
            **({} if data.teachers is None else {"teachers": _teachers(data.teachers, recipe)}),
            "time": f"{provenance['minutes']:.1f} minutes ({machine['device']}, {cores})",
            "tonality": provenance["versions"]["tonality"],
        },
        languages=(recipe.text.language,),
    )


def _about_rows(run: Checked, rows: Mapping[str, Any]) -> str:
    """How many texts there were, and what for."""
    about = f"{rows['train']:,} labelled texts to learn from, {rows['validation']:,} held out"
    if shared := run.division.shared_groups:
        about += f" ({counted(shared, 'group')} with texts in both, so its figures flatter)"
    if copies := run.division.left_out["validation"]:
        about += f" ({counted(copies, 'more text')} left out, being among those to learn from, too)"
    if rows["unlabelled"]:
        uses = run.unlabelled_uses
        about += f", {rows['unlabelled']:,} without labels"
        about += f" for {_listed(uses)}" if uses else ", which had no part in it"
    return about


def _begun(start: Mapping[str, str]) -> str:
    known = f"; of the validation part, it learnt from {start[KNOWN]}" if KNOWN in start else ""
    chance = f"; {start[AT_RANDOM]} began at random" if AT_RANDOM in start else ""
    first = ", which first read the texts as a language model" if "pretrained" in start else ""
    sha256 = start["sha256"][:12]
    return f"the {start['kind']} {start['name']} (SHA-256 {sha256}{known}{chance}){first}"


def _teachers(teachers: Mapping[str, Any], recipe: Recipe) -> str:
    """Who taught, how good they are on the same validation texts, and how it was done."""
    each = [
        f"{one['name']} (SHA-256 {one['sha256'][:12]}{_teachers_accuracy(one)}"
        f"{f'; it learnt from {known}' if (known := one.get(KNOWN)) else ''}"
        f"{f'; teaches {_listed(taught)}' if (taught := one.get(COLLECTIONS)) else ''})"
        for one in teachers["each"]
    ]
    together = teachers["accuracy"]
    averaged = f", averaged {together:.2%}" if len(each) > 1 and together is not None else ""
    settings = recipe.distillation
    return (
        f"{_listed(each)}{averaged}; temperature {settings.temperature:g}, labels count "
        f"{settings.hard_weight:g}"
    )


def _teachers_accuracy(teacher: Mapping[str, Any]) -> str:
    here, own = teacher["accuracy"], teacher["own_accuracy"]
    if here is not None:
        return f"; {here:.2%} on these validation texts"
    return "" if own is None else f"; {own:.2%} on its own validation part"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
