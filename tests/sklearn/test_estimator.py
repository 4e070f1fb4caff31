"""The estimator is one of scikit-learn's: its own checks, and what its users do with one."""

from __future__ import annotations

import dataclasses
import math
import operator
import pickle
import re
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("torch", reason="training needs tonality[train]")
pytest.importorskip("sklearn", reason="the estimator needs tonality[train]")

from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

import tonality
from tonality.errors import ArtifactError, DependencyError
from tonality.sklearn import LSTMClassifier
from tonality.sklearn.check_inputs import check_labels
from tonality.train.prepare import data_checks

SMALL: dict[str, Any] = {
    "embedding_size": 16,
    "hidden_size": 8,
    "min_count": 1,
    "batch_size": 16,
    "learning_rate": 2e-2,
    "dropout": 0.0,
    "device": "cpu",
    "random_state": 0,
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(**settings: Any) -> LSTMClassifier:
    """An estimator that learns toys in half a second."""
    return LSTMClassifier(**{**SMALL, "epochs": 8, "n_iter_no_change": 4, **settings})


# scikit-learn's own checks


class OfNumbers(LSTMClassifier):
    """The estimator behind a step that writes each row of numbers as a text, a word a column.

    scikit-learn checks no estimator that takes anything but tables of numbers, so this makes texts
    of them and lets every one of its checks run on the real training.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        numbers, labels = validate_data(self, X, y)
        self.edges_ = np.quantile(numbers, np.linspace(0, 1, 9)[1:-1], axis=0)
        return super().fit(self._written(numbers), labels, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        first = not hasattr(self, "edges_")
        numbers, labels = validate_data(self, X, y, reset=first)
        if first:
            self.edges_ = np.quantile(numbers, np.linspace(0, 1, 9)[1:-1], axis=0)
        return super().partial_fit(self._written(numbers), labels, classes, sample_weight)

    def predict(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().predict(self._written(validate_data(self, X, reset=False)))

    def predict_proba(self, X: Any) -> Any:
        check_is_fitted(self)
        return super().predict_proba(self._written(validate_data(self, X, reset=False)))

    def _written(self, numbers: np.ndarray) -> list[str]:
        bins = [np.searchsorted(self.edges_[:, j], column) for j, column in enumerate(numbers.T)]
        return [" ".join(f"f{j}v{v}" for j, v in enumerate(row)) for row in zip(*bins, strict=True)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False
        tags.input_tags.string = False
        return tags


CANNOT_HOLD = {
    "check_sample_weight_equivalence_on_dense_data": (
        "copies of a text stay on one side of the validation cut and fill batches, so a text given "
        "three times trains otherwise than one of weight 3, though it counts alike in the loss"
    ),
}


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [OfNumbers(**{**SMALL, "epochs": 5, "n_iter_no_change": 2, "learning_rate": 3e-2})],
    expected_failed_checks=lambda estimator: CANNOT_HOLD,
)
def test_scikit_learns_checks(estimator: Any, check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_checks, "LEAST_ROWS", 2)  # some of the checks' toys have ten rows
    check(estimator)


def test_tags_say_that_it_takes_texts() -> None:
    tags = get_tags(LSTMClassifier()).input_tags
    assert tags.string
    assert tags.one_d_array
    assert not tags.two_d_array


# Texts

GOOD, BAD = ("good", "great", "fine", "love"), ("bad", "awful", "poor", "hate")


def reviews(count: int = 60, classes: tuple[Any, Any] = ("neg", "pos")) -> tuple[list[str], Any]:
    """Texts that say what they are."""
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for number in range(count):
        words = (BAD, GOOD)[number % 2]
        texts.append(f"the {rng.choice(words)} film {number} is {rng.choice(words)}")
        labels.append(classes[number % 2])
    return texts, np.array(labels)


@pytest.fixture(scope="module")
def fitted() -> LSTMClassifier:
    return small().fit(*reviews())


@pytest.mark.parametrize(
    "classes", [(False, True), (7, -3), (0.0, 1.0), ("neg", "pos"), ("10", "9")], ids=str
)
def test_labels_keep_their_type_and_order(classes: tuple[Any, Any]) -> None:
    texts, labels = reviews(classes=classes)
    model = small().fit(texts, labels)

    assert model.classes_.tolist() == sorted(classes)
    assert model.classes_.dtype == labels.dtype
    assert model.score(texts, labels) > 0.9
    assert model.predict(texts).dtype == labels.dtype
    shares = model.predict_proba(texts)
    assert (model.classes_[shares.argmax(axis=1)] == model.predict(texts)).all()


def test_any_sequence_of_texts_serves(fitted: LSTMClassifier) -> None:
    texts, _ = reviews(6)
    expected = fitted.predict_proba(texts)
    for same in (tuple(texts), np.array(texts), np.array(texts, dtype=object), iter(texts)):
        np.testing.assert_allclose(fitted.predict_proba(same), expected)
    assert fitted.predict([]).shape == (0,)
    assert fitted.predict_proba([None, ""]).shape == (2, 2)
    holes: list[Any] = ["good", float("nan")]
    missing = fitted.predict_proba(holes)
    np.testing.assert_array_equal(missing, fitted.predict_proba(["good", None]))


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "boolean", "int64[pyarrow]", "bool[pyarrow]"])
def test_nullable_labels_of_pandas_keep_their_type(dtype: str) -> None:
    texts, labels = reviews(40, (0, 1))
    given = pd.Series(labels).astype("bool" if "bool" in dtype else "int64").astype(dtype)
    model = small(epochs=1).fit(texts, given)
    kind = "b" if "bool" in dtype else "u" if dtype == "UInt8" else "i"
    assert model.classes_.dtype.kind == kind
    assert model.artifact_.labels == (("False", "True") if kind == "b" else ("0", "1"))
    for same in (given.astype("category"), pd.Categorical(given), given.array):
        np.testing.assert_array_equal(check_labels(same), model.classes_[labels], strict=True)
    for frame in (given.to_frame(), given.astype("category").to_frame()):
        with pytest.warns(DataConversionWarning, match="1d array was expected"):
            found = check_labels(frame)
        np.testing.assert_array_equal(found, model.classes_[labels], strict=True)
    given.iloc[3] = pd.NA
    with pytest.raises(ValueError, match="NaN"):
        small(epochs=1).fit(texts, given)


def test_a_strict_program_can_train() -> None:
    with np.errstate(all="raise"):
        model = small(epochs=2).fit(*reviews(40))
        assert model.predict(["good"]).shape == (1,)


def test_no_class_may_be_called_as_an_abstention_is() -> None:
    with pytest.raises(ValueError, match="expected another name than 'uncertain' for a label"):
        small().fit(*reviews(40, ("sure", "uncertain")))


def test_each_value_of_y_is_a_class() -> None:
    """Readers of files join spellings; here the caller's classes come back as they went in."""
    names = ["Positive", "positive", "POS", "neg"]
    texts = [f"{word} film {n}" for n in range(10) for word in ("good", "fine", "great", "bad")]
    with pytest.warns(UserWarning, match="spellings of one label: 'POS'.* fit with") as told:
        model = small(epochs=1).fit(texts, names * 10)
    with pytest.warns(UserWarning, match="spellings of one label") as again:
        small(epochs=1).partial_fit(texts, names * 10)
    assert [each.filename for each in told] == [each.filename for each in again] == [__file__]
    (advice,) = re.findall(r"\[.+\]", str(told[0].message))
    assert set(eval(advice, {"y": names})) == {"positive", "neg"}
    assert list(model.classes_) == sorted(names)


def test_feelings_in_words_and_numbers_are_told_with_what_to_do_in_python() -> None:
    y = ["negative", "positive", "1", "5"] * 10
    with pytest.raises(ValueError, match="y has words and numbers") as told:
        small().fit(["good", "bad"] * 20, y)
    assert "--" not in str(told.value)
    (advice,) = re.findall(r"\[.+\]", str(told.value))
    assert eval(advice, {"y": y}) == ["negative", "positive"] * 20
    with pytest.raises(ValueError, match=r"as in \[\{'1': 'LABEL'\}\.get"):  # one says no side
        check_labels(["negative", "positive", "1"] * 10)


@pytest.mark.parametrize("kind", [list, pd.Series, lambda y: np.array(y, object)])
def test_numbers_beside_words_are_told_in_their_own_type(kind: Any) -> None:
    y = kind([5, "negative", 1, "positive"] * 10)
    with pytest.raises(ValueError, match="y has words and numbers") as told:
        check_labels(y)
    (advice,) = re.findall(r"\[.+\]", str(told.value))
    assert eval(advice, {"y": y}) == ["positive", "negative", "negative", "positive"] * 10


@pytest.mark.parametrize(
    "kind",
    [
        pd.Categorical,
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.Series(y, dtype="category").to_frame(),
    ],
)
def test_truth_values_as_categories_stay_what_they_are(kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)  # of the frame
        labels = check_labels(kind([True, False] * 5))
    assert [str(label) for label in np.unique(labels)] == ["False", "True"]


@pytest.mark.parametrize("kind", [list, pd.Series, lambda y: np.array(y, object)])
def test_kinds_of_text_are_one_type(kind: Any) -> None:
    class Side(StrEnum):
        UP = "up"

    labels = check_labels(kind(["up", np.str_("down"), Side.UP] * 5))
    assert np.unique(labels).tolist() == ["down", "up"]


@pytest.mark.parametrize("gap", [None, math.nan, pd.NA])
@pytest.mark.parametrize("kind", [list, pd.Series, lambda y: np.array(y, object)])
def test_a_gap_is_told_before_the_types(kind: Any, gap: object) -> None:
    for others in ((1, "positive"), ("negative", "positive"), (1, "great")):
        with pytest.raises(ValueError, match=r"y\[1\] is missing, and so is 1 of 3 labels"):
            check_labels(kind([others[0], gap, others[1]]))


def test_a_table_is_told_before_the_types() -> None:
    with pytest.raises(ValueError, match="y should be a 1d array"):
        check_labels(np.array([["positive", 1], ["negative", 2]], object))
    rows: Any = [["positive", 1], ["negative", 2]]
    with pytest.raises(ValueError, match="y should be a 1d array"):
        check_labels(rows)


def test_text_beside_other_objects_is_told() -> None:
    with pytest.raises(ValueError, match=r"expected labels of one type, got int and str; make"):
        check_labels(pd.Series([0, 1, "great"]))


def test_an_empty_text_gets_the_commonest_class_with_thresholds_too(tmp_path: Path) -> None:
    texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad", "bad")]
    model = small(epochs=2).fit(texts, ["up", "down", "down"] * 20)
    rare = {"up": 0.001, "down": 0.999}
    model.artifact_ = dataclasses.replace(
        model.artifact_, thresholds=tuple(rare[label] for label in model.artifact_.labels)
    )
    model.save(tmp_path / "model")
    model = LSTMClassifier.from_folder(tmp_path / "model")
    shares = model.predict_proba([""])[0]
    commonest = model.classes_[shares.argmax()]
    assert (list(model.predict(["a film", "", None])), commonest) == (
        ["up", commonest, commonest],
        "down",
    )


def test_an_empty_text_gets_the_commonest_class() -> None:
    words = ("good film", "bad film", "bad plot")
    texts = [f"{word} {n}" for n in range(20) for word in words]
    model = small(epochs=2).fit(texts, ["up", "down", "down"] * 20)
    empty = ["", None, " \u200b", "<br />"]
    assert list(model.predict(empty)) == ["down"] * 4
    np.testing.assert_allclose(model.predict_proba(empty), [[2 / 3, 1 / 3]] * 4, atol=0.05)
    assert [one.label for one in model.to_classifier().predict(empty)] == [None] * 4


def test_a_pandas_series_serves(fitted: LSTMClassifier) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is no dependency")
    texts, labels = reviews()
    series = pandas.Series(texts, index=range(100, 100 + len(texts)))
    np.testing.assert_array_equal(fitted.predict(series), fitted.predict(texts))
    small(epochs=1).fit(series, pandas.Series(labels))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", "got one text; put it in a list"),
        (["good", 3.5], "row 2: a float is no text"),
        ([["good"], ["bad"]], "row 1: a list is no text"),
        (np.array([["good"], ["bad"]]), "of 2 dimensions; give one column"),
        (pd.DataFrame({"review": ["good", "bad"]}), r"such as table\['review'\]"),
        (pl.DataFrame({"review": ["good", "bad"]}), r"such as table\['review'\]"),
        ({"review": ["good", "bad"]}, r"such as list\(texts.values\(\)\)"),
        (None, "expected a text or a list of texts, got a NoneType"),
    ],
    ids=str,
)
def test_what_is_no_list_of_texts_is_refused(
    fitted: LSTMClassifier, texts: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fitted.predict(texts)
    with pytest.raises(ValueError, match=message):
        small().fit(texts, [0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 0}, "^hidden_size is 0; it takes a number from 1"),
        ({"pooling": "sum"}, "pooling"),
        ({"class_weight": "even"}, "^class_weight is 'even'"),
        ({"class_weight": [1, 2]}, r"class_weight: expected 'balanced', a .+ got \[1, 2\]"),
        ({"class_weight": True}, "class_weight: expected 'balanced', a .+ got True"),
        ({"class_weight": {"pos": 10**400}}, "finite number of 0 or more for 'pos', got 1000"),
        ({"epochs": 2.5}, "^epochs is 2.5; it takes"),
        ({"n_iter_no_change": "a"}, "^n_iter_no_change is 'a'; it takes"),
        ({"settings": {"training.epochs": 2.5}}, "^training.epochs is 2.5; it takes"),
        ({"settings": 3}, "settings: expected a dictionary from the name of a setting .+ got 3"),
        ({"settings": {3: 1}}, "settings: expected a dictionary from the name of a setting"),
        ({"settings": {"training.epoch": 3}}, "did you mean 'epochs'"),
        ({"settings": {"epochs": 3}}, "name its section too"),
        ({"ordered": True}, "training.ordered needs labels that are different numbers"),
        ({"validation_fraction": 1.0}, "validation_fraction is 1.0"),
        ({"validation_fraction": "a"}, "validation_fraction is 'a'; it takes a share"),
        ({"class_weight": {"neg": -0.1}}, "finite number of 0 or more for 'neg', got -0.1"),
        ({"class_weight": {"pos": math.inf}}, "finite number of 0 or more for 'pos', got inf"),
        ({"class_weight": {"pos": math.nan}}, "finite number of 0 or more for 'pos', got nan"),
        ({"class_weight": {"pos": "1"}}, "finite number of 0 or more for 'pos', got '1'"),
        ({"n_iter_no_change": 0}, "n_iter_no_change: expected 1 epoch or more, got 0; for"),
        ({"n_iter_no_change": np.int64(-1)}, "expected 1 epoch or more, got -1"),
        ({"device": "tpu"}, "device is 'tpu'; it takes one of 'cpu', 'gpu', 'auto'"),
    ],
    ids=str,
)
def test_bad_settings_are_told_at_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**change).fit(*reviews())


