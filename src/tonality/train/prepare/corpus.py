"""What a language model learns from and is measured on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import DataError
from tonality.evaluate import seen_texts
from tonality.text.encoder import Encoded, Encoder
from tonality.text.vocabulary import Vocabulary
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.prepare import words
from tonality.train.prepare.token_streams import END
from tonality.train.records.reporter import Reporter
from tonality.train.start.leakage import known_to_start


@dataclass(frozen=True)
class Corpus:
    """What a language model learns from and is measured on.

    Attributes:
        vocabulary: V words, no n-grams.
        train: the texts to learn from, whole.
        held_out: some of those for validation, whole.
        left_out: how many texts of each part are left out as copies, as ``Division`` has it.
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


def read_corpus(run: Checked, reporter: Reporter) -> Corpus:
    """Builds the vocabulary and encodes whole texts.

    Args:
        run: what to prepare.
        reporter: told what goes on.

    Raises:
        DataError: there is too little text.
    """
    recipe, table, division, start = run.recipe, run.dataset.train, run.division, run.start
    division.tell(reporter.say)
    every = [table.texts[i] for i in division.rows] + division.unlabelled
    if start is not None:
        known_to_start(start, run.dataset, division.held_out, reporter)
    provenance = None if start is None else start.provenance
    origin = seen_texts.record(table, every, division.held_out.tolist(), start=provenance)
    vocabulary, start = words(every, recipe, start)
    vocabulary = vocabulary.with_ngrams(None)
    encoder = Encoder(dataclasses.replace(recipe.text, max_tokens=0), vocabulary)
    some = division.held_out[: recipe.pretraining.evaluation_texts]
    corpus = Corpus(
        vocabulary=vocabulary,
        train=encoder.encode(every),
        held_out=encoder.encode([table.texts[i] for i in some]),
        left_out=division.left_out,
        tensors={} if start is None else start.scaled(recipe.vectors.deviation),
        origin=origin,
    )
    if len(corpus.train.ids) < 2:
        raise DataError("there is no text to learn from", path=table.source or None)
    reporter.say(f"{vocabulary.size:,} words, {len(corpus.train.ids):,} tokens to learn from")
    return corpus
