"""Finds the mistakes in a plan's later stages before the first begins, which may take hours."""

from __future__ import annotations

from collections.abc import Iterable

from tonality.data import Dataset
from tonality.errors import ConfigError, DataError
from tonality.train.prepare.preflight import Checked, check_run
from tonality.train.settings.plan import Stage
from tonality.train.start.inherited_settings import CLASSIFIER, LANGUAGE_MODEL, Inherited
from tonality.train.teachers.collection_teachers import check_collections
from tonality.train.teachers.teacher import teacher_path


def check_stages(
    dataset: Dataset, stages: Iterable[Stage], *, resume: bool = False
) -> dict[str, Checked]:
    """Checks what can be known of a plan's stages before any has run.

    Args:
        dataset: the data of every stage.
        stages: in their order.
        resume: whether some may be over, so that a file of word vectors may be gone.

    Returns:
        What was found of each stage, by its name.

    Raises:
        ConfigError: a setting does not go with the stage's task, or with what it starts from.
        DataError: the data lacks what a stage needs.
        DependencyError: a package of the extra ``train`` is missing.
    """
    inherited: dict[str, Inherited] = {}
    found: dict[str, Checked] = {}
    last: Checked | None = None
    for stage in stages:
        start = inherited.get(stage.start_from)
        try:
            last = check_run(stage.task, stage.read(), dataset, start, resume=resume, like=last)
            settings = last.recipe.distillation
            if stage.task == "distill" and settings.teachers:
                check_collections(dataset, settings, others_taught=True)
                for source in settings.named_teachers:
                    teacher_path(source)
        except ConfigError as fault:
            raise ConfigError(f"stage {stage.name!r}: {fault}") from fault
        except DataError as fault:
            raise DataError(f"stage {stage.name!r}: {fault.reason}", path=fault.path) from fault
        kind = LANGUAGE_MODEL if stage.task == "pretrain" else CLASSIFIER
        table = start is not None and start.has_ngrams
        inherited[stage.name] = Inherited.of_recipe(stage.name, kind, last.recipe, table)
        found[stage.name] = last
    return found
