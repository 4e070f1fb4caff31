"""What teachers give a run: soft targets for every text that the student learns from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonality.data import Dataset
from tonality.evaluate.select_rows import ChosenRows, Part, describe_seen
from tonality.train.objectives.teachers import Floats, Teacher, answers, averaged
from tonality.train.prepare.prepare import Prepared
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe
from tonality.train.start.leakage import KNOWN


@dataclass(frozen=True)
class Teaching:
    """The teachers of a run.

    Attributes:
        teachers: one or more.
        cache: where their answers are kept; None for the run's own folder.
    """

    teachers: Sequence[Teacher]
    cache: RunFolder | None = None

    @property
    def identity(self) -> list[str]:
        """What decides a run's result: the teachers' hashes."""
        return [teacher.sha256 for teacher in self.teachers]

    def taught(
        self,
        dataset: Dataset,
        data: Prepared,
        recipe: Recipe,
        folder: RunFolder,
        reporter: Reporter,
    ) -> Prepared:
        """The data with what the teachers say of every training and unlabelled text.

        Their verdicts are averaged as probabilities, each softened by the temperature first. They
        are asked about the validation texts too, for the record alone.

        Args:
            dataset: what is trained on.
            data: the same as arrays.
            recipe: the temperature.
            folder: the run's.
            reporter: told what goes on.

        Raises:
            TrainingError: the answers cannot be kept.
        """
        held_out = dataset.train.take(data.validation_rows)
        texts = data.corpus + held_out.texts
        store = folder if self.cache is None else self.cache
        found = [answers(each, texts, data.labels, store, reporter) for each in self.teachers]
        asked = len(data.corpus)
        records = []
        chosen = ChosenRows(Part.VALIDATION, held_out, [])
        for teacher, said in zip(self.teachers, found, strict=True):
            record: dict[str, Any] = {
                "name": teacher.name,
                "sha256": teacher.sha256,
                "own_accuracy": teacher.accuracy,
                "accuracy": _accuracy(said[asked:], data),
            }
            known = describe_seen(dataset, chosen, teacher.provenance)
            if known:
                record[KNOWN] = known
                reporter.say(
                    f"careful: the validation part was no secret to the teacher {teacher.name}, "
                    f"which learnt from {known}; the student's figures will flatter it"
                )
            records.append(record)
        together = _accuracy(averaged([said[asked:] for said in found], 1.0), data)
        if together is not None:
            reporter.say(_told(records, together))
        soft = averaged([said[:asked] for said in found], recipe.distillation.temperature)
        return dataclasses.replace(
            data,
            soft=soft.astype(np.float32),
            teachers={"accuracy": together, "each": records},
        )


def _accuracy(probabilities: Any, data: Prepared) -> float | None:
    """That on the validation part; None where the run has none."""
    if not len(probabilities):
        return None
    right: Floats = probabilities.argmax(axis=1) == data.validation_classes
    return round(float(right.mean()), 6)


def _told(records: Sequence[dict[str, Any]], together: float) -> str:
    each = ", ".join(f"{record['name']} {record['accuracy']:.2%}" for record in records)
    line = f"validation accuracy of the teachers: {each}"
    return line if len(records) == 1 else f"{line}; averaged {together:.2%}"
