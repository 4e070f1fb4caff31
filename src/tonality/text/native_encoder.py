"""The compiled way from cleaned texts to ids, for plain text in ASCII.

It gives the ids that :class:`~tonality.text.tokenizer.Tokenizer` and the vocabulary give, a
hundred times as fast. Texts with anything out of the ordinary (emoticons, hashtags, addresses,
other scripts) it leaves to them; ``native/tokens.c`` says which.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.native_library import library_in_use
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary

LEFT_TO_PYTHON = -1
_NO_PLAIN_TEXT = "<"  # a text of this alone is left to Python


class NativeEncoder:
    """A vocabulary as a flat hash table. Immutable, so one may serve many threads.

    Args:
        library: the compiled library.
        config: how texts become tokens; one that :meth:`of` takes.
        vocabulary: the ids of the tokens.
        head: how many tokens of a text that is cut are from its head.
    """

    def __init__(
        self, library: ctypes.CDLL, config: TextConfig, vocabulary: Vocabulary, head: int
    ) -> None:
        self._made_of = config, vocabulary, head
        self._library, self._squeeze = library, config.squeeze
        self._limit, self._head = config.max_tokens, head
        forms = {form.encode(): id for form, id in vocabulary.forms.items() if form.isascii()}
        starts = np.zeros(len(forms) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, forms), np.int64, len(forms)), out=starts[1:])
        ids = np.fromiter(forms.values(), np.int32, len(forms))
        self._words = ctypes.c_void_p(
            library.tonality_words(len(forms), b"".join(forms), starts.ctypes.data, ids.ctypes.data)
        )
        if not self._words:
            raise MemoryError("no room for the table of the vocabulary")
        weakref.finalize(self, library.tonality_words_free, self._words)

    @staticmethod
    def of(config: TextConfig, vocabulary: Vocabulary, head: int) -> NativeEncoder | None:
        """The encoder, or None where the library or the config does not do for it."""
        plain = config.lower_case and config.numbers == "keep"
        whole = not (config.drop_punctuation or config.drop_symbols)
        library = library_in_use() if plain and whole else None
        return None if library is None else NativeEncoder(library, config, vocabulary, head)

    def __reduce__(self) -> tuple[Any, ...]:
        return NativeEncoder.of, self._made_of

    def encode(
        self, cleaned: Sequence[str]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """The ids of N cleaned texts.

        Returns:
            The ids that are read (T,); how many each text has (N,), ``LEFT_TO_PYTHON`` for a text
            that is not plain; how many were cut out of each (N,).
        """
        texts = [
            text if text.isascii() and "\0" not in text else _NO_PLAIN_TEXT for text in cleaned
        ]
        row = "\0".join([*texts, ""]).encode("ascii")
        ids = np.empty(len(row), dtype=np.int32)
        lengths, left_out = np.empty((2, len(texts)), dtype=np.int64)
        count = self._library.tonality_encode(
            self._words,
            row,
            len(texts),
            self._squeeze,
            self._limit,
            self._head,
            ids.ctypes.data,
            lengths.ctypes.data,
            left_out.ctypes.data,
        )
        return ids[:count].copy(), lengths, left_out
