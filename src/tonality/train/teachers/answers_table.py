"""Tables of answers as teachers: what a model that ran elsewhere says of texts.

The table has a column of texts and for each class ``p_`` and its name with the probability, as
``tonality score`` writes them. So a model teaches that runs on another machine or behind an API.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tonality.errors import DataError
from tonality.tables.column_names import TextColumn, Wanted
from tonality.tables.dataset import Dataset
from tonality.tables.open_file import sha256_of
from tonality.tables.open_table import file_input, opened
from tonality.tables.read_options import ReadOptions
from tonality.tables.read_table import read_table
from tonality.train.teachers.teacher import Judge, Teacher

PREFIX = "p_"
READ = "tokens_read"  # a column that scoring adds
NEAR_ONE = 0.01  # how far the sum of a row's probabilities may be from 1, as rounding leaves it


@dataclass(frozen=True)
class _Reading:
    """How a table's texts are read: as the data's, or they would be others."""

    path: Path
    text_column: TextColumn = None
    options: ReadOptions = field(default_factory=ReadOptions)


def answers_table(path: Path, data: Dataset | None = None) -> Teacher:
    """Reads the head of a table as a teacher; its rows are read when it is asked.

    Args:
        path: the table.
        data: what it is to teach. Its texts are in the columns that those of the data are in, if
            there are such columns, and what is a missing cell there is one here.

    Raises:
        DataError: it cannot be read, or has fewer than two columns of probabilities.
        DependencyError: it is Parquet and pyarrow is missing.
    """
    reading = _Reading(path) if data is None else _as_the_data(path, data)
    columns = _columns(reading)
    # Scoring puts a prefix before what it adds to a table that has such a column already.
    before = [name.removesuffix(READ) for name in columns if name.endswith(READ)]
    for start in (*(each + PREFIX for each in before), PREFIX):
        names = [name for name in columns if name.startswith(start)]
        if len(names) > 1:
            break
    if len(names) < 2:
        raise DataError(
            f"expected the columns {PREFIX}LABEL of two labels or more, as tonality score writes "
            f"them, found {len(names)}",
            path=path,
        )
    return Teacher(
        path=path,
        name=path.name,
        sha256=sha256_of(path),
        outputs=tuple(name.removeprefix(start) for name in names),
        load=lambda _: _judge(reading, names),
        settings="table of answers",
        at_once=True,  # so that what it lacks is counted over all texts
    )


def _as_the_data(path: Path, data: Dataset) -> _Reading:
    given = data.options  # what stands between the fields is the table's own matter
    options = ReadOptions(
        nulls=given.nulls, no_labels=given.no_labels, named_nulls=given.named_nulls
    )
    reading = _Reading(path, data.text_column, options)
    try:
        _columns(reading)
    except DataError:  # a table from elsewhere may call its texts otherwise
        return _Reading(path, None, options)
    return reading


def _columns(reading: _Reading) -> Sequence[str]:
    """The table's columns.

    Raises:
        DataError: it cannot be read, or has no such column of texts.
    """
    wanted = Wanted(reading.text_column, label="", options=reading.options)
    with opened(file_input(reading.path), wanted, cells="chosen") as table:
        return table.rows.columns


def _answers(
    reading: _Reading, names: Sequence[str]
) -> tuple[list[str], NDArray[np.float64], frozenset[str]]:
    """The N texts that have a verdict, their probabilities (N, K), and the texts without one.

    Raises:
        DataError: a probability is not one, or those of a text do not add up to 1.
    """
    path = reading.path
    table = read_table(
        path,
        text_column=reading.text_column,
        label_column="",
        group_column="",
        extra_columns=names,
        options=reading.options,
    )
    cells = [table.extras[name] for name in names]
    # A text without a verdict has no probabilities, and nobody can be taught it.
    there = [row for row in range(len(table)) if any(column[row] for column in cells)]
    texts = [table.texts[row] for row in there]
    try:
        answers = np.array([[column[row] for column in cells] for row in there], dtype=np.float64)
    except ValueError as error:
        raise DataError(f"expected numbers in {', '.join(names)}: {error}", path=path) from None
    answers = answers.reshape(len(there), len(names))
    sound = (answers >= 0).all(axis=1) & (abs(answers.sum(axis=1) - 1) <= NEAR_ONE)
    if not sound.all():
        text = texts[int(np.argmin(sound))]
        raise DataError(
            f"expected probabilities that add up to 1 in {', '.join(names)}, got "
            f"{answers[np.argmin(sound)].tolist()} for {text[:60]!r}",
            path=path,
        )
    return texts, answers, frozenset(table.texts) - frozenset(texts)


def _judge(reading: _Reading, names: Sequence[str]) -> Judge:
    """What gives the probabilities that the table holds.

    Raises:
        DataError: as for :func:`_answers`, or a text has two answers.
    """
    path = reading.path
    texts, answers, blank = _answers(reading, names)
    places = dict[str, int]()
    for row, text in enumerate(texts):
        if abs(answers[places.setdefault(text, row)] - answers[row]).max() > NEAR_ONE:
            raise DataError(
                f"gives two answers to {text[:60]!r}: {answers[places[text]].tolist()} and "
                f"{answers[row].tolist()}; keep one of the rows",
                path=path,
            )

    def judge(texts: Sequence[str]) -> NDArray[np.float64]:
        missing = [text for text in texts if text not in places]
        absent = [text for text in missing if text not in blank]
        if absent:
            raise DataError(
                f"holds no answer for {len(absent):,} of {len(texts):,} texts, such as "
                f"{absent[0][:60]!r}; ask the teacher about these texts too, and add the rows",
                path=path,
            )
        if missing:
            raise DataError(
                f"gives no verdict on {len(missing):,} of {len(texts):,} texts, such as "
                f"{missing[0][:60]!r}; leave such texts out of the data",
                path=path,
            )
        found = answers[[places[text] for text in texts]]
        sums: NDArray[np.float64] = found.sum(axis=1, keepdims=True)
        return found / sums

    return judge
