"""Columns in another case, by number, and several with commas between."""

from __future__ import annotations

import pytest

from tonality.tables.spelled_names import places_of, real_names

SURVEY = ["id", "What did you like, and why?", "Why?", "", "", "a,b", "a", "b", "b,c", "a,b,c"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["ID"], ["id"]),
        (["id, b", "id"], ["id", "b"]),
        (["What did you like, and why?"], ["What did you like, and why?"]),
        (["id,what did you like,  and why?, Why?"], ["id", SURVEY[1], "Why?"]),
        (["a,b"], ["a,b"]),
        (["a, b,c ,a"], ["a,b,c", "a"]),
        (["b,a"], ["b", "a"]),
        (["2,1"], [SURVEY[1], "id"]),
        (["4,5"], ["", "_2"]),
        (["no,id"], ["no", "id"]),
        (["", " , "], []),
    ],
)
def test_names_in_a_value(given: list[str], names: list[str]) -> None:
    assert real_names(SURVEY, given) == names


def test_a_comma_stands_between_names_where_no_name_has_one() -> None:
    assert real_names(["title", "text", "title_text"], ["title,text"]) == ["title", "text"]


def test_a_loose_name_of_several_parts_gives_way_to_columns_that_are_called_so() -> None:
    assert real_names(["Like", "Why", "Like, why?"], ["Like,Why"]) == ["Like", "Why"]
    assert real_names(["Like", "Why", "Like, why?"], ["like,why"]) == ["Like", "Why"]
    assert real_names(["Like", "Why", "Like, why?"], ["Like, why?"]) == ["Like, why?"]
    assert real_names(["Like", "Why", "Like, why?"], ["Like, why?,Why"]) == ["Like, why?", "Why"]
    assert real_names(["Like", "Like, why?"], ["like, why"]) == ["Like, why?"]
    assert real_names(["a", "b", "A,B"], ["a,b"]) == ["a", "b"]


def test_a_number_is_a_place_unless_a_column_is_called_so() -> None:
    assert places_of(["", "x", ""], "2") == [1]
    assert places_of(["2", "x"], "2") == [0]
    assert places_of(["x", "#9"], "9") == [1]
    assert places_of(["x"], "9") == []
