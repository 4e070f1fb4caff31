"""Damaged text reads as the sound one: each kind of damage, on any sentence of everyday words."""

from __future__ import annotations

import dataclasses
import html.entities
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tonality
from odd_texts import texts
from tonality.text import TextConfig, Tokenizer

SAMPLES = Path(tonality.__file__).parent / "bundled" / "samples" / "imdb.jsonl"
TOKENIZER = Tokenizer(TextConfig())
UNMENDED = Tokenizer(TextConfig(mend=False))

WORDS = """
I don't can't won't wouldn't isn't didn't it's he's I'm you're they've we'll she'd recommend
good bad it film the never really caf\u00e9 na\u00efve r\u00e9sum\u00e9
O'Brien DON'T Wasn't shouldn't that's
"""
sentences = st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=10).flatmap(
    lambda words: st.sampled_from([" ", " ", ", ", ". "]).map(lambda gap: gap.join(words))
)


def misread(text: str, page: str = "cp1252") -> str:
    """Its UTF-8 in another code page; control characters where that has none."""
    if page == "latin-1":
        return text.encode().decode(page)
    return "".join(bytes([b]).decode(page, "ignore") or chr(b) for b in text.encode())


def curly(text: str) -> str:
    return text.replace("'", "\u2019")


def escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def named(text: str) -> str:
    """With an entity for each apostrophe and accented letter."""
    names = {code: f"&{name};" for code, name in html.entities.codepoint2name.items() if code > 127}
    return text.replace("&", "&amp;").translate(names).replace("'", "&apos;")


