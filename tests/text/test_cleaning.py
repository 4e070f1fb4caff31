"""Cleaning by pieces, which knows where each character came from, is cleaning whole."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odd_texts import texts
from tonality.text.cleaning import Cleaner
from tonality.text.tokenizer import TextConfig, Tokenizer

EVERYTHING = ("mend", "emoticons", "split_hashtags", "ratings")
switches = st.fixed_dictionaries(
    {name: st.booleans() for name in ("strip_html", "fold_unicode", "lower_case", *EVERYTHING)}
)


@given(texts, switches)
@settings(max_examples=200, deadline=None)
def test_cleaning_by_pieces_is_cleaning_whole(text: str, switches: dict[str, bool]) -> None:
    cleaner = Cleaner(**switches)
    cleaned, origin = cleaner.trace(text)
    assert cleaned == cleaner.clean(text)
    if origin is None:
        assert len(cleaned) == len(text)
    else:
        assert len(cleaned) == len(origin.starts) == len(origin.ends)


@pytest.mark.no_cover
@pytest.mark.parametrize("mend", [False, True])
def test_every_character_is_traced_as_it_is_cleaned(mend: bool) -> None:
    cleaner = Cleaner(strip_html=True, fold_unicode=True, lower_case=True, mend=mend)
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    for first in range(0, len(characters), 4096):
        # Side by side and after a letter, so that whatever can merge does.
        for glue in ("", "e", "\u1100"):
            text = glue.join(characters[first : first + 4096])
            assert cleaner.trace(text)[0] == cleaner.clean(text)


def test_cleaning_is_idempotent_for_every_character() -> None:
    cleaner = Cleaner(strip_html=False, fold_unicode=True, lower_case=True)
    cleaned = cleaner.clean("\n".join(map(chr, range(sys.maxunicode + 1))))
    assert cleaner.clean(cleaned).split("\n") == cleaned.split("\n")


def test_nfkc_borders_hold_for_every_character() -> None:
    """Nothing after a border merges with what is before it: what tracing by pieces rests on."""
    seconds = set()
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    cleaner = Cleaner(strip_html=False, fold_unicode=True, lower_case=False)
    for second in sorted(seconds):
        for before in ("a", "\u00e4", "\u0b47", "\u1100\u1161"):
            text = before + second
            assert cleaner.trace(text)[0] == cleaner.clean(text)


def test_marks_beyond_any_writing_are_left_out() -> None:
    (token,) = Tokenizer(TextConfig()).tokens("z" + "\u0316" * 500)
    assert len(token) == 31
    (span,) = Tokenizer(TextConfig()).spans("z" + "\u0316" * 500)
    assert span.end == 501
