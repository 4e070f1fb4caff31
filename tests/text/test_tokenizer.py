"""Raw text to tokens: every switch, spans into the raw text, any Unicode string, linear time."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from odd_texts import texts
from tonality.errors import ConfigError
from tonality.text.encoder import Encoder
from tonality.text.tokenizer import TextConfig, Token, Tokenizer
from tonality.text.vocabulary import Vocabulary

GOLDEN = Path(__file__).parents[1] / "golden" / "text.tsv"
DEFAULT = Tokenizer(TextConfig())
PLAIN = TextConfig(
    mend=False,
    strip_html=False,
    fold_unicode=False,
    lower_case=False,
    urls="keep",
    mentions="keep",
    hashtags="keep",
    signs="keep",
    ratings="keep",
    squeeze=False,
)
TOKENIZERS = [
    DEFAULT,
    Tokenizer(PLAIN),
    Tokenizer(replace(PLAIN, lower_case=True, drop_punctuation=True, drop_symbols=True)),
    Tokenizer(TextConfig(urls="drop", mentions="drop", numbers="drop", hashtags="drop")),
    Tokenizer(TextConfig(lower_case=False, numbers="placeholder", drop_symbols=True)),
]


def golden_rows() -> list[Any]:
    lines = GOLDEN.read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [
        pytest.param(*row, id=f"{number} {row[0] or 'defaults'}")
        for number, row in enumerate(rows, 1)
    ]


def config_of(settings_text: str) -> TextConfig:
    plain = {"true": True, "false": False}
    settings: dict[str, Any] = {}
    for setting in settings_text.split():
        key, value = setting.split("=")
        settings[key] = plain.get(value, int(value) if value.isdigit() else value)
    return TextConfig(**settings)


@pytest.mark.parametrize(("setting", "raw", "tokens"), golden_rows())
def test_golden_table(setting: str, raw: str, tokens: str) -> None:
    config, text = config_of(setting), json.loads(raw)
    if config.normalise == "stem":
        pytest.importorskip("Stemmer")
    if config.normalise == "lemma":
        pytest.importorskip("simplemma")
    vocabulary = Vocabulary.build(Counter(Tokenizer(config).tokens(text)), config, min_count=1)
    ids = Encoder(config, vocabulary).encode([text]).ids.tolist()
    forms = ["<pad>", "<unk>", *vocabulary.words]
    assert [forms[id] for id in ids] == tokens.split(" " if tokens else None)


def test_golden_table_has_every_switch_in_each_position() -> None:
    settings = {s for row in golden_rows() for s in row.values[0].split()}
    for key, value in vars(TextConfig()).items():
        tried = {s.split("=")[1] for s in settings if s.startswith(f"{key}=")}
        if isinstance(value, bool):
            assert tried == {"true", "false"}
        elif key not in ("language", "max_tokens", "truncate", "typos"):  # no word is unknown here
            assert len(tried) >= 2, key


def test_none_and_empty_texts_have_no_tokens() -> None:
    for text in (None, "", " \n\t", "<br /><br />", "\ud800\x00", "\ufeff"):
        assert DEFAULT.tokens(text) == []
        assert DEFAULT.spans(text) == []


@given(texts, st.sampled_from(TOKENIZERS))
@settings(max_examples=300, deadline=None)
@example("½a½", DEFAULT)
@example("\u0301" * 40, DEFAULT)
@example("e" + "\u0316\u0301" * 40 + " x", DEFAULT)
def test_spans_are_the_tokens_in_order_inside_the_raw_text(text: str, tokenizer: Tokenizer) -> None:
    spans = tokenizer.spans(text)
    assert [span.text for span in spans] == tokenizer.tokens(text)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert span.text
        assert not any(character.isspace() for character in span.text)
    for one, two in pairwise(spans):
        assert one.start <= two.start
        assert one.end <= two.end


@given(texts)
@settings(max_examples=200, deadline=None)
def test_spans_slice_the_token_itself_where_nothing_is_rewritten(text: str) -> None:
    spans = Tokenizer(PLAIN).spans(text)
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert all(one.end <= two.start for one, two in pairwise(spans))


@given(st.text(st.characters(max_codepoint=127)))
@settings(max_examples=300, deadline=None)
def test_ascii_spans_do_not_overlap_unless_an_entity_or_a_hashtag_expands(text: str) -> None:
    spans = DEFAULT.spans(text.replace("&", "+").replace("#", "+"))
    assert all(one.end <= two.start for one, two in pairwise(spans))


# Without ratings: what stands before "1/5" tells whether it is one, and a space parts the two.
# A heart at the end of a line before "days", which no text drawn here holds, is no heart on one.
@given(texts, st.sampled_from([Tokenizer(TextConfig(ratings="keep")), Tokenizer(PLAIN)]))
@example("#1¯\\_(ツ)_/¯", Tokenizer(TextConfig(ratings="keep")))
@example("#1\x9a", Tokenizer(TextConfig(ratings="keep")))  # a letter of Windows-1252
@example("\x9a\u200d", Tokenizer(TextConfig(ratings="keep")))
@example("\xb5\u200d", Tokenizer(TextConfig(ratings="keep")))  # a micro sign: a letter of Greek
@settings(max_examples=300, deadline=None)
def test_tokens_joined_by_spaces_give_the_same_tokens(text: str, tokenizer: Tokenizer) -> None:
    tokens = tokenizer.tokens(text)
    assert tokenizer.tokens(" ".join(tokens)) == tokens


@given(st.text(st.sampled_from("#\uff03aB0_\u00e9 !\u00af\u200b\u00ad\u0301"), max_size=12))
@example("#aB#aB0")
@settings(max_examples=300, deadline=None)
def test_hashtags_joined_by_spaces_give_the_same_tokens(text: str) -> None:
    tokenizer = Tokenizer(TextConfig(ratings="keep"))
    tokens = tokenizer.tokens(text)
    assert tokenizer.tokens(" ".join(tokens)) == tokens


@given(st.text(st.characters(max_codepoint=127)), st.sampled_from(TOKENIZERS))
@settings(max_examples=200, deadline=None)
@example("A'\x1f`A", DEFAULT)
def test_ascii_is_cut_alike_whatever_else_is_in_the_text(text: str, tokenizer: Tokenizer) -> None:
    tail = tokenizer.tokens(" \u00e9")
    # A text of one word may be part of an address, "so+it%27s", which one of two is not.
    address = "%" in text and len(text.split()) == 1
    if "<s" not in text.lower() and not address:  # an open <script> takes the rest with it
        assert tokenizer.tokens(text + " \u00e9") == tokenizer.tokens(text) + tail


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("co\u00adop\u00ad x", [("coop", "co\u00adop\u00ad"), ("x", "x")]),
        ("a &amp; b", [("a", "a"), ("&", "&amp;"), ("b", "b")]),
        ("It\u2019s", [("it", "It"), ("'s", "\u2019s")]),
        ("\u0130stanbul", [("istanbul", "\u0130stanbul")]),
        ("e\u0301te\u0301!", [("\u00e9t\u00e9", "e\u0301te\u0301"), ("!", "!")]),
        ("SOOOO", [("soo", "SOOOO")]),
        ("4\u00bd", [("4", "4"), ("1/2", "\u00bd")]),
        ("\u2049", [("!", "\u2049"), ("?", "\u2049")]),
        ("<i>so</i> #fun @me", [("so", "so"), ("#fun", "#fun"), ("<mention>", "@me")]),
        (
            "mail bad.boy@mail.com.",
            [("mail", "mail"), ("<mention>", "bad.boy@mail.com"), (".", ".")],
        ),
        ("@anna@social.example x", [("<mention>", "@anna@social.example"), ("x", "x")]),
        (
            "awful.@delta.never",
            [
                ("awful", "awful"),
                (".", "."),
                ("<mention>", "@delta"),
                (".", "."),
                ("never", "never"),
            ],
        ),
        ("2@1.50", [("2", "2"), ("@", "@"), ("1.50", "1.50")]),
        ("https://a@b.example/x", [("<url>", "https://a@b.example/x")]),
        ("\u2764\ufe0f", [("\u2764\ufe0f", "\u2764\ufe0f")]),
        ("\u1112\u1161\u11ab x", [("\ud55c", "\u1112\u1161\u11ab"), ("x", "x")]),
        ("\uff76\uff9e", [("\u30ac", "\uff76\uff9e")]),
    ],
)
def test_spans_of_what_cleaning_changes(text: str, tokens: list[tuple[str, str]]) -> None:
    assert [(t.text, text[t.start : t.end]) for t in DEFAULT.spans(text)] == tokens


def test_a_span_is_a_token_with_its_place() -> None:
    assert DEFAULT.spans("Good :-)")[1] == Token(":-)", 5, 8)


@pytest.mark.parametrize(
    "emoji",
    [
        "\U0001f602",
        "\U0001f44d\U0001f3fd",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "\U0001f1ec\U0001f1e7",
        "1\ufe0f\u20e3",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\u263a\ufe0f",
        "\U0001fae0",
    ],
)
def test_emoji_survive_whole(emoji: str) -> None:
    for tokenizer in TOKENIZERS:
        assert tokenizer.tokens(f"wow {emoji}{emoji} ok.")[:4] == ["wow", emoji, emoji, "ok"]


EMOTICONS = (
    r":) :-) :( :-( ;) ;-) :'( :/ :| :p :-p :3 =) =( (: <3 </3 ^_^ ^^ -_- @_@ >:( >.< \o/ :] :o"
)


@pytest.mark.parametrize("emoticon", EMOTICONS.split())
def test_emoticons_survive_whole(emoticon: str) -> None:
    for tokenizer in TOKENIZERS:
        assert tokenizer.tokens(f"so {emoticon} yes") == ["so", emoticon, "yes"]
        if emoticon != ":3":  # "Food:3" gives points
            assert tokenizer.tokens(f"so{emoticon}") == ["so", emoticon]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("the list:(a) and", "the list : ( a ) and"),
        ("and/or:x-ray", "and / or : x - ray"),
        ("c:/dir", "c : / dir"),
        ("at 5:30", "at 5:30"),
        ("ratio <30", "ratio < 30"),
        ("Food:3 Value:3.", "food : 3 value : 3 ."),
        ("Food:-3, x=3", "food : - 3 , x = 3"),
        ("Price :3.5, at :3:30", "price : 3.5 , at : 3:30"),
        ("in <3 days", "in < 3 days"),
        ("Within <3 Hours", "within < 3 hours"),
        ("under <3% or in <3 %, in<3 km", "under < 3 % or in < 3 % , in < 3 km"),
        ("<3.5 and <3,000", "< 3.5 and < 3,000"),
    ],
)
def test_what_only_looks_like_an_emoticon(text: str, tokens: str) -> None:
    assert DEFAULT.tokens(text) == tokens.split()


def test_hearts_and_cats_stay_among_words_and_marks() -> None:
    tokens = DEFAULT.tokens("I <3 dayrooms <3. Cute :3. :3, <33 days")
    assert " ".join(tokens) == "i <3 dayrooms <3 . cute :3 . :3 , <33 days"
    for text in [
        "I <3 Mo Salah",
        "We <3 MS Dhoni",
        "love <3 Miles",
        "I <3 Days Gone",
        "thank you all <3 years of fun",
        "miss u <3 months",
        "Love this place <3 Days Inn",
        "believe in <3 forever",
        "begin <3 days",
    ]:
        assert DEFAULT.tokens(text) == text.lower().split()
    assert DEFAULT.tokens("love it <3\n\nDays later") == ["love", "it", "<3", "days", "later"]


_HOSTILE = (
    "< > & @ # a A 1 . : ; ! ( \u0301 \u00bd \u00e9 \u0130 \x96 \U0001f602 \u200d \ud800 \n - _",
    "<b <br <br/> <!-- <script> </ &amp; &# &#1 @a #a #1 http:// :// www. www.a :- :( ^_ -_ @_",
    "e\u0301 \u0301\u0316 \u0300\u0327\u0345 \uff9e\u0316 n't 't n' 1. 1, 1a aaab a. a' !? \\_( <3",
    "\\ \\u \\u2019 \\x \\xe2 \\n % %27 %25 =E2 &amp; &amp;# &#39 &rsquo '' `` \u2019 n?",
    "a?t itâ â€ Ã Ã© Âa Ãƒ â€™ ðŸ‘Ž ðŸ é’ \ufffd \u02c8 \x00 \u2060 a\u2060",
    "\u2060\U0001f602 ahttp:// awww.a www.a-",
    "\\342 a\\n <U+ <e2> <e2>< <92> <wbr %20a a+% &#38; &#x0 &amp;# a\u00ad\n \u0442\u0410",
    "a\\not not\\ a:3 <3\t 1( (1) 5.0 5.0/ .1/5 -1/5",
    "1/5 1/ 5* 1 out of one- -star ★ ★☆ ** */ #aA #a_ #Aa1 D: _ t_ ): :' :'- ;_ >: 1 star",
    "\U0001f468\u200d \U0001f3fd \U0001f1ec \u54c8 \u0939\u093f \u1100\u1161 <url #_ #1_ http://.",
)
HOSTILE = [
    *" ".join(_HOSTILE).split(" "),
    "a b ",
    "don ' t",
    "a' ",
    "\u00c2 ",
    "& #",
    "\x19",
    "\udc92",
    " ",
    "http://. ",
    "1 (one) ",
    "<3 \x00",
    "#1 a@",
]


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hundred_kilobytes_of_anything_take_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece.encode("utf-8", "surrogatepass")))
    start = time.process_time()
    DEFAULT.tokens(text)
    DEFAULT.spans(text + "\u00e9")
    # Some 0.1 s on one busy core; anything quadratic takes minutes.
    assert time.process_time() - start < 5


def test_config_round_trips() -> None:
    config = TextConfig(stop_words="english", max_tokens=7, truncate="tail", lower_case=False)
    assert TextConfig.from_stored(json.loads(json.dumps(config.to_stored()))) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lowercase": True}, "unknown text setting 'lowercase'; valid settings: strip_html, "),
        ({"urls": "remove"}, "'urls' is 'remove'; valid: 'keep', 'placeholder', 'drop'"),
        ({"urls": ["keep"]}, "valid: 'keep'"),
        ({"truncate": None}, "valid: 'head', 'tail', 'head\\+tail'"),
        ({"lower_case": 1}, "'lower_case' is 1; it takes true or false"),
        ({"max_tokens": True}, "'max_tokens' is True; it takes a whole number"),
        ({"max_tokens": -1}, "'max_tokens' to be from 0 to 2147483647, got -1; 0 means no limit"),
        ({"max_tokens": 2**31}, "to be from 0 to 2147483647, got 2147483648"),
        ({"stop_words": 3}, "'stop_words' is 3; it takes a string"),
        ({"stop_words": ""}, "'stop_words' is empty"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TextConfig.from_stored(settings)