@pytest.mark.parametrize(
    "weights", [pd.Series({"pos": 2.0, "neg": 1.0}), {"pos": Decimal(2), "neg": np.array(1)}]
)
def test_numbers_of_every_kind_are_taken(weights: Any) -> None:
    texts, labels = reviews(40)
    plain = small(epochs=1, class_weight={"pos": 2, "neg": 1}, validation_fraction=0.2)
    other = small(epochs=1, class_weight=weights, validation_fraction=Fraction(1, 5))
    expected = plain.fit(texts, labels).predict_proba(texts)
    np.testing.assert_array_equal(other.fit(texts, labels).predict_proba(texts), expected)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_a_pipeline_that_gives_a_table_is_told_which_step_helps(output: str) -> None:
    texts, labels = reviews(40)
    column = ColumnTransformer([("t", "passthrough", ["t"])]).set_output(transform=output)
    frame = pd.DataFrame({"t": texts})
    with pytest.raises(ValueError, match="in a pipeline put a step before it") as told:
        make_pipeline(column, small(epochs=1)).fit(frame, labels)
    assert "score_frame" not in str(told.value)
    (advice,) = re.findall(r"FunctionTransformer\(.+\)", str(told.value))
    known = {"FunctionTransformer": FunctionTransformer, "np": np, "operator": operator}
    step = eval(advice, known)
    model = make_pipeline(column, step, small(epochs=1)).fit(frame, labels)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(frame).shape == (40,)


