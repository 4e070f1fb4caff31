"""What teachers give a run: soft targets for every text that the student learns from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.data import Dataset, Table
from tonality.evaluate.select_rows import ChosenRows, Part, describe_seen
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.prepare import Prepared
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.start.leakage import KNOWN
from tonality.train.teachers.teacher import COLLECTIONS, Teacher
from tonality.train.teachers.teacher_answers import Answered, answers, averaged

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Teaching:
    """The teachers of a run.

    Attributes:
        teachers: those of every text whose collection has none of its own.
        cache: where their answers are kept; None for the run's own folder.
        collections: the teachers of single collections, by the collection's name.
        column: the column of the dataset that names a text's collection.
    """

    teachers: Sequence[Teacher]
    cache: RunFolder | None = None
    collections: Mapping[str, Sequence[Teacher]] = field(default_factory=dict)
    column: str = ""

    @property
    def all(self) -> list[Teacher]:
        """Each of the teachers once."""
        given = [*self.teachers, *(one for each in self.collections.values() for one in each)]
        return list({teacher.sha256: teacher for teacher in given}.values())

    def identity(self, dataset: Dataset) -> Any:
        """What decides a run's result, as plain JSON: the teachers' hashes, and whom they teach."""
        everywhere = [teacher.sha256 for teacher in self.teachers]
        if not self.collections:
            return everywhere
        tables = [table for table in (dataset.train, dataset.unlabelled) if table is not None]
        names = [collections_of(table, self.column) for table in tables]
        return {
            "everywhere": everywhere,
            COLLECTIONS: {
                name: [teacher.sha256 for teacher in teachers]
                for name, teachers in sorted(self.collections.items())
            },
            "sha256": hashlib.sha256(json.dumps(names).encode()).hexdigest(),
        }

    def taught(
        self, run: Checked, data: Prepared, folder: RunFolder, reporter: Reporter
    ) -> Prepared:
        """The data with what the teachers say of every training and unlabelled text.

        Their verdicts are averaged as probabilities, each softened by the temperature first. Of
        the validation texts they are asked for the record alone.

        Args:
            run: what is trained on, and the temperature.
            data: the same as arrays.
            folder: the run's.
            reporter: told what goes on.

        Raises:
            ArtifactError: a teacher cannot be loaded.
            DataError: a table of answers cannot be read, or lacks a text.
            TrainingError: the answers cannot be kept.
        """
        store = folder if self.cache is None else self.cache
        said = self._ask(run, data.labels, store, reporter)
        asked = len(data.corpus)
        records = [
            self._record(teacher, one, run, data, reporter)
            for teacher, one in zip(self.all, said, strict=True)
        ]
        shape = (asked + len(run.division.held_out), len(data.labels))
        together = _accuracy(averaged(said, shape, 1.0)[asked:], data.validation_classes)
        if together is not None:
            reporter.say(_told(records, together))
        softened = averaged(said, shape, run.recipe.distillation.temperature)
        soft = softened[:asked].astype(np.float32)
        told = {"accuracy": together, "each": records}
        return dataclasses.replace(data, soft=soft, teachers=told)

    def _ask(
        self, run: Checked, labels: Sequence[str], store: RunFolder, reporter: Reporter
    ) -> list[Answered]:
        """What each teacher says of the texts of a run, in the order of the teachers."""
        texts, names = _texts(run), self._names(run)
        given: dict[str, Answered] = {}
        # Tables first: what they lack shows before others have worked for hours.
        for teacher in sorted(self.all, key=lambda teacher: not teacher.at_once):
            _say_meanings(teacher, reporter)
            rows, known = self._rows(teacher, names), teacher.known(labels)
            found = answers(teacher, [texts[row] for row in rows], known, store, reporter)
            columns = np.array([labels.index(label) for label in known])
            given[teacher.sha256] = Answered(rows, columns, found)
        return [given[teacher.sha256] for teacher in self.all]

    def check_tables(self, run: Checked) -> None:
        """Looks up the texts of a run in the tables of answers, long before it is taught.

        Raises:
            DataError: a table cannot be read, or lacks a text.
        """
        tables = [teacher for teacher in self.all if teacher.at_once]
        texts, names = (_texts(run), self._names(run)) if tables else ([], [])
        for teacher in tables:
            teacher.load("cpu")([texts[row] for row in self._rows(teacher, names)])

    def _names(self, run: Checked) -> list[str]:
        """The collections of the texts of a run, in their order."""
        dataset, division = run.dataset, run.division
        labelled = collections_of(dataset.train, self.column)
        free = [] if dataset.unlabelled is None else collections_of(dataset.unlabelled, self.column)
        return [
            *(labelled[row] for row in division.rows),
            *(free[row] for row in division.unlabelled_rows),
            *(labelled[row] for row in division.held_out),
        ]

    def _rows(self, teacher: Teacher, names: Sequence[str]) -> Int64:
        """The rows of the texts that a teacher teaches, ascending."""
        taught = {
            name
            for name in set(names)
            if _is_among(teacher, self.collections.get(name, self.teachers))
        }
        return np.flatnonzero([name in taught for name in names])

    def _record(
        self,
        teacher: Teacher,
        said: Answered,
        run: Checked,
        data: Prepared,
        reporter: Reporter,
    ) -> dict[str, Any]:
        """What is kept of a teacher, its accuracy on the validation texts that it teaches too."""
        asked = said.rows >= len(data.corpus)
        held_out = said.rows[asked] - len(data.corpus)
        probabilities = np.zeros((len(held_out), len(data.labels)))
        probabilities[:, said.columns] = said.probabilities[asked]
        record: dict[str, Any] = {
            "name": teacher.name,
            "sha256": teacher.sha256,
            "own_accuracy": teacher.accuracy,
            "accuracy": _accuracy(probabilities, data.validation_classes[held_out]),
        }
        if self.collections:
            named = [name for name, each in self.collections.items() if _is_among(teacher, each)]
            others = ["all others"] if _is_among(teacher, self.teachers) else []
            record[COLLECTIONS] = sorted(named) + others
        part = run.dataset.train.take(run.division.held_out[held_out])
        chosen = ChosenRows(Part.VALIDATION, part, [])
        known = describe_seen(run.dataset, chosen, teacher.provenance)
        if known:
            record[KNOWN] = known
            reporter.say(
                f"careful: the validation part was no secret to the teacher {teacher.name}, "
                f"which learnt from {known}; the student's figures will flatter it"
            )
        return record


def _texts(run: Checked) -> list[str]:
    """The texts of a run: those with labels, those without, and those held out."""
    table, division = run.dataset.train, run.division
    held_out = table.take(division.held_out).texts
    return [*table.take(division.rows).texts, *division.unlabelled, *held_out]


def collections_of(table: Table, column: str) -> list[str]:
    """The collection of each text; empty where the table does not say."""
    return table.extras.get(column) or [""] * len(table)


def _is_among(teacher: Teacher, teachers: Sequence[Teacher]) -> bool:
    return any(one.sha256 == teacher.sha256 for one in teachers)


def _say_meanings(teacher: Teacher, reporter: Reporter) -> None:
    pairs = zip(teacher.outputs, teacher.meanings, strict=True)
    read = [
        f"{own!r} as {meant!r}" if meant else f"{own!r} not at all"
        for own, meant in pairs
        if own != meant
    ]
    if read:
        reporter.say(f"of the teacher {teacher.name} the student reads {', '.join(read[:9])}")


def _accuracy(probabilities: NDArray[Any], classes: Int64) -> float | None:
    """The share that is right; None where there are no texts."""
    if not len(classes):
        return None
    return round(float((probabilities.argmax(axis=1) == classes).mean()), 6)


def _told(records: Sequence[dict[str, Any]], together: float) -> str:
    each = ", ".join(
        f"{record['name']} {record['accuracy']:.2%}"
        for record in records
        if record["accuracy"] is not None
    )
    line = f"validation accuracy of the teachers: {each}"
    return line if len(records) == 1 else f"{line}; averaged {together:.2%}"
