"""Raw text -> tokens: every preprocessing step, one configuration, spans back into the raw text.

What a token is, with the default settings (`tests/golden/text.tsv` shows each switch):

- words, lower-cased, with the clitics of English split off as in the Penn Treebank, so that a
  negation is a token of its own whatever verb carries it: ``don't`` -> ``do n't``, ``it's`` ->
  ``it 's``;
- numbers with what belongs to them: ``7/10``, ``1,000``, ``80s``;
- emoticons and emoji whole, whatever they are built of: ``:-)``, ``<3``, flags, skin tones;
- punctuation, runs of ``.``, ``!``, ``?``, ``-`` and ``*`` together, else one character each;
- in scripts without spaces between words (Chinese, Japanese, Thai, ...) each character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from tonality.cleaning import Cleaner
from tonality.errors import ConfigError
from tonality.patterns import MENTION, NUMBER, URL, token_pattern

Treatment = Literal["keep", "placeholder", "drop"]
HashtagTreatment = Literal["keep", "word", "drop"]
Normalisation = Literal["none", "stem", "lemma"]
Cut = Literal["head", "tail", "head+tail"]


@dataclass(frozen=True)
class TextConfig:
    """How raw text becomes tokens, and tokens ids. Every field is one switch.

    Args:
        strip_html: blank out HTML tags, comments, scripts; decode entities such as ``&amp;``.
        fold_unicode: Unicode NFKC, straight quotes and apostrophes, plain dashes.
        lower_case: lower-case (an emoticon too: ``:D`` becomes ``:d``, a token of its own still).
        drop_punctuation: leave out ``. , ; : ! ? " ' ( ) [ ] { } -`` and their like.
        drop_symbols: leave out other special characters: ``# $ % & * + / < = > @`` and so on.
            Emoticons and emoji stay whatever these two say.
        urls: ``keep``, ``placeholder`` (all become the token ``<url>``) or ``drop``.
        mentions: ``@name``: ``keep``, ``placeholder`` (``<mention>``) or ``drop``.
        numbers: ``keep``, ``placeholder`` (``<number>``) or ``drop``.
        hashtags: ``keep`` (``#fun`` is one token), ``word`` (``fun``) or ``drop``.
        squeeze: shorten runs of three and more of a letter, ``!``, ``?`` or an emoticon's mouth to
            two: ``soooo`` -> ``soo``.
        stop_words: ``none``, ``english`` (negations and intensifiers are no stop words) or the
            path of a file with one word a line. Read when a vocabulary is built, which then
            holds the words.
        normalise: ``none``, ``stem`` (Snowball; Porter 2001) or ``lemma`` (simplemma): inflections
            of a word share one id. Decided when a vocabulary is built.
        language: ISO 639-1 code of the language to stem or lemmatise.
        max_tokens: most tokens of a text to read, 0 for no limit.
        truncate: what to read of a longer text: its ``head``, its ``tail``, or ``head+tail``: a
            quarter from the head and the rest from the tail (Sun et al. 2019, "How to Fine-Tune
            BERT for Text Classification?", found that split best on IMDB).

    Raises:
        ConfigError: a value that a field does not take.
    """

    strip_html: bool = True
    fold_unicode: bool = True
    lower_case: bool = True
    drop_punctuation: bool = False
    drop_symbols: bool = False
    urls: Treatment = "placeholder"
    mentions: Treatment = "placeholder"
    numbers: Treatment = "keep"
    hashtags: HashtagTreatment = "word"
    squeeze: bool = True
    stop_words: str = "none"
    normalise: Normalisation = "none"
    language: str = "en"
    max_tokens: int = 400
    truncate: Cut = "head+tail"

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(TextConfig).items():
            value = getattr(self, name)
            choices = get_args(kind)
            if choices and value not in choices:
                valid = ", ".join(map(repr, choices))
                raise ConfigError(f"text setting {name!r} is {value!r}; valid: {valid}.")
            if not choices and type(value) is not kind:
                raise ConfigError(f"text setting {name!r} is {value!r}; it takes {_KINDS[kind]}.")
        if self.max_tokens < 0:
            raise ConfigError("text setting 'max_tokens' is negative; 0 means no limit.")
        if not self.stop_words:
            raise ConfigError(
                "text setting 'stop_words' is empty; use 'none', 'english' or a file."
            )

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> TextConfig:
        """The config of plain values; absent keys take their defaults.

        Raises:
            ConfigError: an unknown key or a value that a field does not take.
        """
        valid = [field.name for field in fields(cls)]
        unknown = [key for key in settings if key not in valid]
        if unknown:
            raise ConfigError(
                f"unknown text setting {unknown[0]!r}; valid settings: {', '.join(valid)}."
            )
        return cls(**settings)


_KINDS = {bool: "true or false", int: "a whole number", str: "a string"}


class Token(NamedTuple):
    """A token and the characters of the raw text it came from, ``raw[start:end]``."""

    text: str
    start: int
    end: int


_MARKED = re.compile(r"(?P<url>https?://|www\.)|(?P<mention>@\w)|(?P<hashtag>#\w)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,/:]\d+)*")
_UNSQUEEZED = frozenset({"iii", "viii", "xiii", "xviii", "xxx"})


class Tokenizer:
    """Cuts texts into tokens. Immutable, so one may serve many threads.

    Args:
        config: the settings; `stop_words`, `normalise`, `max_tokens` and `truncate` are not for
            the tokenizer but for the vocabulary and the encoder.
    """

    def __init__(self, config: TextConfig) -> None:
        self._config = config
        self._cleaner = Cleaner(
            strip_html=config.strip_html,
            fold_unicode=config.fold_unicode,
            lower_case=config.lower_case,
        )
        self._ascii, self._unicode = (
            token_pattern(
                ascii_only=ascii_only,
                lower_case=config.lower_case,
                drop_punctuation=config.drop_punctuation,
                drop_symbols=config.drop_symbols,
            )
            for ascii_only in (True, False)
        )
        letters = "a-z" if config.lower_case else "a-zA-Z"
        self._ascii_run = re.compile(rf"([{letters}!?()])\1\1")
        self._unicode_run = re.compile(r"([^\W\d_]|[!?()])\1\1")
        self._shorten = re.compile(r"([^\W\d_]|[!?()])\1\1+").sub

    def tokens(self, text: str | None) -> list[str]:
        """The tokens of a text; none for None.

        Never fails on a string and takes time linear in its length.
        """
        if not text:
            return []
        cleaned = self._cleaner.clean(text)
        finish = self._finisher(cleaned)
        found = (self._ascii if cleaned.isascii() else self._unicode).findall(cleaned)
        return found if finish is None else [token for token in map(finish, found) if token]

    def spans(self, text: str | None) -> list[Token]:
        """The same tokens in the same order, each with its place in the raw text.

        Spans are in order and do not overlap, but for one case: where cleaning turned one raw
        character into several tokens (``½``, an entity), each of them has all of its span.
        """
        if not text:
            return []
        cleaned, origin = self._cleaner.trace(text)
        finish = self._finisher(cleaned)
        spans = []
        for match in (self._ascii if cleaned.isascii() else self._unicode).finditer(cleaned):
            token = match[0] if finish is None else finish(match[0])
            if not token:
                continue
            start, end = match.span()
            if origin is not None:
                start, end = origin.starts[start], origin.ends[end - 1]
            spans.append(Token(token, start, end))
        return spans

    def _finisher(self, cleaned: str) -> Callable[[str], str] | None:
        """What is left to do to each token; None, nearly always, for nothing.

        Looking for the marks of rare tokens in a whole text costs less than looking at every
        token.
        """
        if (
            self._config.numbers != "keep"
            or "@" in cleaned
            or "#" in cleaned
            or "://" in cleaned
            or "www." in cleaned
            or (self._config.squeeze and self._has_run(cleaned))
        ):
            return self._finish
        return None

    def _has_run(self, cleaned: str) -> bool:
        run = self._ascii_run if cleaned.isascii() else self._unicode_run
        return run.search(cleaned) is not None

    def _finish(self, token: str) -> str:
        """The token as the config wants it; empty to drop it."""
        config = self._config
        marked = _MARKED.match(token)
        if marked is None:
            if config.numbers != "keep" and _NUMBER.fullmatch(token):
                return _treat(token, config.numbers, NUMBER)
            return self._squeezed(token)
        if marked.lastgroup == "url":
            return _treat(token, config.urls, URL)
        if marked.lastgroup == "mention":
            return _treat(token, config.mentions, MENTION)
        if config.hashtags == "word":
            return self._squeezed(token[1:])
        return token if config.hashtags == "keep" else ""

    def _squeezed(self, token: str) -> str:
        if not self._config.squeeze or token.lower() in _UNSQUEEZED:
            return token
        return self._shorten(r"\1\1", token)


def _treat(token: str, treatment: Treatment, placeholder: str) -> str:
    return {"keep": token, "placeholder": placeholder, "drop": ""}[treatment]
