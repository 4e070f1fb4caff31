"""A small model that really reads: `love` is good, `hate` is bad, `not` turns the next word."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.network.config import NetworkConfig
from tonality.text.ngrams import NgramTable
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary

WORDS = ("love", "hate", "film", "the", "not", "good", "bad", "a", "was", "and", "it", "plot")


def make_artifact(*, max_tokens: int = 50, abstain: float = 0.0, seed: int = 3) -> Artifact:
    """A hand-set vocabulary and bigrams, random LSTM weights, an output that follows two units.

    The embedding's first column says good or bad; forward and backward LSTM pass it on through
    one unit each, so verdicts are what the words say.
    """
    text = TextConfig(max_tokens=max_tokens)
    counts = Counter({word: len(WORDS) - rank for rank, word in enumerate(WORDS)})
    vocabulary = Vocabulary.build(counts, text, min_count=1, max_size=100)
    ids = vocabulary.forms
    bigrams = [(ids["not"], ids["good"]), (ids["not"], ids["bad"]), (ids["not"], ids["love"])]
    bigrams.sort()
    table = NgramTable(np.array(bigrams), np.empty((0, 3), dtype=np.int64), vocabulary.size)
    vocabulary = vocabulary.with_ngrams(table)
    network = NetworkConfig(
        vocabulary.size,
        embedding_size=4,
        hidden_size=3,
        pooling="mean",
        ngram_rows=len(bigrams) + 1,
    )
    rng = np.random.default_rng(seed)
    tensors = {
        name: rng.normal(0, 0.05, shape).astype(np.float32)
        for name, shape in network.tensor_shapes().items()
    }
    embedding, ngrams = tensors["embedding.weight"], tensors["ngram_embedding.weight"]
    embedding[:, 0] = 0
    ngrams[:] = 0
    for word, worth in {"love": 2, "good": 2, "hate": -2, "bad": -2}.items():
        embedding[ids[word], 0] = worth
    for row, (_, turned) in enumerate(bigrams, start=1):
        ngrams[row, 0] = -2 * embedding[turned, 0]
    for direction in ("forward", "backward"):
        tensors[f"lstm.0.{direction}.weight_ih"][6, 0] = 2.0  # the cell gate of unit 0
        tensors[f"lstm.0.{direction}.bias"][[0, 9]] = 3.0  # input and output gates open
        tensors[f"lstm.0.{direction}.bias"][3] = -3.0  # forget at once
    tensors["output.weight"][:, [0, 3]] = [[-8.0, -8.0], [8.0, 8.0]]
    return Artifact(
        labels=("negative", "positive"),
        text=text,
        vocabulary=vocabulary,
        network=network,
        tensors=tensors,
        priors=(0.4, 0.6),
        abstain=abstain,
        card="# A small model for tests\n",
    )
