"""Reads the teachers of a student, and says which label of the data each of their outputs means."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tonality.data import Dataset
from tonality.errors import ConfigError
from tonality.evaluate.match_labels import same_by_another_name
from tonality.label_meanings import likely_map
from tonality.label_spellings import as_options
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.teachers.answers_table import answers_table
from tonality.train.teachers.lstm_teacher import lstm_teacher
from tonality.train.teachers.teacher import Teacher, teacher_path
from tonality.train.teachers.transformer_folder import is_transformer
from tonality.train.teachers.transformer_teacher import transformer_teacher


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


def check_teacher_labels(teachers: Iterable[Teacher], settings: DistillationSettings) -> None:
    """Checks that what the settings say of teachers' labels is about labels that they have.

    Raises:
        ConfigError: no teacher has such a label.
    """
    outputs = sorted({name for teacher in teachers for name in teacher.outputs})
    for own in settings.teacher_labels:
        if own not in outputs:
            raise ConfigError(
                f"distillation.teacher_labels names {own!r}, which no teacher says; they say "
                f"{listed(outputs)}"
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
    unknown = [
        name
        for name, meaning in zip(teacher.outputs, teacher.meanings, strict=True)
        if meaning and meaning not in labels
    ]
    known = teacher.known(labels)
    if not unknown and (len(known) == len(labels) or (partial and len(known) > 1)):
        return
    apart = (
        f"the teacher {teacher.name} tells {listed(teacher.outputs)} apart, but the labels of the "
        f"data are {listed(labels)}"
    )
    if unknown:
        told = dict(zip(teacher.outputs, teacher.meanings, strict=True))
        mapped = {
            name: meaning for name, meaning in told.items() if name not in (*unknown, meaning)
        }
        meant = likely_map(unknown, labels, mapped) or {unknown[0]: "LABEL"}
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
