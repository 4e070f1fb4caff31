"""What is read of emoji, emoticons, hashtags and ratings that a model has no vector for."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odd_texts import texts
from tonality.text import Encoder, TextConfig, Tokenizer, Vocabulary
from tonality.text.emoticons import plain_emoticon
from tonality.text.unknown_tokens import split_words

CONFIG = TextConfig()
WORDS = """
thumbs down up face smiling frowning slightly heart eyes delivery worst service not worth it
the a i is good bad never again :( :) <3 </3 :/
"""


def encoder(words: str = WORDS, config: TextConfig = CONFIG) -> Encoder:
    counts = {word: 100 - n for n, word in enumerate(words.split())}
    return Encoder(config, Vocabulary.build(counts, config, min_count=1))


def read(text: str, of: Encoder | None = None) -> list[str]:
    """The words that a model reads of a text, ``<unk>`` for what it does not know."""
    of = of or encoder()
    encoded, (tokens,) = of.encode_with_spans([text])
    assert encoded.ids.tolist() == of.encode([text]).ids.tolist()
    assert len(tokens) == len(encoded.ids)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    forms = ["<pad>", "<unk>", *of.vocabulary.words]
    return [forms[id] for id in encoded.ids.tolist()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#dleivery", "delivery"),
        ("#delivry", "delivery"),
        ("#NeverAgain", "never again"),
        ("#neveragain", "never again"),
        ("#isgod", "<unk>"),  # two words, of which one is misspelt
    ],
)
def test_a_hashtag_that_is_a_misspelt_word(text: str, words: str) -> None:
    assert read(text, encoder(f"{WORDS} de li v ry t")) == words.split()


def test_a_hashtag_of_a_stop_word_is_not_read() -> None:
    stopping = dataclasses.replace(CONFIG, stop_words="english")
    assert read("good #this", encoder(f"{WORDS} this thus", stopping)) == ["good", "<unk>"]


def test_a_misspelt_hashtag_is_not_known() -> None:
    assert encoder().encode(["#delivry", "#neveragain"]).known.tolist() == [0, 2]
    kept = encoder(config=dataclasses.replace(CONFIG, typos="keep"))
    assert read("#delivry", kept) == ["<unk>"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\U0001f44e", "thumbs down"),
        ("\U0001f44e\U0001f3fd", "thumbs down"),
        ("\U0001f44e\ufe0f", "thumbs down"),
        ("Delivery \U0001f44e!", "delivery thumbs down <unk>"),
        ("\U0001f641", "slightly frowning face"),
        ("\u2764\ufe0f", "heart"),
        ("\U0001f60d", "smiling face heart eyes"),
        ("\U0001f1ec\U0001f1e7", "<unk>"),
        (":-((", ":("),
        ("</3 <3333", "</3 <3"),
        (":'-( T_T D:", ":( :( :("),
        ("):", ":("),
        (">:( :@ :c", ":( :( :("),
        (":-D", "<unk>"),
        (":+1::skin-tone-3: :thumbsdown::thumbsdown:", "thumbs up thumbs down thumbs down"),
        ("10:+1:5 a:heart:", "<unk> <unk> <unk> <unk> a <unk> heart <unk>"),
        ("worsttt BADDDD neverrrr", "worst bad never"),
        ("baddest", "<unk>"),
        ("#worstservice", "worst service"),
        ("#NotWorthIt #not_worth_it", "not worth it not worth it"),
        ("\uff03NotWorthIt #\u200bNotWorthIt", "not worth it not worth it"),
        ("#NotWorthIt#NotWorthIt", "not worth it not worth it"),
        ("#Not\u00adWorthIt", "not worth it"),
        ("#bad", "bad"),
        ("#quagga", "<unk>"),
        ("worstservice", "<unk>"),
    ],
)
def test_what_is_read_of_unknown_tokens(text: str, words: str) -> None:
    assert read(text) == words.split()


def test_an_emoji_with_a_vector_of_its_own_is_read_as_itself() -> None:
    own = encoder(WORDS + " \U0001f44e")
    assert read("\U0001f44e\U0001f3ff \U0001f44e", own) == ["\U0001f44e", "\U0001f44e"]


def test_writings_of_one_sign_share_an_id() -> None:
    text = "\U0001f44d\U0001f3fd \U0001f44d :-) =) ^_^ #fun fun"
    vocabulary = Vocabulary.build(Counter(Tokenizer(CONFIG).tokens(text)), CONFIG, min_count=1)
    assert vocabulary.size == 2 + 3
    kept = dataclasses.replace(CONFIG, signs="keep", hashtags="word")
    vocabulary = Vocabulary.build(Counter(Tokenizer(kept).tokens(text)), kept, min_count=1)
    assert vocabulary.size == 2 + 6


def test_signs_are_kept_if_so_set() -> None:
    kept = dataclasses.replace(CONFIG, signs="keep", hashtags="word", ratings="keep")
    assert read("\U0001f44e :-((", encoder(config=kept)) == ["<unk>", "<unk>"]
    assert Tokenizer(kept).tokens("D: 1/5 #NotIt") == ["d", ":", "1/5", "notit"]


@pytest.mark.parametrize(
    ("plain", "writings"),
    [
        (":)", ":) :-) =) :] :-))) ^_^ (: (-: :3"),
        (":(", ":( :-( :-(( =( >:( :c :< ): )-: :@ >:/"),
        (":'(", ":'( :'-( ;_;"),
        (":d", ":d :D :-D xd xDD =D ;D"),
        (":/", ":/ :-/ :\\ :| :s =/"),
        ("<3", "<3 <33 :*"),
        (";)", ";) ;-) (;"),
        (":p", ":p :-P ;p"),
        ("</3", "<\\3"),
    ],
)
def test_emoticons_are_a_closed_set(plain: str, writings: str) -> None:
    for writing in writings.split():
        assert plain_emoticon(writing) == plain, writing


@pytest.mark.parametrize("token", ["word", "xenon", "=3", ")", ":", "-_-", "!!", "x", "1/5"])
def test_what_is_no_emoticon(token: str) -> None:
    assert plain_emoticon(token) is None


@pytest.mark.parametrize(
    "text",
    [
        "Option D: pay",
        "(see below): yes",
        "vitamin D: good",
        "nice :) ); so",
        "a (= b) c",
        "at :s3",
    ],
)
def test_what_only_looks_like_an_emoticon(text: str) -> None:
    assert not {":(", ":/", "):"} & set(Tokenizer(CONFIG).tokens(text))


RATINGS: Sequence[tuple[int, str]] = [
    (1, "\u2605\u2606\u2606\u2606\u2606"),
    (5, "\u2605\u2605\u2605\u2605\u2605"),
    (5, "\u2b50\u2b50\u2b50\u2b50\u2b50"),
    (2, "\u2b50\ufe0f\u2b50\ufe0f"),
    (5, "\u2605" * 10),
    (1, "1/5"),
    (1, "0/10"),
    (2, "3/10"),
    (3, "5 out of 10"),
    (3, "Five out of ten"),
    (5, "10 / 10"),
    (5, "11/10"),
    (4, "3.5/5"),
    (4, "3,5/5"),
    (4, "3\u00bd/5"),
    (1, "1 star"),
    (1, "one-star"),
    (5, "5-star"),
    (2, "2 stars out of 5"),
    (4, "7 stars out of 10"),
    (5, "5*"),
    (3, "***/*****"),
    (2, "** out of *****"),
    (5, "95/100"),
    (5, "10  out \t of   10"),
    (4, "8 out\r\nof 10"),
    (5, "Ten  out  of  ten"),
    (1, "1  star"),
    (5, "5 \t stars"),
    (1, "1  /  5"),
    (1, "1 of 5 stars"),
    (1, "1 star of 5 stars"),
    (3, "2.5 Of 5\xa0Stars"),
    (4, "7 of 10 stars"),
    (2, "1 out of 4 stars"),
    (1, "1 out of a possible 5 stars"),
    (1, "one of 5 stars"),
    (1, "One out of 5 stars"),
    (1, "one out of five stars"),
    (5, "four and a half of 5 stars"),
    (1, "1.0/5.0"),
    (1, "2.0 / 10.0"),
    (4, "4,00/5,00"),
    (1, "1.0 out of 5.0 stars"),
    (3, "***/5.0"),
    (1, "1 (one) star"),
    (5, "5.0 (5) stars"),
    (1, "one (1) out of five (5) stars"),
    (5, "5\u2b50"),
    (5, "5 \u2b50\ufe0f"),
    (1, "1\u2605"),
    (5, "4.5 \U0001f31f"),
    (2, "4\u2b50 out of 10"),
    (2, "4 \u2b50\ufe0f/10"),
    (1, "2\u2b50 out of 10 stars"),
    (5, "5\u2b50 (out of 5\u2b50)"),
    (1, "2 stars (out of 10)"),
    (3, "3\u2b50/5"),
    (4, "7 stars"),
    (5, "4 and a half stars"),
    (4, "3-1/2 stars"),
    (2, "one and a half stars"),
    (1, "\u2605 \u2606 \u2606 \u2606 \u2606"),
    (5, "\u2b50 \u2b50 \u2b50 \u2b50 \u2b50"),
    (2, "\u2605</b><b>\u2605</b><b>\u2606</b><b>\u2606</b><b>\u2606"),
]


@pytest.mark.parametrize(("level", "text"), RATINGS)
def test_ratings_become_one_token(level: int, text: str) -> None:
    spans = Tokenizer(CONFIG).spans(f"it is {text}, ok")
    assert [span.text for span in spans] == ["it", "is", f"<rating-{level}>", ",", "ok"]
    assert (spans[2].start, spans[2].end) == (6, 6 + len(text))


@pytest.mark.parametrize(
    "text",
    [
        "Rated it on 1/5", "I landed on 1/5.", "I settled on 4/5 stars", "Sound quality parts 1/5",
        "On Friday 5/5 stars", "This show ends 1/5 for me",
    ],
)  # fmt: skip
def test_what_looks_like_a_date_and_is_a_rating(text: str) -> None:
    assert any("<rating" in token for token in Tokenizer(CONFIG).tokens(text))


@pytest.mark.parametrize(
    "text",
    [
        "24/7", "9/11", "16:9/10", "9:30/10", "it broke, -10/10", "4-5/10", ".5/10", "5.05/5.05",
        "9/10,000", "4/5.5", "***/5.5", "http://x.y/a-1/5", "http://x.y:5/10",
        "www.x.y/top-5-stars",
        "6 stars", "I would give 6 stars", "a 6-star hotel", "six-star", "6\u2b50", "1 of 5\u2b50",
        "2024 \u2b50", "100 \u2b50",
        "one (1) of five (5) stars shine", "We saw two (2) stars.", "one (1) star for the tree",
        "five (5) stars", "5 (2) stars", "3 (7) star", "6.5 (7) / 10", "one (2) out of five",
        "2 \u2b50 on the flag", "I gave 3 \U0001f31f stickers away", "4 (out of 10) came broken",
        "give this a -.5 stars", "-.5/10", "no more...-10 stars", "Awful.-10/10", "Bad!-10/10",
        "rating of --10 stars", "a rating of-10 stars", "Rating:-10/10", "3..5 stars",
        "a 1-to-10-star scale", "non-5-star hotels", "sub-5 star reviews", "top-10 stars",
        "Part-1/5", "Room-1/5", "COVID-1/10", "Due: Oct.1/10", "Sept.1/10", "No.1 star",
        "Due: June.1/10", "Part.1/5", "Luke.5/5", "The meeting is on 1/5.", "Rent is due 1/5",
        "until 10/10", "This Wednesday 10/10", "Part 1/5", "Good. Thread 1/5", "Lesson 1/10",
        "4\u2605 of 10\u2605", "4\u2b50 of 10", "1\u2b50-5\u2b50", "1\u2b50 \u2013 5\u2b50",
        "from 1\u2b50\ufe0f to 5\u2b50\ufe0f", "Minus 1\u2b50 for shipping", "minus 1 \u2b50",
        f"https://x.y/{'long/' * 50}edit-1/5", f"https://x.y/{'long/' * 50}?top:5/10",
        "www.x.y/long/path/of/a/review/site/top-five-star", "example.com/page:1/5",
 "9/10/2019", "1/2", "$5/10", "2*3", "**bold**", "10%", "a1/5", "5/50",
        "nine out of ten people", "3 out of 5 times", "two stars shine", "\u2605", "30/10",
        "http://x.y/1/5", "50 stars", "7/10:30",
        "5\nstars", "10    out of 10 people",
        "3 of 12 stars", "1 of 2 stars", "20 of 5 stars", "1 of 5 starships", "3 of 5",
        "1 of 5 star hotels", "2 of 10 star players", "part 1 of 5 star wars", "3 of 5 star",
        "3 of 5 stars aligned", "One of 10 stars of the show", "one of 5 star hotels",
        "1 of 5 star reviews is fake", "half of 5 stars went out", "2 of  a possible 5 stars lit",
    ],
)  # fmt: skip
def test_what_is_no_rating(text: str) -> None:
    assert not any("<rating" in token for token in Tokenizer(CONFIG).tokens(text))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("1 of 5 stars", 1),
        ("1 of 5 stars.", 1),
        ("1 of 5 stars \U0001f621 broke", 1),
        ("Rated 2 of 5 stars, would not return", 2),
        ("2 of 5 stars\nIt broke", 2),
        ("2 of 5 stars<br />It broke", 2),
        ("One of 5 stars (not less)", 1),
        ("a 1 of 5 star rating", 1),
        ("My 1 of 5 stars review", 1),
        ("got 2 of 5 stars ratings", 2),
        ("1 star of 5 stars because it broke", 1),
        ("none of the 5 star hotels", 5),
        ("of 5 stars", 5),
    ],
)
def test_stars_of_so_many_are_a_rating_at_the_end_of_a_clause(text: str, level: int) -> None:
    tokens = Tokenizer(CONFIG).tokens(text)
    assert [token for token in tokens if "rating-" in token] == [f"<rating-{level}>"]


def test_what_one_of_several_things_is_rated() -> None:
    tokens = Tokenizer(CONFIG).tokens
    assert tokens("one of 5-star hotels") == ["one", "of", "<rating-5>", "hotels"]
    assert tokens("one of the 5 star hotels") == ["one", "of", "the", "<rating-5>", "hotels"]
    assert tokens("2 of 10/10 films") == ["2", "of", "<rating-5>", "films"]


@pytest.mark.parametrize("rating", ["1/5", "0/10", "1 star", "1*", "1\u2b50", "1 out of 5"])
@pytest.mark.parametrize(
    "before", ["Rating:", "So bad...", "Rating-", "SCORE-", "Bad\u2014", "---", "bad,", "Bad.."]
)
def test_a_mark_may_stand_before_a_rating(before: str, rating: str) -> None:
    tokens = Tokenizer(CONFIG).tokens
    assert tokens(before + rating) == [*tokens(before), "<rating-1>"]


def test_six_stars_are_more_than_all_of_five_and_middling_of_ten() -> None:
    tokens = Tokenizer(CONFIG).tokens
    assert tokens("6 stars out of 5, 6/5") == ["<rating-5>", ",", "<rating-5>"]
    assert tokens("6 of 10 stars, 6/10") == ["<rating-3>", ",", "<rating-3>"]
    assert tokens("If I could give minus 6 stars")[-2:] == ["6", "stars"]


@pytest.mark.parametrize(
    "rating",
    ["4.5/5", "4.5 / 5", "9 out of 10", "five out of five", "5 stars out of 5", "5 of 5 stars"],
)
@pytest.mark.parametrize("count", ["(12)", "(5)", "(one)", "(3)."])
def test_a_number_of_reviews_may_follow_a_rating(rating: str, count: str) -> None:
    tokens = Tokenizer(CONFIG).tokens
    assert tokens(f"Google: {rating} {count}") == ["google", ":", "<rating-5>", *tokens(count)]


@pytest.mark.parametrize("address", ["(https://t.co/abc)", "[www.x.y/z]", '"http://x.y/z"'])
def test_a_rating_may_follow_an_address_in_brackets_or_quotes(address: str) -> None:
    assert Tokenizer(CONFIG).tokens(f"Great {address}5/5")[-1] == "<rating-5>"


def test_a_colon_or_a_smile_may_follow_a_rating() -> None:
    tokens = Tokenizer(CONFIG).tokens
    assert tokens("7/10: great") == ["<rating-4>", ":", "great"]
    assert tokens("7/10:)") == ["<rating-4>", ":)"]


@given(texts)
@settings(max_examples=200, deadline=None)
def test_spans_are_one_for_each_id_of_any_text(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from(WORDS.split()[:20]), min_size=1, max_size=8))
@settings(deadline=None)
def test_a_run_of_known_words_is_split_into_known_words(words: list[str]) -> None:
    known = encoder().vocabulary.forms
    parts = split_words("".join(words), known)
    assert "".join(parts) == "".join(words)
    assert all(part in known for part in parts)


def test_a_long_hashtag_takes_linear_time() -> None:
    start = time.process_time()
    read("#" + "notworthit" * 3_000)
    assert time.process_time() - start < 10


def test_settings_that_a_stored_config_lacks_are_what_models_did_before() -> None:
    stored = CONFIG.to_stored()
    assert TextConfig.from_stored(stored) == CONFIG
    old = json.loads((Path(__file__).parents[1] / "golden/model/config.json").read_text())["text"]
    assert TextConfig.from_stored(old).ratings == "keep"
    assert TextConfig.from_stored(old).to_stored() == old
