"""The compiled encoder cuts texts as the Python one does, and leaves to it what it cannot."""

from __future__ import annotations

import dataclasses
import pickle
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import odd_texts
from tonality.native_library import library
from tonality.text.encoder import Encoder
from tonality.text.native_encoder import NativeEncoder
from tonality.text.ngrams import NgramTable
from tonality.text.tokenizer import TextConfig, Tokenizer
from tonality.text.vocabulary import Vocabulary

if library() is None:
    pytest.skip("the kernel was not compiled", allow_module_level=True)

# What the compiled encoder cuts itself, and what lies right beside it.
PLAIN = (
    "the film don't can't n't nn't n't. won't' it's 's 't 've'll xd xxx iii viii soooo sooooo! "
    "hmm www wwww aaa7 80s 1,000 1000 7/10 3:30 3: 3:) 4.5. 1.2.3x 000 . .. ... .... ! !! !!!! ? "
    "??? - -- --- ---- * ** *** , ,,, ; : ( ) [ ] { } $ % & + / = > _ __ ` | ~ \" ' '' ' s é x1 "
    "< ^ @ \\ # :d :x ;s =p (: ): (-: >: >_ >. -_ *_ :'"
)
# What is cleaned on the way, and what looks like it.
RAW = (
    "THE It\u2019s \u2018 \u2019 \u201c \u201d \u2013 \u2014 \u2026 \xa0 \u00b4 CAF\u00c9 "
    "\u00e9 \u00f1 \u00df \u00ff \u00d7 \u00f7 \u00aa \u00e2 \u00c3 \u00c2 \u0301 \u20ac "
    "\u2122 D: D-: d: x_x T_T *** 5/5 1 /10 7/ten 3 /Ten TEN star stars Star one-star 2Star "
    "out of 10 OUT OF five Of the <br /> <br/> <BR /> <b> &amp; & &# C&C % = \\ ` `` '' "
    "w\"w w?w w;w w\u201cs \x00 \x01 \x0b \x0c \x7f WWW. WWWW iii N'T n\u2019t \u65e5 "
    "\U0001f600 \udc80 \udc92 \u00d5 \u00ed \u00c6 ' don' ?? \u0442\u0410 TM"
)
GAPS = [
    "out  of  10",
    "out\r\nof ten",
    "1  star",
    "1 \t star",
    "5  /\n5",
    "out of\xa0 10",
    "9/\xa0five",
    "1 of 5 stars",
    "one of 5 stars",
    "1 out of 4 star",
    "one of 5 star hotels",
    "1 (one) star",
    "five (5) stars",
    "Rating:1/5",
    "Food:3",
    "1.0/5.0",
    "5\u2b50",
    "a\\not",
    "<3 days",
    "in <3 days",
    "4/5 (12)",
]
PIECES = [*RAW.split(" "), *GAPS, " ", "\xa0"]
# What is folded, may stand for an apostrophe or may end a word.
SIGNS = [*"'\u2019\u2018\u201c\u201d\u2013\u2014\u2026\xa0` ?;.=/&_aé\u00d5\u00ed\u00e6", ""]
contractions = st.tuples(
    st.sampled_from(["don", "I wasn", "WEREN", "it", "I", "they", "caf\u00e9", "can"]),
    st.lists(st.sampled_from(SIGNS), max_size=3).map("".join),
    st.sampled_from(["t", "s", "T", "m", "re", "ll", "d", "ve"]),
    st.sampled_from(SIGNS),
).map("".join)
plain = st.lists(
    st.one_of(
        st.sampled_from([*PLAIN.split(" "), *PIECES, " ", " ", " ", "\n"]),
        st.characters(codec="ascii"),
        contractions,
    ),
    max_size=25,
).map("".join)
CONFIGS = [
    TextConfig(max_tokens=limit, truncate=cut, squeeze=squeeze)  # type: ignore[arg-type]
    for limit, cut, squeeze in product((0, 5), ("head", "tail", "head+tail"), (True, False))
] + [
    TextConfig(mend=False, signs="keep", hashtags="word", ratings="keep", typos="keep"),
    TextConfig(lower_case=False),
    TextConfig(numbers="placeholder"),
    TextConfig(drop_punctuation=True),
    TextConfig(drop_symbols=True),
]


@cache
def encoders(config: TextConfig) -> tuple[Encoder, Encoder]:
    """One encoder that uses the library, and one that does not."""
    forms = [
        token for text in (*odd_texts.PIECES, PLAIN) for token in Tokenizer(config).tokens(text)
    ]
    words = tuple(sorted(set(forms) - {"the", "can", "xxx"}))
    size = len(words) + 2
    rng = np.random.default_rng(0)
    table = NgramTable(
        np.unique(rng.integers(2, size, (size * 20, 2)), axis=0),
        np.unique(rng.integers(2, size, (size * 40, 3)), axis=0),
        size,
    )
    vocabulary = Vocabulary(words, {}, frozenset({"can"}), table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONALITY_KERNEL", "numpy")
        return Encoder(config, vocabulary), pure(config, vocabulary)


def pure(config: TextConfig, vocabulary: Vocabulary) -> Encoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TONALITY_KERNEL")
        return Encoder(config, vocabulary)


def assert_same(config: TextConfig, texts: list[str | None]) -> None:
    python, compiled = encoders(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONALITY_KERNEL", "numpy")
        expected = python.encode(texts)
    found = compiled.encode(texts)
    for field in dataclasses.fields(expected):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name))
        assert getattr(found, field.name).dtype == getattr(expected, field.name).dtype


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@settings(max_examples=50)
@given(texts=st.lists(st.one_of(st.none(), plain, odd_texts.texts), max_size=6))
def test_the_same_ids_as_in_python(config: TextConfig, texts: list[str | None]) -> None:
    assert_same(config, texts)


