"""Raw texts -> the arrays that a network reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tonality.text.native_encoder import LEFT_TO_PYTHON, NativeEncoder
from tonality.text.tokenizer import TextConfig, Token, Tokenizer
from tonality.text.typing_errors import intended
from tonality.text.unknown_tokens import read_unknown
from tonality.text.vocabulary import DROP, UNK, Vocabulary

Item = TypeVar("Item")


@dataclass(frozen=True)
class Encoded:
    """A batch of N texts as T ids in one row, without padding.

    Args:
        ids: (T,) int32, the texts one after the other.
        ngrams: (T, 2) int32 rows of the n-gram table, or None without one.
        offsets: (N + 1,) int64, where each text starts, and T.
        left_out: (N,) int64, how many tokens of each text were not read.
        guessed: (N,) int64, how many of its ids stand for words that were misspelt; None for none.
    """

    ids: NDArray[np.int32]
    ngrams: NDArray[np.int32] | None
    offsets: NDArray[np.int64]
    left_out: NDArray[np.int64]
    guessed: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) how many tokens of each text are read."""
        return np.diff(self.offsets)

    @property
    def known(self) -> NDArray[np.int64]:
        """(N,) how many of them the model knows; a misspelt word it does not."""
        totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.ids != UNK)])
        known = np.diff(totals[self.offsets])
        return known if self.guessed is None else known - self.guessed

    def take(self, indices: ArrayLike) -> Encoded:
        """The batch of the texts at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[chosen]
        offsets = _offsets(lengths)
        positions = np.arange(offsets[-1]) + np.repeat(
            self.offsets[:-1][chosen] - offsets[:-1], lengths
        )
        return Encoded(
            self.ids[positions],
            None if self.ngrams is None else self.ngrams[positions],
            offsets,
            self.left_out[chosen],
            None if self.guessed is None else self.guessed[chosen],
        )


class Encoder:
    """Turns texts into ids and n-gram rows. Immutable, so one may serve many threads.

    An unknown emoji, emoticon or hashtag is read by known words where it can be. Dropped forms
    (stop words) go before a text is cut to `max_tokens`. What is left of it is searched for
    misspelt words, which takes longer.

    Attributes:
        head: how many of the tokens read are from the head of a text that is cut.
    """

    def __init__(self, config: TextConfig, vocabulary: Vocabulary) -> None:
        self.tokenizer = Tokenizer(config)
        self.vocabulary = vocabulary
        self._config = config
        self._limit = config.max_tokens
        # Sun et al. 2019: a quarter from the head of a long text, the rest from its tail.
        self.head = {"head": self._limit, "tail": 0, "head+tail": self._limit // 4}[config.truncate]
        self._native = NativeEncoder.of(config, vocabulary, self.head)

    def encode(self, texts: Sequence[str | None]) -> Encoded:
        """The ids of N texts; None is the empty text. Never fails on a string."""
        if self._native is None:
            return self._join(map(self._ids, map(self.tokenizer.tokens, texts)), len(texts))
        given = [text or "" for text in texts]
        ids, lengths, *counts = self._native.encode(given, cleaned=False)
        left = np.flatnonzero(lengths == LEFT_TO_PYTHON).tolist()
        if not left:
            return self._with_ngrams(ids, lengths, *counts)
        ends = np.cumsum(np.maximum(lengths, 0))
        parts: list[NDArray[np.int32]] = []
        done = 0
        for n, (found, *others) in zip(left, self._encode_unusual(left, texts), strict=True):
            lengths[n] = len(found)
            for count, own in zip(counts, others, strict=True):
                count[n] = own
            parts += ids[done : ends[n]], found
            done = ends[n]
        return self._with_ngrams(np.concatenate([*parts, ids[done:]]), lengths, *counts)

    def _encode_unusual(
        self, rows: list[int], texts: Sequence[str | None]
    ) -> Iterator[tuple[NDArray[np.int32], int, int]]:
        """Of each text that must be cleaned here its ids, how many were cut out, and how many of
        the others are of misspelt words."""
        assert self._native is not None
        cleaned = [self.tokenizer.cleaned(texts[n]) for n in rows]
        ids, lengths, left_out, guessed = self._native.encode(cleaned, cleaned=True)
        done = 0
        for n, text in enumerate(cleaned):
            if lengths[n] == LEFT_TO_PYTHON:
                yield self._read(self._ids(self.tokenizer.cut(text)))
            else:
                yield ids[done : done + lengths[n]], left_out[n], guessed[n]
                done += lengths[n]

    def encode_with_spans(self, texts: Sequence[str | None]) -> tuple[Encoded, list[list[Token]]]:
        """What :meth:`encode` says of N texts, and each text's tokens: one for each id, with its
        place in the text. Finding the places takes longer."""
        found = [self._kept(text) for text in texts]
        known = self.vocabulary.forms
        ids = ([known.get(token.text, token.text) for token in tokens] for tokens in found)
        encoded = self._join(ids, len(texts))
        return encoded, [[*map(self._as_meant, self._cut(tokens))] for tokens in found]

    def _ids(self, tokens: list[str]) -> list[int | str]:
        """The ids of all tokens of a text but for those that are dropped; unknown tokens as they
        are."""
        known = self.vocabulary.forms
        ids: list[int | str] = []
        for token, id in zip(tokens, map(known.get, tokens), strict=True):
            if id is None:
                ids += [known.get(form, form) for form in self._forms_of(token)]
            elif id != DROP:
                ids.append(id)
        return ids

    def _read(self, items: list[int | str]) -> tuple[NDArray[np.int32], int, int]:
        """The ids that are read of a text given by :meth:`_ids`, how many were cut out, and how
        many of the others are of misspelt words."""
        kept = self._cut(items)
        ids = [self._guess(item) if isinstance(item, str) else item for item in kept]
        unknown = sum(isinstance(item, str) for item in kept)
        guessed = unknown - ids.count(UNK)
        return np.array(ids, dtype=np.int32), len(items) - len(kept), guessed

    def _guess(self, word: str) -> int:
        """The id that an unknown word is read as."""
        if self._config.typos != "read":
            return UNK
        if self._native is not None:
            return self._native.intended(word)
        meant = intended(word, self.vocabulary.forms)
        return UNK if meant is None else self.vocabulary.forms[meant]

    def _as_meant(self, token: Token) -> Token:
        """A token of :meth:`_kept`, a misspelt one with the word that was meant."""
        known = self.vocabulary.forms
        if token.text in known or self._config.typos != "read":
            return token
        return token._replace(text=intended(token.text, known) or token.text)

    def _kept(self, text: str | None) -> list[Token]:
        """The tokens of a text that have the ids of :meth:`_ids`."""
        known = self.vocabulary.forms
        kept: list[Token] = []
        for token in self.tokenizer.spans(text):
            if token.text not in known:
                kept += [token._replace(text=form) for form in self._forms_of(token.text)]
            elif known[token.text] != DROP:
                kept.append(token)
        return kept

    def _forms_of(self, token: str) -> tuple[str, ...]:
        """The known forms to read in the place of an unknown token, else the token itself."""
        return read_unknown(token, self._config, self.vocabulary.forms) or (token,)

    def _join(self, found: Iterable[list[int | str]], count: int) -> Encoded:
        """The batch of texts given by what :meth:`_ids` gives of each."""
        parts = [np.empty(0, dtype=np.int32)]
        lengths, left_out, guessed = np.zeros((3, count), dtype=np.int64)
        for n, items in enumerate(found):
            ids, left_out[n], guessed[n] = self._read(items)
            lengths[n] = len(ids)
            parts.append(ids)
        return self._with_ngrams(np.concatenate(parts), lengths, left_out, guessed)

    def _with_ngrams(
        self,
        ids: NDArray[np.int32],
        lengths: NDArray[np.int64],
        left_out: NDArray[np.int64],
        guessed: NDArray[np.int64],
    ) -> Encoded:
        offsets = _offsets(lengths)
        table = self.vocabulary.ngrams
        ngrams = None if table is None else table.lookup(ids, offsets)
        return Encoded(ids, ngrams, offsets, left_out, guessed)

    def _cut(self, items: list[Item]) -> list[Item]:
        if not self._limit or len(items) <= self._limit:
            return items
        return items[: self.head] + items[len(items) - (self._limit - self.head) :]


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64)])