def test_advice_for_pipelines_fits_the_table() -> None:
    texts, labels = reviews(40)
    with pytest.raises(ValueError, match=r"such as table\[0\]; .+operator\.itemgetter\(0\)"):
        small().fit(pd.DataFrame({0: texts}), labels)
    with pytest.raises(ValueError, match=r"give one column$"):  # else each row is two
        small().fit(np.array([texts, texts]).T, labels)


@pytest.mark.parametrize(
    ("change", "labels", "message"),
    [
        ({}, ["uncertain", "pos"], "rename it in the data$"),
        ({"ordered": True}, ["neg", "pos"], "set it to false, or give numbers in the data$"),
    ],
)
def test_advice_is_for_users_of_the_estimator(
    change: dict[str, Any], labels: list[str], message: str
) -> None:
    texts, _ = reviews(40)
    with pytest.raises(ValueError, match=message):
        small(**change).fit(texts, labels * 20)


def test_a_class_without_words_is_told_for_users_of_the_estimator() -> None:
    texts, labels = reviews(40)
    with pytest.raises(ValueError, match=r"'none' is left .* part; leave its rows out, or add"):
        small().fit([*texts, *[""] * 20], [*labels, *["none"] * 20])


def test_a_gpu_that_is_not_there_is_told_at_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    from lightning.pytorch import accelerators

    for name in ("CUDAAccelerator", "MPSAccelerator"):
        monkeypatch.setattr(getattr(accelerators, name), "is_available", lambda: False)
    with pytest.raises(ValueError, match="device is 'gpu', and torch finds none here; 'auto'"):
        small(device="gpu").fit(*reviews())


