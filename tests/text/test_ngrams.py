"""The n-gram table against plain Python: look-up within texts, and which n-grams tell most."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.text.ngrams import MAX_WORDS, NgramTable

Texts = list[list[int]]
texts_of_ids = st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=8)


def flat(texts: Texts) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    ids = np.array([id for text in texts for id in text], dtype=np.int32)
    return ids, np.cumsum([0, *map(len, texts)], dtype=np.int64)


def grams(text: list[int], order: int) -> list[tuple[int, ...]]:
    return [tuple(text[i : i + order]) for i in range(len(text) - order + 1)]


@given(
    texts_of_ids,
    st.sets(st.tuples(st.integers(2, 6), st.integers(2, 6))),
    st.sets(st.tuples(st.integers(2, 6), st.integers(2, 6), st.integers(2, 6)), max_size=40),
)
@settings(max_examples=200, deadline=None)
def test_lookup_finds_what_a_dict_finds(
    texts: Texts, bigrams: set[tuple[int, ...]], trigrams: set[tuple[int, ...]]
) -> None:
    table = NgramTable(sorted(bigrams), sorted(trigrams), 7)
    rows = {gram: row for row, gram in enumerate([*sorted(bigrams), *sorted(trigrams)], 1)}
    assert table.size == 1 + len(rows)
    assert all(table.ngram(row) == gram for gram, row in rows.items())
    expected = [
        [rows.get(tuple(text[max(i - n, 0) : i + 1]), 0) if i >= n else 0 for n in (1, 2)]
        for text in texts
        for i in range(len(text))
    ]
    found = table.lookup(*flat(texts))
    assert found.dtype == np.int32
    assert found.shape == (sum(map(len, texts)), 2)
    assert found.tolist() == expected


def test_lookup_in_a_large_table() -> None:
    rng = np.random.default_rng(0)
    bigrams = np.unique(rng.integers(2, 30_000, (60_000, 2)), axis=0)
    table = NgramTable(bigrams, np.empty((0, 3)), 30_000)
    ids = bigrams[rng.permutation(len(bigrams))].ravel().astype(np.int32)
    rows = table.lookup(ids, np.array([0, len(ids)]))
    assert [table.ngram(row) for row in rows[1::2, 0]] == [tuple(g) for g in ids.reshape(-1, 2)]
    known = set(map(tuple, bigrams.tolist()))
    between = zip(ids[1:-1:2].tolist(), ids[2::2].tolist(), strict=True)
    assert ((rows[2::2, 0] > 0) == [gram in known for gram in between]).all()


def test_ids_up_to_the_largest_vocabulary() -> None:
    last = MAX_WORDS - 1
    table = NgramTable([(2, last), (last, last)], [(last, last, last)], MAX_WORDS)
    assert table.lookup(*flat([[2, last, last, last]])).tolist() == [[0, 0], [1, 0], [2, 0], [2, 3]]


@pytest.mark.parametrize(
    ("bigrams", "trigrams", "size", "message"),
    [
        ([(2, 9)], [], 9, "order 2 hold ids outside"),
        ([(1, 2)], [], 9, "order 2 hold ids outside"),
        ([], [(2, 2, -1)], 9, "order 3 hold ids outside"),
        ([(2, 3), (2, 3)], [], 9, "order 2 are not in strictly ascending"),
        ([(3, 2), (2, 3)], [], 9, "order 2 are not in strictly ascending"),
        ([], [], MAX_WORDS + 1, "needs a vocabulary of 2 to"),
        ([], [], 1, "needs a vocabulary of 2 to"),
    ],
)
def test_bad_tables(bigrams: Any, trigrams: Any, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NgramTable(bigrams, trigrams, size)


def test_tables_compare_by_what_they_hold() -> None:
    assert NgramTable([(2, 3)], [], 9) == NgramTable([(2, 3)], [], 9)
    assert NgramTable([(2, 3)], [], 9) != NgramTable([(2, 4)], [], 9)
    assert NgramTable([(2, 3)], [], 9) != NgramTable([(2, 3)], [], 8)
    assert NgramTable([], [], 9) != "table"
    assert NgramTable([(2, 3)], [], 9).ngram(0) == ()


def naive_g2(texts: Texts, labels: list[int], gram: tuple[int, ...]) -> float:
    """G2 of a contingency table as the textbook has it: 2 sum O ln(O / E)."""
    cells = Counter(
        (gram in grams(text, len(gram)), label) for text, label in zip(texts, labels, strict=True)
    )
    present = Counter(gram in grams(text, len(gram)) for text in texts)
    total = Counter(labels)
    return 2 * sum(
        count * math.log(count * len(texts) / (present[held] * total[label]))
        for (held, label), count in cells.items()
    )


@given(st.data(), texts_of_ids, st.integers(1, 3), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_build_keeps_the_most_telling(
    data: st.DataObject, texts: Texts, min_count: int, size: int
) -> None:
    labels = data.draw(
        st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)), label="labels"
    )
    ids, offsets = flat(texts)
    table = NgramTable.build(
        ids, offsets, labels, vocabulary_size=7, size=size, min_count=min_count
    )
    held = Counter(g for text in texts for n in (2, 3) for g in set(grams(text, n)))
    scores = {
        gram: round(naive_g2(texts, labels, gram), 5)
        for gram, count in held.items()
        if count >= min_count and min(gram) >= 2
    }
    kept = [table.ngram(row) for row in range(1, table.size)]
    worth = sorted((score for score in scores.values() if score > 0), reverse=True)
    assert sorted((scores[gram] for gram in kept), reverse=True) == pytest.approx(worth[:size])


def test_build_is_exact_on_a_small_case() -> None:
    # 2 = good, 3 = not, 4 = film: "not good" tells the label, "good film" does not.
    texts = [[3, 2, 4], [3, 2], [2, 4], [2, 4, 4], [4, 3, 2], [4, 2, 4]]
    labels = [0, 0, 1, 1, 0, 0]
    table = NgramTable.build(*flat(texts), labels, vocabulary_size=5, size=2, min_count=2)
    assert [table.ngram(row) for row in (1, 2)] == [(2, 4), (3, 2)]
    assert NgramTable.build(*flat(texts), labels, vocabulary_size=5, min_count=7).size == 1


def test_build_prefers_short_then_small_ids_among_equals() -> None:
    texts, labels = [[2, 3, 4], [4, 3, 2]], [0, 1]
    table = NgramTable.build(*flat(texts), labels, vocabulary_size=5, size=3, min_count=1)
    assert [table.ngram(row) for row in (1, 2, 3)] == [(2, 3), (3, 2), (3, 4)]


def test_build_without_texts_is_empty() -> None:
    assert NgramTable.build([], [0], [], vocabulary_size=5).size == 1


def test_build_refuses_what_does_not_fit() -> None:
    ids, offsets = flat([[2, 3], [3, 2]])
    with pytest.raises(ValueError, match="do not fit each other"):
        NgramTable.build(ids, offsets, [0], vocabulary_size=5)
    with pytest.raises(ValueError, match="do not fit each other"):
        NgramTable.build(ids, offsets - 1, [0, 1], vocabulary_size=5)


@given(st.sets(st.tuples(st.integers(2, 8), st.integers(2, 8))))
@settings(deadline=None)
def test_json_round_trip(bigrams: set[tuple[int, int]]) -> None:
    table = NgramTable(sorted(bigrams), [(2, 2, 2)], 9)
    assert NgramTable.from_json(table.to_json(), 9) == table
