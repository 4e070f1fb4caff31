"""Raw text -> tokens: every preprocessing step, one configuration, spans back into the raw text.

What a token is, with the default settings (`tests/golden/text.tsv` shows each switch):

- words, lower-cased, with the clitics of English split off as in the Penn Treebank, so that a
  negation is a token of its own whatever verb carries it: ``don't`` -> ``do n't``, ``it's`` ->
  ``it 's``;
- numbers with what belongs to them: ``7/10``, ``1,000``, ``80s``;
- emoticons and emoji whole, whatever they are built of: ``:-)``, ``<3``, flags, skin tones;
- punctuation and special characters one by one, but runs of ``!``, ``?`` or ``*`` whole, dots by
  up to three and dashes by two;
- in scripts without spaces between words (Chinese, Japanese, Thai, ...) each character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from tonality.errors import ConfigError
from tonality.late_pattern import late_pattern
from tonality.text.cleaning import Cleaner
from tonality.text.mending import UNGLUE
from tonality.text.rewriting import rewrite_all
from tonality.text.token_patterns import MENTION, NUMBER, URL, token_pattern

Treatment = Literal["keep", "placeholder", "drop"]
HashtagTreatment = Literal["keep", "word", "words", "drop"]
ReadTreatment = Literal["keep", "read"]
RatingTreatment = Literal["keep", "placeholder"]
Normalisation = Literal["none", "stem", "lemma"]
Cut = Literal["head", "tail", "head+tail"]
MOST_TOKENS = 2**31 - 1  # the compiled encoder counts with integers of a fixed size


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
        mentions: ``@name``, and where it is not kept ``name@mail.example``: ``keep``,
            ``placeholder`` (``<mention>``) or ``drop``.
        numbers: ``keep``, ``placeholder`` (``<number>``) or ``drop``.
        hashtags: ``keep`` (``#fun`` is one token), ``word`` (``fun``), ``words`` (``fun`` too, and
            the words of ``#NotWorthIt`` or, where a model does not know it, ``#worstservice``)
            or ``drop``.
        squeeze: shorten runs of three and more of a letter, ``!``, ``?`` or an emoticon's mouth to
            two: ``soooo`` -> ``soo``.
        stop_words: ``none``, ``english`` (negations and intensifiers are no stop words) or the
            path of a file with one word a line, as a text is cut: ``do`` and ``n't``, not
            ``don't``. Case does not matter. Read when a vocabulary is built, which then holds
            the words.
        normalise: ``none``, ``stem`` (Snowball; Porter 2001) or ``lemma`` (simplemma): inflections
            of a word share one id. English words that negate or judge keep their own. Decided when
            a vocabulary is built.
        language: ISO 639-1 code of the language to stem or lemmatise.
        max_tokens: most tokens of a text to read, 0 for no limit.
        truncate: what to read of a longer text: its ``head``, its ``tail``, or ``head+tail``: a
            quarter from the head and the rest from the tail (Sun et al. 2019, "How to Fine-Tune
            BERT for Text Classification?", found that split best on IMDB).
        mend: undo what exports and wrong decodings do to text: ``donâ€™t``, ``don&amp;#39;t``,
            ``don\\'t``, invisible characters in a word. Sound text stays as it is.
        signs: ``read`` gives all writings of one emoji or emoticon one id (skin tones do not
            matter, ``:-((`` is ``:(``), knows more emoticons, and reads an emoji that the model
            has no vector for by the words of its Unicode name; ``keep`` does none of it.
        ratings: ``placeholder``: ``★☆☆☆☆``, ``1/5`` or ``2 out of 10`` become one of the tokens
            ``<rating-1>`` to ``<rating-5>``; or ``keep``.
        typos: ``read`` reads an unknown word as a known one that is a typing error away, two
            swapped letters first, then the commonest: ``terible`` is *terrible*; ``keep`` leaves it
            unknown.

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
    hashtags: HashtagTreatment = "words"
    squeeze: bool = True
    stop_words: str = "none"
    normalise: Normalisation = "none"
    language: str = "en"
    max_tokens: int = 400
    truncate: Cut = "head+tail"
    mend: bool = True
    signs: ReadTreatment = "read"
    ratings: RatingTreatment = "placeholder"
    typos: ReadTreatment = "read"

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(TextConfig).items():
            value = getattr(self, name)
            choices = get_args(kind)
            if choices and value not in choices:
                valid = ", ".join(map(repr, choices))
                raise ConfigError(f"text setting {name!r} is {value!r}; valid: {valid}.")
            if not choices and type(value) is not kind:
                raise ConfigError(f"text setting {name!r} is {value!r}; it takes {_KINDS[kind]}.")
        if not 0 <= self.max_tokens <= MOST_TOKENS:
            raise ConfigError(
                f"expected text setting 'max_tokens' to be from 0 to {MOST_TOKENS}, "
                f"got {self.max_tokens}; 0 means no limit."
            )
        if not self.stop_words:
            raise ConfigError(
                "text setting 'stop_words' is empty; use 'none', 'english' or a file."
            )

    def to_stored(self) -> dict[str, Any]:
        """The settings as a model folder holds them: those that `from_stored` would not assume."""
        return {key: value for key, value in vars(self).items() if value != BEFORE.get(key)}

    @classmethod
    def from_stored(cls, settings: Mapping[str, Any]) -> TextConfig:
        """The config that a model was stored with; absent keys mean what models did before them.

        Raises:
            ConfigError: an unknown key or a value that a field does not take.
        """
        valid = [field.name for field in fields(cls)]
        unknown = [key for key in settings if key not in valid]
        if unknown:
            raise ConfigError(
                f"unknown text setting {unknown[0]!r}; valid settings: {', '.join(valid)}."
            )
        return cls(**{**BEFORE, **settings})


# What a stored model does that lacks a setting, since it was made before there was one. Signs are
# read: on texts that have some, the models made before were right more often with it.
BEFORE = {"mend": True, "signs": "read", "ratings": "keep", "typos": "keep"}
_KINDS = {bool: "true or false", int: "a whole number", str: "a string"}


class Token(NamedTuple):
    """A token and the characters of the raw text it came from, ``raw[start:end]``."""

    text: str
    start: int
    end: int


# These read tokens joined by spaces; tokens hold none.
_URLS = late_pattern(r"(?<![^ ])(?:https?://|www\.)[^ ]+", re.IGNORECASE)
_MENTIONS = late_pattern(r"@(?<![^ ]@)\w[^ @]*+(?!@)")
_HASHTAGS = late_pattern(r"#(?<![^ ]#)\w[^ ]*")
_NUMBERS = late_pattern(r"(?<![^ ])\d+(?:[.,/:]\d+)*+(?![^ ])")
_RUN = late_pattern(r"([^ ])\1\1(?<!\.)")
_LONG_RUN = late_pattern(r"([^\W\d_]|[!?()])\1\1+")
_UNSQUEEZED = late_pattern(r"https?://|www\.|@\w|(?:x?v?iii|xxx)\Z", re.IGNORECASE)


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
            mend=config.mend,
            emoticons=config.signs == "read",
            split_hashtags=config.hashtags == "words",
            ratings=config.ratings == "placeholder",
            addresses=config.mentions != "keep",
        )
        self._ascii, self._other = (
            token_pattern(
                ascii_only=ascii_only,
                lower_case=config.lower_case,
                drop_punctuation=config.drop_punctuation,
                drop_symbols=config.drop_symbols,
                whole_hashtags=config.hashtags != "word",
                more_emoticons=config.signs == "read",
            )
            for ascii_only in (True, False)
        )

    def tokens(self, text: str | None) -> list[str]:
        """The tokens of a text; none for None.

        Never fails on a string and takes time linear in its length.
        """
        return self.cut(self.cleaned(text))

    def cut(self, cleaned: str) -> list[str]:
        """The tokens of a text that :meth:`cleaned` gave."""
        if not cleaned:
            return []
        finished = self._is_finished(cleaned)
        if self._config.mend and not finished:
            cleaned = UNGLUE.apply(cleaned)
        found = (self._ascii if cleaned.isascii() else self._other).findall(cleaned)
        return found if finished else [token for token in self._finish(found) if token]

    def cleaned(self, text: str | None) -> str:
        """The text as it is before it is cut into tokens; nothing for None."""
        return self._cleaner.clean(text) if text else ""

    def spans(self, text: str | None) -> list[Token]:
        """The same tokens in the same order, each with its place in the raw text.

        Spans are in order and do not overlap, but for one case: where cleaning turned one raw
        character into several tokens (``½``, an entity), each of them has all of its span.
        """
        if not text:
            return []
        cleaned, origin = self._cleaner.trace(text)
        finished = self._is_finished(cleaned)
        if self._config.mend and not finished:
            cleaned, origin = rewrite_all(cleaned, origin, (UNGLUE,))
        pattern = self._ascii if cleaned.isascii() else self._other
        if origin is None and finished:
            # Nearly always. A tuple's own __new__ takes half the time of the named one.
            make = tuple.__new__
            return [
                make(Token, (match[0], match.start(), match.end()))
                for match in pattern.finditer(cleaned)
            ]
        matches = list(pattern.finditer(cleaned))
        found = [match[0] for match in matches]
        if not finished:
            found = self._finish(found)
        spans = []
        for token, match in zip(found, matches, strict=True):
            start, end = match.span()
            if origin is not None:
                start, end = origin.starts[start], origin.ends[end - 1]
            if token:
                spans.append(Token(token, start, end))
        return spans

    def _is_finished(self, cleaned: str) -> bool:
        """Whether the tokens of a text are as the config wants them; nearly always they are."""
        if not self._config.lower_case:
            cleaned = cleaned.lower()
        return not (
            "@" in cleaned
            or ("#" in cleaned and self._config.hashtags == "drop")
            or (":" in cleaned and "://" in cleaned)
            or "www." in cleaned
            or (self._config.squeeze and _RUN.search(cleaned))
            or self._config.numbers != "keep"
        )

    def _finish(self, tokens: list[str]) -> list[str]:
        """The tokens as the config wants them, an empty string in the place of a dropped one."""
        if not tokens:
            return tokens
        config, line = self._config, " ".join(tokens)
        if "://" in line or "www." in line.lower():
            line = _treat(_URLS, line, config.urls, URL)
        if "@" in line:
            line = _treat(_MENTIONS, line, config.mentions, MENTION)
        if config.hashtags == "drop" and "#" in line:
            line = _HASHTAGS.sub("", line)
        line = _treat(_NUMBERS, line, config.numbers, NUMBER)
        tokens = line.split(" ")
        if config.squeeze:
            tokens = [_squeeze(token) if _RUN.search(token) else token for token in tokens]
        return tokens


def _treat(pattern: re.Pattern[str], line: str, treatment: Treatment, placeholder: str) -> str:
    if treatment == "keep":
        return line
    return pattern.sub(placeholder if treatment == "placeholder" else "", line)


def _squeeze(token: str) -> str:
    return token if _UNSQUEEZED.match(token) else _LONG_RUN.sub(r"\1\1", token)