def test_trains_on_all_texts_where_none_are_held_out() -> None:
    texts, labels = reviews(24)
    model = small(epochs=3, settings={"training.validation": 0.0}).fit(texts, labels)
    assert model.artifact_.provenance["rows"]["train"] == 24
    assert model.n_iter_ == 3
    assert model.history_ == []
    assert model.predict(texts).shape == (24,)
    assert model.partial_fit(texts, labels).n_iter_ == 3


def test_the_epochs_given_are_made_on_few_texts_too() -> None:
    """Also where they and the batch size are what a recipe has by default."""
    model = small(epochs=5, batch_size=32, early_stopping=False).fit(*reviews(40))
    assert model.n_iter_ == 5


def test_too_few_texts_are_told() -> None:
    with pytest.raises(ValueError, match="6 labelled rows are too few; 20 are the least"):
        small().fit(*reviews(6))


def test_settings_of_numpy_and_by_name() -> None:
    """As scikit-learn's random searches draw them."""
    model = small(
        hidden_size=np.int64(5),
        learning_rate=np.float64(0.01),
        bidirectional=np.bool_(False),
        epochs=1,
        settings={"text.stop_words": "english", "network.pooling": "mean"},
    ).fit(*reviews())
    assert model.artifact_.network.hidden_size == 5
    assert not model.artifact_.network.bidirectional
    assert model.artifact_.network.pooling == "mean"
    assert "the" in model.artifact_.vocabulary.dropped