DAMAGE: dict[str, Callable[[str], str]] = {
    "UTF-8 as cp1252": lambda text: misread(curly(text)),
    "UTF-8 as Latin-1": lambda text: misread(curly(text), "latin-1"),
    "as cp1252, twice": lambda text: misread(misread(curly(text))),
    "as Latin-1, twice": lambda text: misread(misread(curly(text), "latin-1"), "latin-1"),
    "as cp1252, three times": lambda text: misread(misread(misread(curly(text)))),
    "cp1252 as Latin-1": lambda text: curly(text).encode("cp1252").decode("latin-1"),
    "Mac Roman": lambda text: text.replace("'", "\u2019".encode().decode("mac_roman")),
    "code page 437": lambda text: text.replace("'", "\u2019".encode().decode("cp437")),
    "misread, then ASCII": lambda text: text.replace("'", "\u00e2??"),
    "misread, controls lost": lambda text: text.replace("'", "\u00e2\u20ac"),
    "three U+FFFD": lambda text: text.replace("'", "\ufffd\ufffd\ufffd"),
    "entity": lambda text: text.replace("'", "&#39;"),
    "entity of XML": named,
    "entity, twice": lambda text: named(text).replace("&", "&amp;"),
    "entity, three times": lambda text: named(text).replace("&", "&amp;amp;"),
    "&amp;#39;": lambda text: text.replace("'", "&amp;#39;"),
    "&amp;rsquo;": lambda text: text.replace("'", "&amp;rsquo;"),
    "&#39": lambda text: text.replace("'", "&#39"),
    "&#8217": lambda text: text.replace("'", "&#8217"),
    "&rsquo": lambda text: text.replace("'", "&rsquo"),
    "&#x27": lambda text: text.replace("'", "&#x27"),
    "#39;": lambda text: text.replace("'", "#39;"),
    "\\'": lambda text: text.replace("'", "\\'"),
    "\\\\\\'": lambda text: text.replace("'", "\\\\\\'"),
    "''": lambda text: text.replace("'", "''"),
    "doubled curly": lambda text: text.replace("'", "\u2019\u2019"),
    "JSON": lambda text: escaped(curly(text)),
    "JSON, twice": lambda text: escaped(escaped(curly(text))),
    "JSON in capitals": lambda text: escaped(curly(text)).replace("\\u00e9", "\\u00E9"),
    "bytes literal": lambda text: repr(curly(text).encode())[2:-1],
    "\\x92": lambda text: text.replace("'", "\\x92"),
    "%27": lambda text: text.replace("'", "%27"),
    "%2527": lambda text: text.replace("'", "%2527"),
    "%E2%80%99": lambda text: text.replace("'", "%E2%80%99"),
    "cp1252, surrogateescape": lambda text: (
        curly(text).encode("cp1252").decode("ascii", "surrogateescape")
    ),
    "UTF-8, surrogateescape": lambda text: curly(text).encode().decode("ascii", "surrogateescape"),
    "the low byte": lambda text: text.replace("'", "\x19"),
    "octal": lambda text: "".join(
        chr(byte) if byte < 128 else f"\\{byte:o}" for byte in curly(text).encode()
    ),
    "Perl's braces": lambda text: text.replace("'", "\\x{2019}"),
    "R, <U+2019>": lambda text: text.replace("'", "<U+2019>"),
    "R, <92>": lambda text: text.replace("'", "<92>"),
    "R, <e2><80><99>": lambda text: "".join(
        chr(byte) if byte < 128 else f"<{byte:02x}>" for byte in curly(text).encode()
    ),
    "&#38;#39;": lambda text: text.replace("'", "&#38;#39;"),
    "&AMP;rsquo;": lambda text: text.replace("'", "&AMP;rsquo;"),
    "&RSQUO;": lambda text: text.replace("'", "&RSQUO;"),
    "& #39;": lambda text: text.replace("'", "& #39;"),
    "&rsquo ;": lambda text: text.replace("'", "&rsquo ;"),
    "amp;#39;": lambda text: text.replace("'", "amp;#39;"),
    "entities of cp1252": lambda text: numbered(misread(curly(text))),
    "entities of cp1252, twice": lambda text: numbered(misread(misread(curly(text)))),
    "JSON of cp1252": lambda text: escaped(misread(curly(text))),
    "JSON, all in capitals": lambda text: escaped(curly(text)).replace("\\u", "\\U"),
    "quoted-printable": lambda text: text.replace("'", "=E2=80=99"),
}
# What is known for an apostrophe in contractions alone.
IN_CONTRACTIONS: dict[str, Callable[[str], str]] = {
    "UTF-8 as code page 866": lambda text: misread_apostrophes(text, "cp866"),
    "UTF-8 as KOI8-R": lambda text: misread_apostrophes(text, "koi8-r"),
    "UTF-8 as Windows-1253": lambda text: misread_apostrophes(text, "cp1253"),
    "as Mac Roman, then cp1252": lambda text: misread_apostrophes(text, "mac_roman", "cp1252"),
    "as Mac Roman, twice": lambda text: misread_apostrophes(text, "mac_roman", "mac_roman"),
    "as cp1252, then cp1250": lambda text: misread_apostrophes(text, "cp1252", "cp1250"),
    "as cp437, then cp437": lambda text: misread_apostrophes(text, "cp437", "cp437"),
    "Mac Roman as cp1252": lambda text: written_as(text, "mac_roman", "cp1252"),
    "cp1252 as Mac Roman": lambda text: written_as(text, "cp1252", "mac_roman"),
    "cp1252 as cp850": lambda text: written_as(text, "cp1252", "cp850"),
    "three ?": lambda text: text.replace("'", "???"),
}


def misread_apostrophes(text: str, *pages: str) -> str:
    """With each apostrophe as UTF-8 that was read in one code page after the other."""
    mark = "\u2019"
    for page in pages:
        mark = misread(mark, page)
    return text.replace("'", mark)


def written_as(text: str, written: str, read: str) -> str:
    """With each apostrophe as one byte of a code page that was read in another."""
    return text.replace("'", "\u2019".encode(written).decode(read))


def numbered(text: str) -> str:
    """With a numeric entity for each character that is not ASCII."""
    return text.encode("ascii", "xmlcharrefreplace").decode()


