"""Where the word embedding starts: vectors of a file, or trained on the texts themselves."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.errors import DataError
from tonality.text.encoder import Encoded, Encoder
from tonality.text.ngrams import FIRST_WORD
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import PAD, Vocabulary
from tonality.train.prepare.preflight import check_size
from tonality.train.prepare.prepare import Prepared
from tonality.train.prepare.vector_file import read_vectors
from tonality.train.records.reporter import Reporter, quiet
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import VectorSettings

Floats = NDArray[np.float32]


def with_vectors(
    data: Prepared,
    recipe: Recipe,
    folder: RunFolder,
    reporter: Reporter,
    cache: RunFolder | None = None,
) -> Prepared:
    """The same with word vectors: those that the run's folder holds, or a file's, or new ones.

    They are saved in the run's folder.

    Args:
        data: the data.
        recipe: the settings.
        folder: the run's; a run that is killed meanwhile trains or reads them anew when resumed.
        reporter: told what goes on.
        cache: where trained vectors are kept for other runs with the same texts and settings.

    Raises:
        ConfigError: the file's vectors are of another size than the embedding's.
        DataError: it cannot be read, or has none of the words.
        TrainingError: they cannot be saved.
    """
    vectors = folder.load_floats(recipe.network.embedding_size)
    if len(vectors) == data.vocabulary.size:
        reporter.say("word vectors are there from before")
        return dataclasses.replace(data, vectors=vectors)
    if recipe.vectors.file:
        vectors = _of_file(data.vocabulary, recipe, reporter)
    else:
        vectors = _trained(data, recipe, reporter, cache)
    folder.save_floats(vectors)
    return dataclasses.replace(data, vectors=vectors)


def _trained(data: Prepared, recipe: Recipe, reporter: Reporter, cache: RunFolder | None) -> Floats:
    """Vectors (V, E) trained on the texts, in this run or in another with the same texts."""
    # Whole texts, whatever the network reads of them; n-grams have no part in this.
    whole: TextConfig = dataclasses.replace(recipe.text, max_tokens=0)
    texts = Encoder(whole, data.vocabulary.with_ngrams(None)).encode(data.corpus)
    shape = (data.vocabulary.size, recipe.network.embedding_size)
    name = _vectors_name(texts, shape, recipe)
    if cache is not None and len(vectors := cache.load_floats(shape[1], name)) == shape[0]:
        reporter.say("word vectors are those of another run")
        return vectors
    settings, seed = recipe.vectors, recipe.training.seed
    reporter.say(f"word vectors: {settings.epochs} epochs")
    vectors = word_vectors(
        texts,
        shape,
        settings,
        seed=seed,
        progress=lambda done: reporter.say(f"word vectors: epoch {done} of {settings.epochs} done"),
    )
    vectors *= settings.deviation / _spread(vectors)
    if cache is not None:
        cache.save_floats(vectors, name)
    return vectors


def _vectors_name(texts: Encoded, shape: tuple[int, int], recipe: Recipe) -> str:
    """What the vectors of these texts and settings are called among those of other runs."""
    settings = dataclasses.asdict(recipe.vectors)
    del settings["file"]  # these are trained
    asked = [*shape, recipe.training.seed, settings]
    content = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    content.update(texts.ids.tobytes())
    content.update(texts.offsets.tobytes())
    return f"vectors-{content.hexdigest()[:16]}.npy"


def _of_file(vocabulary: Vocabulary, recipe: Recipe, reporter: Reporter) -> Floats:
    """A file's vectors (V, E); words that it lacks begin at random, as large (Kim 2014)."""
    settings, path = recipe.vectors, recipe.vectors.path
    reporter.say(f"word vectors: reading {path.name}")
    found, there = read_vectors(path, vocabulary.words)
    check_size(found.shape[1], recipe)  # a resumed run's file may be another one by now
    if not there.any():
        raise DataError(
            f"none of the {len(there):,} words of the texts is there: is it another language?",
            path=path,
        )
    reporter.say(f"word vectors: {there.sum():,} of {len(there):,} words are in {path.name}")
    size = (vocabulary.size, recipe.network.embedding_size)
    random = np.random.default_rng(recipe.training.seed)
    vectors = random.normal(0.0, settings.deviation, size).astype(np.float32)
    known = found[there]
    if not known.any() or not known.std():
        raise DataError("the vectors of all words of the texts are one and the same", path=path)
    vectors[FIRST_WORD:][there] = known * (settings.deviation / _spread(known))
    vectors[PAD] = 0.0
    return vectors


def word_vectors(
    texts: Encoded,
    shape: tuple[int, int],
    settings: VectorSettings,
    *,
    seed: int = 0,
    progress: Callable[[int], object] = lambda _: None,
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
    """
    from gensim.models import Word2Vec

    vectors = np.zeros(shape, dtype=np.float32)
    counts = np.bincount(texts.ids, minlength=shape[0])  # (V,)
    occurring = np.flatnonzero(counts)
    if not len(occurring):
        return vectors
    how = {"vector_size": shape[1], "window": settings.window, "negative": settings.negative}
    with quiet("gensim"):  # which warns of small corpora
        model = Word2Vec(**how, min_count=1, sg=0, seed=seed % 2**32, workers=1)
        model.build_vocab_from_freq({str(i): int(counts[i]) for i in occurring})
        sizes = {"total_examples": len(texts), "total_words": len(texts.ids)}
        read = _Sentences(texts, shape[0])
        model.train(read, epochs=settings.epochs, callbacks=[_after_epochs(progress)], **sizes)
    vectors[occurring] = model.wv[[str(i) for i in occurring]]
    return vectors


def _after_epochs(progress: Callable[[int], object]) -> Any:
    """What gensim tells of each epoch, for ``progress``."""
    from gensim.models.callbacks import CallbackAny2Vec

    epochs = itertools.count(1)

    class Report(CallbackAny2Vec):  # type: ignore[misc]
        def on_epoch_end(self, model: object) -> None:
            progress(next(epochs))

    return Report()


class _Sentences:
    """The texts as gensim reads them: lists of strings, once an epoch."""

    def __init__(self, texts: Encoded, vocabulary_size: int) -> None:
        self.texts = texts
        self.names = np.array([str(i) for i in range(vocabulary_size)], dtype=object)

    def __iter__(self) -> Iterator[list[str]]:
        offsets = self.texts.offsets.tolist()
        for start, end in itertools.pairwise(offsets):
            if end > start:
                yield self.names[self.texts.ids[start:end]].tolist()


def _spread(vectors: Floats) -> float:
    return max(float(vectors.std()), float(np.finfo(np.float32).tiny))
