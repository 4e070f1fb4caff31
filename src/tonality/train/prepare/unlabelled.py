"""Texts without labels as arrays, and the stream of batches that a run reads them in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tonality.text.encoder import Encoded, Encoder
from tonality.train.prepare.batches import BatchStream, TrainingTexts, UnlabelledBatches
from tonality.train.prepare.prepare import Prepared
from tonality.train.settings.recipe import Recipe

# Texts encoded together: the lists on the way to arrays take several times their memory.
WINDOW = 4096


def batch_stream(data: Prepared, recipe: Recipe, first_step: int) -> BatchStream:
    """The batches of a run from one of its steps on.

    With teachers, texts without labels are among those with; else they stand beside them where the
    recipe reads any.
    """
    settings = recipe.training
    texts, classes, weights, beside = data.train, data.train_classes, data.train_weights, None
    if data.soft is None and recipe.unlabelled.used and data.unlabelled:
        beside = UnlabelledBatches(
            encode_unlabelled(data, recipe),
            batch_size=recipe.unlabelled.batch_size or settings.batch_size,
            seed=settings.seed,
        )
        beside = beside if len(beside) else None
    elif data.soft is not None:
        texts = join([texts, encode_unlabelled(data, recipe)])
        classes = np.concatenate([classes, np.full(data.unlabelled, -1)])
        if weights is not None:
            weights = np.concatenate([weights, np.ones(data.unlabelled, dtype=np.float32)])
    return BatchStream(
        TrainingTexts(texts, classes, weights, data.soft, beside),
        batch_size=settings.batch_size,
        seed=settings.seed,
        epochs=settings.epochs,
        first_step=first_step,
    )


def encode_unlabelled(data: Prepared, recipe: Recipe) -> Encoded:
    """The texts without labels, as the network learns from them."""
    encoder = Encoder(recipe.learnt_text, data.vocabulary)
    texts = data.corpus[len(data.train) :]
    starts = range(0, max(1, len(texts)), WINDOW)
    return join([encoder.encode(texts[start : start + WINDOW]) for start in starts])


def join(parts: Sequence[Encoded]) -> Encoded:
    """All the texts of some batches, one batch or more, in order."""
    starts = np.cumsum([0, *(part.offsets[-1] for part in parts)])
    offsets = [
        part.offsets[:-1] + start for part, start in zip(parts, starts[:-1].tolist(), strict=True)
    ]
    ngrams = [part.ngrams for part in parts if part.ngrams is not None]
    guessed = [part.guessed for part in parts if part.guessed is not None]
    return Encoded(
        ids=np.concatenate([part.ids for part in parts]),
        ngrams=np.concatenate(ngrams) if ngrams else None,
        offsets=np.concatenate([*offsets, starts[-1:]]),
        left_out=np.concatenate([part.left_out for part in parts]),
        guessed=np.concatenate(guessed) if guessed else None,
    )
