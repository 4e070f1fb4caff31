"""A batch of Arrow in, the same batch with verdicts out: what `tonality score` would write."""

from __future__ import annotations

import datetime
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_scores import TEXTS, plain, reviews

from reading_model import make_artifact
from score_tables import ADDED
from tonality.classifier import WINDOW, Classifier, load
from tonality.errors import ArtifactError, ConfigError, DataError
from tonality.scale import BatchOptions, BatchScorer, batch_scorer, score_batch
from tonality.scale.batch_scorer import model_identity

pa: Any = pytest.importorskip("pyarrow")


def batch(**columns: object) -> Any:
    return pa.RecordBatch.from_pydict(columns)


def test_a_batch_gets_what_the_command_writes(model_folder: Path, tmp_path: Path) -> None:
    table = reviews(WINDOW + 100)
    found = score_batch(table.to_batches()[0], model=str(model_folder))
    assert pa.table(found).equals(plain(model_folder, tmp_path, table))


def test_columns_prefix_and_phrases_are_those_of_the_command(
    model_folder: Path, tmp_path: Path
) -> None:
    table = reviews(30).append_column("label", pa.array(["x"] * 30))
    options = ["--columns", "label,n", "--explain", "2", "--abstain", "0.9"]
    found = score_batch(
        table.to_batches()[0],
        model=str(model_folder), columns=["label", "n"], explain=2, abstain=0.9,
    )  # fmt: skip
    assert found.schema.names[:3] == ["label", "n", "tonality_label"]
    assert pa.table(found).equals(plain(model_folder, tmp_path, table, *options))


def test_valence_is_added_where_it_is_asked_for(model_folder: Path) -> None:
    found = score_batch(batch(text=["love", None]), model=str(model_folder), valence=True)
    assert found.schema.names == ["text", *ADDED, "valence"]
    expected = load(model_folder).predict("love").valence
    assert found.column("valence").to_pylist() == [pytest.approx(expected, abs=1e-6), None]


def test_a_row_that_cannot_be_read_costs_itself(model_folder: Path) -> None:
    scorer = batch_scorer(BatchOptions(str(model_folder)))
    texts = pa.array([b"love", b"caf\xe9", None, b"hate"], pa.binary())
    found, faults = scorer.score(pa.RecordBatch.from_arrays([texts], ["text"]))
    assert found.column("label").to_pylist() == ["positive", None, None, "negative"]
    assert found.column("tokens_read").to_pylist() == [1, None, 0, 1]  # no text is no fault
    assert [(fault.row, fault.reason) for fault in faults] == [(2, "invalid UTF-8")]