# Unicode's confusables.txt for the apostrophe, and the marks that stand in its place.
LOOK_ALIKES = (
    "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02f4\u0374\u0384\u055a\u055d"
    "\u05d9\u05f3\u07f4\u07f5\u144a\u16cc\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201b\u2032\u2035"
    "\u275b\u275c\ua78b\ua78c\uff07\uff40\ufffd\U00016f51\U00016f52"
)


def written_with(mark: str) -> Callable[[str], str]:
    return lambda text: text.replace("'", mark)


DAMAGE |= {
    f"U+{ord(mark):04X} {unicodedata.name(mark, '')}": written_with(mark) for mark in LOOK_ALIKES
}


DAMAGE |= IN_CONTRACTIONS


@pytest.mark.parametrize("kind", DAMAGE)
@given(sentence=sentences)
@settings(max_examples=15, deadline=None)
def test_damage_of_each_kind_is_mended(kind: str, sentence: str) -> None:
    if kind in IN_CONTRACTIONS:
        sentence = sentence.replace("O'Brien", "O. Brien")
    damaged = DAMAGE[kind](sentence)
    spans = TOKENIZER.spans(damaged)
    assert TOKENIZER.tokens(damaged) == TOKENIZER.tokens(sentence)
    assert [span.text for span in spans] == TOKENIZER.tokens(sentence)
    assert [s.text for s in TOKENIZER.spans(sentence)] == [span.text for span in spans]
    # A word that is not damaged keeps its place.
    for span in spans:
        if span.text in ("recommend", "good", "film"):
            assert damaged[span.start : span.end] == span.text


@pytest.mark.parametrize("kind", DAMAGE)
def test_the_example_of_each_kind(kind: str) -> None:
    damaged = DAMAGE[kind]("I wouldn't recommend it")
    words = TOKENIZER.spans(damaged)
    assert [word.text for word in words] == ["i", "would", "n't", "recommend", "it"]
    assert damaged[words[1].start : words[1].end] == "would"
    assert damaged[words[3].start : words[3].end] == "recommend"


@pytest.mark.parametrize(
    ("damaged", "sound"),
    [
        ("\u00e2\u20ac\u0153Good\u00e2\u20ac\u009d", '"Good"'),
        ("\u00e2\u20ac\u0153Good\u00e2\u20ac", '"Good"'),
        ("bad \u00e2\u20ac\u201d very", "bad \u2014 very"),
        ("\u00f0\u0178\u2018\u017d", "\U0001f44e"),
        ("\\ud83d\\udc4e", "\U0001f44e"),
        ("\\U0001f44e \\u{1f44e}", "\U0001f44e \U0001f44e"),
        ("Bad.\\nWaste of time\\r\\n", "Bad. Waste of time"),
        ('it\\"s \\"bad\\"', 'it"s "bad"'),
        ("don\u9225\u6a9b", "don't"),
        ("don?t it?s I?m", "don't it's I'm"),
        ('don"t it"s I"m', "don't it's I'm"),
        ("don;t it;s I;m", "don't it's I'm"),
        ("don\u201dt didn\uff02t don\uff1bt", "don't didn't don't"),
        ("it&quot;s, we&quot;ll", "it's, we'll"),
        ('"I can"t", he said; I COULDN"T.', "\"I can't\", he said; I COULDN'T."),
        ("don\u00e2t it\u00e2s", "don't it's"),
        ("don\u00e3\u00a2\u00e2\u201a\u00ac\u00e2\u201e\u00a2t", "don't"),
        ("&amp;quot;bad&amp;quot;", '"bad"'),
        ("caf&eacute; caf&amp;eacute;", "caf\u00e9 caf\u00e9"),
        ("\u00c2\u00a35", "\u00a35"),
        ("I\u00c2 didn't\u00c2 like\u00c2 it.\u00c2 ", "I didn't like it."),
        ("I can ' t say I don' t", "I can't say I don't"),
        ("DOESN\u00c2\u20ac\u2122T \u00c2\u20ac\u0152GOOD", "DOESN'T \u201cGOOD"),
        ("so\\nbad", "so bad"),
        ("so\\nOh, great\\nNo", "so Oh, great No"),
        ("Bom.\\r\\no filme, film.\\n\\nnot", "Bom. o filme, film. not"),
        ("good\\not good, cost\\returns", "good not good, cost returns"),
        ("good\\terribly, two\\three", "good terribly, two three"),
        ("1\\not (good)\\nothing [a]\\really", "1 not (good) nothing [a] really"),
        ("bueno\\no malo, film\\no filme", "bueno o malo, film o filme"),
        ("src\\test\\report.txt", "src est eport.txt"),
        ("docs\\report\\new", "docs eport ew"),
        ("good\\\\not good", "good not good"),
        ("buy\\rent a porn\\thriller", "buy rent a porn thriller"),
        ("GOOD\\NOT, Good\\Nice", "GOOD NOT, Good Nice"),
        ("Pros:\\nnone", "Pros: none"),
        ("don\u7ab6\u51b2", "don't"),
        ("don&#x92t it&#x92s", "don't it's"),
        ("\u2039U+2019\u203a <U+0001F44E>", "\u2039U+2019\u203a \U0001f44e"),
        ("<ed><a0><bd><ed><b1><8e>", "\U0001f44e"),
        ("not&nbspgood", "not good"),
        ("rec<wbr>omm<wbr/>end", "recommend"),
        ("recom\u00ad\n  mend, recom&shy;\nmend", "recommend, recommend"),
        ("I%20didn%27t%20like%20it%2C%20at%20all", "I didn't like it, at all"),
        ("don%25E2%2580%2599t caf%c3%a9", "don't caf\u00e9"),
        ("don%C3%A2%E2%82%AC%E2%84%A2t", "don't"),
        ("I+didn%27t+like+it", "I didn't like it"),
    ],
)
def test_neighbours_of_those_kinds(damaged: str, sound: str) -> None:
    assert TOKENIZER.tokens(damaged) == TOKENIZER.tokens(sound)


