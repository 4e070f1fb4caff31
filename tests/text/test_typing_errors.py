"""An unknown word is read as the known one that was meant."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonality.text import Encoder, TextConfig, Vocabulary
from tonality.text.typing_errors import MISTAKEN, intended, names, one_error_away

WORDS = "the terrible film great from form angel angle worse horse service ranks thanks café 4ever"
KNOWN = {word: id for id, word in enumerate(WORDS.split(), 2)}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("terrbile", "terrible"),  # two letters swapped
        ("terible", "terrible"),  # one missing
        ("terribl", "terrible"),
        ("terribble", "terrible"),  # one too many
        ("terrivle", "terrible"),  # one beside it on the keyboard
        ("terreble", "terrible"),  # another vowel
        ("servise", "service"),  # one that sounds alike
        ("grat", "great"),
        ("fomr", "form"),  # swapped, before "from", which is commoner and a letter away
        ("anglel", "angel"),  # the commoner of two
        ("terwible", None),  # no such mistake
        ("yerrible", None),  # the first letter is right
        ("tanks", "thanks"),
        ("filmx", None),  # without its last letter a word is often another
        ("hte", None),
        ("teh", "the"),  # of three letters, two may be swapped
        ("flm", None),  # no more
        ("terible1", None),
        ("cafe", None),  # the known one has an accent
        ("TERIBLE", None),
        ("", None),
    ],
)
def test_what_was_meant(word: str, meant: str | None) -> None:
    assert intended(word, KNOWN) == meant


@pytest.mark.parametrize("name", ["fadil", "hamed", "beata", "severin"])
def test_a_name_is_not_misspelt(name: str) -> None:
    known = dict.fromkeys(("fail", "harmed", "beats", "severing"), 5)
    assert any(form in known for form in one_error_away(name))
    assert intended(name, known) is None
    words = Vocabulary.build(dict.fromkeys(known, 9), TextConfig(), min_count=1)
    encoder = Encoder(TextConfig(), words)
    for spelt in (name, f"{name} {name}s", f"#{name}", f"{name}\u2603"):
        assert encoder.encode([spelt]).known.tolist() == [0]


def test_three_letters_are_one_of_the_commonest_words_or_none() -> None:
    assert intended("nto", {"not": 99}) == "not"
    assert intended("sda", {"sad": 100}) is None  # an acronym


def test_names_are_words_that_are_searched() -> None:
    assert len(names()) > 1000
    assert all(re.fullmatch("[a-z]{4,24}", name) for name in names())


def test_nothing_is_read_where_a_stop_word_was_meant() -> None:
    assert intended("wiht", {"whit": 900}) == "whit"
    assert intended("wiht", {"whit": 900, "with": -1}) is None


@pytest.mark.parametrize("length", [4, 24])
def test_the_shortest_and_the_longest_word(length: int) -> None:
    word = "abcdefghijklmnopqrstuvwxyz"[:length]
    known = {word: 5}
    assert intended(f"{word[:-2]}{word[-1]}{word[-2]}", known) == word  # as long as it is
    shorter, longer = word[:-2] + word[-1], f"{word[:2]}q{word[2:]}"
    assert intended(shorter, known) == (word if length > 4 else None)
    assert intended(longer, known) == (word if length < 24 else None)


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_what_is_meant_is_known_and_an_error_away(word: str) -> None:
    meant = intended(word, KNOWN)
    if meant is not None:
        assert meant in KNOWN
        assert meant[0] == word[0]
        assert abs(len(meant) - len(word)) <= 1
        assert meant != word[:-1]


def test_mistakes_go_both_ways() -> None:
    for letter, others in MISTAKEN.items():
        assert letter not in others
        assert all(letter in MISTAKEN[other] for other in others)
    assert set("ersfxc") <= set(MISTAKEN["d"])


def read(text: str, config: TextConfig) -> list[str]:
    words = WORDS.split()
    counts = {word: 100 - n for n, word in enumerate(words)}
    encoder = Encoder(config, Vocabulary.build(counts, config, min_count=1))
    encoded, (tokens,) = encoder.encode_with_spans([text])
    assert encoded.ids.tolist() == encoder.encode([text]).ids.tolist()
    assert [text[token.start : token.end] for token in tokens] == text.split()
    return [["<pad>", "<unk>", *encoder.vocabulary.words][id] for id in encoded.ids]


def test_a_text_is_read_as_it_was_meant() -> None:
    config = TextConfig()
    assert read("Terible servise form thw film", config) == [
        *("terrible", "service", "form"),
        *("<unk>", "film"),
    ]
    kept = dataclasses.replace(config, typos="keep")
    assert read("Terible servise", kept) == ["<unk>", "<unk>"]
    cased = dataclasses.replace(config, lower_case=False)
    assert read("Terible servise", cased) == ["<unk>", "service"]  # a name, perhaps


def test_a_stored_model_reads_as_it_did_before_there_was_the_setting() -> None:
    assert TextConfig.from_stored({}).typos == "keep"
    assert TextConfig.from_stored(TextConfig().to_stored()).typos == "read"
