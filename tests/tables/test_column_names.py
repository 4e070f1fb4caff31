"""Columns found by name, and label maps from the command line."""

from __future__ import annotations

import pytest

from tonality.data import parse_label_map
from tonality.errors import ConfigError, DataError
from tonality.tables.column_names import Wanted, choose
from tonality.tables.read_options import ReadOptions

LONG = "What did you like the most about the event? (Please be honest, we read it all) "


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        (["review", "sentiment"], 0, 1),
        (["Sentiment", "Review Text"], 1, 0),
        (["airline", "label", "text"], 2, 1),
        (["tweet_id", "airline_sentiment", "airline_sentiment_confidence", "text"], 3, 1),
        (["label", "title", "content"], 2, 0),
        (["sentence", "label", "idx"], 0, 1),
        (["TWEET"], 0, None),
        (["id", "Customer Feedback"], 1, None),
        (["answer", "review", "response"], 1, None),  # of the shop
    ],
)
def test_usual_names(columns: list[str], text: int, label: int | None) -> None:
    chosen = choose(columns, Wanted(), "a.csv")
    assert (chosen.texts, chosen.label) == ((text,), label)


def test_verdicts_are_no_truth_unless_somebody_says_so() -> None:
    """A table that was scored would call its model right in every row."""
    scored = ["text", "human", "label", "score", "p_bad", "p_good", "tokens_read"]
    scored += ["tokens_left_out", "unfamiliar"]
    chosen = choose(scored, Wanted(), "a.csv")
    assert (chosen.label, chosen.rating) == (None, None)
    assert choose(["sentiment", *scored], Wanted(), "a.csv").label == 0
    assert choose(scored, Wanted(label="label"), "a.csv").label == 2
    assert choose(scored[:7], Wanted(), "a.csv").label == 2  # some other table


def test_the_only_column_of_a_table_without_a_header_has_the_texts() -> None:
    bare = Wanted(options=ReadOptions(header_row=0))
    assert choose(["column_1"], bare, "a.csv").texts == (0,)
    for columns, wanted in ((["column_1", "column_2"], bare), (["column_1"], Wanted())):
        with pytest.raises(DataError, match="no text column"):
            choose(columns, wanted, "a.csv")


def test_groups_ids_and_ratings() -> None:
    chosen = choose(["id", "Movie", "stars", "score", "text"], Wanted(), "a.csv")
    assert (chosen.id, chosen.group, chosen.rating, chosen.label) == (0, 1, 2, None)
    assert chosen.positions == [4, 1, 0, 2]


@pytest.mark.parametrize("name", ["Ticket ID", "Response ID", "review_id", "Nr", "No.", "#"])
def test_the_usual_names_of_ids(name: str) -> None:
    assert choose(["text", name, "label"], Wanted(), "a.csv").id == 1
    assert choose(["no", name, "id", "text"], Wanted(), "a.csv").id in (1, 2)


def test_given_names_win_and_forgive_case() -> None:
    columns = ["text", "Text", "body", "stars", "label"]
    wanted = Wanted(text="Text", label="STARS", group="")
    chosen = choose(columns, wanted, "a.csv")
    assert (chosen.texts, chosen.label, chosen.rating) == ((1,), 3, 3)
    assert chosen.positions == [1, 3]


@pytest.mark.parametrize(
    ("columns", "wanted", "message"),
    [
        (["a", "b"], Wanted(), "no text column; name it with --text-column. Columns: 'a', 'b'"),
        (["a", "text"], Wanted(text="c"), "no column 'c'. Columns: 'a', 'text'"),
        (["a", "text"], Wanted(text=""), "no column ''"),
        (["text", "tweet"], Wanted(), "several columns could be the text: 'text', 'tweet'; "),
        (["text", "label", "class"], Wanted(), "choose with --label-column. Columns: 'text'"),
        (["text", "text"], Wanted(), "several columns could be the text"),
        (["text", *map(str, range(40))], Wanted(label="x"), "'28' and 11 more"),
        (
            ["A title", "", "", LONG + "a", LONG + "b", "Two\nlines"],
            Wanted(),
            f"Columns: 'A title', 2, 3, 4: '{LONG[:59]}…', 5: '{LONG[:59]}…', 6: 'Two\\nlines' "
            "(a number stands for its column)",
        ),
        (
            [f"text{'_' * n}" for n in (99, 98)],
            Wanted(),
            f"could be the text: 'text{'_' * 55}…', 'text{'_' * 55}…'; choose with --text-column. "
            f"Columns: 1: 'text{'_' * 55}…', 2: ",
        ),
    ],
)
def test_missing_and_ambiguous(columns: list[str], wanted: Wanted, message: str) -> None:
    with pytest.raises(DataError) as caught:
        choose(columns, wanted, "a.csv")
    assert message in str(caught.value)
    assert str(caught.value).startswith("a.csv: ")


def test_label_maps() -> None:
    assert parse_label_map(["1=positive", " 0 = negative", "2="]) == {
        "1": "positive",
        "0": "negative",
        "2": "",
    }
    assert parse_label_map([]) == {}


@pytest.mark.parametrize("pairs", [["1"], ["=x"], ["1=a", "1=b"]])
def test_label_maps_that_make_no_sense(pairs: list[str]) -> None:
    with pytest.raises(ConfigError, match="label map"):
        parse_label_map(pairs)
