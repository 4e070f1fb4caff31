"""Settings that a run does not heed; to ask for one with ``--set`` is a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from tonality.errors import ConfigError
from tonality.train.settings.recipe import Recipe

_NO_LANGUAGE_MODEL = "no language model is trained here"
_FOREIGN = {  # sections of other tasks, and why they have no effect
    "train": {"pretraining": _NO_LANGUAGE_MODEL, "distillation": "there are no teachers here"},
    "distill": {"pretraining": _NO_LANGUAGE_MODEL},
}
# What a language model heeds of the sections that it does not heed as a whole.
_OF_LANGUAGE_MODEL: dict[str, tuple[str, ...]] = {
    "vocabulary": ("min_count", "max_size", "extend"),
    "network": ("embedding_size", "hidden_size", "layers"),
    "optimiser": (
        *("name", "learning_rate", "schedule", "warmup_steps", "weight_decay", "betas"),
        "clip_norm",
    ),
    "training": ("seed", "validation", "validation_seed", "average", "precision"),
    "vectors": ("deviation",),  # of a start
    "dropout": (),
    "unlabelled": (),
    "distillation": (),
}


def check_heeded(task: str, recipe: Recipe, *, started: bool, table: bool) -> None:
    """Refuses a change that can have no effect on a run.

    In a file, which may serve other runs too, such a setting is no mistake.

    Args:
        task: ``pretrain``, ``train`` or ``distill``.
        recipe: the settings, with those that a start decides.
        started: whether the run begins with a model.
        table: whether that has an n-gram table.

    Raises:
        ConfigError: it asks for such a change; says why that has no effect.
    """
    for name in sorted(recipe.changed):
        if reason := _foreign(task, name, started=started):
            raise ConfigError(f"{name} has no effect: {reason}; leave it out")
    if not started and "vocabulary.extend" in recipe.changed:
        raise ConfigError(
            "vocabulary.extend has no effect: the run begins with no model whose vocabulary it "
            "could extend; add --start-from, or leave it out"
        )
    for names, reason in () if task == "pretrain" else _idle(recipe, started, table):
        for name in names.split():
            section, _, key = name.partition(".")
            # 0 and false get what they ask for.
            if name in recipe.changed and getattr(getattr(recipe, section), key):
                raise ConfigError(f"{name} has no effect: {reason}, or leave it out")


def _foreign(task: str, name: str, *, started: bool) -> str:
    """Why a setting is none of a task's; empty where it is one."""
    section, _, key = name.partition(".")
    if task != "pretrain":
        return _FOREIGN[task].get(section, "")
    if name in ("text.max_tokens", "text.truncate"):
        return "a language model reads whole texts"
    if key in _OF_LANGUAGE_MODEL.get(section, (key,)) and (started or section != "vectors"):
        return ""
    return "pretrain trains a language model, which has no use for it"


def _idle(recipe: Recipe, started: bool, table: bool) -> Iterator[tuple[str, str]]:
    """Settings that others leave without effect, and why."""
    if not table and not recipe.vocabulary.ngrams:
        names = "vocabulary.ngram_min_count dropout.ngram optimiser.ngram_rate"
        yield f"{names} optimiser.ngram_weight_decay", "vocabulary.ngrams is 0; set it too"
    trained = "vectors.epochs vectors.window vectors.negative"
    if not started and recipe.vectors.file:
        yield trained, "vectors.file has the vectors, and none are trained; leave that out"
    elif not started and not recipe.vectors.use:
        yield f"{trained} vectors.deviation", "vectors.use is false; set it too"
    if recipe.network.layers == 1:
        yield "dropout.layer", "network.layers is 1; set it too"
    if not recipe.network.dense:
        yield "dropout.dense", "network.dense is empty; set it too"
    if not recipe.unlabelled.virtual_adversarial:
        names, why = "unlabelled.probe unlabelled.virtual_weight", "virtual_adversarial is 0"
        yield names, f"unlabelled.{why}; set it too"
    if not recipe.unlabelled.used:
        why = "unlabelled.virtual_adversarial and unlabelled.entropy are 0; set one of them"
        yield "unlabelled.batch_size", why
    if recipe.training.validation:
        why = "it is fitted on the validation part; set training.validation=0 too"
        yield "training.temperature", why
    else:
        names = "training.keep training.patience training.evaluations_per_epoch"
        why = "training.validation is 0, so nothing is measured; set that too"
        yield f"{names} training.validation_seed", why
