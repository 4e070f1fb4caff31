"""Word vectors: what occurs in like places gets like vectors, and nothing is left to chance."""

from __future__ import annotations

import random

import numpy as np

from tonality.text.encoder import Encoded
from tonality.train.prepare.starting_vectors import word_vectors
from tonality.train.settings.sections import VectorSettings


def corpus() -> Encoded:
    """Sentences in which 2 and 3 are synonyms and 4 and 5 are; id 1 and ids from 40 are absent."""
    rng = random.Random(0)
    sentences = []
    for _ in range(600):
        subject, others = rng.choice([((2, 3), range(10, 20)), ((4, 5), range(20, 30))])
        words = rng.choices(others, k=6)
        words.insert(3, rng.choice(subject))
        sentences.append(words)
    sentences.insert(7, [])
    offsets = np.cumsum([0, *map(len, sentences)])
    ids = np.array([word for words in sentences for word in words], dtype=np.int32)
    return Encoded(ids, None, offsets, np.zeros(len(sentences), np.int64))


def test_words_in_like_places_are_near() -> None:
    done: list[int] = []
    vectors = word_vectors(corpus(), (42, 8), VectorSettings(epochs=20), progress=done.append)
    assert vectors.shape == (42, 8)
    assert vectors.dtype == np.float32
    assert done == list(range(1, 21))

    def cosine(a: int, b: int) -> float:
        one, other = vectors[a], vectors[b]
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    assert cosine(2, 3) > cosine(2, 4) + 0.2
    assert cosine(4, 5) > cosine(3, 5) + 0.2
    assert not vectors[[0, 1, 40, 41]].any()


def test_the_same_seed_gives_the_same_vectors() -> None:
    one, again, other = (
        word_vectors(corpus(), (42, 4), VectorSettings(epochs=1), seed=seed)
        for seed in (2**40, 2**40, 1)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_no_texts_give_zeros() -> None:
    empty = Encoded(np.empty(0, np.int32), None, np.zeros(1, np.int64), np.empty(0, np.int64))
    assert not word_vectors(empty, (5, 3), VectorSettings()).any()
