"""A table of telling bigrams and trigrams, found in a whole batch of ids at once."""

from __future__ import annotations

import ctypes
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tonality.native_library import library_in_use

FIRST_WORD: Final = 2  # ids 0 and 1 are PAD and UNK, which no n-gram holds
MAX_WORDS: Final = 2**21  # ids below it, so that a trigram of ids fits one int64
ORDERS: Final = (2, 3)

# Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): 2**64 over the golden ratio.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SLOTS_PER_KEY = 8

Int64 = NDArray[np.int64]


class NgramTable:
    """N-grams of word ids, each with a row: bigrams first, in the order of their ids, from row 1.

    Row 0 stands for "no n-gram of the table ends here".

    Args:
        bigrams: (B, 2) ids.
        trigrams: (G, 3) ids.
        vocabulary_size: rows of the vocabulary; ids are from 2 to below it.

    Raises:
        ValueError: ids out of range, or n-grams not strictly ascending.
    """

    def __init__(self, bigrams: ArrayLike, trigrams: ArrayLike, vocabulary_size: int) -> None:
        if not FIRST_WORD <= vocabulary_size <= MAX_WORDS:
            raise ValueError(f"an n-gram table needs a vocabulary of 2 to {MAX_WORDS} ids")
        self.vocabulary_size = vocabulary_size
        self.ngrams = {
            order: np.asarray(ngrams, dtype=np.int64).reshape(-1, order)
            for order, ngrams in zip(ORDERS, (bigrams, trigrams), strict=True)
        }
        self._indexes: dict[int, _Index] = {}
        row = 1
        for order, ngrams in self.ngrams.items():
            if ngrams.size and not FIRST_WORD <= ngrams.min() <= ngrams.max() < vocabulary_size:
                raise ValueError(f"n-grams of order {order} hold ids outside the vocabulary")
            keys = _keys(ngrams.ravel(), order, vocabulary_size)[::order].copy()
            if np.any(keys[1:] <= keys[:-1]):
                raise ValueError(f"n-grams of order {order} are not in strictly ascending order")
            self._indexes[order] = _Index.of(keys, row)
            row += len(ngrams)
        self.size = row

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NgramTable)
            and self.vocabulary_size == other.vocabulary_size
            and all(np.array_equal(self.ngrams[order], other.ngrams[order]) for order in ORDERS)
        )

    __hash__ = None  # type: ignore[assignment]

    def resized(self, vocabulary_size: int) -> NgramTable:
        """The same n-grams in a vocabulary that has further words at its end."""
        return NgramTable(self.ngrams[2], self.ngrams[3], vocabulary_size)

    def ngram(self, row: int) -> tuple[int, ...]:
        """The ids of a row's n-gram; none for row 0."""
        bigrams, trigrams = self.ngrams[2], self.ngrams[3]
        if row <= 0:
            return ()
        ids = bigrams[row - 1] if row <= len(bigrams) else trigrams[row - 1 - len(bigrams)]
        return tuple(ids.tolist())

    def lookup(self, ids: NDArray[np.int32], offsets: Int64) -> NDArray[np.int32]:
        """The rows of the n-grams that end at each token, never across the border of two texts.

        Args:
            ids: (T,) the ids of all texts, one after the other.
            offsets: (N + 1,) where each text starts, and T.

        Returns:
            (T, 2) the row of the bigram and of the trigram ending at each token; 0 for none.
        """
        rows = np.zeros((len(ids), len(ORDERS)), dtype=np.int32)
        library = library_in_use()
        if library is not None:
            self._lookup_compiled(library, ids, offsets, rows)
            return rows
        for column, (order, index) in enumerate(self._indexes.items()):
            if len(ids) >= order and len(index.keys):
                index.find(_keys(ids, order, self.vocabulary_size), rows[order - 1 :, column])
        starts, lengths = offsets[:-1], np.diff(offsets)
        rows[starts[lengths > 0]] = 0
        rows[starts[lengths > 1] + 1, 1] = 0
        return rows

    def _lookup_compiled(
        self, library: ctypes.CDLL, ids: NDArray[np.int32], offsets: Int64, rows: NDArray[np.int32]
    ) -> None:
        ids = np.ascontiguousarray(ids, dtype=np.int32)
        offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        for column, (order, index) in enumerate(self._indexes.items()):
            if not len(index.keys):
                continue
            library.tonality_ngrams(
                ids.ctypes.data,
                offsets.ctypes.data,
                len(offsets) - 1,
                order,
                self.vocabulary_size,
                index.keys.ctypes.data,
                index.slots.ctypes.data,
                len(index.slots).bit_length() - 1,
                index.first_row,
                rows.ctypes.data + rows.itemsize * column,
            )

    @classmethod
    def build(
        cls,
        ids: ArrayLike,
        offsets: ArrayLike,
        labels: ArrayLike,
        *,
        vocabulary_size: int,
        size: int = 100_000,
        min_count: int = 5,
    ) -> NgramTable:
        """The n-grams whose presence in a text tells most about its label.

        The measure is the log-likelihood ratio G2 of presence against label (Dunning 1993,
        "Accurate Methods for the Statistics of Surprise and Coincidence"): 2 N times their mutual
        information, for any number of classes, and sound for rare n-grams, where chi-squared is
        not. N-grams of all orders compete for the same places; ties go to the shorter, then to
        the smaller ids. None holds UNK.

        Args:
            ids: (T,) the ids of all texts, one after the other.
            offsets: (N + 1,) where each text starts, and T.
            labels: (N,) class indices from 0.
            vocabulary_size: rows of the vocabulary.
            size: most n-grams to keep.
            min_count: fewest texts that hold the n-gram.

        Raises:
            ValueError: arrays that do not fit each other.
        """
        ids, offsets, labels = (np.asarray(a, dtype=np.int64) for a in (ids, offsets, labels))
        if len(offsets) != len(labels) + 1 or offsets[0] != 0 or offsets[-1] != len(ids):
            raise ValueError("ids, offsets and labels do not fit each other")
        scored = [
            _score(ids, offsets, labels, order, vocabulary_size, min_count) for order in ORDERS
        ]
        keys, scores = (np.concatenate(arrays) for arrays in zip(*scored, strict=True))
        orders = np.repeat(ORDERS, [len(found) for found, _ in scored])
        top = np.sort(np.lexsort((keys, orders, -scores))[:size])
        ngrams = [_ids(keys[top[orders[top] == n]], n, vocabulary_size) for n in ORDERS]
        return cls(ngrams[0], ngrams[1], vocabulary_size)

    def to_json(self) -> dict[str, list[int]]:
        """The n-grams of each order as one flat list of ids."""
        return {str(order): ngrams.ravel().tolist() for order, ngrams in self.ngrams.items()}

    @classmethod
    def from_json(cls, content: object, vocabulary_size: int) -> NgramTable:
        """The table that `to_json` gave; its lists may be arrays (int64).

        Raises:
            ValueError: anything that is not such a table; the message says what.
        """
        keys = [str(order) for order in ORDERS]
        if not isinstance(content, dict) or set(content) != set(keys):
            raise ValueError(f"an n-gram table is an object with the keys {', '.join(keys)}")
        flat = {order: _word_ids(content[str(order)], order, vocabulary_size) for order in ORDERS}
        return cls(flat[2], flat[3], vocabulary_size)


