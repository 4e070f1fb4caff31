"""Tables of answers as teachers: a student learns what a model said elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_reviews import TINY, make_dataset

from tonality import artifact
from tonality.data import load_dataset
from tonality.errors import DataError
from tonality.tables.read_options import ReadOptions
from tonality.train.distill import distill
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.teachers.answers_table import answers_table
from tonality.train.teachers.read_teachers import read_teachers, read_teaching
from tonality.train.teachers.teacher_answers import answers

STUDENT = TINY.with_settings(["training.epochs=1"])


def write(
    path: Path, texts: Sequence[str], answers: Sequence[Sequence[object]], names: Sequence[str]
) -> Path:
    """A CSV as a scored file looks."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "score", *(f"p_{name}" for name in names)])
        writer.writerows(
            [text, names[0], 0.1, *answer] for text, answer in zip(texts, answers, strict=True)
        )
    return path


def test_a_student_learns_from_a_table(tmp_path: Path) -> None:
    """Its answers reach the student, whatever the order of rows and columns."""
    data = make_dataset()
    assert data.train.labels is not None
    texts = data.train.texts + (data.unlabelled.texts if data.unlabelled else [])
    truth = dict(zip(data.train.texts, data.train.labels, strict=True))
    answers = [
        (0.9, 0.1) if truth.get(text, "positive") == "positive" else (0.1, 0.9) for text in texts
    ]
    table = write(tmp_path / "gpu.csv", texts[::-1], answers[::-1], ["Positive", "neg"])
    folder = distill(data, [table], STUDENT, tmp_path / "run")
    teachers = artifact.read(folder).provenance["teachers"]
    assert teachers["each"][0]["name"] == "gpu.csv"
    assert teachers["accuracy"] == 1.0
    [kept] = (tmp_path / "run").glob("answers-*.npy")
    assert sorted({tuple(row) for row in np.load(kept).astype(float).round(3).tolist()}) == [
        (0.1, 0.9),
        (0.9, 0.1),
    ]


def test_a_text_without_an_answer_is_named(tmp_path: Path) -> None:
    """The student doesn't guess."""
    data = make_dataset()
    table = write(tmp_path / "few.csv", ["A text."], [(0.5, 0.5)], ["negative", "positive"])
    with pytest.raises(DataError, match=r"few.csv.*holds no answer for .* texts, such as"):
        distill(data, [table], STUDENT, tmp_path / "run")


def test_what_a_table_lacks_is_counted_over_all_texts(tmp_path: Path) -> None:
    """Teachers that think are asked in windows of 512; a table lacks rows of 800, not of those."""
    texts, names = [f"text {n}" for n in range(800)], ["negative", "positive"]
    held = texts[:350] + texts[550:]
    table = write(tmp_path / "most.csv", held, [(0.5, 0.5)] * len(held), names)
    [teacher] = read_teachers([table], names)
    with pytest.raises(DataError, match="holds no answer for 200 of 800 texts, such as 'text 350'"):
        answers(teacher, texts, tuple(names), RunFolder(tmp_path / "run"), Reporter())


@pytest.mark.parametrize("answer", [(0.5, 0.7), (-0.5, 1.5), ("nan", 1), ("much", "little")])
def test_what_is_no_probability_is_refused(tmp_path: Path, answer: tuple[object, object]) -> None:
    """The row is shown."""
    table = write(tmp_path / "odd.csv", ["A text."], [answer], ["negative", "positive"])
    with pytest.raises(DataError, match=r"expected (probabilities that add up|numbers)"):
        answers_table(table).load("cpu")(["A text."])


def test_a_table_without_probabilities_is_no_teacher(tmp_path: Path) -> None:
    """The message says which columns are expected."""
    table = write(tmp_path / "one.csv", ["A text."], [(1.0,)], ["positive"])
    with pytest.raises(DataError, match=r"expected the columns p_LABEL of two labels or more"):
        read_teachers([table], ["negative", "positive"])


def test_copies_may_not_contradict_one_another(tmp_path: Path) -> None:
    names = ["negative", "positive"]
    same = write(tmp_path / "same.csv", ["a text", "a text"], [(0.2, 0.8), (0.204, 0.796)], names)
    np.testing.assert_allclose(answers_table(same).load("cpu")(["a text"]), [[0.2, 0.8]])
    other = write(tmp_path / "other.csv", ["a text", "a text"], [(0.2, 0.8), (0.9, 0.1)], names)
    with pytest.raises(DataError, match=r"gives two answers to 'a text': \[0.2, 0.8\] and"):
        answers_table(other).load("cpu")(["a text"])


def test_rows_without_a_verdict_are_no_answers(tmp_path: Path) -> None:
    """``tonality score`` leaves their probabilities blank."""
    table = write(tmp_path / "a.csv", ["a text", "??"], [(0.2, 0.8), ("", "")], ["bad", "good"])
    judge = answers_table(table).load("cpu")
    np.testing.assert_allclose(judge(["a text"]), [[0.2, 0.8]])
    with pytest.raises(DataError, match=r"gives no verdict on 1 of 2 texts, such as '\?\?'; leave"):
        judge(["??", "a text"])
    with pytest.raises(DataError, match="holds no answer for 1 of 3 texts, such as 'another'"):
        judge(["??", "a text", "another"])


def test_what_scoring_put_a_prefix_before_is_found(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    added = ["label", "score", "p_bad", "p_good", "tokens_read", "tokens_left_out"]
    path.write_text(
        ",".join(["text", "label", *(f"tonality_{name}" for name in added)])
        + "\na text,good,good,0.8,0.2,0.8,2,0\n"
    )
    teacher = answers_table(path)
    assert teacher.outputs == ("bad", "good")
    np.testing.assert_allclose(teacher.load("cpu")(["a text"]), [[0.2, 0.8]])


ANSWERED = """title,body,text,label,tonality_label,p_negative,p_positive,tokens_read
Great film,I saw it twice,other one,positive,positive,0.1,0.9,5
Awful film,I left,other two,negative,negative,0.8,0.2,4
NA,I know nothing,other three,negative,negative,0.7,0.3,3
"""
OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"text_column": ["title", "body"]}, ANSWERED),
    ({"text_column": "body"}, ANSWERED),
    ({"text_column": "title", "options": ReadOptions(nulls=frozenset())}, ANSWERED),
    # Made elsewhere, it calls its texts otherwise.
    ({"text_column": "body"}, ANSWERED.replace("title,body,text", "more,tweet,note")),
]


@pytest.mark.parametrize(("how", "answered"), OPTIONS)
def test_a_table_is_read_as_the_data_was(
    tmp_path: Path, how: dict[str, Any], answered: str
) -> None:
    """What ``tonality score`` wrote of the data teaches it, with the same options."""
    for name, content in (("data.csv", ANSWERED), ("answers.csv", answered)):
        (tmp_path / name).write_text(content)
    data = load_dataset(str(tmp_path / "data.csv"), label_column="label", **how)
    labels = ["negative", "positive"]
    taught = read_teaching(data, [tmp_path / "answers.csv"], DistillationSettings(), labels)
    [teacher] = taught.all
    expected = [[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]
    np.testing.assert_allclose(teacher.load("cpu")(data.train.texts), expected)