def test_weights_of_texts_decide() -> None:
    """Of two labels on the same words, the heavier is learnt; a text of weight 0 is as absent."""
    words = [f"film {number % 30} is so so" for number in range(120)]
    labels = np.array([0, 1] * 60)
    heavy = np.where(labels == 1, 9.0, 1.0)
    assert small().fit(words, labels, sample_weight=heavy).predict(["film so"]) == 1
    assert small().fit(words, labels, sample_weight=10 - heavy).predict(["film so"]) == 0
    assert small(class_weight={0: 9, 1: 1}).fit(words, labels).predict(["film so"]) == 0

    texts, labels = reviews(80)
    wrong = labels.copy()
    wrong[60:] = np.where(labels[60:] == "pos", "neg", "pos")
    weights = np.where(np.arange(80) < 60, 1.0, 0.0)
    kept = small(epochs=3).fit(texts, wrong, sample_weight=weights)
    alone = small(epochs=3).fit(texts[:60], wrong[:60])
    np.testing.assert_array_equal(kept.predict_proba(texts), alone.predict_proba(texts))


def test_class_weight_balanced_finds_more_of_the_rare_class() -> None:
    rng = np.random.default_rng(1)
    labels = np.array([0] * 180 + [1] * 40)
    words = [
        f"{rng.choice(['good', 'bad'], p=[0.75, 0.25] if y else [0.25, 0.75])} film {number}"
        for number, y in enumerate(labels)
    ]
    found = [
        small(epochs=4, min_count=3, class_weight=weights)
        .fit(words, labels)
        .predict(words)[labels == 1]
        .mean()
        for weights in (None, "balanced")
    ]
    assert found[1] > found[0] + 0.5


