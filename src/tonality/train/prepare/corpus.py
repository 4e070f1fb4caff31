"""What a language model learns from and is measured on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.data import Dataset
from tonality.errors import DataError
from tonality.evaluate import seen_texts
from tonality.text.encoder import Encoded, Encoder
from tonality.text.vocabulary import Vocabulary
from tonality.train.prepare.held_out import divide
from tonality.train.prepare.prepare import build_vocabulary, extended
from tonality.train.prepare.token_streams import END
from tonality.train.records.reporter import Reporter
from tonality.train.settings.recipe import Recipe
from tonality.train.start.leakage import known_to_start
from tonality.train.start.start import Start


@dataclass(frozen=True)
class Corpus:
    """What a language model learns from and is measured on.

    Attributes:
        vocabulary: V words, no n-grams.
        train: the texts to learn from, whole.
        held_out: some of those for validation, whole.
        left_out: how many texts were left out for being in a part to measure on too.
        tensors: what the model begins with, by name; none for at random.
        origin: the record of the texts, for its provenance.
    """

    vocabulary: Vocabulary
    train: Encoded
    held_out: Encoded
    left_out: dict[str, int]
    tensors: dict[str, NDArray[np.float32]]
    origin: dict[str, Any]

    @property
    def counts(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(V,) how often each token is to be foretold; an end for each text."""
        counts = np.bincount(self.train.ids, minlength=self.vocabulary.size)
        counts[END] += len(self.train)
        return counts


def read_corpus(
    dataset: Dataset, recipe: Recipe, reporter: Reporter, start: Start | None = None
) -> Corpus:
    """Divides a dataset, builds the vocabulary, encodes whole texts.

    Raises:
        DataError: there is too little text.
    """
    division = divide(dataset, recipe)
    for line in str(division).splitlines():
        reporter.say(line)
    texts = dataset.train.texts
    train = [texts[i] for i in division.rows]
    every = train + division.unlabelled
    if start is not None:
        known_to_start(start, dataset, division.held_out, reporter)
    record = seen_texts.record(
        dataset.train,
        every,
        division.held_out.tolist(),
        start=None if start is None else start.provenance,
    )
    if start is None:
        vocabulary = build_vocabulary(every, recipe)
    else:
        vocabulary = extended(start.vocabulary, every, recipe).with_ngrams(None)
        start = start.with_vocabulary(vocabulary, every)
    encoder = Encoder(dataclasses.replace(recipe.text, max_tokens=0), vocabulary)
    some = division.held_out[: recipe.pretraining.evaluation_texts]
    corpus = Corpus(
        vocabulary,
        encoder.encode(every),
        encoder.encode([texts[i] for i in some]),
        division.left_out,
        {} if start is None else start.scaled(recipe.vectors.deviation),
        record,
    )
    if len(corpus.train.ids) < 2:
        raise DataError("there is no text to learn from", path=dataset.train.source or None)
    reporter.say(f"{vocabulary.size:,} words, {len(corpus.train.ids):,} tokens to learn from")
    return corpus