def _word_ids(flat: object, order: int, vocabulary_size: int) -> Int64:
    """A list or an array of ids as an array, checked. No loop in Python: there are many."""
    if isinstance(flat, list) and set(map(type, flat)) <= {int}:
        try:
            flat = np.array(flat, dtype=np.int64)
        except OverflowError:
            flat = None
    if not isinstance(flat, np.ndarray) or (
        flat.size and not 0 <= flat.min() <= flat.max() < vocabulary_size
    ):
        raise ValueError(f"n-grams of order {order} must be a list of word ids")
    if len(flat) % order:
        raise ValueError(f"n-grams of order {order}: {len(flat)} ids do not make whole ones")
    return flat


class _Index(NamedTuple):
    """A hash table with open addressing, probed for all keys of a batch at once."""

    keys: Int64  # (G,)
    slots: NDArray[np.int32]  # (2**k,) 1 + the position of a key, or 0 for an empty slot
    first_row: int

    @classmethod
    def of(cls, keys: Int64, first_row: int) -> _Index:
        slots = np.zeros(2 ** (len(keys) * _SLOTS_PER_KEY).bit_length(), dtype=np.int32)
        places = np.arange(1, len(keys) + 1, dtype=np.int32)
        at = _hash(keys, len(slots))
        while len(places):
            empty = slots[at] == 0
            slots[at[empty]] = places[empty]  # of several keys, one gets the slot
            left = slots[at] != places
            places, at = places[left], (at[left] + 1) % len(slots)
        return cls(keys, slots, first_row)

    def find(self, keys: Int64, rows: NDArray[np.int32]) -> None:
        """Write the row of each key that the table holds."""
        at = _hash(keys, len(self.slots))
        open_ = np.flatnonzero(self.slots[at])
        keys, at = keys[open_], at[open_]
        while len(open_):
            places = self.slots[at]
            held = (self.keys[places - 1] == keys) & (places > 0)
            rows[open_[held]] = places[held] + (self.first_row - 1)
            left = ~held & (places > 0)
            open_, keys, at = open_[left], keys[left], (at[left] + 1) % len(self.slots)