def test_the_history_has_what_decides() -> None:
    texts, labels = reviews()
    balanced = small(epochs=2, class_weight="balanced").fit(texts, labels).history_
    assert [0 <= row["validation_macro_f1"] <= 1 for row in balanced] == [True, True]
    plain = small(epochs=1).fit(texts, labels).history_
    assert [row["validation_macro_f1"] for row in plain] == [None]


def test_more_epochs_keep_the_shape_and_the_vectors_that_settings_gave(tmp_path: Path) -> None:
    texts, labels = reviews()
    (tmp_path / "mine.vec").write_text("film 1 0 0\nplot 0 1 0\n")
    own = {"vectors.file": tmp_path / "mine.vec", "network.attention_size": 2}
    model = small(epochs=1, embedding_size=3, pooling="max+attention", settings=own)
    model.fit(texts, labels)
    (tmp_path / "mine.vec").unlink()
    model.partial_fit(texts, labels)
    assert model.artifact_.network.attention_size == 2
    assert model.artifact_.network.pooling == "max+attention"
    with pytest.raises(ValueError, match="has vectors of its own; leave it out"):
        LSTMClassifier(start_from="imdb", settings={"vectors.file": "mine.vec"}).fit(texts, labels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network.pooling": "max"}, "network.pooling is 'max', but imdb, .* has 'attention'"),
        ({"vocabulary.max_size": 50}, "vocabulary.max_size has no effect: imdb"),
    ],
)
def test_settings_are_asked_for_even_at_their_defaults(
    settings: dict[str, Any], message: str
) -> None:
    texts, labels = reviews()
    with pytest.raises(ValueError, match=message):
        LSTMClassifier(start_from="imdb", settings=settings).fit(texts, labels)


def test_more_epochs_go_on_from_the_weights() -> None:
    texts, labels = reviews()
    model = small(epochs=1, learning_rate=2e-3).partial_fit(texts, labels, classes=["neg", "pos"])
    first = model.history_[-1]["validation_loss"]
    for _ in range(3):
        model.partial_fit(texts, labels)
    assert model.history_[-1]["validation_loss"] < first
    model.partial_fit([text.replace("film", "zebra") for text in texts], labels)
    assert "zebra" in model.artifact_.vocabulary.forms
    with pytest.raises(ValueError, match="to go on, y must have the classes that were learnt"):
        model.partial_fit(texts, np.where(labels == "pos", "neg", "neutral"))
    with pytest.raises(ValueError, match="every class in `classes` must be in y"):
        small().partial_fit(texts, labels, classes=["neg", "neutral", "pos"])


def test_warm_start_goes_on_and_a_cold_one_does_not() -> None:
    texts, labels = reviews()
    cold = small(epochs=1, learning_rate=2e-3).fit(texts, labels)
    before = cold.history_[-1]["validation_loss"]
    assert cold.fit(texts, labels).history_[-1]["validation_loss"] == pytest.approx(before)
    warm = cold.set_params(warm_start=True).fit(texts, labels)
    assert warm.history_[-1]["validation_loss"] < before


def test_starts_from_a_model_folder(fitted: LSTMClassifier, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "model")
    texts, labels = reviews(40, (0, 1))
    begun = small(start_from=folder, epochs=1, hidden_size=64, learning_rate=1e-4).fit(
        texts, np.where(labels == 1, "pos", "neg")
    )
    assert begun.artifact_.network.hidden_size == 8  # the folder's
    assert begun.score(texts, np.where(labels == 1, "pos", "neg")) > 0.9


