"""What ``inspect`` counts and what it warns of."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.data import Dataset, Table
from tonality.data.inspection import inspect_dataset
from tonality.data.inspection_facts import LengthBin, Lengths
from tonality.data.load_dataset import load_dataset
from tonality.errors import ConfigError


def dataset(train: Table, test: Table | None = None, unlabelled: Table | None = None) -> Dataset:
    return Dataset(train, test, unlabelled, "small", {"train.csv": "0" * 64})


def balanced(rows: int = 200) -> Table:
    return Table(
        texts=[f"text number {i}" for i in range(rows)],
        labels=["pos", "neg"] * (rows // 2),
        groups=[str(i // 4) for i in range(rows)],
    )


def test_a_sound_dataset() -> None:
    found = inspect_dataset(dataset(balanced()))
    part = found.parts["train"]
    assert (part.rows, part.bad_rows, part.empty_rows, part.groups) == (200, 0, 0, 50)
    assert part.classes == {"neg": 100, "pos": 100}
    assert part.words == Lengths(
        3, 3.0, 3.0, 3.0, 3.0, 3, [LengthBin(0, 0, 0), LengthBin(1, 1, 0), LengthBin(2, None, 200)]
    )
    assert found.validation_rows == 40
    assert (
        found.overlaps["train/validation"].texts,
        found.overlaps["train/validation"].groups,
    ) == (0, 0)
    assert found.warnings == []
    assert json.loads(json.dumps(found.to_json()))["parts"]["train"]["duplicates"] == {
        "exact": 0,
        "normalised": 0,
        "contradictory": 0,
        "loose": 0,
    }


def test_duplicates_empty_and_bad_rows() -> None:
    table = balanced()
    table.texts[:6] = ["Same", "Same", " same ", "other", "OTHER", "  "]
    table = Table(table.texts, table.labels, bad_rows=3, bad_reasons={"odd": 2, "no label": 1})
    found = inspect_dataset(dataset(table))
    part = found.parts["train"]
    assert (part.duplicates.exact, part.duplicates.normalised) == (1, 3)
    assert part.duplicates.contradictory == 2
    assert (part.bad_rows, part.empty_rows) == (3, 1)
    assert found.warnings == [
        "train: 3 rows cannot be used: odd (2), no label (1); see them with --bad-rows",
        "train: 2 texts with more than one label; correct or remove them",
    ]


def test_skewed_and_rare_classes() -> None:
    labels = ["neg"] * 150 + ["pos"] * 40 + ["mixed"] * 10
    found = inspect_dataset(dataset(Table([f"t{i}" for i in range(200)], labels)))
    skew, few = found.warnings
    assert "'neg' has 75% of the rows, 'mixed' 5%" in skew
    assert "class weights" in skew
    assert "macro F1" in skew
    assert "would score 75%" in skew
    assert few.startswith("train: under 50 rows of class 'mixed', 'pos'; add rows or merge")


def test_leaks_into_the_test_part() -> None:
    train = balanced()
    test = Table(["Text  number 7", "new"] * 60, ["pos", "neg"] * 60, ["3", "new"] * 60)
    unlabelled = Table(["text number 7", "NEW", "third"])
    found = inspect_dataset(dataset(train, test, unlabelled))
    assert found.overlaps["train/test"].texts == 1
    assert found.overlaps["train/test"].groups == 1
    assert [w for w in found.warnings if "flatter" in w] == [
        "train shares 1 text with test, which flatters the figures of test; remove what they "
        "share from train",
        "train shares 1 group (such as movies) with test, which may flatter the figures of test",
    ]


def test_the_validation_part_that_the_data_has() -> None:
    train = balanced()
    own = Table(["TEXT number 3", "new", "Text"], ["pos", "neg", "pos"], ["a"] * 3)
    test = Table(["new"] * 60 + ["text"] * 60, ["neg"] * 60 + ["pos"] * 60)
    data = dataclasses.replace(dataset(train.joined(own), test), validation_rows=3)
    found = inspect_dataset(data, validation=0.5)
    rows = {name: part.rows for name, part in found.parts.items()}
    assert rows == {"train": 200, "validation": 3, "test": 120}
    assert found.validation_rows == 3
    shared = {name: overlap.texts for name, overlap in found.overlaps.items()}
    assert shared == {"train/validation": 1, "train/test": 0, "validation/test": 2}


def test_bad_rows_are_those_of_their_file(tmp_path: Path) -> None:
    good = "".join(f"text number {n},{'pos' if n % 2 else 'neg'}\n" for n in range(20))
    (tmp_path / "train.csv").write_text(f"text,label\n{good},pos\n?,pos\n")
    (tmp_path / "validation.csv").write_text(f"text,label\n{good},pos\nno label,\n,neg\n")
    found = inspect_dataset(load_dataset(tmp_path))
    parts = found.parts.items()
    rows = {name: (p.rows, p.bad_reasons, p.empty_rows, p.without_text) for name, p in parts}
    assert rows == {
        "train": (21, {}, 1, 1),
        "validation": (20, {"no label": 1}, 0, 2),
    }
    assert [part.bad_rows for part in found.parts.values()] == [0, 1]
    assert not any("cannot be read" in each for each in found.warnings if "train" in each)


def test_copies_without_labels_are_noted() -> None:
    train = balanced()
    test = Table(["text  NUMBER 300", "new"] * 60, ["pos", "neg"] * 60)
    unlabelled = Table([*train.texts, "text number 300", "third"])
    found = inspect_dataset(dataset(train, test, unlabelled))
    shared = {name: overlap.texts for name, overlap in found.overlaps.items()}
    assert shared == {
        "train/validation": 0,
        "train/test": 0,
        "train/unlabelled": 160,
        "validation/unlabelled": 40,
        "test/unlabelled": 1,
    }
    assert found.overlaps["test/unlabelled"].groups is None
    assert found.warnings == []
    about_train, about_validation, about_test = found.notes
    assert about_train.startswith("160 texts of train also without a label")
    assert about_validation.startswith("40 texts of validation also without a label: training leav")
    assert about_test.startswith("1 text of test also without a label: training leaves such copies")


def test_data_that_cannot_be_trained_on() -> None:
    found = inspect_dataset(dataset(Table([f"t{i}" for i in range(100)], ["pos"] * 100)))
    assert found.warnings == ["train: only one class, 'pos'; a classifier needs two"]
    found = inspect_dataset(dataset(Table(["a", "b"])), validation=1)
    assert found.warnings == ["train: no labels; name their column with --label-column"]
    found = inspect_dataset(dataset(Table(["a", "b"], ["x", "y"], ["m", "m"])))
    assert found.validation_rows is None
    assert "train/validation" not in found.overlaps
    assert any(w.startswith("no validation part can be cut: ") for w in found.warnings)
    empty = inspect_dataset(dataset(Table([], [])))
    assert empty.parts["train"].words.histogram == [LengthBin(0, None, 0)]
    assert empty.warnings[0] == "train: no rows"
    with pytest.raises(ConfigError):
        inspect_dataset(dataset(balanced()), validation=2.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=50))
def test_a_histogram_holds_every_text_once(lengths: list[int]) -> None:
    table = Table(["word " * n + "end" for n in lengths])
    words = inspect_dataset(dataset(table)).parts["train"].words
    bins = words.histogram
    assert sum(b.texts for b in bins) == len(lengths)
    assert 1 <= len(bins) <= 11
    assert bins[0].low == 0
    for one, following in itertools.pairwise(bins):
        assert one.high == following.low - 1
    for low, high, texts in bins:
        assert texts == sum(low <= n + 1 and (high is None or n + 1 <= high) for n in lengths)