@pytest.mark.parametrize(
    "text",
    [
        "voil\u00e0\u2026 \u00ab\u00e9t\u00e9\u2026\u00bb \u00c9\u2026 CAF\u00c9\u2019s",
        "IRM\u00c3\u201d",
        "What? So it goes; \"that\" don't; 100% sure, 5 % off = bad",
        "C:\\new\\report C:\\films\\thriller \\o/ AT&T R&D; a && b",
        "He said ''good'' and left.",
        "Hawai'i rock'n'roll 'quoted' the dogs' bowl",
        "\u05d2\u05f3\u05d9\u05e8\u05e4\u05d4 \u0540\u0561\u0575\u055a",
        'he said "don" to me', 'two "who"s and a "that"s', 'in "don"t', 'a 5"d disc, "it"',
        "love it;D", "try it;so do I", "don;two", "&it;s", "int i;s", "f;i;m",
        "don\u2026t", "it\u2014s", "caf\u00e9s it\u00e9m", "C:\\new\\test\\results", "100%+20",
        "see http://x.y/a%20b%C3%A9",
        "in '90s", "A+ b%", "<dd>x<dd>", "HAL\u00c2 ", "it's 'so' said", "we\u2764d",
        "how much?t", "see http://x.y/?s=1&t=2", "really?d", "\u00bfde qu\u00e9?",
    ],
)  # fmt: skip
def test_sound_text_stays(text: str) -> None:
    assert TOKENIZER.tokens(text) == UNMENDED.tokens(text)


INVISIBLE = (
    "\x00\x01\x08\x0e\x1f\x7f\x81\x9d\u00ad\u034f\u061c\u115f\u17b4\u180b\u180e\u200b\u200c\u200d"
    "\u200e\u200f\u202a\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2069\u206a\u206f\u3164\ufe00\ufe0f\ufeff"
    "\ufff9\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100"
)


