"""The classifier: verdicts, probabilities, any batching, many threads."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tonality
from reading_model import make_artifact
from tonality import classifier
from tonality.classifier import Classifier
from tonality.network import blas_threads

TEXTS = ["I love it", "I hate the plot", "not good", "not bad", "", None, "the film was long", "?"]


@pytest.fixture(scope="module")
def small(model_folder: Path) -> Classifier:
    return tonality.load(model_folder)


def test_verdicts(small: Classifier) -> None:
    assert small.labels == ("negative", "positive")
    labels = [prediction.label for prediction in small.predict(TEXTS[:4])]
    assert labels == ["positive", "negative", "negative", "positive"]


def test_it_can_be_pickled_before_and_after_use() -> None:
    """With every rewrite of texts in use, as in the bundled models."""
    texts = ["good :D film &amp; #NotWorthIt, 5/10", "don?t", "", None]
    general = tonality.load("general")
    unused = pickle.dumps(general)
    expected = general.predict_proba(texts)
    general.explain("bad :D")
    for pickled in (unused, pickle.dumps(general)):
        np.testing.assert_array_equal(pickle.loads(pickled).predict_proba(texts), expected)


def test_one_text_gives_one_prediction(small: Classifier) -> None:
    prediction = small.predict("I love this film, and the actor")
    assert prediction == small.predict(["I love this film, and the actor"])[0]
    assert prediction.label == "positive"
    assert prediction.score == prediction.probabilities["positive"] > 0.5
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.tokens_read == 8
    assert prediction.tokens_left_out == 0


@pytest.mark.parametrize("text", ["", None, "  \n\t ", "<br /><br />"])
def test_an_empty_text_gets_the_priors(small: Classifier, text: str | None) -> None:
    prediction = small.predict(text)
    assert prediction.probabilities == {"negative": 0.4, "positive": 0.6}
    assert (prediction.label, prediction.score, prediction.tokens_read) == (None, 0.0, 0)


def test_truncation_is_told(small: Classifier) -> None:
    prediction = small.predict("film " * 80)
    assert (prediction.tokens_read, prediction.tokens_left_out) == (50, 30)


def test_probabilities(small: Classifier) -> None:
    probabilities = small.predict_proba(TEXTS)
    assert probabilities.shape == (8, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    expected = [list(p.probabilities.values()) for p in small.predict(TEXTS)]
    np.testing.assert_array_equal(probabilities, expected)
    assert small.predict_proba([]).shape == (0, 2)
    assert small.predict([]) == []


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from(["love", "hate", "not", "good", "film", "zzz", "!"]), max_size=60),
        min_size=1,
        max_size=12,
    ),
    batch_size=st.integers(1, 12),
    threads=st.integers(1, 3),
    least=st.sampled_from([1, 30, classifier.LEAST_TOKENS]),
)
def test_results_do_not_depend_on_batches_or_threads(
    small: Classifier, texts: list[list[str]], batch_size: int, threads: int, least: int
) -> None:
    joined = [" ".join(words) for words in texts]
    one_by_one = np.concatenate([small.predict_proba([text]) for text in joined])
    with patch.object(classifier, "LEAST_TOKENS", least):
        together = small.predict_proba(joined, batch_size=batch_size, threads=threads)
    np.testing.assert_allclose(together, one_by_one, atol=1e-6)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_string_has_a_verdict_or_nothing_to_read(small: Classifier, text: str) -> None:
    prediction = small.predict(text)
    if prediction.tokens_read:
        assert prediction.label in small.labels
        assert 0.5 <= prediction.score <= 1
    else:
        assert (prediction.label, prediction.score) == (None, 0.0)


def test_many_texts_pass_window_by_window(
    small: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{word} film" for word in ("love", "hate", "good", "the", "")] * 7
    whole = small.predict_proba(texts)
    monkeypatch.setattr(classifier, "WINDOW", 3)
    np.testing.assert_allclose(small.predict_proba(texts), whole, atol=1e-6)
    assert [p.label for p in small.predict(texts)[:2]] == ["positive", "negative"]


def test_shared_between_threads(small: Classifier) -> None:
    texts = [[f"{word} the film {n}" for word in ("love", "hate", "bad")] for n in range(40)]
    expected = [small.predict_proba(batch) for batch in texts]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(small.predict_proba, texts))
    for result, expectation in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, expectation, atol=1e-6)


def test_blas_threads_are_restored(small: Classifier) -> None:
    openblas = blas_threads._openblas()
    if openblas is None:
        pytest.skip("this numpy has no OpenBLAS of its own")
    before = openblas.get_threads()
    openblas.set_threads(2)
    try:
        with blas_threads.one_thread(), blas_threads.one_thread():
            assert openblas.get_threads() == 1
            small.predict_proba(["love"])
            assert openblas.get_threads() == 1
        assert openblas.get_threads() == 2
    finally:
        openblas.set_threads(before)


def test_without_openblas_nothing_is_held(
    small: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = small.predict_proba(TEXTS)
    monkeypatch.setattr(blas_threads, "_openblas", lambda: None)
    np.testing.assert_array_equal(small.predict_proba(TEXTS), expected)


def test_temperature_flattens() -> None:
    artifact = make_artifact()
    sharp = Classifier(artifact).predict("love").score
    object.__setattr__(artifact, "temperature", 4.0)
    assert 0.5 < Classifier(artifact).predict("love").score < sharp


def test_abstaining() -> None:
    unsure = Classifier(make_artifact(abstain=0.999999)).predict(["film", "the plot"])
    assert [prediction.label for prediction in unsure] == ["uncertain", "uncertain"]
    assert Classifier(make_artifact(abstain=0.6)).predict("love love").label == "positive"


def test_a_string_is_no_list_of_texts(small: Classifier) -> None:
    said = r"expected a list of texts, got one text; write predict_proba\(\[text\]\)"
    with pytest.raises(tonality.ConfigError, match=said):
        small.predict_proba("I love it")
    with pytest.raises(tonality.ConfigError, match=r"got one text; write reads\(\[text\]\)"):
        small.reads("I love it")
    assert small.reads(["I love it", None]).tolist() == [True, False]


@pytest.mark.parametrize("odd", [0, "2", 2.5, True, np.True_])
def test_a_count_is_a_whole_number(small: Classifier, odd: Any) -> None:
    for name in ("threads", "batch_size"):
        with pytest.raises(tonality.ConfigError, match=f"{name}: expected a whole number, 1 or"):
            small.predict_proba(["love"], **{name: odd})
    with pytest.raises(tonality.ConfigError, match="threads: expected a whole number, 1 or more"):
        tonality.load(threads=odd)
    counts: dict[str, Any] = {"threads": np.array(2), "batch_size": np.int32(1)}
    np.testing.assert_array_equal(
        small.predict_proba(["love", "hate"], **counts), small.predict_proba(["love", "hate"])
    )


def test_more_threads_than_texts_cost_nothing(small: Classifier) -> None:
    texts = ["love", "hate it", None]
    most = small.predict_proba(texts, threads=10**12)
    np.testing.assert_array_equal(most, small.predict_proba(texts, threads=1))


@pytest.mark.parametrize("odd", ["0.5", True, np.True_, float("nan"), 1.5, 10**400, [0.5]])
def test_a_confidence_is_a_number(odd: Any) -> None:
    with pytest.raises(tonality.ConfigError, match="it takes a confidence from 0 to 1"):
        tonality.load(abstain=odd)
    halves: list[Any] = [np.float32(0.5), np.array(0.5), Decimal("0.5"), Fraction(1, 2)]
    for half in halves:
        assert tonality.load(abstain=half).artifact.abstain == 0.5


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(tonality.ArtifactError, match=r"nowhere.*imdb"):
        tonality.load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(tonality.ArtifactError, match="empty"):
        tonality.load(tmp_path / "empty")


def test_a_path_may_be_bytes(model_folder: Path) -> None:
    loaded = tonality.load(os.fsencode(model_folder))  # type: ignore[arg-type]
    assert loaded.predict("love").label == "positive"
    with pytest.raises(tonality.ArtifactError, match=r"give the string 'general', not a path"):
        tonality.load(b"general")  # type: ignore[arg-type]


def test_a_run_is_told_from_its_model(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model").symlink_to(model_folder)
    with pytest.raises(tonality.ArtifactError, match="training run; its model is"):
        tonality.load(tmp_path / "run")
    with pytest.raises(tonality.ArtifactError, match="no model folder"):
        tonality.load("")


@pytest.mark.parametrize("odd", [7, ["love"], {"text": "love"}, 1.5])
def test_what_is_no_text_is_named(small: Classifier, odd: object) -> None:
    kind = "an int" if isinstance(odd, int) else f"a {type(odd).__name__}"
    with pytest.raises(tonality.DataError, match=f"row 2: {kind} is no text"):
        small.predict(["love", odd])  # type: ignore[list-item]
    with pytest.raises(tonality.DataError, match="row 1"):
        small.predict_proba([odd])  # type: ignore[list-item]


@pytest.mark.parametrize("odd", [b"abc", bytearray(b"abc")])
def test_bytes_among_texts_are_to_be_decoded(small: Classifier, odd: Any) -> None:
    with pytest.raises(tonality.DataError, match=r"row 2: bytes are no text; decode them"):
        small.predict(["love", odd])


class Frame:
    """What tables of pandas and polars have in common."""

    columns = ("review", "stars")

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)


class ArrowTable:
    column_names = ("review", "stars")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Frame(), r"got a Frame, which gives the names of its columns; .* table\['review'\]"),
        (ArrowTable(), r"got an ArrowTable, which gives .* table\['review'\]"),
        ({"review": ["love"]}, r"got a dict, which gives its keys; .* list\(texts.values\(\)\)"),
        (b"love", r"got bytes; decode them"),
        ({"love", "hate"}, "got a set, which has no order; give a list"),
        (frozenset(["love"]), "got a frozenset, which has no order; give a list"),
        (np.array([["love"]]), "got a ndarray of 2 dimensions; give one column"),
        (7, "got an int; give '7' if the number is the text, or a list of strings"),
        (len, "got a builtin_function_or_method; give a list of strings"),
    ],
)
def test_tables_and_mappings_are_refused_with_what_to_do(
    small: Classifier, given: Any, message: str
) -> None:
    for call in (small.predict, small.predict_proba, small.explain):
        with pytest.raises(tonality.DataError, match=message):
            call(given)


def test_a_table_of_pandas_and_its_missing_values(small: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {"id": [1, 2, 3], "title": list("abc"), "review": ["love", None, "hate"]}
    )
    with pytest.raises(tonality.DataError, match=r"got a DataFrame, .* table\['review'\], or the"):
        small.predict(table)
    for missing in (pandas.NA, pandas.NaT):
        assert small.predict(missing).tokens_read == 0
    assert [p.tokens_read for p in small.predict([pandas.NA, "love", pandas.NaT])] == [0, 1, 0]


def columns_of_texts(library: str) -> list[Any]:
    """The same three texts, as every kind of column holds them."""
    texts, module = ["love", None, "hate"], pytest.importorskip(library)
    if library == "pandas":
        kinds = ["object", "str", "string", "category"]
        return [module.Series(texts, dtype=kind, index=[4, 4, 0]) for kind in kinds]
    if library == "polars":
        kinds = [module.String, module.Categorical, module.Enum(["love", "hate"]), module.Object]
        return [module.Series(texts, dtype=kind) for kind in kinds]
    array = module.array(texts)
    chunks = module.chunked_array([texts[:1], texts[1:]])
    return [
        array,
        chunks,
        array.dictionary_encode(),
        module.array(array.to_pylist(), module.string_view()),
        array[:3],
    ]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_of_frames_are_texts(small: Classifier, library: str) -> None:
    expected = small.predict(["love", None, "hate"])
    for column in columns_of_texts(library):
        assert small.predict(column) == expected
        assert small.predict_proba(column).shape == (3, 2)
        assert [e.prediction.label for e in small.explain(column)] == [p.label for p in expected]
        assert small.predict(column[:0]) == []


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.nan, np.float32("nan"), np.datetime64("NaT")]
)
def test_what_stands_for_a_missing_text(small: Classifier, missing: Any) -> None:
    assert small.predict(missing).tokens_read == 0
    assert small.explain(missing).tokens == ()
    assert [p.tokens_read for p in small.predict(["love", missing])] == [1, 0]


def test_any_iterable_of_texts_will_do(small: Classifier) -> None:
    expected = small.predict_proba(["love", "hate"])
    words = np.array(["love", "hate"], dtype=object)
    np.testing.assert_array_equal(small.predict_proba(words), expected)
    np.testing.assert_array_equal(small.predict_proba({"love": 1, "hate": 2}.keys()), expected)
    drawn = small.predict(word for word in ("love", "hate"))
    assert [prediction.label for prediction in drawn] == ["positive", "negative"]
