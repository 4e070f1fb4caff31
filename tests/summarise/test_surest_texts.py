"""The examples of a summary: the surest texts of each group."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonality.summarise import groups
from tonality.summarise.groups import Counts
from tonality.summarise.surest_texts import CHARACTERS, KEPT, SurestTexts, candidate


def examples(*texts: tuple[str, float], surest: bool = True) -> list[tuple[str, float]]:
    kept = SurestTexts()
    for text, score in texts:
        kept.add(candidate(text, score, surest=surest))
    return [(example.text, example.score) for example in kept.examples()]


LONG = "the room was very cold"


def test_the_surest_lead_and_no_text_stands_twice() -> None:
    found = examples(
        (f"{LONG} 1", 0.7), (f"{LONG} 2", 0.9), (f"{LONG} 3", 0.8), (f"{LONG}  3", 0.8),
        (f"{LONG} 4", 0.6), (f"{LONG} 5", 0.95), (f"{LONG} 5", 0.99),
    )  # fmt: skip
    assert found == [(f"{LONG} 5", 0.95), (f"{LONG} 2", 0.9), (f"{LONG} 3", 0.8)]


def test_a_text_of_few_words_stands_behind_as_it_gives_no_reason() -> None:
    assert examples(("Awful!", 0.99), (LONG, 0.6)) == [(LONG, 0.6), ("Awful!", 0.99)]


def test_the_least_sure_lead_where_doubt_is_looked_at() -> None:
    assert examples((LONG, 0.6), (f"{LONG} 2", 0.4), surest=False)[0] == (f"{LONG} 2", 0.4)


def test_an_example_is_one_line_and_cut() -> None:
    assert examples((" cold\n\n room and\tno  towels ", 0.6)) == [("cold room and no towels", 0.6)]
    long = examples(("word " * 1000, 0.9))[0][0]
    assert len(long) <= CHARACTERS
    assert long.endswith("word…")
    assert examples((" \n ", 0.9)) == []


@given(st.lists(st.tuples(st.text(), st.floats(0, 1)), max_size=30))
def test_any_texts_are_kept_in_order(texts: list[tuple[str, float]]) -> None:
    found = examples(*texts)
    assert len(found) <= KEPT
    assert len({text for text, _ in found}) == len(found)
    lines = [" ".join(text.split()) for text, _ in texts]
    assert len(found) >= min(len({line[:99] for line in lines} - {""}), KEPT)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "WITH_EXAMPLES", 20)
    counts = Counts("id", ["bad", "good"])
    tracemalloc.start()
    for number in range(2000):
        text = f"{number} {LONG * 1000}"
        counts.add({"id": number}, "bad", candidate(text, number / 2000, surest=True))
    assert tracemalloc.get_traced_memory()[1] < 2e6
    tracemalloc.stop()
    found = {group.name: group.examples for group in counts.groups("bad")}
    assert sum(map(bool, found.values())) == 20
    assert len(found["0"]) == 1
