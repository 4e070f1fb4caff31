"""What is wrong with a run, found before any work."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from tonality.data import Dataset
from tonality.errors import ConfigError, DataError
from tonality.label_spellings import as_options
from tonality.tables.read_table import with_labels
from tonality.train.prepare.data_checks import check_dataset, fingerprint
from tonality.train.prepare.held_out import Division, check_classes, check_weights, divide
from tonality.train.prepare.ordered_labels import numbers_of
from tonality.train.prepare.small_data import more_steps, with_patience, with_steps
from tonality.train.prepare.vector_file import dimensions
from tonality.train.settings.idle_settings import check_heeded
from tonality.train.settings.recipe import Recipe, require_packages
from tonality.train.start.inherited_settings import LANGUAGE_MODEL, Inherited
from tonality.train.start.leakage import may_have_read
from tonality.train.start.start import Start

Task = Literal["pretrain", "train", "distill"]


@dataclass(frozen=True)
class Checked:
    """A run of which nothing is wrong, as far as can be known before its work.

    Attributes:
        task: what it does.
        dataset: its data.
        recipe: its settings, with those that it inherits from its start.
        start: what it begins with; None for nothing, or for what is still to be trained.
        labels: the C classes in order; empty for a language model.
        division: the dataset, divided.
        fingerprint: SHA-256 of all that it reads of the dataset.
        told: what to say, in lines, of settings that were chosen for the size of the data and of
            labels that are called as the start calls them, if any.
    """

    task: Task
    dataset: Dataset
    recipe: Recipe
    start: Start | None
    labels: tuple[str, ...]
    division: Division
    fingerprint: str
    told: str = ""

    @property
    def unlabelled_uses(self) -> list[str]:
        """What texts without labels serve in it, in words; nothing if it makes no use of them."""
        recipe, start = self.recipe, self.start
        parts = {
            "the vocabulary": start is None or recipe.vocabulary.extend > 0,
            "word vectors": start is None and recipe.vectors.trained,
            "a language model": start is not None and self._read_as_language_model(start),
            "training": recipe.unlabelled.used or self.task == "distill",
        }
        return [part for part, used in parts.items() if used]

    def _read_as_language_model(self, start: Start) -> bool:
        """Whether the language model that the network begins as learnt from them."""
        if start.kind == LANGUAGE_MODEL:
            return may_have_read(start, self.division.unlabelled)
        return bool(start.pretrained)


def check_run(
    task: Task,
    recipe: Recipe,
    dataset: Dataset,
    start: Inherited | None = None,
    *,
    resume: bool = False,
    like: Checked | None = None,
) -> Checked:
    """Checks a run before its work; every way into training comes by here.

    Args:
        task: what to do. An adaptation is a ``train`` with a start.
        recipe: the settings.
        dataset: the data.
        start: what to begin with, or what will be known of it.
        resume: whether the run may have begun, so that a file of word vectors may be gone.
        like: another check of the same dataset, whose division is taken where it is the same.

    Raises:
        ConfigError: settings do not go with the task, with one another or with the start.
        DataError: the data lacks what the run needs; a file of word vectors cannot be read.
        DependencyError: a package of the extra ``train`` is missing.
    """
    recipe = _settled(task, recipe, start)
    if recipe.vectors.file and not resume:
        check_size(dimensions(recipe.vectors.path), recipe)
    labels = () if task == "pretrain" else _classes(dataset, recipe)
    cut = (recipe.training.validation, recipe.training.validation_seed)
    same = None if like is None or like.division.cut != cut else like.division
    division = same or divide(dataset, recipe)
    if task != "pretrain":
        check_classes(dataset, division, labels)
        if recipe.training.class_weights != "none":
            check_weights(dataset.train, division.rows)
        _check_unlabelled(division, recipe)
    known = fingerprint(dataset) if like is None else like.fingerprint
    suited = _suited(task, recipe, division, begun=start is not None)
    held, told = (start if isinstance(start, Start) else None), more_steps(recipe, suited)
    return _called_as_by_start(Checked(task, dataset, suited, held, labels, division, known, told))


def _called_as_by_start(run: Checked) -> Checked:
    """The run, its data's labels spelled as what it adapts spells them.

    The data was cut before, for what cuts it again has the labels as they are read.
    """
    start, dataset = run.start, run.dataset
    if run.task != "train" or start is None:
        return run
    own = start.own_names(run.labels, dataset.train.mapped)
    own = {label: name for label, name in own.items() if label not in dataset.named}
    if not own:
        return run
    test = None if dataset.test is None else with_labels(dataset.test, own)
    dataset = dataclasses.replace(dataset, train=with_labels(dataset.train, own), test=test)
    first = next(iter(own))
    read = ", ".join(f"{label!r} as {name!r}" for label, name in own.items())
    told = (
        f"labels are called as {start.name} calls them: {read}; to keep one as it is, add "
        f"{as_options({first: first})}"
    )
    lines = "\n".join(filter(None, (run.told, told)))
    labels = _classes(dataset, run.recipe)
    return dataclasses.replace(run, dataset=dataset, labels=labels, told=lines)


def _suited(task: Task, recipe: Recipe, division: Division, *, begun: bool) -> Recipe:
    """The recipe with what the size of the data settles."""
    if task == "pretrain":
        return with_patience(recipe, None)
    # An epoch is a pass over so many.
    texts = len(division.rows) + (len(division.unlabelled) if task == "distill" else 0)
    longer = recipe if begun else with_steps(recipe, texts)
    return with_patience(_keeping_rare_classes(longer), texts)


def _keeping_rare_classes(recipe: Recipe) -> Recipe:
    """A recipe that keeps the highest macro F1 where classes are weighed, unless another is wanted.

    The accuracy and the loss count texts alike, and would choose against the rare classes.
    """
    settings = recipe.training
    weighed = settings.class_weights != "none" and settings.validation > 0
    if not weighed or recipe.asks_for("training", "keep"):
        return recipe
    return dataclasses.replace(recipe, training=dataclasses.replace(settings, keep="macro_f1"))


def _classes(dataset: Dataset, recipe: Recipe) -> tuple[str, ...]:
    labels = check_dataset(dataset)
    if recipe.training.ordered:
        numbers_of(labels)
    return labels


def _settled(task: Task, recipe: Recipe, start: Inherited | None) -> Recipe:
    """The recipe with what it inherits; as for :func:`check_run`."""
    require_packages(recipe)
    if task == "pretrain":
        if recipe.vectors.file:
            raise ConfigError(
                f"vectors.file is {recipe.vectors.file!r}, but a language model begins at random "
                "and learns its own vectors; leave it out"
            )
        recipe = recipe if start is None else start.as_language_model(recipe)
    else:
        if task == "distill":
            _check_distillation(recipe)
        recipe = recipe if start is None else start.settings(recipe)
    table = start is not None and start.has_ngrams
    check_heeded(task, recipe, started=start is not None, table=table)
    if task == "pretrain":
        return recipe
    recipe.network.config(vocabulary_size=2, ngram_rows=0, classes=2)  # refuses what does not fit
    return recipe


def _check_unlabelled(division: Division, recipe: Recipe) -> None:
    if recipe.unlabelled.entropy and not division.unlabelled:
        raise DataError(
            "unlabelled.entropy wants texts without labels, and the data has none; add a file "
            "unlabelled.csv or the like beside the training file, or set it to 0"
        )


def _check_distillation(recipe: Recipe) -> None:
    training = recipe.training
    refused = {
        "training.class_weights": training.class_weights != "none",
        "training.ordered": training.ordered,
        "unlabelled.entropy": recipe.unlabelled.entropy > 0,
    }
    for name, is_set in refused.items():
        if is_set:
            raise ConfigError(
                f"{name} does not go with teachers, who say of every text how likely each class "
                "is; leave it out of a student's recipe"
            )


def check_size(size: int, recipe: Recipe) -> None:
    """Checks that a file's vectors are of the embedding's size.

    Raises:
        ConfigError: they are not.
    """
    if size != recipe.network.embedding_size:
        raise ConfigError(
            f"the vectors of {recipe.vectors.file} have {size} numbers and the network takes "
            f"{recipe.network.embedding_size}; set network.embedding_size to {size}"
        )
