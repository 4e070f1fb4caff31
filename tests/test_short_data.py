"""The data of ``general``: what keeps its collections balanced, and what is measured apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.everyday_rows import everyday_texts
from benchmarks.general_data import ALL, Row, key_of
from benchmarks.graded_texts import TARGETS, graded_texts, graded_words
from benchmarks.last_stage import rows as rows_of_last_stage
from benchmarks.made_sentences import made_sentences, written
from benchmarks.short_data import NEGATION, cleaned, evened, measured_on, treebank_of
from tonality.check.suite import SUITE, Behaviour, read_suite

pytestmark = pytest.mark.no_cover  # of benchmarks


@pytest.fixture(scope="module")
def suite() -> list[Behaviour]:
    """What ``tonality check`` asks."""
    return read_suite()


def rows(domain: str, label: str, *texts: str) -> list[Row]:
    return [
        {"id": f"{domain}-{label}-{number}", "domain": domain, "label": label, "text": text}
        for number, text in enumerate(texts)
    ]


def test_a_cap_is_shared_evenly_and_a_rare_label_leaves_its_rest() -> None:
    given = [
        *rows("any", "negative", *(f"bad {n}" for n in range(50))),
        *rows("any", "neutral", "so"),
        *rows("any", "positive", *(f"good {n}" for n in range(50))),
    ]
    counts = Counter(row["label"] for row in evened("any", given, 21))
    assert counts == {"negative": 10, "neutral": 1, "positive": 10}
    assert len(evened("any", given, ALL)) == 101


def test_negation_is_as_often_praise_as_blame_in_a_one_sided_collection() -> None:
    given = [
        *rows("yelp-short", "negative", "not good", "no taste", "isn't hot", "cold"),
        *rows("yelp-short", "positive", "not bad", "tasty"),
    ]
    counts = Counter(
        row["label"] for row in evened("yelp-short", given, ALL) if NEGATION.search(row["text"])
    )
    assert counts == {"negative": 1, "positive": 1}


def test_what_is_measured_teaches_nothing() -> None:
    held_out = rows("sst", "positive", "A lovely, lovely film that never ends.")
    case = read_suite(SUITE / "reviews.toml")[0].cases[0].text
    parts = {
        "validation": held_out,
        "left_out": rows("poem", "neutral", "the moon, the sea"),
        "unlabelled": rows("more", "neutral", "The moon the sea"),
        "train": [
            *rows("sst-phrase", "positive", "lovely film that never", "film"),
            *rows("any", "positive", "a lovely lovely film that never ends", case.upper(), "Fine."),
            *rows("made", "positive", "Fine. 🙂", "Fine. 😀"),
        ],
    }
    found = cleaned(parts, measured_on(parts), treebank_of(parts))
    assert [row["text"] for row in found["train"]] == ["film", "Fine.", "Fine. 🙂", "Fine. 😀"]
    assert found["unlabelled"] == []
    assert len(found["copies"]) == 4


def test_made_sentences_say_each_label_and_nothing_twice() -> None:
    made = made_sentences()
    assert {row["label"] for row in made} == {"negative", "neutral", "positive"}
    assert len({row["text"] for row in made}) == len(made)


def test_made_sentences_take_no_template_of_the_check(suite: list[Behaviour]) -> None:
    cases = {text for test in suite for c in test.cases for text in (c.text, c.changed)}
    shared = {row["text"] for row in made_sentences()} & cases
    assert not {text for text in shared if len(text.split()) > 3}


def test_everyday_texts_teach_nothing() -> None:
    measured = {key_of(row["text"]) for row in everyday_texts()}
    taught = {key_of(row["text"]) for row in made_sentences()}
    assert not measured & taught


def test_the_last_stage_takes_what_was_graded_and_twice_what_was_written() -> None:
    said, other = written()[0]
    older, *_ = (row for row in made_sentences() if row["text"].startswith("No "))
    given = [older | {"id": f"made-{n}"} for n in range(1000)]
    given += [{"id": "w", "domain": "made", "text": said, "label": other}]
    given += [
        {"id": f"short-{n}", "domain": "tweets", "text": "x", "label": other} for n in range(1000)
    ]
    grades = {f"short-{n}": 1 for n in range(100)}
    taken = list(rows_of_last_stage(given, grades, {said}))
    assert sum(row["text"] == said for row in taken) == 2
    assert sum(row["text"] == older["text"] for row in taken) == 1000
    assert sum(row["domain"] == "graded" for row in taken) == 100
    assert sum(row["domain"] == "tweets" for row in taken) == 900
    assert len({row["id"] for row in taken}) == len(taken)


def test_grades_are_of_five_and_words_have_all() -> None:
    assert set(graded_texts().values()) == set(TARGETS) == set(graded_words().values())
    assert graded_words()["awful"] < 0 < graded_words()["superbly"]
    assert graded_words()["table"] == 0
    np.testing.assert_allclose(np.sum(list(TARGETS.values()), axis=1), 1)


def test_graded_words_are_no_text_to_measure_on(suite: list[Behaviour]) -> None:
    measured = {key_of(row["text"]) for row in everyday_texts()}
    measured |= {key_of(case.text) for test in suite for case in test.cases}
    assert not measured & set(graded_words())
