"""What teachers say of texts: asked once, kept in a folder, averaged."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tonality.prediction import softmax
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import ANSWERS, RunFolder
from tonality.train.teachers.teacher import Teacher

Floats = NDArray[np.float32]

# Texts judged at once, between looks at the clock: on a GPU enough for full batches of short ones.
WINDOW = 512
WINDOW_GPU = 8192
# Seconds between saves of the answers, and between lines on how far they are.
EVERY = 30.0


def answers(
    teacher: Teacher,
    texts: Sequence[str],
    labels: tuple[str, ...],
    store: RunFolder,
    reporter: Reporter,
) -> Floats:
    """The teacher's probabilities (N, C) of N texts, computed once and kept in a folder.

    The file's name tells teacher and texts. It is written now and then, for who is killed to go on.

    Args:
        teacher: who is asked.
        texts: what is asked.
        labels: the order of the columns; the teacher knows them all.
        store: where the answers are kept, or are there from before.
        reporter: told how far it is.

    Raises:
        ArtifactError: the teacher cannot be loaded.
        TrainingError: they cannot be kept.
    """
    name = f"{ANSWERS}{_key(teacher, texts, labels)}.npy"
    known = store.load_floats(len(labels), name)[: len(texts)]  # perhaps of the first texts only
    if len(known) == len(texts):
        reporter.say(f"the answers of the teacher {teacher.name} are there from before")
        return known
    device, window = ("cuda", WINDOW_GPU) if torch.cuda.is_available() else ("cpu", WINDOW)
    judge, window = teacher.load(device), len(texts) if teacher.at_once else window
    begun, started = len(known), (told := time.monotonic())
    reporter.say(f"asking the teacher {teacher.name} about {len(texts) - begun:,} texts")
    while len(known) < len(texts):
        part = teacher.translated(judge(texts[len(known) : len(known) + window]), labels)
        known = np.concatenate([known, part.astype(np.float32)])
        if time.monotonic() - told >= EVERY or len(known) == len(texts):
            store.save_floats(known, name)
            told = time.monotonic()
            rate = (len(known) - begun) / max(told - started, 1e-9)
            reporter.say(f"{len(known):,} of {len(texts):,} texts answered, {rate:,.0f} a second")
    return known


def soften(probabilities: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Probabilities (N, C) as they were, had the logits been divided by a temperature."""
    least = np.finfo(np.float32).tiny
    logits = np.log(np.maximum(probabilities, least, dtype=np.float64))
    return softmax(logits / temperature)


@dataclass(frozen=True)
class Answered:
    """What one teacher says of the texts that it teaches.

    Attributes:
        rows: which of all texts they are (n,).
        columns: which of the labels it knows (K,).
        probabilities: what it says (n, K).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    probabilities: Floats


def averaged(
    answered: Sequence[Answered], shape: tuple[int, int], temperature: float
) -> NDArray[np.float64]:
    """What the teachers of each text say together (N, C): the mean of softened probabilities.

    A label that a teacher does not know counts as impossible to it, at any temperature.

    Args:
        answered: what each says; every text has a teacher.
        shape: N texts and C labels.
        temperature: what each one's logits are divided by first.
    """
    total, teachers = np.zeros(shape), np.zeros((shape[0], 1))
    for each in answered:
        total[np.ix_(each.rows, each.columns)] += soften(each.probabilities, temperature)
        teachers[each.rows] += 1
    mean: NDArray[np.float64] = total / teachers
    return mean


def _key(teacher: Teacher, texts: Sequence[str], labels: tuple[str, ...]) -> str:
    digest = hashlib.sha256(teacher.sha256.encode())
    values = [*labels, *texts]
    if teacher.settings or teacher.meanings != teacher.outputs:
        values = [teacher.settings, *teacher.meanings, *values]
    for value in values:
        data = value.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:16]
