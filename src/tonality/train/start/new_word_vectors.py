"""Vectors for words that a vocabulary gains, from the company that they keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tonality.text.ngrams import FIRST_WORD
from tonality.text.vocabulary import UNK

Floats = NDArray[np.float32]

# Of the ridge regression, in units of the vectors' variance: vectors of any size map alike.
RIDGE = 0.016
WINDOW = 5  # words of company on each side


def induced(
    vectors: Floats,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    size: int,
) -> Floats:
    """Vectors for new words from the words around them (Khodak et al. 2018, "A La Carte
    Embedding").

    The mean vector of a word's company, mapped by the linear map that best turns known words'
    company into their own vectors.

    Args:
        vectors: of the known words (V, E).
        ids: tokens of all texts (T,), one text after the other; new words' ids are V and on.
        offsets: where each text begins (N + 1,).
        size: words in all.

    Returns:
        (size, E): ``vectors``, then those of the new words; one that has no company gets the
        vector of the unknown word.
    """
    known, dimensions = vectors.shape
    company, count = _company(vectors, ids, offsets, size)
    # Frequent words decide the map: their company is measured best.
    used = np.flatnonzero(count[:known] > 0)
    weights = np.sqrt(np.log1p(count[used]))[:, None]
    known_company = company[used] * weights
    ridge = RIDGE * float(vectors.var()) * max(len(used), 1) * np.eye(dimensions)
    mapped = np.linalg.solve(
        known_company.T @ known_company + ridge, known_company.T @ (vectors[used] * weights)
    )
    new = (company[known:] @ mapped).astype(np.float32)
    new[count[known:] == 0] = vectors[UNK]
    return np.concatenate([vectors, new])


def _company(
    vectors: Floats, ids: NDArray[np.int32], offsets: NDArray[np.int64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each word the mean vector (size, E) of the known words near it, and their number."""
    text = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))  # (T,) which text
    met = sparse.csr_matrix((size, len(vectors)), dtype=np.float64)
    for distance in range(1, WINDOW + 1):
        same = text[distance:] == text[:-distance]
        left, right = ids[:-distance][same], ids[distance:][same]
        for word, other in ((left, right), (right, left)):
            useful = (other < len(vectors)) & (other >= FIRST_WORD)
            pairs = (word[useful], other[useful])
            met += sparse.csr_matrix((np.ones(len(pairs[0])), pairs), shape=met.shape)
    count = np.asarray(met.sum(axis=1)).ravel()
    return met @ vectors / np.maximum(count, 1)[:, None], count
