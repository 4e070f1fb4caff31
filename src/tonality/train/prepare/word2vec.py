"""In-domain word vectors: where the embedding starts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import DependencyError
from tonality.text.encoder import Encoded
from tonality.train.settings.sections import VectorSettings

Floats = NDArray[np.float32]


def word_vectors(
    texts: Encoded,
    shape: tuple[int, int],
    settings: VectorSettings,
    *,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Word vectors from texts: word2vec's continuous bag of words (Mikolov et al. 2013).

    One thread, since several race: the same input gives the same vectors on any machine.

    Args:
        texts: the ids of N texts.
        shape: V words and E numbers each.
        settings: the passes over the texts, the window and the noise words.
        seed: of the start and the noise.
        progress: called with the number of epochs done.

    Returns:
        (V, E); words that do not occur, PAD among them, have zeros.

    Raises:
        DependencyError: gensim is not installed.
    """
    word2vec, report = _gensim(progress)
    vectors = np.zeros(shape, dtype=np.float32)
    counts = np.bincount(texts.ids, minlength=shape[0])  # (V,)
    occurring = np.flatnonzero(counts)
    if not len(occurring):
        return vectors
    how = {"vector_size": shape[1], "window": settings.window, "negative": settings.negative}
    with _quiet():
        model = word2vec(**how, min_count=1, sg=0, seed=seed % 2**32, workers=1)
        model.build_vocab_from_freq({str(i): int(counts[i]) for i in occurring})
        sizes = {"total_examples": len(texts), "total_words": len(texts.ids)}
        read = _Sentences(texts, shape[0])
        model.train(read, epochs=settings.epochs, callbacks=[report], **sizes)
    vectors[occurring] = model.wv[[str(i) for i in occurring]]
    return vectors


def _gensim(progress: Callable[[int], None] | None) -> tuple[Any, Any]:
    """The class ``Word2Vec``, and what calls ``progress`` after each epoch."""
    try:
        from gensim.models import Word2Vec
        from gensim.models.callbacks import CallbackAny2Vec
    except ImportError as missing:
        raise DependencyError("training word vectors", extra="train") from missing

    class Report(CallbackAny2Vec):  # type: ignore[misc]
        done = 0

        def on_epoch_end(self, model: object) -> None:
            self.done += 1
            if progress is not None:
                progress(self.done)

    return Word2Vec, Report()


class _Sentences:
    """The texts as gensim reads them: lists of strings, once an epoch."""

    def __init__(self, texts: Encoded, vocabulary_size: int) -> None:
        self.texts = texts
        self.names = np.array([str(i) for i in range(vocabulary_size)], dtype=object)

    def __iter__(self) -> Iterator[list[str]]:
        offsets = self.texts.offsets.tolist()
        for start, end in pairwise(offsets):
            if end > start:
                yield self.names[self.texts.ids[start:end]].tolist()


@contextmanager
def _quiet() -> Iterator[None]:
    """gensim warns through logging of small corpora, and of none of our concern."""
    logger = logging.getLogger("gensim")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
