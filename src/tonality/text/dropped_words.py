"""Which tokens a vocabulary drops: the stop words of the settings, as texts write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tonality.durable_files import read_regular
from tonality.errors import ConfigError
from tonality.text.stopwords import ENGLISH
from tonality.text.tokenizer import TextConfig, Tokenizer


def dropped_words(config: TextConfig, seen: Iterable[str]) -> frozenset[str]:
    """The tokens to drop; where case is kept, stop words as texts may write them: ``The``, ``THE``.

    Args:
        config: the text settings.
        seen: the tokens of a corpus.

    Raises:
        ConfigError: as for :func:`stop_words`.
    """
    words = stop_words(config)
    if config.lower_case:
        return words
    usual = {form for word in words for form in (word, word.capitalize(), word.upper())}
    return frozenset(usual) | as_written(words, seen)


def as_written(words: Iterable[str], seen: Iterable[str]) -> frozenset[str]:
    """The tokens of a corpus that are one of the words in any case."""
    folded = {word.casefold() for word in words}
    return frozenset(form for form in seen if form.casefold() in folded)


def stop_words(config: TextConfig) -> frozenset[str]:
    """The tokens that `config.stop_words` drops, as they are listed.

    Raises:
        ConfigError: the file cannot be read, or a line of it is more than one token.
    """
    if config.stop_words == "none":
        return frozenset()
    if config.stop_words == "english":
        return ENGLISH
    path = Path(config.stop_words)
    try:
        lines = read_regular(path).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(
            f"stop_words is neither 'none' nor 'english', and the file {path} cannot be read "
            f"({fault})."
        ) from fault
    tokenizer = Tokenizer(config)
    words: set[str] = set()
    for number, line in enumerate(lines, 1):
        if len(line.split()) > 1:
            raise ConfigError(f"stop-word file {path}, line {number}: write one word a line.")
        found = tokenizer.tokens(line)
        if len(found) > 1:  # to drop each of them everywhere is hardly what the line means
            raise ConfigError(
                f"stop-word file {path}, line {number}: expected one token, got {line.strip()!r}, "
                f"which is read as {', '.join(map(repr, found))}; list those of them that are to "
                "be dropped, one a line."
            )
        words.update(found)
    return frozenset(words)