@pytest.mark.parametrize(
    ("of_start", "own"),
    [
        ((1, 5), (1.0, 5.0)),
        (("negative", "positive"), ("POS", "NEG")),  # the other way round, also in their order
        (("0", "1"), ("neg", "pos")),
    ],
    ids=str,
)
def test_labels_of_the_start_in_another_spelling(
    of_start: tuple[Any, Any], own: tuple[Any, Any], tmp_path: Path
) -> None:
    """They stay as given, and what the start learnt of them is kept."""
    texts, places = reviews(40, (0, 1))
    folder = small().fit(texts, np.array(of_start)[places]).save(tmp_path / "model")
    labels = np.array(sorted(own))[places]
    model = small(start_from=folder, epochs=1, learning_rate=1e-6).fit(texts, labels)

    assert model.classes_.tolist() == sorted(own)
    assert model.predict(texts).dtype == labels.dtype
    assert model.score(texts, labels) > 0.9  # at such a rate nothing is learnt
    copy = pickle.loads(pickle.dumps(model))
    shares = copy.predict_proba(texts)
    assert (copy.classes_[shares.argmax(axis=1)] == labels).mean() > 0.9
    found = [verdict.label for verdict in model.to_classifier().predict(texts)]
    assert found == [str(label) for label in model.predict(texts).tolist()]


def test_starts_from_the_bundled_model_with_short_labels_weighed() -> None:
    """They are two of its three classes."""
    texts, labels = reviews(40)
    settings: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-6, "device": "cpu"}
    weights = {"neg": 2, "pos": 1}
    model = LSTMClassifier(start_from="general", class_weight=weights, random_state=0, **settings)
    assert cross_val_score(model, texts, labels, cv=2).min() > 0.9
    assert model.fit(texts, labels).artifact_.labels == ("neg", "pos")


def test_going_on_a_number_is_the_class_that_it_equals() -> None:
    texts, labels = reviews(40, (0, 1))
    model = small(epochs=2).fit(texts, labels)
    before = model.predict_proba(texts)
    model.set_params(learning_rate=1e-6).partial_fit(texts, labels.astype(float))
    assert model.classes_.dtype == labels.dtype
    assert model.artifact_.labels == ("0", "1")
    np.testing.assert_allclose(model.predict_proba(texts), before, atol=0.05)
    model.set_params(warm_start=True).fit(texts, labels.astype(bool))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).classes_, [0, 1], strict=True)


def test_a_fit_that_fails_at_its_end_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = reviews(40)
    model, new = small(epochs=1).fit(texts, labels), small(epochs=1)
    before = model.predict_proba(texts)
    held = dict(vars(model))
    with monkeypatch.context() as patch:

        def fail(trained: Any) -> None:
            raise MemoryError

        patch.setattr("tonality.sklearn.estimator.Classifier", fail)
        for one in (model, new):
            with pytest.raises(MemoryError):
                one.fit(texts, np.where(labels == "pos", "up", "down"))
    assert vars(model) == held
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(texts), before)
    with pytest.raises(NotFittedError):
        check_is_fitted(new)
    assert new.partial_fit(texts, labels).n_iter_ == 1


def test_arguments_that_a_start_overrides_are_told(fitted: LSTMClassifier, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "mine")
    texts, labels = reviews(40)
    asked = small(start_from=folder, epochs=1, hidden_size=256, pooling="mean", ngrams=0)
    message = "hidden_size=256, pooling='mean', ngrams=0: no effect, for mine, .* leave them out"
    with pytest.warns(UserWarning, match=message) as told:
        asked.fit(texts, labels)
    assert [each.filename for each in told] == [__file__]
    assert asked.artifact_.network.hidden_size == 8
    # Going on, a second `fit` begins with the model's own weights, and there is nothing to say.
    asked.set_params(warm_start=True).fit(texts, labels)


def test_search_validation_and_pipeline() -> None:
    texts, labels = reviews(72)
    lower = FunctionTransformer(np.char.lower)
    assert cross_val_score(small(), texts, labels, cv=2).mean() > 0.8
    search = GridSearchCV(
        make_pipeline(lower, small(epochs=2)), {"lstmclassifier__pooling": ["max", "mean"]}, cv=2
    )
    search.fit([text.upper() for text in texts], labels)
    assert search.best_estimator_.predict(["GREAT FILM"]).shape == (1,)


