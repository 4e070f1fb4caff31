"""Token -> id. Stop words, stems, lemmas and n-grams are decided here, once, when it is built.

At prediction time a token costs one look-up in a plain dict: a stop word's id says "drop", and
the inflections of a word share one id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tonality.errors import ConfigError, DependencyError
from tonality.text.dropped_words import as_written, dropped_words
from tonality.text.ngrams import FIRST_WORD, MAX_WORDS, NgramTable
from tonality.text.opinion_words import OPINION_WORDS
from tonality.text.tokenizer import TextConfig
from tonality.text.unknown_tokens import base_form

PAD: Final = 0
UNK: Final = 1
DROP: Final = -1


_KEYS = ("size", "pad", "unknown", "words", "forms", "dropped", "ngrams")


@dataclass(frozen=True)
class Vocabulary:
    """What a model knows of tokens.

    Args:
        words: a surface form for each id from 2 on, in the order of ids: the most frequent
            of the forms that share the id.
        variants: the other surface forms and their ids (inflections, with `normalise`; other
            writings of an emoji, an emoticon or a hashtag).
        dropped: surface forms to leave out (stop words).
        ngrams: the table of telling n-grams, or None.

    Attributes:
        forms: surface form -> id, or DROP. What is not in it is UNK.
    """

    words: tuple[str, ...]
    variants: Mapping[str, int]
    dropped: frozenset[str]
    ngrams: NgramTable | None = None
    forms: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.ngrams is not None and self.ngrams.vocabulary_size != self.size:
            raise ValueError(
                f"the n-gram table is of a vocabulary of {self.ngrams.vocabulary_size} ids, "
                f"not {self.size}"
            )
        forms = dict(zip(self.words, range(FIRST_WORD, self.size), strict=True))
        forms.update(self.variants)
        forms.update(dict.fromkeys(self.dropped, DROP))
        object.__setattr__(self, "forms", forms)

    @property
    def size(self) -> int:
        """Rows of the embedding, PAD (0) and UNK (1) included."""
        return FIRST_WORD + len(self.words)

    def with_ngrams(self, ngrams: NgramTable | None) -> Vocabulary:
        """The same words with another n-gram table."""
        return replace(self, ngrams=ngrams)

    @classmethod
    def build(
        cls,
        counts: Mapping[str, int],
        config: TextConfig,
        *,
        min_count: int = 2,
        max_size: int = 30_000,
    ) -> Vocabulary:
        """The most frequent words of a corpus; ids fall with frequency, ties in code-point order.

        With `config.normalise`, counts are summed over the forms that share a stem or lemma
        before the cut, and every form seen maps to the id of its stem or lemma.

        Args:
            counts: how often `Tokenizer.tokens` gave each token.
            config: the text settings, for stop words, normalising and language.
            min_count: fewest occurrences of a word.
            max_size: most ids, PAD and UNK included.

        Raises:
            ConfigError: a stop-word file that cannot be read, a language without stemmer or
                lemmatiser, or limits that leave no room.
            DependencyError: the stemmer or lemmatiser is not installed.
        """
        if min_count < 1 or max_size < FIRST_WORD + 1:
            raise ConfigError(
                f"a vocabulary needs min_count >= 1 and max_size >= {FIRST_WORD + 1}."
            )
        return cls._built(counts, config, dropped_words(config, counts), min_count, max_size)

    @classmethod
    def _built(
        cls,
        counts: Mapping[str, int],
        config: TextConfig,
        dropped: frozenset[str],
        min_count: int,
        max_size: int,
    ) -> Vocabulary:
        base = _normaliser(config)
        forms = [form for form in _by_frequency(counts) if form not in dropped]
        bases = {form: base(form) for form in forms}
        totals: Counter[str] = Counter()
        for form in forms:
            totals[bases[form]] += counts[form]
        often = [word for word in _by_frequency(totals) if totals[word] >= min_count]
        kept = often[: min(max_size, MAX_WORDS) - FIRST_WORD]
        ids = {word: i for i, word in enumerate(kept, FIRST_WORD)}
        words: dict[int, str] = {}
        variants = {}
        for form in forms:  # the most frequent form of a base comes first
            id = ids.get(bases[form])
            if id is not None and words.setdefault(id, form) != form:
                variants[form] = id
        return cls(tuple(words[i] for i in ids.values()), variants, dropped)

    def extended(
        self, counts: Mapping[str, int], config: TextConfig, *, min_count: int = 2, most: int
    ) -> Vocabulary:
        """The same ids, and then those of the most frequent words that are new in a corpus.

        Args:
            counts: how often `Tokenizer.tokens` gave each token of the new corpus.
            config: the text settings that this vocabulary was built with.
            min_count: fewest occurrences of a new word.
            most: most new words.

        Raises:
            ConfigError: as for :meth:`build`.
            DependencyError: likewise.
        """
        base = _normaliser(config)
        unseen = {form: count for form, count in counts.items() if form not in self.forms}
        dropped = self.dropped
        if not config.lower_case:
            dropped |= as_written(dropped, unseen)
            unseen = {form: count for form, count in unseen.items() if form not in dropped}
        by_base = {base(word): id for id, word in enumerate(self.words, FIRST_WORD)}
        known = {form: by_base[base(form)] for form in unseen if base(form) in by_base}
        room = min(most, MAX_WORDS - self.size)
        rest = {form: count for form, count in unseen.items() if form not in known}
        new = Vocabulary((), {}, frozenset())
        if room > 0 and rest:
            # Not `build`: the file of the stop words need not be there any more.
            new = self._built(rest, config, dropped, min_count, FIRST_WORD + room)
        shift = self.size - FIRST_WORD
        words = self.words + new.words
        ngrams = self.ngrams
        if ngrams is not None:
            ngrams = ngrams.resized(FIRST_WORD + len(words))
        variants = {form: id + shift for form, id in new.variants.items()}
        return Vocabulary(words, {**self.variants, **known, **variants}, dropped, ngrams)

    def to_json(self) -> dict[str, Any]:
        """A compact form for JSON; `from_json` reads it back."""
        return {
            "size": self.size,
            "pad": PAD,
            "unknown": UNK,
            "words": list(self.words),
            "forms": dict(self.variants),
            "dropped": sorted(self.dropped),
            "ngrams": None if self.ngrams is None else self.ngrams.to_json(),
        }

    @classmethod
    def from_json(cls, content: object) -> Vocabulary:
        """The vocabulary that `to_json` gave.

        Raises:
            ValueError: anything that is not such a vocabulary; the message says what.
        """
        if not isinstance(content, dict) or set(content) != set(_KEYS):
            raise ValueError(f"a vocabulary is an object with the keys {', '.join(_KEYS)}")
        words = _strings(content["words"], "words")
        dropped = _strings(content["dropped"], "dropped")
        variants, size = content["forms"], FIRST_WORD + len(words)
        for key, expected in (("pad", PAD), ("unknown", UNK), ("size", size)):
            if type(content[key]) is not int or content[key] != expected:
                raise ValueError(f"vocabulary {key!r} is {content[key]!r}, not {expected}")
        if size > MAX_WORDS:
            raise ValueError(f"vocabulary of {size} ids; at most {MAX_WORDS} are supported")
        if not isinstance(variants, dict) or not all(
            type(id) is int and FIRST_WORD <= id < size for id in variants.values()
        ):
            raise ValueError(f"vocabulary 'forms' must map strings to ids from 2 to {size - 1}")
        _strings(list(variants), "forms")
        ngrams = content["ngrams"]
        table = None if ngrams is None else NgramTable.from_json(ngrams, size)
        vocabulary = cls(tuple(words), variants, frozenset(dropped), table)
        if len(vocabulary.forms) != len(words) + len(variants) + len(dropped):
            raise ValueError("vocabulary gives one form twice")
        return vocabulary


def _strings(value: object, key: str) -> list[str]:
    # Without a loop in Python: this is part of every cold start.
    if not isinstance(value, list) or not set(map(type, value)) <= {str} or "" in value:
        raise ValueError(f"vocabulary {key!r} must hold non-empty strings")
    return value


def _by_frequency(counts: Mapping[str, int]) -> list[str]:
    """The most frequent first; ties in code-point order."""
    return sorted(counts, key=lambda word: (-counts[word], word))


def _normaliser(config: TextConfig) -> Callable[[str], str]:
    """Surface form -> the base that it shares with its inflections and other writings."""
    if config.normalise == "stem":
        inflected = _stemmer(config.language)
    elif config.normalise == "lemma":
        inflected = _lemmatiser(config.language)
    else:
        return lambda form: base_form(form, config)

    own = OPINION_WORDS if config.language == "en" else frozenset()

    def base(form: str) -> str:
        form = base_form(form, config)
        # Placeholders, emoticons, clitics and numbers have no inflections.
        if not form.isalpha() or form.lower() in own:
            return form
        root = inflected(form)
        return form if root in own else root

    return base


def _stemmer(language: str) -> Callable[[str], str]:
    try:
        import Stemmer
    except ImportError as missing:
        raise DependencyError("stemming", extra="train") from missing
    try:
        stem = Stemmer.Stemmer(language).stemWord
    except KeyError as fault:
        valid = ", ".join(Stemmer.algorithms())
        raise ConfigError(f"no stemmer for language {language!r}; there are: {valid}.") from fault
    return lambda form: stem(form.lower())


def _lemmatiser(language: str) -> Callable[[str], str]:
    try:
        import simplemma
    except ImportError as missing:
        raise DependencyError("lemmatising", extra="train") from missing
    try:
        simplemma.lemmatize("a", lang=language)
    except ValueError as fault:
        raise ConfigError(f"no lemmatiser for language {language!r}: {fault}.") from fault
    return lambda form: simplemma.lemmatize(form, lang=language).lower()
