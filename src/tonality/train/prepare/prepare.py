"""From a dataset to arrays: the split, the vocabulary, the n-gram table.

Only the training part and unlabelled text shape them, without the texts that are in a part to
measure on too: the validation part is only encoded, and the test part only looked at for such
copies.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.data import Table
from tonality.errors import DataError
from tonality.network.config import NetworkConfig
from tonality.text.encoder import Encoded, Encoder
from tonality.text.ngrams import NgramTable
from tonality.text.tokenizer import Tokenizer
from tonality.text.vocabulary import Vocabulary
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.small_data import FEW_FROM_NOTHING
from tonality.train.records.reporter import Reporter
from tonality.train.settings.recipe import Recipe
from tonality.train.start.inherited_settings import LANGUAGE_MODEL
from tonality.train.start.leakage import known_to_start
from tonality.train.start.start import Start

Int64 = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Prepared:
    """What a run trains on.

    Attributes:
        labels: the C classes, in the order of the network's outputs.
        vocabulary: words and n-grams.
        network: the shapes of the network.
        train: the training texts, N.
        train_classes: their classes (N,).
        train_weights: what each of them counts (N,), 1 on average; None for 1.
        validation: the validation texts, M.
        validation_classes: their classes (M,).
        validation_weights: what each of them counts where the best evaluation is chosen (M,), 1 on
            average; None for 1.
        corpus: the training texts and the unlabelled ones, as strings (N + U).
        vectors: where the word embedding starts (V, E), or None.
        start: what the network begins with, or None.
        known_to_start: what of the validation texts that learnt from, in words.
        soft: what teachers say of the texts of ``corpus`` (N, C), or None.
        teachers: what is recorded of them.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    network: NetworkConfig
    train: Encoded
    train_classes: Int64
    validation: Encoded
    validation_classes: Int64
    corpus: list[str]
    vectors: Floats | None = None
    train_weights: Floats | None = None
    validation_weights: Floats | None = None
    soft: Floats | None = None
    teachers: dict[str, Any] | None = None
    start: Start | None = None
    known_to_start: str = ""

    @property
    def unlabelled(self) -> int:
        """How many unlabelled texts there are, those left out not counted."""
        return len(self.corpus) - len(self.train)

    @property
    def priors(self) -> NDArray[np.float64]:
        """(C,) the classes' shares of the training part, texts counting by their weights."""
        counts = np.bincount(self.train_classes, self.train_weights, minlength=len(self.labels))
        shares: NDArray[np.float64] = counts / counts.sum()
        return shares


def prepare(run: Checked, reporter: Reporter) -> Prepared:
    """Everything that comes before the first step, but for word vectors.

    Args:
        run: what to prepare; its start decides the vocabulary.
        reporter: told what goes on.

    Raises:
        ConfigError: a setting of the text or the vocabulary does not hold.
        DataError: the data cannot be trained on.
    """
    recipe, table, division = run.recipe, run.dataset.train, run.division
    _tell(run, reporter)
    rows, held_out = division.rows, division.held_out
    classes = _classes(table, run.labels)
    train_texts = [table.texts[i] for i in rows]
    corpus = train_texts + division.unlabelled
    known = known_to_start(run.start, run.dataset, held_out, reporter) if run.start else ""
    vocabulary, start = words(corpus, recipe, run.start)
    vocabulary, train = _encoded(vocabulary, train_texts, classes[rows], recipe)
    network = recipe.network.config(
        vocabulary_size=vocabulary.size,
        ngram_rows=0 if vocabulary.ngrams is None else vocabulary.ngrams.size,
        classes=len(run.labels),
    )
    reporter.say(f"{vocabulary.size:,} words and {max(network.ngram_rows - 1, 0):,} n-grams")
    return Prepared(
        labels=run.labels,
        vocabulary=vocabulary,
        network=network,
        train=train,
        train_classes=classes[rows],
        train_weights=_weights(table, rows),
        validation_weights=_weights(table, held_out),
        validation=Encoder(recipe.text, vocabulary).encode([table.texts[i] for i in held_out]),
        validation_classes=classes[held_out],
        corpus=corpus,
        start=start,
        known_to_start=known,
    )