def _hash(keys: Int64, slots: int) -> Int64:
    """A slot for each key, by the top bits of a product; `slots` is a power of two, 2 or more."""
    shift = np.uint64(65 - slots.bit_length())
    return ((keys.view(np.uint64) * _MULTIPLIER) >> shift).view(np.int64)


def _keys(ids: NDArray[Any], order: int, vocabulary_size: int) -> Int64:
    """(T - order + 1,) one number for each run of `order` ids."""
    count = max(len(ids) - order + 1, 0)
    keys = ids[:count].astype(np.int64)
    for step in range(1, order):
        keys *= vocabulary_size
        keys += ids[step : step + count]
    return keys


def _ids(keys: Int64, order: int, vocabulary_size: int) -> Int64:
    """(G, order) the ids that make up each key."""
    places = vocabulary_size ** np.arange(order - 1, -1, -1)
    return keys[:, None] // places % vocabulary_size


def _score(
    ids: Int64, offsets: Int64, labels: Int64, order: int, vocabulary_size: int, min_count: int
) -> tuple[Int64, NDArray[np.float64]]:
    """The keys in at least `min_count` texts that tell anything, ascending, and their G2."""
    texts = np.repeat(np.arange(len(labels)), np.diff(offsets))
    keys = _keys(ids, order, vocabulary_size)
    whole = texts[: len(keys)] == texts[order - 1 :]
    for step in range(order):
        whole &= ids[step : step + len(keys)] >= FIRST_WORD
    keys, texts = keys[whole], texts[: len(keys)][whole]
    distinct, numbers, counts = np.unique(keys, return_inverse=True, return_counts=True)
    often = counts[numbers] >= min_count  # cheap first cut: a text may hold an n-gram twice
    pairs = np.unique(numbers[often] * len(labels) + texts[often])
    numbers, texts = np.divmod(pairs, max(len(labels), 1))
    classes = int(labels.max(initial=0)) + 1
    present = np.bincount(
        numbers * classes + labels[texts], minlength=len(distinct) * classes
    ).reshape(-1, classes)
    scores = _log_likelihood_ratio(present, np.bincount(labels, minlength=classes))
    kept = (present.sum(axis=1) >= min_count) & (scores > 0)
    return distinct[kept], scores[kept]


def _log_likelihood_ratio(present: Int64, totals: Int64) -> NDArray[np.float64]:
    """(G,) G2 of each row: `present` (G, C) texts of each class that hold it, of `totals` (C,)."""

    def sum_of_logs(counts: NDArray[Any]) -> NDArray[np.float64]:
        logs = np.log(np.maximum(counts, 1))
        return np.asarray((counts * logs).sum(axis=-1))

    holding = present.sum(axis=1)
    margins = np.stack([holding, totals.sum() - holding], axis=-1)
    ratio = sum_of_logs(present) + sum_of_logs(totals - present) - sum_of_logs(margins)
    ratio += sum_of_logs(totals.sum()[None]) - sum_of_logs(totals)
    # Rounded, so that equal counts tie whatever order their logarithms were summed in.
    return np.round(2 * ratio, 6)