DAY = datetime.date(2024, 3, 31)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (pa.array(["love", None]).dictionary_encode(), ["love", None]),
        (pa.array(["love", None], pa.large_string()), ["love", None]),
        (pa.array(["love", None], pa.string_view()), ["love", None]),
        (pa.array([7, None]), ["7", None]),
        (pa.array([0.5, float("nan")]), ["0.5", None]),
        (pa.array([DAY, None]), ["2024-03-31", None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([True, None]), ["true", None]),
        (pa.array(["love", "love", None]).run_end_encode()[1:], ["love", None])
        if hasattr(pa.Array, "run_end_encode")
        else (pa.RunEndEncodedArray.from_arrays([1, 2], ["love", None]), ["love", None]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_engines_that_guess_types_are_forgiven(
    model_folder: Path, values: Any, read: list[str | None]
) -> None:
    found = score_batch(batch(text=values), model=str(model_folder))
    expected = score_batch(batch(text=pa.array(read, pa.string())), model=str(model_folder))
    assert found.schema.names == ["text", *ADDED]
    assert [found.column(name) for name in ADDED] == [expected.column(name) for name in ADDED]


def test_what_is_no_text_is_refused_by_name(model_folder: Path) -> None:
    with pytest.raises(DataError, match=r"column 'text': expected texts, found list<"):
        score_batch(batch(text=[["love"]]), model=str(model_folder))
    with pytest.raises(DataError, match="no text column"):
        score_batch(batch(a=["love"]), model=str(model_folder))
    with pytest.raises(ConfigError, match="no column 'b'"):
        score_batch(batch(text=["love"]), model=str(model_folder), columns=["b"])


def test_intervals_and_what_is_no_batch_are_refused_plainly(model_folder: Path) -> None:
    with pytest.raises(DataError, match=r"column 'text': expected texts, found .*interval"):
        score_batch(batch(text=pa.array([pa.MonthDayNano([1, 2, 3])])), model=str(model_folder))
    beside = batch(text=["love"], span=pa.array([pa.MonthDayNano([1, 2, 3])]))
    assert score_batch(beside, model=str(model_folder)).num_rows == 1
    for other in (pa.table({"text": ["love"]}), ["love"], {"text": ["love"]}, None):
        with pytest.raises(DataError, match=r"expected a pyarrow.RecordBatch, got .*; score each"):
            score_batch(other, model=str(model_folder))


def test_options_are_taken_as_people_give_them(model_folder: Path) -> None:
    two = batch(n=["hate", "x"], text=["bad", "love"])
    for asked in (2, "2", "TEXT", ["text"], (2,)):
        found = score_batch(two, model=str(model_folder), text_column=asked, columns="n")
        assert found.schema.names == ["n", *ADDED]
        assert found.column("label").to_pylist() == ["negative", "positive"]
    for nulls in ({"love"}, ["love"], "love"):
        found = score_batch(two, model=str(model_folder), text_column=2, nulls=nulls)
        assert found.column("label").to_pylist() == ["negative", None]
    for wrong in (
        {"text_column": 2.5}, {"text_column": True}, {"columns": 3}, {"columns": [3]},
        {"nulls": {None}}, {"named_nulls": 4},
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=r"=.*: expected texts"):
            score_batch(two, model=str(model_folder), **wrong)


def test_columns_that_may_both_be_texts_are_told_by_the_option_in_python(
    model_folder: Path,
) -> None:
    batch = pa.RecordBatch.from_pydict({"review": ["love"], "comment": ["hate"]})
    with pytest.raises(DataError, match=r"several columns.*; choose with text_column"):
        score_batch(batch, model=str(model_folder))


def test_a_batch_without_rows_has_all_columns(model_folder: Path) -> None:
    three = reviews(3).to_batches()[0]
    found = score_batch(three.slice(0, 0), model=str(model_folder))
    assert found.num_rows == 0
    assert found.schema == score_batch(three, model=str(model_folder)).schema


def test_two_columns_of_a_name_and_several_texts(model_folder: Path) -> None:
    twice = pa.RecordBatch.from_arrays(
        [pa.array(["love"]), pa.array(["hate"]), pa.array([None], pa.string())], ["a", "a", "b"]
    )
    found = score_batch(twice, model=str(model_folder), text_column=["a_2", "b"])
    assert found.schema.names == ["a", "a_2", "b", *ADDED]
    assert found.column("label").to_pylist() == ["negative"]


@given(st.lists(st.sampled_from([*TEXTS, "bad film"]), max_size=12), st.integers(1, 5))
def test_how_rows_are_cut_into_batches_changes_nothing(texts: list[str], size: int) -> None:
    scorer = BatchScorer(Classifier(make_artifact()))
    whole = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    parts = [scorer.score(whole.slice(i, size))[0] for i in range(0, max(len(texts), 1), size)]
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([scorer.score(whole)[0]]))


def test_another_model_under_the_same_name_is_noticed(model_folder: Path) -> None:
    options = pickle.loads(pickle.dumps(BatchOptions(str(model_folder), threads=1)))
    assert batch_scorer(options, model_identity(str(model_folder))).labels
    with pytest.raises(ArtifactError, match="put the same model"):
        batch_scorer(options, model_identity("imdb"))


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    for identity in (None, "another"):
        with pytest.raises(ArtifactError, match=r"config\.json"):
            batch_scorer(BatchOptions(str(tmp_path)), identity)


def test_one_thread_or_more_say_the_same(model_folder: Path) -> None:
    texts = [text for text in TEXTS if text] * 50
    one, two = (load(model_folder, threads=n).predict_proba(texts) for n in (1, 2))
    assert abs(one - two).max() < 1e-6
    with pytest.raises(ConfigError, match="threads: expected a whole number, 1 or more, got 0"):
        load(model_folder, threads=0)