def test_same_seed_same_model_and_seeds_are_drawn_from_a_state() -> None:
    texts, labels = reviews()
    one, same = (small(epochs=1).fit(texts, labels).predict_proba(texts) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    state = np.random.RandomState(1)
    other = clone(small(epochs=1, random_state=state)).fit(texts, labels).predict_proba(texts)
    assert not np.array_equal(one, other)


# In and out


def test_fits_in_threads_give_what_their_seed_gives() -> None:
    texts, labels = reviews(40)
    settings = {"epochs": 2, "dropout": 0.4}
    expected = small(**settings).fit(texts, labels).predict_proba(texts)
    with ThreadPoolExecutor(3) as pool:
        fits = [pool.submit(small(**settings).fit, texts, labels) for _ in range(3)]
        for fit in fits:
            np.testing.assert_array_equal(fit.result().predict_proba(texts), expected)


def test_pickles_as_the_bytes_of_its_folder(fitted: LSTMClassifier) -> None:
    texts, _ = reviews()
    data = pickle.dumps(fitted)
    copy = pickle.loads(data)
    np.testing.assert_array_equal(copy.predict_proba(texts), fitted.predict_proba(texts))
    assert copy.classes_.tolist() == ["neg", "pos"]
    assert b"config.json" in data
    assert b"tonality.network" not in data  # no object of the model's, only its files

    state = fitted.__getstate__()
    state["artifact_"]["weights.safetensors"] = state["artifact_"]["weights.safetensors"][:-1]
    with pytest.raises(ArtifactError, match="the file is damaged"):
        LSTMClassifier().__setstate__(state)


def test_saves_a_model_folder_and_comes_back(fitted: LSTMClassifier, tmp_path: Path) -> None:
    texts, _ = reviews()
    folder = fitted.save(tmp_path / "model")
    with pytest.raises(ArtifactError, match="exists already"):
        fitted.save(folder)
    fitted.save(folder, overwrite=True)
    numpy_only = tonality.load(folder)
    np.testing.assert_array_equal(numpy_only.predict_proba(texts), fitted.predict_proba(texts))
    assert [p.label for p in fitted.to_classifier().predict(texts)] == list(fitted.predict(texts))
    again = LSTMClassifier.from_folder(folder, epochs=1, device="cpu")
    assert again._cut == fitted._cut  # what was held out is not learnt from now
    np.testing.assert_array_equal(again.predict(texts), fitted.predict(texts))
    assert again.partial_fit(*reviews()).n_iter_ == 1


def test_from_the_bundled_model() -> None:
    model = LSTMClassifier.from_folder("imdb")
    assert model.predict(["A wonderful film.", "Dull from start to end."]).tolist() == [
        "positive",
        "negative",
    ]


def test_nothing_works_before_fit() -> None:
    model = LSTMClassifier()
    for call, given in (
        (model.predict, [["a"]]),
        (model.predict_proba, [["a"]]),
        (model.save, ["nowhere"]),
        (model.to_classifier, []),
    ):
        with pytest.raises(NotFittedError):
            call(*given)


def test_leaves_no_file_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place, here = tmp_path / "temporary", tmp_path / "here"
    place.mkdir()
    here.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.chdir(here)
    small(epochs=2).fit(*reviews())
    with pytest.raises(ValueError, match="too few"):
        small().fit(*reviews(6))

    assert list(place.iterdir()) == []
    assert list(here.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_predicts_without_torch(fitted: LSTMClassifier, tmp_path: Path) -> None:
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(fitted))
    code = (
        "import pickle, sys; model = pickle.load(open('model.pickle', 'rb')); "
        "model.predict(['good film']); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_the_pages_example_runs() -> None:
    page = Path(__file__).parents[2] / "docs" / "own-data.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, page.name, "exec"), names)
    assert names["model"].predict(["waste of money"]).tolist() == [1]


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tonality.sklearn")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[train\]'"):
        import tonality.sklearn  # noqa: F401
