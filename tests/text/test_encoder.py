"""Raw texts to arrays: ids, n-gram rows, cuts, sub-batches and the spans of what is read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.text.encoder import Encoded, Encoder
from tonality.text.ngrams import NgramTable
from tonality.text.tokenizer import Cut, TextConfig, Tokenizer
from tonality.text.vocabulary import UNK, Vocabulary

COUNTS = {"not": 9, "a": 8, "good": 7, "film": 6, ".": 5, "n't": 4, "the": 3}
texts_of_words = st.lists(
    st.none()
    | st.lists(st.sampled_from([*COUNTS, "unknown", "don't", "\U0001f602"]), max_size=12).map(
        " ".join
    ),
    max_size=6,
)
cuts = st.builds(
    TextConfig,
    max_tokens=st.integers(0, 9),
    truncate=st.sampled_from(["head", "tail", "head+tail"]),
    stop_words=st.sampled_from(["none", "english"]),
)


def make_encoder(config: TextConfig) -> Encoder:
    vocabulary = Vocabulary.build(COUNTS, config, min_count=1)
    forms = vocabulary.forms
    pairs = [(forms["not"], forms["good"]), (forms["n't"], forms["not"])]
    triples = [(forms["not"], forms["good"], forms["film"])]
    return Encoder(
        config, vocabulary.with_ngrams(NgramTable(sorted(pairs), triples, vocabulary.size))
    )


def test_the_arrays_of_a_batch() -> None:
    encoder = make_encoder(TextConfig())
    batch = encoder.encode(["Not good film.", None, "", "A zebra", "not"])
    assert len(batch) == 5
    assert batch.ids.tolist() == [2, 4, 5, 6, 3, UNK, 2]
    assert batch.offsets.tolist() == [0, 4, 4, 4, 6, 7]
    assert batch.lengths.tolist() == [4, 0, 0, 2, 1]
    assert batch.left_out.tolist() == [0] * 5
    assert batch.ngrams is not None
    assert batch.ngrams.tolist() == [[0, 0], [1, 0], [0, 3], [0, 0], [0, 0], [0, 0], [0, 0]]
    kinds = [a.dtype for a in (batch.ids, batch.ngrams, batch.offsets, batch.left_out)]
    assert kinds == [np.int32, np.int32, np.int64, np.int64]


def test_ngrams_do_not_cross_texts() -> None:
    batch = make_encoder(TextConfig()).encode(["not", "good", "film"])
    assert batch.ngrams is not None
    assert not batch.ngrams.any()


def test_no_texts_and_no_table() -> None:
    config = TextConfig()
    empty = make_encoder(config).encode([])
    assert (len(empty), empty.ids.tolist(), empty.offsets.tolist()) == (0, [], [0])
    assert empty.ngrams is not None
    assert empty.ngrams.shape == (0, 2)
    plain = Encoder(config, Vocabulary.build(COUNTS, config)).encode(["not good"])
    assert plain.ngrams is None
    assert plain.take([0, 0]).ngrams is None


@pytest.mark.parametrize(
    ("truncate", "read"),
    [("head", "a b c d e f g h"), ("tail", "e f g h i j k l"), ("head+tail", "a b g h i j k l")],
)
def test_where_a_text_is_cut(truncate: Cut, read: str) -> None:
    config = TextConfig(max_tokens=8, truncate=truncate)
    vocabulary = Vocabulary.build(dict.fromkeys("abcdefghijkl", 1), config, min_count=1)
    encoder = Encoder(config, vocabulary)
    texts = ["a b c d e f g h i j k l", "a b"]
    batch = encoder.encode(texts)
    forms = ["<pad>", "<unk>", *vocabulary.words]
    assert [forms[id] for id in batch.ids] == [*read.split(), "a", "b"]
    assert batch.left_out.tolist() == [4, 0]
    tokens, _ = encoder.encode_with_spans(texts)[1]
    assert [token.text for token in tokens] == read.split()


def test_stop_words_go_before_the_cut() -> None:
    config = TextConfig(max_tokens=2, truncate="head", stop_words="english")
    encoder = make_encoder(config)
    text = "The film is a not good the film"
    batch = encoder.encode([text])
    assert batch.lengths.tolist() == [2]
    assert batch.left_out.tolist() == [2]
    (tokens,) = encoder.encode_with_spans([text])[1]
    assert [text[t.start : t.end] for t in tokens] == ["film", "not"]


@given(texts_of_words, cuts)
@settings(max_examples=150, deadline=None)
def test_spans_are_what_the_ids_stand_for(texts: list[str | None], config: TextConfig) -> None:
    encoder = make_encoder(config)
    batch = encoder.encode(texts)
    forms = encoder.vocabulary.forms
    _, tokens = encoder.encode_with_spans(texts)
    for n, (text, spans) in enumerate(zip(texts, tokens, strict=True)):
        ids = batch.ids[batch.offsets[n] : batch.offsets[n + 1]].tolist()
        assert [forms.get(span.text, UNK) for span in spans] == ids
        dropped = sum(forms.get(token, 1) < 0 for token in Tokenizer(config).tokens(text))
        total = len(Tokenizer(config).tokens(text))
        assert batch.left_out[n] == total - dropped - len(ids)
        assert not config.max_tokens or len(ids) <= config.max_tokens


def equal(one: Encoded, two: Encoded) -> bool:
    assert one.ngrams is not None
    assert two.ngrams is not None
    pairs = (
        (one.ids, two.ids),
        (one.ngrams, two.ngrams),
        (one.offsets, two.offsets),
        (one.left_out, two.left_out),
    )
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)


@given(texts_of_words, cuts, st.data())
@settings(max_examples=150, deadline=None)
def test_taking_texts_is_encoding_them(
    texts: list[str | None], config: TextConfig, data: st.DataObject
) -> None:
    encoder = make_encoder(config)
    positions = st.integers(0, max(len(texts) - 1, 0))
    chosen = data.draw(st.lists(positions, max_size=8 if texts else 0))
    batch = encoder.encode(texts)
    assert equal(batch.take(chosen), encoder.encode([texts[i] for i in chosen]))
    assert equal(batch.take(np.arange(len(texts))), batch)


def test_one_encoder_serves_many_threads() -> None:
    encoder = make_encoder(TextConfig(max_tokens=5))
    texts = [f"not good film {'. ' * n} caf\u00e9 don't" for n in range(50)]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(8) as pool:
        for batch in pool.map(encoder.encode, [texts] * 16):
            assert equal(batch, expected)


def test_known_tokens_are_counted_in_each_text() -> None:
    batch = make_encoder(TextConfig()).encode(["good zebra film", None, "quagga", "not good"])
    assert batch.known.tolist() == [2, 0, 0, 2]
    assert batch.take([3, 1, 0]).known.tolist() == [2, 0, 2]
