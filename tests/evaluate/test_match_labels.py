"""Labels of the data find the model's, or say how to be mapped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tonality
from tonality.data import read_table
from tonality.errors import DataError
from tonality.evaluate import match_labels
from tonality.evaluate.classify_rows import classify

TWO = ["negative", "positive"]
THREE = ["negative", "neutral", "positive"]


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        (["positive", "negative"], TWO, [1, 0]),
        (["positive", "negative"], ["positive", "negative"], [0, 1]),
        (["Positive", " NEGATIVE "], TWO, [1, 0]),
        (["pos", "neg", "pos"], TWO, [1, 0, 1]),
        (["1", "0"], TWO, [1, 0]),
        (["1.0", "0.0"], TWO, [1, 0]),
        (["-1", "+1"], TWO, [0, 1]),
        (["1", "2"], TWO, [0, 1]),
        (["0", "4"], TWO, [0, 1]),
        (["-1", "0", "1"], THREE, [0, 1, 2]),
        (["0", "1", "2"], THREE, [0, 1, 2]),
        (["neg", "Neu", "POS"], THREE, [0, 1, 2]),
        (["negative", "positive"], ["0", "1"], [0, 1]),
        (["pos", "neg"], ["NEG", "POS"], [1, 0]),
        (["4", "0", "2"], ["0", "1", "2", "3", "4"], [4, 0, 2]),
        (["happy"], ["sad", "happy"], [1]),
        (["a", "A"], ["a", "A"], [0, 1]),
    ],
)
def test_plain_spellings_are_understood(
    labels: list[str], names: list[str], expected: list[int]
) -> None:
    assert match_labels(labels, names).classes.tolist() == expected


def test_numbers_are_never_suggested_as_some_of_five_levels() -> None:
    names = ["Very negative", "Negative", "Neutral", "Positive", "Very positive"]
    with pytest.raises(DataError, match=r"--label-map 1=LABEL .*--label-map 5=LABEL; nothing"):
        match_labels(list("12345"), names)
    read = match_labels(["very negative", "POSITIVE"], names)
    assert read.classes.tolist() == [0, 3]


def test_only_other_spellings_are_reported() -> None:
    assert match_labels(TWO, TWO).aliases == {}
    assert match_labels(["pos", "negative"], TWO).aliases == {"pos": "positive"}


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["neutral", "positive"], TWO),
        (["0", "1", "2", "3", "4"], TWO),  # stars or SST: no scheme of two
        (["1"], TWO),  # positive where 0 is negative, negative where 2 is positive
        (["0", "1"], THREE),  # neutral is 1 or 0, as the scheme has it
        (["pos", "1"], TWO),
        (["happy", "sad"], TWO),
        (["0", "4"], ["Very negative", "Negative", "Neutral", "Positive", "Very positive"]),
        (["1", "2", "3", "4", "5"], ["Very negative", "Negative", "Positive", "Very positive"]),
        (["-1", "1"], ["negative", "positive", "angry"]),
    ],
)
def test_what_is_not_plain_is_asked_for(labels: list[str], names: list[str]) -> None:
    with pytest.raises(DataError, match=r"--label-map"):
        match_labels(labels, names)


def test_the_message_names_the_labels_and_the_way_out() -> None:
    with pytest.raises(DataError) as caught:
        match_labels(["meh", "positive"], TWO, source="reviews.csv")
    assert str(caught.value) == (
        "reviews.csv: the model does not know the label 'meh'; it knows negative, positive. "
        "Say what each means, as in --label-map meh=LABEL, "
        "or leave its rows out with --label-map meh="
    )
    with pytest.raises(DataError, match=r"the labels 'a', 'b', 'c', 'd', 'e' and 2 more"):
        match_labels(list("abcdefg"), TWO)


@pytest.mark.parametrize("names", [TWO, THREE])
@pytest.mark.parametrize(
    "labels", ["Irrelevant", "anger joy", "LABEL_0 LABEL_1", "favor opposed", "4", "1 2 3", "1 3"]
)
def test_an_unknown_label_is_never_guessed_to_be_praise(labels: str, names: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        match_labels([*labels.split(), "Negative", "positive"], names)
    options = dict(re.findall(r"--label-map (\w+)=(\w*)", str(caught.value)))
    assert options
    assert set(options.values()) <= {"", "LABEL"}


def test_what_a_label_map_renamed_is_called_as_the_file_calls_it() -> None:
    mapped = {"POS": "good", "n": "bad", "Pos": "good"}
    with pytest.raises(DataError, match="does not know the labels 'bad', 'good'; it knows") as told:
        match_labels(["good", "bad"], TWO, mapped=mapped)
    found = re.findall(r"--label-map (\w+=\w*)", str(told.value))
    assert found == ["n=negative", "POS=positive", "n="]


def test_a_models_own_answers_are_judged_without_the_uncertain_ones() -> None:
    with pytest.raises(DataError) as caught:
        match_labels(["positive", "negative", "uncertain"], THREE)
    assert str(caught.value).endswith(". Leave the rows out with --label-map uncertain=")


@pytest.mark.parametrize("names", [TWO, THREE])
@pytest.mark.parametrize("labels", ["1 2 3", "0 1 2 3", "1 2 3 4 5", "1 2 9"])
def test_numbers_are_read_together_or_not_at_all(labels: str, names: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        match_labels(labels.split(), names)
    listed = ", ".join(map(repr, labels.split()))
    assert f"does not know the labels {listed}; it knows" in str(caught.value)
    # With one of them left out the others may be read on another scale.
    assert str(caught.value).endswith("; nothing after = leaves the rows out")
    with pytest.raises(
        DataError, match=r"the labels '1', '2'; .*1=negative --label-map 2=positive"
    ):
        match_labels(["1", "2"], THREE)


@pytest.mark.parametrize(
    ("labels", "mapped", "names", "options"),
    [
        ("1 2", {"3": "positive"}, TWO, {"1": "LABEL", "2": "LABEL"}),
        ("1 2", {"3": "pos"}, THREE, {"1": "LABEL", "2": "LABEL"}),
        ("1 2", {"3": ""}, TWO, {"1": "LABEL", "2": "LABEL"}),
        ("0 1", {"2": "positive"}, TWO, {"0": "negative", "1": ""}),
        ("0 1", {"2": ""}, TWO, {"0": "negative", "1": ""}),
        ("0 1", {"-1": "negative"}, TWO, {"0": "", "1": "positive"}),
        ("1", {"0": "positive"}, TWO, {"1": "LABEL"}),  # the other way round
        ("1", {"5.0": "positive"}, TWO, {"1": "negative"}),
        ("0 1", {"-1": ""}, THREE, {"0": "negative", "1": "positive"}),
    ],
)
def test_numbers_that_a_map_took_away_still_tell_of_the_scale(
    labels: str, mapped: dict[str, str], names: list[str], options: dict[str, str]
) -> None:
    with pytest.raises(DataError) as caught:
        match_labels([*labels.split(), "positive"], names, mapped=mapped)
    found = dict(re.findall(r"--label-map (\w+)=(\w*)(?=[ ;,])", str(caught.value)))
    assert found == options


@pytest.mark.parametrize(
    ("labels", "mapped", "names", "expected"),
    [
        ("0 2", {"1": ""}, THREE, [0, 2]),
        ("0 2", {"1": ""}, TWO, [0, 1]),
        ("-1 1", {"0": ""}, TWO, [0, 1]),
        ("0 1 positive", {"2": "positive"}, THREE, [0, 1, 2]),
        ("0 1", {"-1": "negative"}, THREE, [1, 2]),
        ("1", {"0": "negative"}, TWO, [1]),
        ("0 4", {"2": ""}, TWO, [0, 1]),  # the test part of Sentiment140
        ("0 1", {"-1": ""}, TWO, [0, 1]),  # -1 and 99 are no labels
        ("0 1", {"99": ""}, TWO, [0, 1]),
        ("0 1", {"1": "0", "5": "1"}, TWO, [0, 1]),  # a scale of the user's own
        ("1", {"0": "neg"}, ["NEG", "POS"], [1]),
        ("1 0", {"x": "0"}, ["0", "1"], [1, 0]),
    ],
)
def test_numbers_are_read_where_the_map_agrees(
    labels: str, mapped: dict[str, str], names: list[str], expected: list[int]
) -> None:
    assert match_labels(labels.split(), names, mapped=mapped).classes.tolist() == expected


def test_the_map_of_a_file_is_heeded(tmp_path: Path) -> None:
    rows = "".join(f"film {n},{n % 3 + 1}\n" for n in range(9))
    (tmp_path / "stars.csv").write_text(f"text,label\n{rows}")
    table = read_table(tmp_path / "stars.csv", label_map={"3": "positive"})
    for part in (table, table.take(range(5)), table.joined(table.take([0]))):
        with pytest.raises(DataError, match="does not know the labels '1', '2'"):
            classify(tonality.load("imdb"), part)


def test_the_hint_says_how_many_labels_it_does_not_show() -> None:
    with pytest.raises(DataError, match=r"8=positive and 1 more if that is what they mean"):
        match_labels([str(score) for score in range(11)], TWO)


@pytest.mark.parametrize("names", [TWO, ("bad", "good")])
def test_neutral_is_advised_to_be_left_out(names: tuple[str, str]) -> None:
    with pytest.raises(DataError) as caught:
        match_labels(["neutral", *names], names)
    assert str(caught.value).endswith(". Leave the rows out with --label-map neutral=")
    with pytest.raises(DataError) as caught:
        match_labels(["mixed", "odd", *names], names)
    assert "as in --label-map odd=LABEL, or" in str(caught.value)


@pytest.mark.parametrize("unknown", [["neutral", "5"], ["5", "neutral"], ["Neutral", "good"]])
def test_beside_neutral_the_advice_is_on_the_other_label(unknown: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        match_labels([*unknown, "positive"], TWO)
    said = str(caught.value)
    options = re.findall(r"--label-map (\S+?),?(?:\s|$)", said)
    assert len(set(options)) == len(options)
    other, meaning = ("5", "LABEL") if "5" in unknown else ("good", "positive")
    assert f"{other}={meaning}" in options
    assert said.endswith(f"leave its rows out with --label-map {other}=")
