"""The compiled way from texts to ids, for plain text.

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
_NO_PLAIN_TEXT = b"<"  # a text of this alone is left to Python


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
        self._cleans = config.strip_html and config.fold_unicode
        forms, ids = vocabulary.forms, np.fromiter(vocabulary.forms.values(), np.int32)
        row = np.frombuffer(_utf8("\0".join(forms)), np.uint8)
        ends = np.flatnonzero(row == 0)
        starts = np.concatenate([[0], ends - np.arange(len(ends)), [len(row) - len(ends)]])
        starts = starts.astype(np.int64)[: len(forms) + 1]
        self._words = ctypes.c_void_p(
            library.tonality_words(
                len(forms), row[row > 0].tobytes(), starts.ctypes.data, ids.ctypes.data
            )
        )
        if not self._words:
            raise MemoryError("no room for the table of the vocabulary")
        weakref.finalize(self, library.tonality_words_free, self._words)

    @staticmethod
    def of(config: TextConfig, vocabulary: Vocabulary, head: int) -> NativeEncoder | None:
        """The encoder, or None where the library or the config does not do for it."""
        plain = config.lower_case and config.numbers == "keep"
        whole = not (config.drop_punctuation or config.drop_symbols)
        sound = "\0" not in "".join(vocabulary.forms)  # it ends a text, and no token holds it
        library = library_in_use() if plain and whole and sound else None
        return None if library is None else NativeEncoder(library, config, vocabulary, head)

    def __reduce__(self) -> tuple[Any, ...]:
        return NativeEncoder.of, self._made_of

    def encode(
        self, texts: Sequence[str], *, cleaned: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """The ids of N texts.

        Args:
            texts: the texts.
            cleaned: whether they are as the tokenizer's cleaner leaves them. Others it cleans
                where that takes no more than lower case and plain quotes.

        Returns:
            The ids that are read (T,); how many each text has (N,), ``LEFT_TO_PYTHON`` for a text
            that is not plain; how many were cut out of each (N,).

        Raises:
            MemoryError: there is no room for a text.
        """
        plain = [_utf8(text) if self._may_read(text, cleaned) else _NO_PLAIN_TEXT for text in texts]
        row = b"\0".join([*plain, b""])
        ids = np.empty(len(row), dtype=np.int32)
        lengths, left_out = np.empty((2, len(texts)), dtype=np.int64)
        count = self._library.tonality_encode(
            self._words,
            row,
            len(texts),
            max(map(len, plain), default=0),
            not cleaned,
            self._squeeze,
            self._limit,
            self._head,
            ids.ctypes.data,
            lengths.ctypes.data,
            left_out.ctypes.data,
        )
        if count < 0:
            raise MemoryError("no room to clean a text")
        return ids[:count].copy(), lengths, left_out

    def _may_read(self, text: str, cleaned: bool) -> bool:
        return "\0" not in text and (text.isascii() if cleaned else self._cleans)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