LONG = "abcdefghijklmnopqrstuvwx"  # as long as a misspelt word may be


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """A word, most often with one or two errors."""
    known = ["terrible", "film", "service", "recommend", LONG, "café", "not", "sad", "fail"]
    word = draw(st.sampled_from([*known, "fadil", "hamed", "xena"]))  # names
    for _ in range(draw(st.integers(0, 2))):
        n = draw(st.integers(0, len(word)))
        letter = draw(st.sampled_from("abcdefghijklmnopqrstuvwxyzé1"))
        swapped = word[:n] + word[n + 1 : n + 2] + word[n : n + 1] + word[n + 2 :]
        others = word[:n] + word[n + 1 :], word[:n] + letter + word[n + 1 :]
        word = draw(st.sampled_from([swapped, *others, word[:n] + letter + word[n:]]))
    return word


@settings(max_examples=500)
@given(words=st.lists(misspelt(), min_size=1))
def test_the_same_words_are_meant(words: list[str]) -> None:
    forms = ["film", "terrible", "service", "films", "recommend", "teribly", "recommends", "fill"]
    forms += ["not", "fail", "harmed", "beata", *(f"w{n}" for n in range(100)), "sad"]
    long = (LONG, LONG[:-1], f"{LONG}y")
    vocabulary = Vocabulary((*forms, *long), {"filme": 5}, frozenset({"firm", "fiml"}))
    config = TextConfig()
    found = Encoder(config, vocabulary).encode(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONALITY_KERNEL", "numpy")
        expected = Encoder(config, vocabulary).encode(words)
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.known, expected.known)


@pytest.mark.no_cover
def test_every_pair_and_triple_of_signs() -> None:
    signs = "'-.,;:!?()[]{}<>=_*^@#\\/|~`\"&$%+x3dn t\n"
    config = TextConfig()
    assert_same(config, [f"a{''.join(each)}b" for each in product(signs, repeat=2)])
    assert_same(config, ["".join(each) for each in product(signs, repeat=3)])


@pytest.mark.no_cover
def test_every_pair_of_what_is_cleaned() -> None:
    config = TextConfig()
    for before, after in (
        ("", ""),
        ("a", "b"),
        ("1", "0 ten "),
        ("A ", " t"),
        ("Don", "T"),
        ("it", " s"),
    ):
        assert_same(config, [f"{before}{x}{y}{after}" for x, y in product(PIECES, repeat=2)])


@pytest.mark.no_cover
def test_every_damaged_contraction() -> None:
    config = TextConfig()
    for stem, end in (("I don", "t"), ("It", "S")):
        marks = product(SIGNS, SIGNS, SIGNS)
        assert_same(config, [f"{stem}{x}{y}{end}{z} it" for x, y, z in marks])
    assert_same(
        config,
        [
            "I wasn ' t\u201d disappointed",
            "I don' t\u2026 recommend it",
            "We weren' t\xa0happy",
            "don\u00d5t\u2026",
            "wasn\u00cdt\u2014",
            "don\u00edt\xa0like",
        ],
    )


def test_most_plain_text_is_not_left_to_python() -> None:
    _, compiled = encoders(TextConfig())
    assert compiled._native is not None
    texts = ["it's a film, don't! 7/10 ... soooo", ":)", "é", ""]
    _, lengths, *_ = compiled._native.encode(texts, cleaned=True)
    assert lengths.tolist() == [11, -1, -1, 0]
    texts = [
        "It\u2019s a FILM,<br /><br />don't! \u201cOh\u2026\u201d \u2014 3 caf\u00c9s",
        "7/10",
        "don&#39;t",
        "<b>",
        "\u65e5",
    ]
    _, lengths, *_ = compiled._native.encode(texts, cleaned=False)
    assert lengths.tolist() == [15, -1, -1, -1, -1]


@pytest.mark.parametrize(("limit", "head"), [(5, -1), (5, 6), (0, 1)])
def test_a_head_that_is_no_part_of_what_is_read_is_refused(limit: int, head: int) -> None:
    vocabulary = Vocabulary(("film",), {}, frozenset())
    encoder = NativeEncoder.of(TextConfig(max_tokens=limit), vocabulary, head)
    assert encoder is not None
    with pytest.raises(ValueError, match=f"expected a head of 0 to {limit} tokens, got {head}"):
        encoder.encode(["film " * 9], cleaned=False)


def test_the_largest_limit_is_none() -> None:
    vocabulary = Vocabulary(("film",), {}, frozenset())
    encoder = Encoder(TextConfig(max_tokens=2**31 - 1, truncate="head+tail"), vocabulary)
    assert encoder.encode(["film " * 999]).lengths.tolist() == [999]


def test_it_can_be_pickled() -> None:
    _, compiled = encoders(TextConfig())
    again = pickle.loads(pickle.dumps(compiled._native))
    assert (
        again.encode(["The film"], cleaned=False)[0].tolist()
        == compiled.encode(["the film"]).ids.tolist()
    )
