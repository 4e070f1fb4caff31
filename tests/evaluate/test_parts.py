"""Which part of a dataset is measured."""

from __future__ import annotations

from typing import Any

import pytest

from tonality.data import Dataset, Table, split
from tonality.errors import DataError
from tonality.evaluate.parts import Part, choose_part, may_know, trained_on


def table(start: int, rows: int, *, labels: bool = True, ids: bool = False) -> Table:
    numbers = range(start, start + rows)
    return Table(
        texts=[f"review number {n}" for n in numbers],
        labels=["negative", "positive"] * (rows // 2) if labels else None,
        ids=[f"id{n}" for n in numbers] if ids else None,
        source="reviews.csv",
    )


def dataset(test: Table | None = None, train: Table | None = None) -> Dataset:
    train = train or table(0, 40)
    return Dataset(train, test, None, "reviews", {"reviews.csv": "ab12", "test.csv": "cd34"})


def recorded(**training: object) -> dict[str, Any]:
    return {"recipe": {"name": "quick", "training": training}}


def test_the_test_part_is_measured_where_there_is_one() -> None:
    chosen = choose_part(dataset(table(100, 6)), None, {})
    assert chosen.part is Part.TEST
    assert chosen.table.texts[0] == "review number 100"


def test_a_single_file_is_measured_whole() -> None:
    chosen = choose_part(dataset(), None, {})
    assert (chosen.part, len(chosen.table)) == (Part.ALL, 40)
    assert chosen.ids == [str(row) for row in range(40)]


def test_all_of_a_dataset_is_both_parts() -> None:
    chosen = choose_part(dataset(table(100, 6), table(0, 40, ids=True)), Part.ALL, {})
    assert len(chosen.table) == len(chosen.ids) == 46
    assert chosen.ids[:1] == ["id0"]


@pytest.mark.parametrize(("part", "side"), [(Part.TRAIN, 0), (Part.VALIDATION, 1)])
def test_training_and_validation_are_cut_as_the_model_records(part: Part, side: int) -> None:
    whole = dataset()
    chosen = choose_part(whole, part, recorded(validation=0.25, validation_seed=7))
    rows = split(whole.train, validation=0.25, seed=7)[side]

    assert chosen.ids == [str(row) for row in rows]
    assert chosen.table.texts == [whole.train.texts[row] for row in rows]


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(DataError, match="no test part"):
        choose_part(dataset(), Part.TEST, {})
    unclear: list[dict[str, Any]] = [{}, {"recipe": "base"}, {"recipe": {}}, recorded()]
    for provenance in unclear:
        with pytest.raises(DataError, match="does not record how"):
            choose_part(dataset(), Part.VALIDATION, provenance)
    with pytest.raises(DataError, match=r"reviews.csv: the rows have no labels.*--label-column"):
        choose_part(dataset(train=table(0, 40, labels=False)), None, {})
    unlabelled_test = table(0, 4, labels=False)
    with pytest.raises(DataError, match="no labels"):
        choose_part(dataset(unlabelled_test), None, {})
    assert len(choose_part(dataset(unlabelled_test), Part.ALL, {}).table) == 40


def test_training_files_are_known_by_their_hash() -> None:
    provenance = {"data": {"name": "reviews", "sha256": {"reviews.csv": "ab12"}}}
    assert trained_on(dataset(), provenance) == ["reviews.csv"]
    assert trained_on(dataset(), {"data": ["other", 3, "cd34"]}) == ["test.csv"]
    assert trained_on(dataset(), {}) == []


def test_a_model_that_held_out_other_rows_may_know_these() -> None:
    data = {"data": {"sha256": {"reviews.csv": "ab12"}}}
    first = recorded(validation=0.25, validation_seed=7) | data
    same, other = first | {"seed": 3}, recorded(validation=0.2, validation_seed=7) | data
    assert not may_know(dataset(), Part.VALIDATION, first, same)
    assert may_know(dataset(), Part.VALIDATION, first, other)
    assert may_know(dataset(), Part.VALIDATION, first, data)
    assert not may_know(dataset(), Part.TEST, first, other)
    assert not may_know(dataset(), Part.VALIDATION, first, recorded())
