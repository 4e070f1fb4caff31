"""Spellings of one label are one class, for every reader of tables, and it is said."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tonality.cli import app
from tonality.data import Dataset, Table, load_dataset, read_table
from tonality.data.inspection import inspect_dataset
from tonality.errors import ConfigError, DataError
from tonality.evaluate import match_labels
from tonality.label_meanings import check_one_kind, likely_map
from tonality.label_spellings import count, fold, joins, told
from tonality.tables.read_options import ReadOptions
from tonality.train.prepare.data_checks import check_dataset


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = [f'"{text}","{label}"' for text, label in rows]
    path.write_text("\n".join(["review,sentiment", *lines]) + "\n")
    return path


def test_spellings_are_joined_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spellings = ["positive"] * 3 + ["Positive", "POS", " positive", "NEGATIVE ", "negative", "neg"]
    rows = [(f"text {n}", label) for n, label in enumerate(spellings)]
    with caplog.at_level(logging.WARNING):
        table = read_table(write(tmp_path / "a.csv", rows))
    assert table.labels == ["positive"] * 6 + ["negative"] * 3
    (record,) = caplog.records
    assert "'POS' (1), 'Positive' (1) as 'positive'" in record.message
    assert "such as --label-map Positive=Positive" in record.message


def test_an_option_that_is_suggested_can_be_copied(tmp_path: Path) -> None:
    stars = [
        ("a", "1 star"),
        ("b", "1"),
        ("c", "1"),
        ("d", "good; not bad"),
        ("e", "Good; not bad"),
    ]
    with pytest.raises(DataError, match=r"--label-map '1 star=1'$"):
        joins({"1": 2, "1 star": 1, "1.0": 1}, fixed=["1", "1.0"])
    assert "--label-map '1 star=1 star'" in told(joins(count(label for _, label in stars)))
    with pytest.raises(DataError, match=r"leave its rows out with --label-map '1 star='$"):
        check_one_kind(["1 star", "positive"])
    with pytest.raises(DataError, match=r"as in --label-map bad=LABEL; .+ with --label-map bad=$"):
        check_one_kind(["1", "positive"], {"bad": "1"})


def test_numbers_are_one_however_they_are_written(tmp_path: Path) -> None:
    rows = [
        ("a", "1"),
        ("b", "1.0"),
        ("c", "01"),
        ("d", "+1"),
        ("e", "0"),
        ("f", "-1"),
        ("g", "1.5"),
    ]
    labels = read_table(write(tmp_path / "a.csv", rows)).labels
    assert labels == ["1", "1", "1", "1", "0", "-1", "1.5"]
    mapped = read_table(tmp_path / "a.csv", label_map={"1": "yes", "0.0": "no"}).labels
    assert mapped == ["yes", "yes", "yes", "yes", "no", "-1", "1.5"]


def test_a_label_that_is_the_only_spelling_stays(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", [("a", "POS"), ("b", "Negative"), ("c", "1.0")]))
    assert table.labels == ["POS", "Negative", "1.0"]


def test_the_parts_of_a_dataset_are_joined_alike(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", [("a", "positive"), ("b", "negative"), ("c", "positive")])
    write(tmp_path / "validation.csv", [("d", "Positive"), ("e", "neg")])
    write(tmp_path / "test.csv", [("f", "POSITIVE"), ("g", "Negative")])
    data = load_dataset(tmp_path)
    assert set(data.train.labels or ()) == {"positive", "Negative"} or set(
        data.train.labels or ()
    ) == {"positive", "negative"}
    assert data.test is not None
    assert set(data.test.labels or ()) <= set(data.train.labels or ())
    found = inspect_dataset(data)
    assert found.joined == dict(data.joined)
    assert any("spellings of labels are joined" in note for note in found.notes)


def test_inspect_says_once_what_is_joined(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(
        tmp_path / "a.csv", [(f"text {n}", ("pos", "POS", "neg")[n % 3]) for n in range(9)]
    )
    result = CliRunner().invoke(app, ["inspect", str(path)])
    said = " ".join(f"{result.output} {caplog.text}".split())
    assert said.count("spellings of labels are joined: 'POS' as 'pos'") == 1
    assert said.count("--label-map POS=POS") == 1


def test_what_the_caller_names_stays_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [("a", "US"), ("b", "us"), ("c", "Us"), ("d", "us")])
    assert read_table(path).labels == ["us"] * 4
    apart = {"US": "US", "us": "us", "Us": "us"}
    assert read_table(path, label_map=apart).labels == ["US", "us", "us", "us"]
    both = write(tmp_path / "b.csv", [("a", "1"), ("b", "2"), ("c", "Us")])
    with pytest.raises(DataError, match=r"'Us' may be 'US' or 'us'; say which, .*--label-map"):
        read_table(both, label_map={"1": "US", "2": "us"})


def test_markers_of_nothing_never_become_classes(tmp_path: Path) -> None:
    markers = ["NULL", "nan", "", "\\N", "None", "N/A", "none", "NaN", "<NA>"]
    rows = [("a", "positive"), ("b", "negative"), *((f"t{n}", m) for n, m in enumerate(markers))]
    path = write(tmp_path / "a.csv", rows)
    table = read_table(path)
    assert table.labels == ["positive", "negative"]
    assert table.bad_reasons == {"no label": len(markers)}
    kept = read_table(path, options=ReadOptions.of(keep_null=["None", "N/A"]))
    assert kept.labels == ["positive", "negative", "None", "N/A"]
    added = read_table(path, options=ReadOptions.of(null=["negative"]))
    assert added.labels == ["positive"]
    with pytest.raises(ConfigError, match="--keep-null 'meh': expected all or one of"):
        ReadOptions.of(keep_null=["meh"])


def test_thirty_labels_of_none_do_not_train(tmp_path: Path) -> None:
    rows = [(f"good {n}", "positive") for n in range(30)] + [
        (f"bad {n}", "None") for n in range(30)
    ]
    data = load_dataset(write(tmp_path / "a.csv", rows))
    with pytest.raises(DataError, match="every row has the label 'positive'"):
        check_dataset(data)
    labels: list[str] = ["a"] * 30 + [None] * 30  # type: ignore[list-item]
    table = Table([f"text {n}" for n in range(60)], labels)
    with pytest.raises(DataError, match="expected labels as text, found None"):
        check_dataset(Dataset(table, None, None, "made", {}))


def test_words_and_numbers_together_are_refused(tmp_path: Path) -> None:
    rows = [(f"text {n}", ("negative", "positive", "1")[n % 3]) for n in range(60)]
    data = load_dataset(write(tmp_path / "a.csv", rows))
    with pytest.raises(DataError, match=r"'negative', 'positive' and '1'; .*--label-map 1=LABEL"):
        check_dataset(data)
    assert any("words and numbers" in warning for warning in inspect_dataset(data).warnings)


FIVE = "Very poor,Poor,Average,Good,Excellent"
LEVELS = "Very negative,Negative,Neutral,Positive,Very positive"


@pytest.mark.parametrize(
    "labels", [f"{FIVE},1,2,3,4,5", "5,1,5 - Very satisfied,1 - Very dissatisfied", f"{LEVELS},1,5"]
)
def test_one_scale_in_words_and_in_numbers_is_refused_and_told(labels: str, tmp_path: Path) -> None:
    names = labels.split(",")
    rows = [(f"text {n}", names[n % len(names)]) for n in range(20 * len(names))]
    data = load_dataset(write(tmp_path / "a.csv", rows))
    # What a number means among more than two sides is not told by its side.
    with pytest.raises(DataError, match=r"the labels are words and numbers: .*--label-map 1=LABEL"):
        check_dataset(data)
    assert any("words and numbers" in warning for warning in inspect_dataset(data).warnings)


@pytest.mark.parametrize(
    "labels",
    [
        "1,2,3,4,5,other", "unclear,Unknown,1,2,3,4,5", "unclear,other,1,2", "timeout,refused,404",
        "1 star,2 stars,3",
    ],
)  # fmt: skip
def test_labels_that_are_no_scale_twice_are_left_alone(labels: str) -> None:
    check_one_kind(labels.split(","))


def test_a_number_that_is_a_class_is_renamed_as_the_refusal_says() -> None:
    with pytest.raises(DataError, match=r"of its own, as in --label-map '2020=class 2020', "):
        check_one_kind(["sport", "arts", "2020", "2021"])
    check_one_kind(["sport", "arts", "class 2020", "class 2021"])


def test_texts_that_are_markers_of_nothing(tmp_path: Path) -> None:
    markers = ["NULL", "None", "nan", "\\N", "N/A", "", "none", "#N/A", "<NA>", " NULL "]
    path = write(tmp_path / "a.csv", [(marker, "x") for marker in markers])
    assert read_table(path).texts == ["None", "none"]
    options = ReadOptions.of(null=["None"], keep_null=["nan", "N/A"])
    assert read_table(path, options=options).texts == ["nan", "N/A"]


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        ("01", "negative neutral positive", "negative positive"),
        ("12345", "negative positive", "negative negative - positive positive"),
        ("12345", "negative neutral positive", "negative negative neutral positive positive"),
        ("345", "negative positive", "- positive positive"),
        (["1", "10"], "negative positive", "negative positive"),
        (["-1", "1"], "negative neutral positive", "negative positive"),
        ("04", "NEG POS", "NEG POS"),
        (["bad", "good"], "negative positive", "negative positive"),
        (["true", "false"], "negative positive", "positive negative"),
        ("1", "negative positive", ""),
        (["meh"], "negative positive", ""),
        (["Neutral", "good"], "negative positive", "- positive"),
        (["mixed", "1"], "negative neutral positive", ""),
        (["mixed", "Neutral"], "negative neutral positive", "neutral neutral"),
        ("123", "negative neutral positive", ""),  # of three, or stars
        ("23", "negative positive", ""),
        ("12", "negative neutral positive", "negative positive"),
        (["Detractor", "Passive", "Promoter"], "negative positive", "negative - positive"),
        (["Irrelevant", "P", "N"], "negative neutral positive", "- positive negative"),
        (["hate", "love"], "negative positive", "negative positive"),
        (["Uncertain", "mixed"], "negative neutral positive", "- neutral"),
        (["not positive"], "negative positive", ""),
        (["non-negative"], "negative positive", ""),
        ("01", "cold hot", ""),
        ("12345", "very_negative negative neutral positive very_positive", ""),
        (["bad", "good"], "very_negative negative positive very_positive", ""),
        (["bad", "good", "neutral"], "negative positive sarcastic", "negative positive -"),
        ("15", "negative positive sarcastic", ""),
        ("15", "negative mixed positive unclear", "negative positive"),
    ],
)
def test_the_likely_map_is_the_right_way_round(labels: str, names: str, expected: str) -> None:
    found = likely_map(list(labels), names.split())
    meanings = ["" if word == "-" else word for word in expected.split()]
    assert found == dict(zip(labels, meanings, strict=False))


def test_the_hint_shows_the_likely_map() -> None:
    with pytest.raises(DataError) as caught:
        match_labels(["0", "1"], ["negative", "neutral", "positive"])
    assert "--label-map 0=negative --label-map 1=positive if that is what they mean" in str(
        caught.value
    )
    with pytest.raises(DataError) as caught:
        match_labels(list("12345"), ["negative", "positive"])
    assert "--label-map 1=negative --label-map 2=negative --label-map 3= " in str(caught.value)
    with pytest.raises(DataError) as caught:
        match_labels(["0"], ["negative", "positive"])
    assert "--label-map 0=LABEL, or leave" in str(caught.value)


LABEL = st.text("aAbB01. +-é", min_size=1, max_size=4)


@given(st.dictionaries(LABEL, st.integers(1, 5), max_size=6))
def test_joining_is_a_rule_that_holds_when_applied_again(counts: dict[str, int]) -> None:
    found = joins(counts)
    names = {label: found.get(label, label) for label in counts}
    assert all(fold(label) == fold(name) for label, name in names.items())
    assert len(set(names.values())) == len({fold(label) for label in counts})
    assert joins(dict.fromkeys(names.values(), 1)) == {}


def test_copies_that_differ_by_mention_link_and_punctuation() -> None:
    tweets = [
        "@united thanks for the flight! https://t.co/abc",
        "@delta Thanks, for the flight www.x.org",
        "thanks for the   flight",
        "no thanks",
        "!!!",
        "???",
    ]
    data = Dataset(
        Table(tweets, ["x"] * 6), Table(["Thanks for the flight."], ["x"]), None, "t", {}
    )
    found = inspect_dataset(data)
    assert (found.parts["train"].duplicates.normalised, found.parts["train"].duplicates.loose) == (
        0,
        2,
    )
    assert (found.overlaps["train/test"].texts, found.overlaps["train/test"].loose) == (0, 1)
    assert any("differ by mentions, links or punctuation" in w for w in found.warnings)


@pytest.mark.parametrize(
    "spellings",
    [
        "positive \uff50\uff4f\uff53 positive\u200b \ufeffPOS 'positive' \"positive\" Positive. "
        "positive! "
        "positive&nbsp; __label__positive positiv positif positivo",
        "1 1.0 1,0 01 +1 1. 1-star 1,00 \u200b1",
        "-1 \u22121 -1.0 -1,0",
        "5 5stars 5.0 5-stars",
        "n\u00e9gatif ne\u0301gatif NEG",
    ],
)  # fmt: skip
def test_what_exports_do_to_a_label_is_no_class_of_its_own(spellings: str) -> None:
    assert len({fold(label) for label in spellings.split(" ")}) == 1


@pytest.mark.parametrize(
    "labels", ["+ -", "1 -1", "1 1.5", "1,5 15", "very good", ":) :( !", "C C+"]
)
def test_other_labels_stay_apart(labels: str) -> None:
    assert len({fold(label) for label in labels.split()}) == len(labels.split())


@given(st.text())
def test_a_folded_label_is_folded(label: str) -> None:
    assert fold(fold(label)) == fold(label)


@pytest.mark.parametrize(
    ("labels", "negative"),
    [
        (["very negative", "very positive"], "very negative"),
        (["negitive"], "negitive"),
        (["Y", "N"], "N"),
        (["\U0001f44d\U0001f3fd", "\U0001f44e"], "\U0001f44e"),
        (["label_negative"], "label_negative"),
    ],
)
def test_the_hint_for_words_is_the_right_way_round(labels: list[str], negative: str) -> None:
    with pytest.raises(DataError) as caught:
        match_labels(labels, ["negative", "neutral", "positive"])
    assert f"{negative}=negative" in str(caught.value)
    assert f"{negative}=positive" not in str(caught.value)


def test_a_label_that_is_mapped_to_itself_takes_no_other_in(tmp_path: Path) -> None:
    rows = [(f"text {n}", ("positive", "POS", "pos", "negative")[n % 4]) for n in range(12)]
    path = write(tmp_path / "a.csv", rows)
    found = read_table(path, label_map={"POS": "POS"}).labels
    assert Counter(found) == {"positive": 6, "POS": 3, "negative": 3}
    # A name that another label is mapped to is one that the caller wants them to have.
    found = read_table(path, label_map={"POS": "POS", "negative": "POS"}).labels
    assert Counter(found) == {"POS": 12}
