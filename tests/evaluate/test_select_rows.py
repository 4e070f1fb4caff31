"""Which part of a dataset is measured."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tonality.data import Dataset, Table, split
from tonality.errors import DataError
from tonality.evaluate import seen_texts
from tonality.evaluate.select_rows import (
    ChosenRows,
    Part,
    choose_part,
    choose_unseen,
    describe_seen,
    provenance_to_cut_by,
)
from tonality.evaluate.training_cut import trained_on


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
    assert (len(set(chosen.ids)), chosen.named) == (46, "row")  # the test part has no ids


@pytest.mark.parametrize(("part", "side"), [(Part.TRAIN, 0), (Part.VALIDATION, 1)])
def test_training_and_validation_are_cut_as_the_model_records(part: Part, side: int) -> None:
    whole = dataset()
    chosen = choose_part(whole, part, trained(whole.train))
    rows = split(whole.train, validation=0.25, seed=7)[side]

    assert chosen.ids == [str(row) for row in rows]
    assert chosen.table.texts == [whole.train.texts[row] for row in rows]


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(DataError, match="no test part"):
        choose_part(dataset(), Part.TEST, {})
    cut = recorded(validation=0.25, validation_seed=7)
    unclear: list[dict[str, Any]] = [{}, {"recipe": "base"}, {"recipe": {}}, recorded(), cut]
    for provenance in unclear:
        with pytest.raises(DataError, match="does not record which rows"):
            choose_part(dataset(), Part.VALIDATION, provenance)
    with pytest.raises(DataError, match=r"reviews.csv: the rows have no labels.*--label-column"):
        choose_part(dataset(train=table(0, 40, labels=False)), None, {})
    unlabelled_test = table(0, 4, labels=False)
    with pytest.raises(DataError, match="no labels"):
        choose_part(dataset(unlabelled_test), None, {})
    assert len(choose_part(dataset(unlabelled_test), Part.ALL, {}).table) == 40


def test_a_model_that_learnt_from_all_rows_has_no_validation_part() -> None:
    record = seen_texts.record(table(0, 40), table(0, 40).texts, [])
    model = recorded(validation=0.0, validation_seed=0) | {seen_texts.KEY: record}
    for choose, part in ((choose_part, Part.VALIDATION), (choose_unseen, None)):
        with pytest.raises(DataError, match="held no row out: measure data it has not seen"):
            choose(dataset(), part, {**model, "data": {"sha256": {"reviews.csv": "ab12"}}})
    assert len(choose_part(dataset(), Part.TRAIN, model).table) == 40


def test_training_files_are_known_by_their_hash() -> None:
    provenance = {"data": {"name": "reviews", "sha256": {"reviews.csv": "ab12"}}}
    assert trained_on(dataset(), provenance) == ["reviews.csv"]
    assert trained_on(dataset(), {"data": ["other", 3, "cd34"]}) == ["test.csv"]
    assert trained_on(dataset(), {}) == []


def trained(train: Table, **more: object) -> dict[str, Any]:
    """The provenance of a model trained on a table."""
    rows, held_out = split(train, validation=0.25, seed=7)
    record = seen_texts.record(train, train.take(rows).texts, held_out.tolist())
    return recorded(validation=0.25, validation_seed=7) | {seen_texts.KEY: record} | more


def grouped(rows: int = 40) -> Table:
    return dataclasses.replace(table(0, rows), groups=[f"film{row % 9}" for row in range(rows)])


def test_a_model_trained_without_groups_is_cut_without_them() -> None:
    plain = dataclasses.replace(grouped(), groups=None)
    found = choose_part(dataset(train=grouped()), Part.VALIDATION, trained(plain))
    assert found.ids == [str(row) for row in split(plain, validation=0.25, seed=7)[1]]
    # Here the groups would have given other rows.
    assert found.ids != [str(row) for row in split(grouped(), validation=0.25, seed=7)[1]]


def test_the_order_case_and_space_of_the_rows_do_not_matter() -> None:
    shuffled = grouped().take(range(39, -1, -1))
    loud = dataclasses.replace(shuffled, texts=[f" {text.upper()}" for text in shuffled.texts])
    mine = choose_part(dataset(train=grouped()), Part.VALIDATION, trained(grouped()))
    other = choose_part(dataset(train=shuffled), Part.VALIDATION, trained(grouped()))
    assert sorted(mine.table.texts) == sorted(other.table.texts)
    assert seen_texts.fingerprint(loud.texts) == seen_texts.fingerprint(grouped().texts)


@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TRAIN])
@pytest.mark.parametrize(
    ("train", "reason"),
    [
        (dataclasses.replace(grouped(), groups=None), "name their column with --group-column"),
        (grouped(30), "training had 40 labelled rows, here are 30"),
        (
            dataclasses.replace(grouped(), labels=["negative"] * 20 + ["y"] * 20),
            "training's labels were negative, positive, these are negative, y",
        ),
        (
            dataclasses.replace(grouped(), groups=[str(row % 7) for row in range(40)]),
            "the texts are others, or --group-column",
        ),
    ],
)
def test_rows_that_were_not_held_out_are_refused(part: Part, train: Table, reason: str) -> None:
    with pytest.raises(
        DataError, match=rf"{reason}.*trained on this data with --model.*--split all"
    ):
        choose_part(dataset(train=train), part, trained(grouped()))


def test_other_texts_are_refused() -> None:
    plain = dataclasses.replace(grouped(), groups=None)
    other = dataclasses.replace(plain, texts=[f"{text}!" for text in plain.texts])
    with pytest.raises(DataError, match=r"the texts are others\. Give the data"):
        choose_part(dataset(train=other), Part.VALIDATION, trained(plain))


def test_texts_that_a_model_learnt_from_are_known_in_any_file() -> None:
    model = trained(table(0, 40))

    def told(*tables: Table) -> str:
        texts = [text for rows in tables for text in rows.texts]
        return describe_seen(dataset(), ChosenRows(Part.TEST, Table(texts), []), model)

    assert told(table(0, 40)) == (
        "about 75% of these texts (it can tell of 40, and learnt from 30 of them)"
    )
    assert told(table(100, 40)) == ""
    loud = [f"  {text.upper()}" for text in table(0, 40).texts]
    assert "about 75%" in told(Table(loud))
    held_out = choose_part(dataset(), Part.VALIDATION, model)
    assert describe_seen(dataset(), held_out, model) == ""


def test_a_short_text_in_common_tells_nothing_of_the_others() -> None:
    learnt = [f"long list {n}" for n in range(20_000)]
    record = seen_texts.record(Table([]), learnt, [])
    model = recorded(validation=0.25, validation_seed=7) | {seen_texts.KEY: record}
    known = [text for text in learnt if seen_texts.short_hash(text) in record["train"]["least"]]

    def found(shared: int, copies: int = 1) -> tuple[Part, str]:
        texts = known[:shared] * copies + [f"own {n}" for n in range(20)]
        own = dataset(train=Table(texts, ["positive", "negative"] * (len(texts) // 2)))
        chosen = choose_unseen(own, None, model)
        return chosen.part, describe_seen(own, chosen, model)

    assert found(2) == found(2, copies=50) == (Part.ALL, "")
    seen = seen_texts.count_seen([*known[:2], "own"], model)
    assert seen is not None
    assert seen.learnt == 2
    with pytest.raises(DataError, match="not the rows that the model's training held out"):
        found(20)


def test_of_a_long_list_few_hashes_tell_the_share() -> None:
    train = [f"long list {n}" for n in range(20_000)]
    record = seen_texts.record(Table(train), train, [])
    assert len(record["train"]["least"]) == 512
    model = {seen_texts.KEY: record | {"labels": []}}
    for known in (0, 2_000, 10_000, 20_000):
        texts = train[:known] + [f"another {n}" for n in range(20_000 - known)]
        found = seen_texts.count_seen(texts, model)
        assert found is not None
        assert found.share == pytest.approx(known / 20_000, abs=0.05)
        assert 300 < found.compared < 800


def test_a_small_part_of_much_training_data_is_known_by_its_long_texts() -> None:
    """Of a hundred about one is in the record: what is long nobody else has written."""
    train = [f"the story of number {n} is longer than what two people write" for n in range(5_000)]
    short = [f"fine, number {n}" for n in range(5_000)]
    record = seen_texts.record(Table(train + short), train + short, [])
    model = recorded(validation=0.25, validation_seed=7) | {seen_texts.KEY: record}
    least = set(record["train"]["least"])
    known = {text for text in train + short if seen_texts.short_hash(text) in least}
    for texts, refused in ((train, True), (short, False)):
        others = [text for text in texts if text not in known][:99]
        part = Table([next(t for t in texts if t in known), *others], ["negative", "positive"] * 50)
        if refused:
            with pytest.raises(DataError, match="not the rows that the model's training held out"):
                choose_unseen(dataset(train=part), None, model)
        else:
            chosen = choose_unseen(dataset(train=part), None, model)
            assert (chosen.part, describe_seen(dataset(), chosen, model)) == (Part.ALL, "")


@pytest.mark.parametrize("sizes", [(100, 50, 30), (3_000, 100, 100), (100, 3_000, 900)])
def test_what_a_start_learnt_is_known_of_those_that_begin_with_it(
    sizes: tuple[int, int, int],
) -> None:
    first, second, third = (
        [f"list {number} text {n}" for n in range(size)] for number, size in enumerate(sizes)
    )
    start = {seen_texts.KEY: seen_texts.record(Table([]), first, [], unlabelled=second)}
    model = {seen_texts.KEY: seen_texts.record(Table([]), [], [], unlabelled=third, start=start)}
    new = [f"new {n}" for n in range(sum(sizes))]
    found = seen_texts.count_seen([*first, *second, *third, *new], model, besides=True)
    assert found is not None
    assert found.share == pytest.approx(0.5, abs=0.06)
    assert found.compared == 2 * sum(sizes) or found.compared > 500
    again = {seen_texts.KEY: seen_texts.record(Table([]), [], [], start=model)}
    assert again[seen_texts.KEY]["besides"] == model[seen_texts.KEY]["besides"]
    text = ChosenRows(Part.TEST, Table(second), [])
    assert "without labels or as what it began with" in describe_seen(dataset(), text, model)
    assert "besides" not in seen_texts.record(Table([]), first, [], start={"texts": 3})


def test_records_that_are_none_are_left_aside() -> None:
    sound = trained(table(0, 40))[seen_texts.KEY]
    assert seen_texts.read_record({seen_texts.KEY: sound}) is not None
    for key in (*sound, "besides"):
        for bad in (None, [3], {"rows": "3"}):
            assert seen_texts.count_seen(["a"], {seen_texts.KEY: sound | {key: bad}}) is None
    assert seen_texts.count_seen(["a"], {}) is None
    assert seen_texts.count_seen([], {seen_texts.KEY: sound}) == seen_texts.SeenTexts(0, 0, 0, 0)
    assert seen_texts.SeenTexts(0, 0, 0, 0).share == 0


def test_of_several_models_the_one_that_learnt_from_the_data_cuts_it() -> None:
    stranger, own = {"data": ["ef56"]}, {"data": ["ab12"]}
    assert provenance_to_cut_by(dataset(), [stranger, own]) is own
    assert provenance_to_cut_by(dataset(), [own, stranger]) is own
    assert provenance_to_cut_by(dataset(), [stranger, {}]) is stranger
    whole = {**own, **recorded(validation=0.0, validation_seed=0)}
    assert provenance_to_cut_by(dataset(), [whole, own]) is own


def test_settings_are_chosen_on_rows_that_were_not_learnt_from() -> None:
    resaved, model = dataset(), trained(table(0, 40))
    assert choose_unseen(resaved, None, model).part is Part.VALIDATION
    assert choose_unseen(dataset(train=table(100, 40)), None, model).part is Part.ALL
    with pytest.raises(DataError, match="not the rows that the model's training held out"):
        choose_unseen(dataset(train=table(0, 30)), None, model)
    assert choose_unseen(dataset(train=table(0, 30)), Part.ALL, model).part is Part.ALL
