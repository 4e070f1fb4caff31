"""Token -> id: counts, cuts, stop words, stems and lemmas, the JSON form and hostile content."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.errors import ConfigError, DependencyError
from tonality.text.dropped_words import stop_words
from tonality.text.encoder import Encoder
from tonality.text.ngrams import MAX_WORDS, NgramTable
from tonality.text.opinion_words import OPINION_WORDS
from tonality.text.tokenizer import Normalisation, TextConfig, Tokenizer
from tonality.text.vocabulary import DROP, PAD, UNK, Vocabulary

CONFIG = TextConfig()
counts_of_words = st.dictionaries(st.text(min_size=1, max_size=6), st.integers(1, 9), max_size=30)


def build(
    counts: dict[str, int], config: TextConfig = CONFIG, *, min_count: int = 1, max_size: int = 99
) -> Vocabulary:
    return Vocabulary.build(counts, config, min_count=min_count, max_size=max_size)


def test_ids_fall_with_frequency_and_ties_are_alphabetical() -> None:
    vocabulary = build({"b": 2, "a": 2, "z": 9, "rare": 1}, min_count=2)
    assert vocabulary.forms == {"z": 2, "a": 3, "b": 4}
    assert vocabulary.size == 5
    assert vocabulary.words == ("z", "a", "b")
    assert (PAD, UNK, DROP) == (0, 1, -1)


def test_max_size_counts_pad_and_unk() -> None:
    vocabulary = build(dict.fromkeys("abcdef", 1), max_size=4)
    assert vocabulary.size == 4
    assert vocabulary.words == ("a", "b")


@given(counts_of_words, st.integers(1, 4), st.integers(3, 12), st.randoms())
@settings(deadline=None)
def test_order_of_counts_does_not_matter(
    counts: dict[str, int], min_count: int, max_size: int, random: Any
) -> None:
    items = list(counts.items())
    random.shuffle(items)
    one = build(counts, min_count=min_count, max_size=max_size)
    assert build(dict(items), min_count=min_count, max_size=max_size) == one
    assert one.size <= max_size
    assert sorted(one.forms.values()) == list(range(2, one.size))
    assert all(counts[word] >= min_count for word in one.words)


def test_an_empty_corpus_gives_an_empty_vocabulary() -> None:
    assert build({}).size == 2
    assert build({}).forms == {}


@pytest.mark.parametrize(("min_count", "max_size"), [(0, 9), (1, 2)])
def test_limits_that_leave_no_room(min_count: int, max_size: int) -> None:
    with pytest.raises(ConfigError, match="min_count >= 1 and max_size >= 3"):
        build({"a": 1}, min_count=min_count, max_size=max_size)


def test_stems_share_an_id_and_their_counts_are_summed_before_the_cut() -> None:
    pytest.importorskip("Stemmer")
    counts = {"loves": 1, "loved": 2, "loving": 1, "film": 3, "films": 1, "rare": 1}
    vocabulary = build(counts, TextConfig(normalise="stem"), min_count=4)
    assert vocabulary.forms == {"loved": 3, "loves": 3, "loving": 3, "film": 2, "films": 2}
    assert vocabulary.words == ("film", "loved")
    assert vocabulary.size == 4


def test_lemmas_share_an_id() -> None:
    pytest.importorskip("simplemma")
    vocabulary = build({"was": 3, "is": 2, "movies": 1, "movie": 1}, TextConfig(normalise="lemma"))
    assert vocabulary.forms["was"] == vocabulary.forms["is"]
    assert vocabulary.forms["movies"] == vocabulary.forms["movie"]
    assert vocabulary.words[vocabulary.forms["movies"] - 2] == "movie"


@pytest.mark.parametrize("normalise", ["stem", "lemma"])
def test_what_is_no_word_is_not_normalised(normalise: Normalisation) -> None:
    pytest.importorskip("Stemmer" if normalise == "stem" else "simplemma")
    counts = dict.fromkeys(["n't", "'s", "<url>", ":-)", "7/10", "!", "80s"], 1)
    config = TextConfig(normalise=normalise)
    assert set(build(counts, config).words) == set(counts)


def test_other_languages_are_stemmed_and_lemmatised() -> None:
    pytest.importorskip("Stemmer")
    pytest.importorskip("simplemma")
    counts = {"filme": 1, "filmen": 2}
    for config in (
        TextConfig(normalise="stem", language="de"),
        TextConfig(normalise="lemma", language="de"),
    ):
        assert len(set(build(counts, config).forms.values())) == 1


@pytest.mark.parametrize("normalise", ["stem", "lemma"])
def test_words_that_negate_or_judge_keep_their_own_id(normalise: Normalisation) -> None:
    pytest.importorskip("Stemmer" if normalise == "stem" else "simplemma")
    others = "do be goods use uses hope hand liking grate great gratings wors care mean"
    forms = {*OPINION_WORDS, *others.split(), "movies", "movie"}
    config = TextConfig(normalise=normalise)
    vocabulary = build(dict.fromkeys(forms, 3), config, max_size=999)
    ids = Counter(vocabulary.forms.values())
    assert all(ids[vocabulary.forms[word]] == 1 for word in OPINION_WORDS)
    assert vocabulary.forms["movies"] == vocabulary.forms["movie"]


@pytest.mark.parametrize(("normalise", "kind"), [("stem", "stemmer"), ("lemma", "lemmatiser")])
def test_unknown_language(normalise: Normalisation, kind: str) -> None:
    pytest.importorskip("Stemmer" if normalise == "stem" else "simplemma")
    config = TextConfig(normalise=normalise, language="tlh")
    with pytest.raises(ConfigError, match=f"no {kind} for language 'tlh'"):
        build({"a": 1}, config)


@pytest.mark.parametrize(("normalise", "module"), [("stem", "Stemmer"), ("lemma", "simplemma")])
def test_missing_normaliser_names_the_extra(
    normalise: Normalisation, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[train\]'"):
        build({"a": 1}, TextConfig(normalise=normalise))


def test_stop_words_are_dropped_and_negations_are_not() -> None:
    config = TextConfig(stop_words="english")
    text = "This is not the best film, nor does it help; I can't say that I never didn't like it."
    vocabulary = build(Counter(Tokenizer(config).tokens(text)), config)
    kept = [t for t in Tokenizer(config).tokens(text) if vocabulary.forms[t] != DROP]
    assert " ".join(kept) == "not best film , nor help ; n't say never n't like ."
    telling = "no not nor never n't none nothing neither without cannot but very too"
    assert not stop_words(config) & set(telling.split())
    # Also a word that the corpus does not hold: at prediction time it is dropped, not unknown.
    assert vocabulary.forms["yourselves"] == DROP


def test_stop_words_are_tokens_of_the_tokenizer() -> None:
    for word in stop_words(TextConfig(stop_words="english")):
        assert Tokenizer(CONFIG).tokens(word) == [word]


def test_stop_words_from_a_file_live_on_in_the_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "stop.txt"
    path.write_text("The\nit\n\u2019s\n\nfilm\n", encoding="utf-8")
    config = TextConfig(stop_words=str(path))
    vocabulary = build({"the": 5, "it": 3, "good": 1}, config)
    path.unlink()
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary
    assert vocabulary.dropped == {"the", "it", "'s", "film"}
    assert vocabulary.words == ("good",)
    longer = vocabulary.extended({"film": 9, "new": 3}, config, most=10)
    assert (longer.words, longer.dropped) == (("good", "new"), vocabulary.dropped)


def test_bad_stop_word_files(tmp_path: Path) -> None:
    path = tmp_path / "stop.txt"
    with pytest.raises(ConfigError, match=r"neither 'none' nor 'english'.*stop\.txt"):
        stop_words(TextConfig(stop_words=str(path)))
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match=r"stop\.txt cannot be read"):
        stop_words(TextConfig(stop_words=str(path)))
    path.write_text("the\nof the\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2: write one word a line"):
        stop_words(TextConfig(stop_words=str(path)))
    for line, pieces in (("don\u2019t", "'do', \"n't\""), ("good-bye", "'good', '-', 'bye'")):
        path.write_text(f"the\n{line}\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=f"line 2: expected one token.*{pieces}; list"):
            stop_words(TextConfig(stop_words=str(path)))


def test_stop_words_are_dropped_in_any_case(tmp_path: Path) -> None:
    config = TextConfig(stop_words="english", lower_case=False)
    vocabulary = build({"The": 9, "tHe": 2, "I": 5, "They": 4, "not": 3, "Film": 2}, config)
    assert vocabulary.words == ("not", "Film")
    stored = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    encoder = Encoder(config, stored)
    # Also as the corpus did not write them.
    text = "THEY say tHe Film is not what I know. Themselves they'LL film IT's"
    (read,) = encoder.encode_with_spans([text])[1]
    assert encoder.encode([text]).lengths.tolist() == [len(read)]
    assert [token.text for token in read] == ["say", "Film", "not", "know", ".", "film"]
    path = tmp_path / "stop.txt"
    path.write_text("film\n", encoding="utf-8")
    own = TextConfig(stop_words=str(path), lower_case=False)
    mine = build({"Film": 2, "FILM": 1, "plot": 1}, own)
    assert mine.words == ("plot",)
    # Also as a later corpus writes them.
    longer = mine.extended({"fILM": 9, "Plot": 3}, own, most=10)
    assert longer.words == ("plot", "Plot")
    assert longer.forms["fILM"] == DROP
    # An earlier version dropped stop words in small letters alone: what it knew keeps its id.
    earlier = Vocabulary(("Film",), {}, frozenset(["film"]))
    longer = earlier.extended({"Film": 9, "FILM": 3}, own, most=10)
    assert longer.forms == {"Film": 2, "film": DROP, "FILM": DROP}


@given(counts_of_words, st.sets(st.text(min_size=1, max_size=4), max_size=5))
@settings(deadline=None)
def test_json_round_trip(counts: dict[str, int], dropped: set[str]) -> None:
    words = [word for word in counts if word not in dropped]
    half = len(words) // 2
    variants = {word: 2 + i for i, word in enumerate(words[half : 2 * half])}
    vocabulary = Vocabulary(tuple(words[:half]), variants, frozenset(dropped))
    if vocabulary.size > 3:
        table = NgramTable([(2, 3), (3, 2)], [(2, 2, 3)], vocabulary.size)
        vocabulary = vocabulary.with_ngrams(table)
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_json_is_compact() -> None:
    words = tuple(f"w{i:07d}" for i in range(29_998))
    bigrams = [(10_000 + i // 20_000, 10_000 + i % 20_000) for i in range(50_000)]
    trigrams = [(20_000, *pair) for pair in bigrams]
    vocabulary = Vocabulary(words, {}, frozenset(), NgramTable(bigrams, trigrams, 30_000))
    assert len(json.dumps(vocabulary.to_json())) < 3_000_000


def test_an_ngram_table_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="of a vocabulary of 9 ids, not 3"):
        Vocabulary(("a",), {}, frozenset(), NgramTable([], [], 9))


GOOD: dict[str, Any] = {
    "size": 4,
    "pad": 0,
    "unknown": 1,
    "words": ["good", "bad"],
    "forms": {"goods": 2},
    "dropped": ["the"],
    "ngrams": {"2": [2, 3], "3": []},
}


def test_the_json_form_of_the_specification_is_read() -> None:
    vocabulary = Vocabulary.from_json(GOOD)
    assert vocabulary.forms == {"good": 2, "bad": 3, "goods": 2, "the": DROP}
    assert vocabulary.to_json() == GOOD


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 5}, "'size' is 5, not 4"),
        ({"size": True}, "'size' is True"),
        ({"pad": 1}, "'pad' is 1, not 0"),
        ({"unknown": 0}, "'unknown' is 0, not 1"),
        ({"unknown": 1.0}, "'unknown' is 1.0, not 1"),
        ({"words": "good"}, "'words' must hold non-empty"),
        ({"words": ["good", 3]}, "'words' must hold non-empty strings"),
        ({"words": ["good", ""]}, "non-empty"),
        ({"words": ["good", "good"]}, "one form twice"),
        ({"words": ["good", "the"]}, "one form twice"),
        ({"dropped": None}, "'dropped' must hold"),
        ({"dropped": ["the", "the"]}, "one form twice"),
        ({"forms": {"bad": 2}}, "one form twice"),
        ({"forms": {"x": 4}}, "ids from 2 to 3"),
        ({"forms": {"x": 1}}, "ids from 2 to 3"),
        ({"forms": {"x": -1}}, "ids from 2 to 3"),
        ({"forms": {"x": True}}, "ids from 2 to 3"),
        ({"forms": {"x": "2"}}, "ids from 2 to 3"),
        ({"forms": {"": 2}}, "'forms' must hold non-empty strings"),
        ({"forms": []}, "'forms' must map"),
        ({"ngrams": []}, "n-gram table is an object"),
        ({"ngrams": {"2": []}}, "keys 2, 3"),
        ({"ngrams": {"2": {}, "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [2, 4], "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [2, -1], "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [2, 3.0], "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [2, 10**30], "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [True, 3], "3": []}}, "must be a list of word ids"),
        ({"ngrams": {"2": [1, 3], "3": []}}, "outside the vocabulary"),
        ({"ngrams": {"2": [2], "3": []}}, "1 ids do not make whole ones"),
        ({"ngrams": {"2": [2, 3, 2, 3], "3": []}}, "strictly ascending"),
        ({"ngrams": {"2": [3, 2, 2, 3], "3": []}}, "strictly ascending"),
        ({"extra": 1}, "an object with the keys size, pad"),
    ],
)
def test_hostile_content(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocabulary.from_json({**GOOD, **change})


def test_a_vocabulary_too_large_for_trigrams() -> None:
    words = ["w"] * MAX_WORDS
    with pytest.raises(ValueError, match="at most 2097152 are supported"):
        Vocabulary.from_json({**GOOD, "words": words, "size": len(words) + 2})


NO_VOCABULARY: list[Any] = [None, [], 3, "x", {}, {1: 2}, {**GOOD, 1: 2}]


@pytest.mark.parametrize("content", NO_VOCABULARY)
def test_content_that_is_no_vocabulary(content: object) -> None:
    with pytest.raises(ValueError, match="a vocabulary is an object with the keys"):
        Vocabulary.from_json(content)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(GOOD)), anything)
@settings(deadline=None)
def test_any_content_is_a_vocabulary_or_a_value_error(key: str, value: Any) -> None:
    try:
        vocabulary = Vocabulary.from_json({**GOOD, key: value})
    except ValueError:
        return
    assert vocabulary.to_json() == {**GOOD, key: value} or key == "dropped"
