"""Finds the mistakes in a plan's later stages before the first begins, which may take hours."""

from __future__ import annotations

from collections.abc import Iterable

from tonality.data import Dataset
from tonality.errors import ConfigError, DataError
from tonality.train.distill import check_settings
from tonality.train.prepare.data_checks import check_dataset
from tonality.train.prepare.held_out import Division, check_classes, divide
from tonality.train.prepare.ordered_labels import numbers_of
from tonality.train.prepare.preflight import (
    check_network,
    check_pretraining,
    check_vectors,
    require_packages,
)
from tonality.train.prepare.unlabelled import check_unlabelled
from tonality.train.settings.plan import Stage
from tonality.train.settings.recipe import Recipe
from tonality.train.start.inherited_settings import CLASSIFIER, LANGUAGE_MODEL, Inherited
from tonality.train.teachers.collection_teachers import check_collections


def check_stages(dataset: Dataset, stages: Iterable[Stage], *, resume: bool = False) -> None:
    """Checks what can be known of a plan's stages before any has run.

    Args:
        dataset: the data of every stage.
        stages: in their order.
        resume: whether some may be over, so that a file of word vectors may be gone.

    Raises:
        ConfigError: a setting does not go with the stage's task, or with what it starts from.
        DataError: the data lacks what a stage needs.
        DependencyError: a package of the extra ``train`` is missing.
    """
    labels = check_dataset(dataset)
    inherited: dict[str, Inherited] = {}
    divisions: dict[tuple[float, int], Division] = {}
    for stage in stages:
        try:
            recipe = _settled(stage, inherited)
            if not resume and stage.task != "pretrain" and not stage.start_from:
                check_vectors(recipe)
            cut = (recipe.training.validation, recipe.training.validation_seed)
            if cut not in divisions:  # it reads every text, and stages mostly share it
                divisions[cut] = divide(dataset, recipe)
            if stage.task != "pretrain":
                _check_classifier(dataset, stage, recipe, divisions[cut], labels)
        except ConfigError as fault:
            raise ConfigError(f"stage {stage.name!r}: {fault}") from fault
        except DataError as fault:
            raise DataError(f"stage {stage.name!r}: {fault.reason}", path=fault.path) from fault


def _settled(stage: Stage, inherited: dict[str, Inherited]) -> Recipe:
    """A stage's recipe with what its start decides; adds what the stage itself will decide."""
    recipe = stage.read()
    require_packages(recipe)
    kind = LANGUAGE_MODEL if stage.task == "pretrain" else CLASSIFIER
    if kind == LANGUAGE_MODEL:
        check_pretraining(recipe)
    start = None
    if stage.start_from:
        start = inherited[stage.start_from]
        recipe = start.settings(recipe)
        if kind == LANGUAGE_MODEL:
            recipe = start.as_language_model(recipe)
    if kind == CLASSIFIER:
        check_network(recipe)
    table = start is not None and start.has_ngrams
    inherited[stage.name] = Inherited.of_recipe(stage.name, kind, recipe, table)
    return recipe


def _check_classifier(
    dataset: Dataset, stage: Stage, recipe: Recipe, division: Division, labels: tuple[str, ...]
) -> None:
    """Checks what a stage that learns labels needs; as for :func:`check_stages`."""
    if stage.task == "distill":
        check_settings(recipe)
        if recipe.distillation.teachers:
            check_collections(dataset, recipe.distillation, others_taught=True)
    if recipe.training.ordered:
        numbers_of(labels)
    check_classes(dataset, division, labels)
    check_unlabelled(len(division.unlabelled), recipe)
