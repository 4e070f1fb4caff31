"""Who teaches what: one list of teachers for all texts, or others for single collections."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence

from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.train.prepare.preflight import check_teachers
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.checked_fields import unknown
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.teachers.read_teachers import check_teacher_labels, listed, read_teachers
from tonality.train.teachers.soft_targets import Teaching, collections_of
from tonality.train.teachers.teacher import Teacher


def read_teaching(
    dataset: Dataset,
    sources: Sequence[str | os.PathLike[str]],
    settings: DistillationSettings,
    labels: Sequence[str],
    cache: RunFolder | None = None,
) -> Teaching:
    """Reads all teachers of a run and checks that each text has one that knows its label.

    Args:
        dataset: the data.
        sources: the teachers of all texts but those of collections that the settings name.
        settings: the teachers of those collections.
        labels: the student's labels.
        cache: where the teachers' answers are kept; None for the run's own folder.

    Raises:
        ArtifactError: a teacher is missing or damaged.
        ConfigError: there is no teacher, one is given twice or has other labels; the settings name
            a collection that is not there; a collection has no teacher.
        DependencyError: a transformer, and the extra ``transformers`` is missing.
    """
    check_teachers(sources, settings)
    if settings.teachers:
        check_collections(dataset, settings, others_taught=bool(sources))
    everywhere = read_teachers(sources, labels, settings, data=dataset)
    collections = {
        name: read_teachers(each, labels, settings, partial=True, data=dataset)
        for name, each in settings.teachers.items()
    }
    teaching = Teaching(everywhere, cache, collections, settings.collection_column)
    check_teacher_labels(teaching.all, settings)
    _check_partial(dataset, collections, settings, labels)
    return teaching


def check_collections(
    dataset: Dataset, settings: DistillationSettings, *, others_taught: bool
) -> None:
    """Checks that the collections which the settings name are there, and that all are taught.

    Args:
        dataset: the data.
        settings: the teachers of single collections.
        others_taught: whether the collections that they do not name have teachers.

    Raises:
        ConfigError: the data does not tell collections, lacks one, or has one without a teacher.
    """
    column = settings.collection_column
    if column not in dataset.train.extras:
        raise ConfigError(
            f"distillation.teachers names the teachers of collections, but the data has no column "
            f"{column!r} that names collections; set distillation.collection_column"
        )
    texts = Counter(collections_of(dataset.train, column))
    if dataset.unlabelled is not None:
        texts.update(collections_of(dataset.unlabelled, column))
    for name in settings.teachers:
        if name not in texts:
            raise unknown(
                f"collection {name!r} in the column {column!r}, whose teachers "
                "distillation.teachers names",
                name,
                sorted(filter(None, texts)),
            )
    alone = sorted(name for name in texts if name not in settings.teachers)
    if alone and not others_taught:
        named = [name for name in alone if name]
        unnamed = f"{texts['']:,} texts without a collection" if "" in texts else ""
        who = " and ".join(filter(None, [listed(named) if named else "", unnamed]))
        raise ConfigError(
            f"no teacher is named for {who}; add them to [distillation.teachers], or give "
            "--teacher, who teaches all that the table does not name"
        )


def _check_partial(
    dataset: Dataset,
    collections: Mapping[str, Sequence[Teacher]],
    settings: DistillationSettings,
    labels: Sequence[str],
) -> None:
    """Checks that no text has a label that its teacher never says."""
    names = collections_of(dataset.train, settings.collection_column)
    given = Counter(zip(names, dataset.train.labels or (), strict=False))
    for name, teachers in collections.items():
        for teacher in teachers:
            known = teacher.known(labels)
            for label in labels:
                if label not in known and given[name, label]:
                    raise ConfigError(
                        f"the teacher {teacher.name} never says {label!r}, but "
                        f"{given[name, label]:,} texts of the collection {name!r} are labelled so; "
                        "name another teacher for it in [distillation.teachers]"
                    )
