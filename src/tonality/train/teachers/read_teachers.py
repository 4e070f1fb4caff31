"""Reads the teachers of a student: who teaches which texts, and which label an output means."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.evaluate.match_labels import same_by_another_name
from tonality.label_meanings import likely_map
from tonality.label_spellings import as_options
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.checked_fields import unknown
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.teachers.answers_table import answers_table
from tonality.train.teachers.lstm_teacher import lstm_teacher
from tonality.train.teachers.soft_targets import Teaching, collections_of
from tonality.train.teachers.teacher import Teacher, teacher_path
from tonality.train.teachers.transformer_folder import is_transformer
from tonality.train.teachers.transformer_teacher import transformer_teacher


def read_teaching(
    dataset: Dataset,
    sources: Sequence[str | os.PathLike[str]],
    settings: DistillationSettings,
    labels: Sequence[str],
    cache: RunFolder | None = None,
    *,
    all_here: bool = True,
) -> Teaching:
    """Reads all teachers of a run and checks that each text has one that knows its label.

    Args:
        dataset: the data.
        sources: the teachers of all texts but those of collections that the settings name.
        settings: the teachers of those collections.
        labels: the student's labels.
        cache: where the teachers' answers are kept; None for the run's own folder.
        all_here: whether these are all; if not, others that are still to be trained teach what
            those of single collections do not.

    Raises:
        ArtifactError: a teacher is missing or damaged.
        ConfigError: a teacher is given twice or has other labels; the settings name a collection
            that is not there, or a teacher's label that none says; a collection has no teacher.
        DataError: a table of answers cannot be read.
        DependencyError: a transformer, and the extra ``transformers`` is missing.
    """
    if settings.teachers:
        _check_collections(dataset, settings, others_taught=bool(sources) or not all_here)
    everywhere = read_teachers(sources, labels, settings, data=dataset)
    collections = {
        name: read_teachers(each, labels, settings, partial=True, data=dataset)
        for name, each in settings.teachers.items()
    }
    teaching = Teaching(everywhere, cache, collections, settings.collection_column)
    _check_named(settings, teaching.all, () if all_here else labels)
    _check_partial(dataset, collections, settings, labels)
    return teaching


def _check_collections(
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


def _check_named(
    settings: DistillationSettings, teachers: Sequence[Teacher], others: Sequence[str]
) -> None:
    """Checks that some teacher says each label whose meaning the settings give.

    ``others`` are the labels that teachers say who are still to be trained.
    """
    outputs = sorted({name for teacher in teachers for name in teacher.outputs} | set(others))
    for own in settings.teacher_labels:
        if own not in outputs:
            raise ConfigError(
                f"distillation.teacher_labels names {own!r}, which no teacher says; they say "
                f"{listed(outputs)}"
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


def read_teachers(
    sources: Sequence[str | os.PathLike[str]],
    labels: Sequence[str],
    settings: DistillationSettings | None = None,
    *,
    partial: bool = False,
    data: Dataset | None = None,
) -> list[Teacher]:
    """Reads teachers.

    Args:
        sources: model folders, names of bundled models, folders of transformers, or tables of
            answers.
        labels: the student's labels.
        settings: what the teachers' labels mean, and how transformers read; None for the defaults.
        partial: whether they may know fewer labels than the student.
        data: what they teach; tables of answers are read as it was.

    Raises:
        ArtifactError: there is no such model, or it is damaged.
        ConfigError: one is given twice, or its labels are others than the student's.
        DataError: a table of answers cannot be read.
        DependencyError: a transformer, and the extra ``transformers`` is missing.
    """
    settings = DistillationSettings() if settings is None else settings
    _check_meanings(settings, labels)
    teachers: list[Teacher] = []
    for source in sources:
        teacher = _with_meanings(_read(teacher_path(source), settings, data), labels, settings)
        _check_labels(teacher, labels, partial=partial)
        for other in teachers:
            if other.sha256 == teacher.sha256:
                raise ConfigError(
                    f"the teachers {other.name} and {teacher.name} are the same model"
                )
        teachers.append(teacher)
    return teachers


def _check_meanings(settings: DistillationSettings, labels: Sequence[str]) -> None:
    for own, meaning in settings.teacher_labels.items():
        if meaning and meaning not in labels:
            raise ConfigError(
                f"distillation.teacher_labels maps {own!r} to {meaning!r}, but the labels of the "
                f"data are {listed(labels)}"
            )


def listed(names: Sequence[str]) -> str:
    """Names for a message."""
    shown = [repr(name[:60]) for name in names[:9]]
    return ", ".join(shown) + (f" and {len(names) - 9} more" if len(names) > 9 else "")


def _read(path: Path, settings: DistillationSettings, data: Dataset | None) -> Teacher:
    if path.is_file():
        return answers_table(path, data)
    return transformer_teacher(path, settings) if is_transformer(path) else lstm_teacher(path)


def _with_meanings(
    teacher: Teacher, labels: Sequence[str], settings: DistillationSettings
) -> Teacher:
    """The teacher with the label that each output stands for; its own name where none is plain."""
    # What the settings say of other teachers' labels says nothing of this one's.
    renamed = {own: name for own, name in settings.teacher_labels.items() if own in teacher.outputs}
    rest = [name for name in teacher.outputs if name not in renamed]
    meant = {**same_by_another_name(rest, labels, renamed), **renamed}
    meanings = tuple(meant.get(name, name) for name in teacher.outputs)
    return dataclasses.replace(teacher, meanings=meanings)


def _check_labels(teacher: Teacher, labels: Sequence[str], *, partial: bool) -> None:
    told = dict(zip(teacher.outputs, teacher.meanings, strict=True))
    strange = [name for name, meaning in told.items() if meaning and meaning not in labels]
    known = teacher.known(labels)
    if not strange and (len(known) == len(labels) or (partial and len(known) > 1)):
        return
    apart = (
        f"the teacher {teacher.name} tells {listed(teacher.outputs)} apart, but the labels of the "
        f"data are {listed(labels)}"
    )
    if strange:
        mapped = {own: meaning for own, meaning in told.items() if own not in (*strange, meaning)}
        meant = likely_map(strange, labels, mapped) or {strange[0]: "LABEL"}
        example = as_options(meant, "--teacher-labels")
        raise ConfigError(
            f"{apart}; map them, as with {example} (an empty label leaves a class "
            "out) or with --label-map, or take another teacher"
        )
    lacks = [label for label in labels if label not in known]
    raise ConfigError(
        f"{apart}: it never says {listed(lacks)}; map them with --teacher-labels, take another "
        "teacher, or name it in [distillation.teachers] for collections that have no such texts"
    )
