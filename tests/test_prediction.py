"""Verdicts as values: one number, a dictionary, a list that becomes a frame, HTML."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tonality
from reading_model import make_artifact
from tonality import Prediction, Predictions, verdict_frame
from tonality.classifier import Classifier
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.label_valences import label_valences
from tonality.verdict_html import ROWS

TEXTS = ["love the film", None, "hate it"]
LIBRARIES = ["pandas", "polars", "pyarrow"]
TABLE = {"div", "style", "table", "thead", "tbody", "tr", "th", "td", "b"}
MARKED = {"style", "p", "b", "div", "mark", "i", "span"}
COLUMNS = [
    "label", "score", "p_negative", "p_positive", "tokens_read", "tokens_left_out", "unfamiliar",
]  # fmt: skip


@pytest.fixture(scope="module")
def classifier(model_folder: Path) -> Classifier:
    return tonality.load(model_folder)


def made(**probabilities: float) -> Prediction:
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(label, probabilities[label], probabilities, 3, 0, 3)


def test_valence_is_positive_less_negative(classifier: Classifier) -> None:
    assert made(negative=0.2, neutral=0.1, positive=0.7).valence == pytest.approx(0.5)
    assert made(positive=0.25, negative=0.75).valence == pytest.approx(-0.5)
    assert made(neg=1.0, POS=0.0).valence == -1
    assert made(neutral=1.0, positive=0.0).valence == 0
    loved, missing, hated = classifier.predict(TEXTS)
    assert loved.valence is not None
    assert hated.valence is not None
    assert loved.valence > 0.9 > -0.9 > hated.valence
    assert missing.valence is None
    assert made(anger=0.5, joy=0.5).valence is None
    assert made(negative=0.5, positive=0.3, mixed=0.2).valence is None


def test_valence_is_there_where_the_answer_is_uncertain() -> None:
    unsure = Classifier(make_artifact(abstain=0.999999)).predict("film")
    assert unsure.label == "uncertain"
    assert unsure.valence is not None
    assert abs(unsure.valence) < 0.9


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (("1", "2", "3", "4", "5"), (-1, -0.5, 0, 0.5, 1)),
        (("10", "0", "5"), (1, -1, 0)),
        ((" 0\x1f", "1"), (-1, 1)),
        (("1 star", "10 stars", "5,5"), (-1, 1, 0)),
        (("1 star", "1"), None),
        (("negative", "positive"), (-1, 1)),
        (("positive", "pos"), None),
        (("1", "good"), None),
        (("7",), None),
        ((), None),
    ],
)
def test_what_labels_say_of_the_feeling(
    labels: tuple[str, ...], values: tuple[float, ...] | None
) -> None:
    assert label_valences(labels) == values


@given(shares=st.lists(st.floats(0, 1), min_size=2, max_size=6).filter(sum))
def test_valence_is_from_minus_one_to_one(shares: list[float]) -> None:
    total = sum(shares)
    stars = {str(star): share / total for star, share in enumerate(shares, start=1)}
    valence = made(**stars).valence
    assert valence is not None
    assert -1 - 1e-9 <= valence <= 1 + 1e-9


def test_a_verdict_becomes_a_dictionary(classifier: Classifier) -> None:
    prediction = classifier.predict("love the film")
    assert Prediction(**prediction.to_dict()) == prediction
    assert json.loads(json.dumps(prediction.to_dict())) == prediction.to_dict()
    shares = {"negative": 0.3561, "neutral": 0.2845, "positive": 0.3594}
    uncertain = Prediction("uncertain", 0.3594, shares, 3, 0, 3)
    assert Prediction(**uncertain.to_dict()).verdict == "positive"
    rounded = made(negative=0.123456789, positive=0.876543211).to_dict(digits=3)
    assert rounded["score"] == 0.877
    assert rounded["probabilities"] == {"negative": 0.123, "positive": 0.877}


def test_verdicts_are_a_list(classifier: Classifier) -> None:
    found = classifier.predict(TEXTS)
    plain = list(found)
    assert isinstance(found, Predictions)
    assert isinstance(found, list)
    assert found == plain
    assert repr(found) == repr(plain)
    assert found[0] == plain[0]
    assert found[-1:] == plain[-1:]
    assert found + found == plain * 2
    assert [*reversed(found)] == plain[::-1]
    assert classifier.predict([]) == []
    assert Predictions(plain).labels == ("negative", "positive")


def test_what_is_made_of_verdicts_knows_the_labels(classifier: Classifier) -> None:
    found = classifier.predict(TEXTS)
    others: list[Any] = [found[1:], found[:0], found.copy(), copy.copy(found), copy.deepcopy(found)]
    others.append(pickle.loads(pickle.dumps(found)))
    for other in others:
        assert isinstance(other, Predictions)
        assert other.labels == classifier.labels
    assert others[2:] == [found] * 4
    found.copy().append(found[0])
    assert len(found) == 3


def test_verdicts_are_gathered_batch_by_batch(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    whole = classifier.predict(TEXTS)
    extended, added, appended = Predictions(), Predictions(), Predictions()
    for begin in (0, 2):
        part = classifier.predict(TEXTS[begin : begin + 2])
        extended.extend(part)
        added += part
        for verdict in part:
            appended.append(verdict)
    summed = sum((whole[:1], whole[1:]), Predictions())
    everything: tuple[Any, ...] = (
        extended,
        added,
        appended,
        summed,
        sum((whole[:1], whole[1:]), []),  # noqa: RUF017 - it is what people write
        list(whole[:1]) + whole[1:],
        whole[:1] + whole[1:],
    )
    for found in everything:
        assert isinstance(found, Predictions)
        assert found.labels == classifier.labels
        pandas.testing.assert_frame_equal(found.to_frame("pandas"), whole.to_frame("pandas"))
        assert found._repr_html_() == whole._repr_html_()
    for none in (classifier.predict([]) + Predictions(), Predictions() + classifier.predict([])):
        assert none.labels == classifier.labels
        assert "p_positive" in none.to_frame("pandas").columns
    nothing: list[Prediction] = []
    assert (nothing + classifier.predict([])).labels == classifier.labels
    anything: list[object] = ["no verdict"]
    assert type(whole + anything) is list
    assert type(anything + whole) is list
    with pytest.raises(TypeError):
        sum(whole)  # type: ignore[arg-type]


def test_labels_in_another_order_are_read_by_name() -> None:
    pandas = pytest.importorskip("pandas")
    found = Predictions([made(negative=0.2, positive=0.8), made(positive=0.7, negative=0.3)])
    frame = found.to_frame("pandas")
    assert frame["p_positive"].tolist() == [0.8, 0.7]
    assert frame["valence"].tolist() == [0.6, 0.4]
    same = Predictions([made(negative=0.2, positive=0.8), made(negative=0.3, positive=0.7)])
    pandas.testing.assert_frame_equal(frame, same.to_frame("pandas"))


def test_verdicts_of_two_models_make_no_frame() -> None:
    mixed = Predictions([made(anger=0.5, joy=0.5), made(negative=0.2, positive=0.8)])
    said = "row 2: expected the labels anger, joy, as in row 1, got negative, positive; make"
    with pytest.raises(DataError, match=said):
        mixed.to_frame("pandas")
    assert mixed._repr_html_().startswith("<pre>[Prediction(label=&#x27;anger&#x27;, score=0.5")


def test_equal_verdicts_are_one_in_a_set(classifier: Classifier) -> None:
    first, again = classifier.predict(TEXTS), classifier.predict(TEXTS)
    assert {*first, *again} == set(first)
    assert len({*first, *again}) == 3
    turned = dict(reversed(first[0].probabilities.items()))
    assert hash(dataclasses.replace(first[0], probabilities=turned)) == hash(first[0])


def test_a_label_called_uncertain_is_told_from_an_abstention() -> None:
    shares = {"sure": 0.6, "uncertain": 0.4}
    assert Prediction("uncertain", 0.6, shares, 3, 0, 3).verdict == "sure"
    shares = {"sure": 0.1, "uncertain": 0.9}
    assert Prediction("uncertain", 0.9, shares, 3, 0, 3).verdict == "uncertain"


@pytest.mark.parametrize("library", LIBRARIES)
def test_verdicts_become_a_frame(classifier: Classifier, library: str) -> None:
    module = pytest.importorskip(library)
    found = classifier.predict(TEXTS)
    frame = found.to_frame(library)
    assert type(frame).__module__.startswith(library)
    if library == "pandas":
        assert list(frame.columns) == [*COLUMNS, "valence"]
        assert frame["label"].isna().tolist() == [False, True, False]
        assert frame["valence"].isna().tolist() == [False, True, False]
        return
    columns = frame.to_pydict() if library == "pyarrow" else frame.to_dict(as_series=False)
    assert list(columns) == [*COLUMNS, "valence"]
    assert columns["label"] == ["positive", None, "negative"]
    assert columns["score"] == [round(found[0].score, 6), None, round(found[2].score, 6)]
    assert columns["tokens_read"] == [3, 0, 2]
    assert columns["valence"][1] is None
    assert module is not None


def test_a_frame_has_the_index_of_the_series_that_was_judged(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"stars": [1, 5, 3, 4], "text": ["hate", "love", None, "love"]})
    for part in (
        table[table["stars"] > 3],
        table.dropna(),
        table.sort_values("stars", ascending=False),
        table.set_index(["stars", "text"], drop=False),
        table.set_axis([7, 7, 0, 7]),
    ):
        found = classifier.predict(part["text"])
        expected = [prediction.valence for prediction in found]
        given = part.copy()
        assert found.to_frame("pandas").index.equals(part.index)
        if part.index.is_unique:
            given["valence"] = found.to_frame("pandas")["valence"]
            assert given["valence"].astype(object).where(
                given["valence"].notna(), None
            ).tolist() == [value if value is None else round(value, 6) for value in expected]
        assert found[1:].to_frame("pandas").index.equals(part.index[1:])
        assert found[::-1].to_frame("pandas").index.equals(part.index[::-1])
        for copied in (found.copy(), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
            assert copied.to_frame("pandas").index.equals(part.index)


def test_what_is_no_text_is_named_by_its_index(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    texts = pandas.Series(["love", 7], index=["a", "b"])
    with pytest.raises(DataError, match=r"row 2: an int is no text \(index 'b'\); expected"):
        classifier.predict(texts)
    with pytest.raises(DataError, match=r"row 2: an int is no text \(index 57\); expected"):
        classifier.predict(texts.set_axis([10, 57]))
    levels = pandas.MultiIndex.from_tuples([("a", 10), ("b", 57)])
    with pytest.raises(DataError, match=r"an int is no text \(index \('b', 57\)\); expected"):
        classifier.predict(texts.set_axis(levels))


def test_a_list_that_was_changed_has_no_index_any_more(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    texts = pandas.Series(["love", "hate"], index=[5, 9])
    changed = classifier.predict(texts)
    changed.reverse()
    longer = classifier.predict(texts)
    longer.append(longer[0])
    others = classifier.predict(list(texts))
    gathered = classifier.predict(list(texts))
    gathered += classifier.predict(texts)
    for found in (changed, longer, changed[:], others + classifier.predict(texts), gathered):
        with pytest.warns(UserWarning, match="numbered from 0; do not put its columns beside"):
            assert found.to_frame("pandas").index.tolist() == [*range(len(found))]
    assert longer[:2].to_frame("pandas").index.tolist() == [5, 9]
    for found in (others, classifier.predict([])):
        assert found.to_frame("pandas").index.tolist() == [*range(len(found))]


def test_a_piece_that_still_stands_in_its_place_keeps_its_index(classifier: Classifier) -> None:
    """A piece is compared with its own rows alone, so that many pieces cost what one list does."""
    pandas = pytest.importorskip("pandas")
    found = classifier.predict(pandas.Series(["love", "hate", "fine"], index=[5, 9, 2]))
    found[0], found[1] = found[1], found[0]
    assert found[2:].to_frame("pandas").index.tolist() == [2]
    with pytest.warns(UserWarning, match="another order"):
        assert found[:2].to_frame("pandas").index.tolist() == [0, 1]


def test_verdicts_in_pieces_keep_the_index_of_their_series(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    texts = ["hate it", "love it", "awful", "love the film"]
    table = pandas.DataFrame({"text": texts}, index=[7, 3, 9, 1])
    whole = classifier.predict(table["text"]).to_frame("pandas")
    parts = [classifier.predict(table["text"][begin : begin + 2]) for begin in (0, 2)]
    extended, added, copied = Predictions(), Predictions(), parts[0].copy()
    for part in parts:
        extended.extend(part)
        added += part
    copied.extend(parts[1])
    summed: list[Prediction] = sum(parts, [])  # noqa: RUF017 - it is what people write
    for found in (extended, added, copied, summed, parts[0] + parts[1], copy.copy(added)):
        assert isinstance(found, Predictions)
        pandas.testing.assert_frame_equal(found.to_frame("pandas"), whole)
        assert found[1:3].to_frame("pandas").index.tolist() == [3, 9]
        again = pickle.loads(pickle.dumps(found))
        assert again.to_frame("pandas").index.tolist() == table.index.tolist()
    turned = (parts[1] + parts[0]).to_frame("pandas")
    pandas.testing.assert_frame_equal(turned.loc[table.index], whole)
    assert [len(part.to_frame("pandas")) for part in parts] == [2, 2]


@pytest.mark.filterwarnings("error")
def test_empty_verdicts_lose_no_index(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    texts = pandas.Series(["love", "hate"], index=[5, 9])
    plain, whole, none = (classifier.predict(given) for given in (["love"], texts, texts[:0]))
    grown = none.copy()
    grown.append(plain[0])
    for found in (plain + none, none + plain, plain + none + plain, grown):
        assert found.to_frame("pandas").index.tolist() == [*range(len(found))]
    turned, cleared = classifier.predict(texts), classifier.predict(texts)
    turned.reverse()
    assert len(turned[:0].to_frame("pandas")) == 0
    cleared.clear()
    assert len(cleared.to_frame("pandas")) == 0
    cleared += whole
    for found in (cleared, none + whole, whole + none, turned[:0] + whole):
        assert found.to_frame("pandas").index.tolist() == [5, 9]
    for found in (none, none + none, none[:], Predictions() + none):
        assert found.to_frame("pandas").index.equals(texts[:0].index)


def test_verdicts_that_an_earlier_version_pickled_have_their_index(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    for index in (pandas.Index([5, 9]), pandas.MultiIndex.from_tuples([(1, 2), (1, 3)]), None):
        found = classifier.predict(["love", "hate"])
        found.__dict__["_indexed"] = None if index is None else (index, tuple(found))
        again = pickle.loads(pickle.dumps(found))
        if index is None:
            assert (again + again).to_frame("pandas").index.tolist() == [0, 1, 2, 3]
        else:
            assert (again[1:] + again).to_frame("pandas").index.equals(index[1:].append(index))


def test_verdicts_in_many_pieces_are_sliced_and_go_on(classifier: Classifier) -> None:
    pandas = pytest.importorskip("pandas")
    whole = classifier.predict(pandas.Series(["love"] * 20, index=range(40, 60)))
    pieces = [whole[row : row + 1] for row in range(20)]
    found: Predictions = sum(pieces, Predictions())
    for row in range(20):
        assert found[row : row + 1].to_frame("pandas").index.tolist() == [40 + row]
    found.extend(pieces[0])
    assert found.to_frame("pandas").index.tolist() == [*range(40, 60), 40]


def test_other_columns_have_no_index(classifier: Classifier) -> None:
    pandas, narwhals = pytest.importorskip("pandas"), pytest.importorskip("narwhals")
    texts = pandas.Series(["love", "hate"], index=[5, 9])
    wrapped = narwhals.from_native(texts, series_only=True)
    assert classifier.predict(wrapped).to_frame("pandas").index.tolist() == [5, 9]
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for column in (texts.to_numpy(), polars.Series(list(texts)), pyarrow.array(list(texts))):
        assert classifier.predict(column).to_frame("pandas").index.tolist() == [0, 1]
    for library in ("polars", "pyarrow"):
        assert len(classifier.predict(texts).to_frame(library)) == 2


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("texts", [[], [None], ["love"]], ids=["none", "missing", "one"])
def test_columns_have_the_same_types_whatever_is_in_them(
    classifier: Classifier, library: str, texts: list[str | None]
) -> None:
    pytest.importorskip(library)
    frame, usual = (classifier.predict(given).to_frame(library) for given in (texts, TEXTS))
    if library == "pyarrow":
        assert frame.schema == usual.schema
    else:
        assert list(frame.dtypes) == list(usual.dtypes)
    assert len(frame) == len(texts)


def test_labels_without_a_feeling_have_no_valence_in_a_frame() -> None:
    pytest.importorskip("pyarrow")
    frame = Predictions([made(anger=0.5, joy=0.5)]).to_frame("pyarrow")
    assert frame.column_names == ["label", "score", "p_anger", "p_joy", *COLUMNS[-3:]]


@pytest.mark.parametrize("imported", LIBRARIES)
def test_the_frame_is_of_the_library_that_the_program_uses(
    model_folder: Path, imported: str
) -> None:
    pytest.importorskip(imported)
    code = (
        f"import tonality, {imported}\n"
        f"found = tonality.load({str(model_folder)!r}).predict(['love'])\n"
        "print(type(found.to_frame()).__module__)\n"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.startswith(imported)


def test_without_a_library_the_message_says_what_to_install(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = classifier.predict(TEXTS)
    with pytest.raises(ConfigError, match="expected one of pandas, polars, pyarrow, got 'dask'"):
        found.to_frame("dask")
    for name in LIBRARIES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DependencyError, match=r"pandas, polars or pyarrow .* pip install pandas"):
        found.to_frame()
    with pytest.raises(DependencyError, match="of polars needs a package: pip install polars"):
        found.to_frame("polars")
    assert tuple(LIBRARIES) == verdict_frame.LIBRARIES


class Tags(HTMLParser):
    """The tags of a fragment, and its text."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(fragment)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_verdicts_as_a_table(classifier: Classifier) -> None:
    found = classifier.predict(TEXTS)
    shown = Tags(found._repr_html_())
    assert shown.tags.count("tr") == 4
    assert "positive" in shown.text
    assert "no text" in shown.text
    assert '<b class="negative">negative</b>' in found[2]._repr_html_()
    assert Tags(found[0]._repr_html_()).tags.count("tr") == 2
    many = classifier.predict(["love"] * (ROWS + 1_500))._repr_html_()
    assert Tags(many).tags.count("tr") == ROWS + 1
    assert "and 1,500 more" in many
    assert Tags(Predictions()._repr_html_()).tags.count("tr") == 1


@given(label=st.text(min_size=1))
def test_labels_are_escaped(label: str) -> None:
    shown = Predictions([made(**{label: 1.0})])._repr_html_()
    shown.encode()  # as a notebook is sent it
    assert set(Tags(shown).tags) <= TABLE


def test_a_notebook_lights_up_the_words(classifier: Classifier) -> None:
    found = classifier.explain("love <script>alert(1)</script> \ud800 but hate")
    shown = found._repr_html_()
    shown.encode()
    assert set(Tags(shown).tags) == MARKED
    assert "<script>alert(1)</script>" in Tags(shown).text
    for ground in ("prefers-color-scheme: dark", "data-jp-theme-light='false'", ".vscode-dark"):
        assert ground in shown
    assert "no text" in classifier.explain("")._repr_html_()


def test_a_classifier_says_what_it_is(classifier: Classifier, model_folder: Path) -> None:
    assert repr(tonality.load("imdb")).startswith("<Classifier 'imdb': negative, positive; kernel ")
    assert str(model_folder) in repr(classifier)