@given(sentence=sentences, hidden=st.sampled_from(INVISIBLE), seed=st.randoms())
@settings(max_examples=300, deadline=None)
def test_invisible_characters_in_words_are_dropped(sentence: str, hidden: str, seed: Any) -> None:
    places = [i for i, character in enumerate(sentence) if character.isalpha()]
    damaged = sentence
    for place in sorted(seed.sample(places, min(3, len(places))), reverse=True):
        # Two characters of Latin-1 after an accented letter may be a misread character.
        count = 1 if hidden < "\u0100" else seed.randint(1, 3)
        damaged = damaged[:place] + hidden * count + damaged[place:]
    assert TOKENIZER.tokens(damaged) == TOKENIZER.tokens(sentence)
    assert [span.text for span in TOKENIZER.spans(damaged)] == TOKENIZER.tokens(sentence)


def test_a_blank_of_braille_is_no_text() -> None:
    assert TOKENIZER.tokens("\u2800") == []


@pytest.mark.parametrize("hidden", INVISIBLE)
def test_a_word_with_an_invisible_character_is_whole(hidden: str) -> None:
    for text in (f"aw{hidden}ful", f"{hidden}awful", f"awful{hidden}"):
        (span,) = TOKENIZER.spans(text)
        assert span.text == "awful"
        assert "awful" in text[span.start : span.end].replace(hidden, "")


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f\u200d\U0001f525",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_joiners_stay_where_writing_needs_them(text: str) -> None:
    assert TOKENIZER.tokens(text) == [text]
    assert TOKENIZER.tokens(f"ok {text} ok") == ["ok", text, "ok"]
    if text > "\u2000":  # emoji end a word
        assert TOKENIZER.tokens(f"ok{text}ok") == ["ok", text, "ok"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("greathttps://t.co/abc", "great <url>"),
        ("Greathttp://x.y now", "great <url> now"),
        ("goodHTTPS://X.Y", "good <url>"),
        ("seewww.foo.com/x", "see <url>"),
        ("caf\u00e9https://t.co/a", "caf\u00e9 <url>"),
        ("10https://t.co/a", "10 <url>"),
        ("awww.cute", "aww . cute"),
    ],
)
def test_addresses_glued_to_a_word_are_addresses(text: str, tokens: str) -> None:
    assert TOKENIZER.tokens(text) == tokens.split()
    assert [span.text for span in TOKENIZER.spans(text)] == tokens.split()


@given(texts)
@settings(max_examples=300, deadline=None)
def test_spans_of_mended_text_lie_in_the_raw_one(text: str) -> None:
    for damage in ("\\u2019", "\u00e2\u20ac\u2122", "&amp;#39;", "\x00", "''"):
        damaged = f"don{damage}t{text}don{damage}t"
        spans = TOKENIZER.spans(damaged)
        assert [span.text for span in spans] == TOKENIZER.tokens(damaged)
        assert all(0 <= span.start < span.end <= len(damaged) for span in spans)


def samples() -> list[str]:
    return [json.loads(line)["text"] for line in SAMPLES.read_text("utf-8").splitlines()]


def test_no_sample_review_is_read_otherwise_for_mending() -> None:
    for text in samples():
        assert TOKENIZER.tokens(text) == UNMENDED.tokens(text)


def test_mending_and_signs_do_not_move_the_verdict_of_imdb_on_clean_text() -> None:
    today = tonality.load("imdb")
    text = dataclasses.replace(today.artifact.text, mend=False, signs="keep")
    before = tonality.Classifier(dataclasses.replace(today.artifact, text=text))
    found, expected = today.predict_proba(samples()), before.predict_proba(samples())
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("model", ["general", "imdb"])
def test_a_damaged_sentence_has_the_verdict_of_the_sound_one(model: str) -> None:
    classifier = tonality.load(model)
    sound = "I wouldn't recommend it"
    damaged = [damage(sound) for damage in DAMAGE.values()]
    shares = classifier.predict_proba([sound, *damaged])
    np.testing.assert_allclose(shares, np.repeat(shares[:1], len(shares), axis=0), atol=1e-6)
