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

from tonality.native_library import FAILED_INPUT, library_in_use
from tonality.text.tokenizer import TextConfig
from tonality.text.typing_errors import names
from tonality.text.vocabulary import Vocabulary

LEFT_TO_PYTHON = -1
_NAME = -2  # the id of a word that is unknown and none that is misspelt
_NO_PLAIN_TEXT = b"<"  # a text of this alone is left to Python


class NativeEncoder:
    """A vocabulary as a flat hash table. Immutable, so one may serve many threads.

    Args:
        library: the compiled library.
        config: how texts become tokens; one that :meth:`of` takes.
        vocabulary: the ids of the tokens.
        head: how many tokens of a text that is cut are from its head.
        ids: of each form, as C takes them.
        row: the forms in UTF-8, a NUL after each.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        config: TextConfig,
        vocabulary: Vocabulary,
        head: int,
        ids: NDArray[np.int32],
        row: bytes,
    ) -> None:
        self._made_of = config, vocabulary, head
        self._library = library
        self._squeezes, self._mends = config.squeeze, config.typos == "read"
        self._limit, self._head = config.max_tokens, head
        self._cleans = config.strip_html and config.fold_unicode
        self._words = ctypes.c_void_p(
            library.tonality_words(len(ids), row, len(row), ids.ctypes.data)
        )
        if not self._words:
            raise MemoryError("no room for the table of the vocabulary")
        # Not when the program ends: a thread that goes on reading would use what is freed.
        weakref.finalize(self, library.tonality_words_free, self._words).atexit = False

    @staticmethod
    def of(config: TextConfig, vocabulary: Vocabulary, head: int) -> NativeEncoder | None:
        """The encoder, or None where the library, the config or a NUL in a form forbids it."""
        plain = config.lower_case and config.numbers == "keep"
        whole = not (config.drop_punctuation or config.drop_symbols)
        library = library_in_use() if plain and whole else None
        unread = names() if library and config.typos == "read" else ()
        forms = {**dict.fromkeys(unread, _NAME), **vocabulary.forms}
        row = "\0".join([*forms, ""])
        if library is None or row.count("\0") > len(forms):
            return None
        ids = np.fromiter(forms.values(), np.int32, len(forms))
        return NativeEncoder(library, config, vocabulary, head, ids, _utf8(row))

    def __reduce__(self) -> tuple[Any, ...]:
        return NativeEncoder.of, self._made_of

    def encode(
        self, texts: Sequence[str], *, cleaned: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The ids of N texts.

        Args:
            texts: the texts.
            cleaned: whether they are as the tokenizer's cleaner leaves them. Others it cleans
                where that takes no more than lower case and plain quotes.

        Returns:
            The ids that are read (T,). Of each text (N,) how many it has, ``LEFT_TO_PYTHON`` if it
            is not plain; how many were cut out; how many that are read were guessed.

        Raises:
            MemoryError: there is no room for a text.
            ValueError: a head that is longer than what is read of a text.
        """
        plain = [_utf8(text) if self._may_read(text, cleaned) else _NO_PLAIN_TEXT for text in texts]
        row = b"\0".join([*plain, b""])
        ids = np.empty(len(row), dtype=np.int32)
        lengths, left_out, guessed = np.empty((3, len(texts)), dtype=np.int64)
        count = self._library.tonality_encode(
            self._words,
            row,
            len(texts),
            max(map(len, plain), default=0),
            not cleaned,
            self._squeezes,
            self._mends,
            self._limit,
            self._head,
            ids.ctypes.data,
            *(each.ctypes.data for each in (lengths, left_out, guessed)),
        )
        if count == FAILED_INPUT:
            raise ValueError(f"expected a head of 0 to {self._limit} tokens, got {self._head}")
        if count < 0:
            raise MemoryError("no room to clean a text")
        return ids[:count].copy(), lengths, left_out, guessed

    def intended(self, word: str) -> int:
        """The id of the word that an unknown one was meant to be; UNK if there is none such."""
        letters = _utf8(word)
        id: int = self._library.tonality_intended(self._words, letters, len(letters))
        return id

    def _may_read(self, text: str, cleaned: bool) -> bool:
        return "\0" not in text and (text.isascii() if cleaned else self._cleans)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