def _tell(run: Checked, reporter: Reporter) -> None:
    """Says what there is to learn from, and where it is little."""
    run.division.tell(reporter.say)
    texts = len(run.division.rows)
    if run.task == "train" and run.start is None and texts <= FEW_FROM_NOTHING:
        reporter.say(
            f"{texts:,} texts are few for a network that begins from nothing: tonality adapt "
            "begins with a model that can read, and is right more often"
        )
    for line in run.told.splitlines():
        reporter.say(line)
    if run.division.unlabelled and set(run.unlabelled_uses) <= {"the vocabulary"}:
        reporter.say(_nothing_learns_from_unlabelled(run))


def _nothing_learns_from_unlabelled(run: Checked) -> str:
    """What to say where texts without labels change no weight, and what learns from them."""
    count, start = len(run.division.unlabelled), run.start
    use = "serve the vocabulary alone" if run.unlabelled_uses else "have no part in this"
    remedy = ""
    if start is None or start.kind == LANGUAGE_MODEL:
        remedy = "; tonality pretrain learns from them"
    elif start.can_foretell:
        remedy = "; tonality adapt --pretrain-epochs 3 learns from them"
    return f"careful: the texts without labels ({count:,}) {use}{remedy}"


def words(
    corpus: list[str], recipe: Recipe, start: Start | None
) -> tuple[Vocabulary, Start | None]:
    """The vocabulary, and the start with vectors for all its words."""
    settings = recipe.vocabulary
    if start is None:
        fewest, most = settings.min_count, settings.max_size
        counts = _counts(corpus, recipe)
        return Vocabulary.build(counts, recipe.text, min_count=fewest, max_size=most), None
    if not settings.extend:
        return start.vocabulary, start
    vocabulary = start.vocabulary.extended(
        _counts(corpus, recipe), recipe.text, min_count=settings.min_count, most=settings.extend
    )
    return vocabulary, start.with_vocabulary(vocabulary, corpus)


def _classes(table: Table, labels: tuple[str, ...]) -> Int64:
    index = {label: number for number, label in enumerate(labels)}
    return np.array([index[label] for label in table.labels or ()], dtype=np.int64)


def _weights(table: Table, rows: Int64) -> Floats | None:
    """The weights of some rows, scaled to 1 on average, so that the learning rate means the same.

    Raises:
        DataError: none of them counts.
    """
    if table.weights is None or not len(rows):
        return None
    weights = np.array(table.weights, dtype=np.float64)[rows]
    if not weights.sum() > 0:
        raise DataError("no text of a part has a weight above 0", path=table.source or None)
    scaled: Floats = (weights / weights.mean()).astype(np.float32)
    return scaled


def _counts(texts: list[str], recipe: Recipe) -> Counter[str]:
    tokens = Tokenizer(recipe.text).tokens
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokens(text))
    return counts


def _encoded(
    vocabulary: Vocabulary, texts: list[str], classes: Int64, recipe: Recipe
) -> tuple[Vocabulary, Encoded]:
    """The vocabulary with the n-grams that a recipe wants, and the training texts."""
    train = Encoder(recipe.learnt_text, vocabulary).encode(texts)
    if vocabulary.ngrams is not None or not recipe.vocabulary.ngrams:
        return vocabulary, train
    table = NgramTable.build(
        train.ids,
        train.offsets,
        classes,
        vocabulary_size=vocabulary.size,
        size=recipe.vocabulary.ngrams,
        min_count=recipe.vocabulary.ngram_min_count,
    )
    if table.size < 2:  # nothing is frequent enough
        return vocabulary, train
    found = table.lookup(train.ids, train.offsets)
    return vocabulary.with_ngrams(table), dataclasses.replace(train, ngrams=found)
