"""Data frames: what goes in comes out, with the verdicts that ``tonality score`` gives."""

from __future__ import annotations

import datetime
import importlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tonality
from score_tables import ADDED, objects, run
from tonality import progress_bar
from tonality.classifier import WINDOW, Classifier
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.progress_bar import LateBar

pytest.importorskip("narwhals", reason="frames are read by it: tonality[frames]")
pandas = pytest.importorskip("pandas", reason="it is installed with the extra dev")
polars = pytest.importorskip("polars", reason="it is installed with the extra dev")
pyarrow = pytest.importorskip("pyarrow", reason="it is installed with the extra train")

TEXTS = ["I love it", None, "not good", "", "hate the film"]
LABELS = ["positive", None, "negative", None, "negative"]

Make = Callable[[dict[str, list[Any]]], Any]
KINDS: dict[str, Make] = {
    "pandas": pandas.DataFrame,
    "pandas of objects": lambda table: pandas.DataFrame(table, dtype=object),
    "pandas with NA": lambda table: pandas.DataFrame(table).convert_dtypes(),
    "pandas of Arrow": lambda table: pandas.DataFrame(table).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "polars": polars.DataFrame,
    "lazy polars": polars.LazyFrame,
    "pyarrow": pyarrow.table,
}


@pytest.fixture(scope="module")
def classifier(model_folder: Path) -> Classifier:
    return tonality.load(model_folder)


def rows(frame: Any) -> list[dict[str, Any]]:
    """A frame's rows, with None for what is missing."""
    if isinstance(frame, polars.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pandas.DataFrame):
        missing = frame.isna().to_numpy()
        found = frame.to_dict("records")
        return [
            {name: None if missing[i, j] else value for j, (name, value) in enumerate(row.items())}
            for i, row in enumerate(found)
        ]
    found = frame.to_pylist() if isinstance(frame, pyarrow.Table) else frame.to_dicts()
    return list(found)


class Places(pandas.DataFrame):  # type: ignore[misc, name-defined]
    """A subclass such as geopandas has, with a property of its own."""

    _metadata = ("crs",)

    @property
    def _constructor(self) -> Any:
        return Places


@pytest.mark.parametrize("columns", [None, "n"])
def test_a_subclass_of_pandas_comes_back_with_what_is_its_own(
    classifier: Classifier, columns: str | None
) -> None:
    frame = Places({"n": [1, 2], "review": ["I love it", "awful"]})
    frame.crs = "EPSG:4326"
    frame.attrs["source"] = "survey"
    scored = tonality.score_frame(frame, model=classifier, columns=columns)
    assert type(scored) is Places
    assert (scored.crs, scored.attrs) == ("EPSG:4326", {"source": "survey"})
    assert "label" not in frame


class TwoColumns(pandas.DataFrame):  # type: ignore[misc, name-defined]
    """A subclass that checks its columns."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        if self.shape[1] > 2:
            raise RuntimeError("expected two columns")

    @property
    def _constructor(self) -> Any:
        return TwoColumns


class FirstTwo(pandas.DataFrame):  # type: ignore[misc, name-defined]
    """A subclass that drops the columns that it does not know."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        for name in list(self.columns)[2:]:
            del self[name]

    @property
    def _constructor(self) -> Any:
        return FirstTwo


@pytest.mark.parametrize("kind", [TwoColumns, FirstTwo])
def test_a_subclass_of_pandas_that_does_not_take_the_verdicts_comes_back_as_plain_pandas(
    classifier: Classifier, kind: Any
) -> None:
    frame = kind({"n": [1, 2], "review": ["I love it", "awful"]})
    frame.attrs["source"] = "survey"
    scored: Any = tonality.score_frame(frame, model=classifier)
    assert type(scored) is pandas.DataFrame
    assert list(scored) == ["n", "review", *ADDED]
    assert scored.attrs == {"source": "survey"}


def test_a_column_that_a_number_names_is_kept(classifier: Classifier) -> None:
    frame = pandas.DataFrame({1: ["I love it", "awful"], 2: ["a", "b"]})
    text_column: Any = 1
    columns: Any = 2
    scored = tonality.score_frame(frame, text_column, classifier, columns=columns)
    assert list(scored) == [2, *ADDED]


@pytest.mark.parametrize("explain", [1.5, "1", None])
def test_how_many_phrases_is_a_whole_number(classifier: Classifier, explain: Any) -> None:
    frame = pandas.DataFrame({"review": ["I love it"]})
    with pytest.raises(ConfigError, match="explain: expected a whole number, 0 or more, got"):
        tonality.score_frame(frame, model=classifier, explain=explain)


def test_how_many_phrases_may_be_of_numpy(classifier: Classifier) -> None:
    frame = pandas.DataFrame({"review": ["I love it"]})
    one: Any = numpy.int64(1)
    scored = tonality.score_frame(frame, model=classifier, explain=one)
    assert list(scored)[-2:] == ["words_for", "words_against"]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_frame_comes_back_with_verdicts(classifier: Classifier, make: Make) -> None:
    table: dict[str, list[Any]] = {"n": [5, 4, 3, 2, 1], "Review": TEXTS}
    frame = make(table)
    scored = tonality.score_frame(frame, model=classifier)
    assert type(scored) is type(frame)
    found = rows(scored)
    assert list(found[0]) == ["n", "Review", *ADDED]
    assert [row["n"] for row in found] == table["n"]
    assert [row["Review"] for row in found] == TEXTS
    assert [row["label"] for row in found] == LABELS
    for row, prediction in zip(found, classifier.predict(TEXTS), strict=True):
        read = prediction.label is not None
        assert row["score"] == (round(prediction.score, 6) if read else None)
        assert row["p_positive"] == (
            round(prediction.probabilities["positive"], 6) if read else None
        )
        assert row["tokens_read"] == prediction.tokens_read
    assert list(rows(frame)[0]) == ["n", "Review"]  # the given one is not changed


WORDS = st.sampled_from(["love", "hate", "not", "good", "NULL", "é", "\x00"])
ANY_TEXT = st.none() | st.lists(WORDS, max_size=4).map(" ".join) | st.text(max_size=20)


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=12))
def test_values_are_those_of_the_command(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, texts: list[str | None]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    result = run(model_folder, path, "-o", "-")
    assert result.exit_code == 0, result.output
    expected = objects(result.stdout)
    table = {"text": texts}
    frames = [pandas.DataFrame(table, dtype=object)]
    if all(text is None or not any("\ud800" <= c <= "\udfff" for c in text) for text in texts):
        frames += [make(table) for make in KINDS.values()]
    for frame in frames:
        found = rows(tonality.score_frame(frame, model=model_folder))
        for row, wanted in zip(found, expected, strict=True):
            assert {name: row[name] for name in ADDED} == {name: wanted[name] for name in ADDED}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_valence_is_one_number_a_row(classifier: Classifier, make: Make) -> None:
    expected = [prediction.valence for prediction in classifier.predict(TEXTS)]
    found = rows(tonality.score_frame(make({"text": TEXTS}), model=classifier, valence=True))
    assert list(found[0]) == ["text", *ADDED, "valence"]
    values = [row["valence"] for row in found]
    assert values == [value if value is None else round(value, 6) for value in expected]
    taken = make({"text": TEXTS, "valence": TEXTS})
    kept = tonality.score_frame(
        taken, "text", classifier, columns=["text"], valence=True, explain=1
    )
    assert list(rows(kept)[0]) == ["text", *ADDED, "valence", "words_for", "words_against"]
    assert (
        "tonality_valence" in rows(tonality.score_frame(taken, "text", classifier, valence=True))[0]
    )


def test_valence_needs_labels_that_say_a_feeling(tmp_path: Path, model_folder: Path) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    text = json.dumps(config).replace('"negative"', '"billing"').replace('"positive"', '"delivery"')
    (folder / "config.json").write_text(text)
    with pytest.raises(
        ConfigError, match=r"expected labels that say a feeling .* billing, delivery"
    ):
        tonality.score_frame(pandas.DataFrame({"text": TEXTS}), model=folder, valence=True)


def test_an_added_column_cannot_be_kept(classifier: Classifier) -> None:
    with pytest.raises(ConfigError, match=r"no column 'score'\. 'score' is added whatever is kept"):
        tonality.score_frame(pandas.DataFrame({"text": TEXTS}), model=classifier, columns=["score"])


def test_an_index_stays_also_where_it_comes_twice(classifier: Classifier) -> None:
    index = pandas.Index([7, 7, 1, 7, 0], name="key")
    frame = pandas.DataFrame({"text": TEXTS}, index=index)
    for columns in (None, ["text"], []):
        scored = tonality.score_frame(frame, model=classifier, columns=columns)
        pandas.testing.assert_index_equal(scored.index, index)
        assert scored["label"].isna().tolist() == [label is None for label in LABELS]
        assert scored["label"].dropna().tolist() == [label for label in LABELS if label]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_an_empty_frame_gets_the_columns(classifier: Classifier, make: Make) -> None:
    frame = make({"text": ["love"], "n": [1]})
    empty, full = (
        tonality.score_frame(part, model=classifier)
        for part in (frame.slice(0, 0) if hasattr(frame, "slice") else frame.iloc[:0], frame)
    )
    if isinstance(empty, polars.LazyFrame):
        empty, full = empty.collect(), full.collect()
    assert len(empty) == 0
    if isinstance(empty, pyarrow.Table):
        assert empty.schema == full.schema
    else:
        assert list(empty.columns) == list(full.columns)
        assert list(empty.dtypes) == list(full.dtypes)


def test_long_frames_are_scored_window_by_window(classifier: Classifier) -> None:
    texts = (["love", "hate", None, "not good", "film"] * WINDOW)[: 2 * WINDOW + 3]
    expected = [prediction.label for prediction in classifier.predict(texts)]
    for frame in (pandas.DataFrame({"text": texts}), polars.LazyFrame({"text": texts})):
        assert [
            row["label"] for row in rows(tonality.score_frame(frame, model=classifier))
        ] == expected


def test_texts_may_be_categories(classifier: Classifier) -> None:
    texts = pandas.Series(TEXTS, dtype="category")
    frames = [
        pandas.DataFrame({"text": texts}),
        polars.DataFrame({"text": polars.Series(TEXTS, dtype=polars.Categorical)}),
        polars.DataFrame({"text": polars.Series(["love", None], dtype=polars.Enum(["love"]))}),
        pyarrow.table({"text": pyarrow.array(TEXTS).dictionary_encode()}),
        pyarrow.table({"text": pyarrow.array(TEXTS, pyarrow.string_view())}),
    ]
    for frame in frames:
        found = rows(tonality.score_frame(frame, model=classifier))
        assert [row["label"] for row in found] == LABELS[: len(found)]


def test_a_column_in_which_nothing_is_has_no_verdicts(classifier: Classifier) -> None:
    nothing = [None, None]
    for frame in (
        pandas.DataFrame({"text": [float("nan")] * 2}),
        pandas.DataFrame({"text": nothing}),
        pandas.DataFrame({"text": [pandas.NA, pandas.NaT]}, dtype=object),
        polars.DataFrame({"text": nothing}),
        pyarrow.table({"text": nothing}),
        pandas.DataFrame({"text": []}),
        pandas.DataFrame({"text": pandas.array([], "Int64")}),
        polars.DataFrame({"text": []}, schema={"text": polars.Float64}),
        pyarrow.table({"text": pyarrow.array([], pyarrow.float64())}),
    ):
        found = rows(tonality.score_frame(frame, model=classifier))
        assert [row["label"] for row in found] == nothing[: len(frame)]
    with pytest.raises(DataError, match="expected texts, found Float64"):  # of which rows follow
        tonality.score_frame(
            polars.LazyFrame({"text": [1.0]}, schema={"text": polars.Float64}), model=classifier
        )


@pytest.mark.parametrize("version", ["narwhals", "narwhals.stable.v1", "narwhals.stable.v2"])
def test_a_frame_of_narwhals_stays_one(classifier: Classifier, version: str) -> None:
    narwhals = importlib.import_module(version)
    for make in (pandas.DataFrame, polars.DataFrame, polars.LazyFrame, pyarrow.table):
        frame = narwhals.from_native(make({"text": TEXTS}))
        scored = tonality.score_frame(frame, model=classifier)
        assert type(scored) is type(frame)
        native = scored.to_native()
        assert type(native) is type(frame.to_native())
        assert [row["label"] for row in rows(native)] == LABELS
    lazy = narwhals.from_native(pandas.DataFrame({"text": TEXTS})).lazy()
    scored = tonality.score_frame(lazy, model=classifier)
    assert type(scored) is type(lazy)
    assert [row["label"] for row in rows(scored.collect().to_native())] == LABELS


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_columns_of_the_names_that_are_added_stay(classifier: Classifier, make: Make) -> None:
    frame = make({"text": ["love"], "label": ["mine"], "tonality_score": [3]})
    kept = rows(tonality.score_frame(frame, model=classifier))[0]
    assert kept["label"] == "mine"
    assert kept["tonality_2_label"] == "positive"
    assert set(kept) == {"text", "label", "tonality_score"} | {f"tonality_2_{n}" for n in ADDED}
    # What is not kept leaves its name free, as in the command.
    dropped = rows(tonality.score_frame(frame, model=classifier, columns=["tonality_score"]))[0]
    assert list(dropped) == ["tonality_score", *ADDED]
    assert dropped["label"] == "positive"


def test_columns_are_chosen_as_in_the_command(classifier: Classifier) -> None:
    frame = polars.DataFrame({"title": ["love"], "body": ["the film"], "text": ["hate"]})
    joined = tonality.score_frame(frame, ["title", "body"], classifier)
    assert joined["tokens_read"].to_list() == [3]
    assert tonality.score_frame(frame, "title,BODY", classifier).equals(joined)
    alone = tonality.score_frame(frame, "text", classifier, columns="title")
    assert alone.columns == ["title", *ADDED]
    with pytest.raises(ConfigError, match="no column 'nowhere'"):
        tonality.score_frame(frame, model=classifier, columns=["nowhere"])
    with pytest.raises(DataError, match=r"no column 'nowhere'. Columns: 'title'"):
        tonality.score_frame(frame, "nowhere", classifier)
    with pytest.raises(DataError, match=r"several columns.*; choose with text_column\."):
        tonality.score_frame(frame.rename({"title": "review"}), model=classifier)
    with pytest.raises(DataError, match="no text column; name it with text_column"):
        tonality.score_frame(frame.select("title"), model=classifier)


def test_columns_of_pandas_may_have_numbers_for_names(classifier: Classifier) -> None:
    frame = pandas.DataFrame([["love", 1]], columns=[1, 2])
    scored = tonality.score_frame(frame, 1, classifier, columns=[2, 1])  # type: ignore[arg-type, list-item]
    assert list(scored.columns) == [2, 1, *ADDED]
    assert scored["label"].tolist() == ["positive"]


NUMBERS = {
    5: "5", -3.0: "-3", 2.5: "2.5", True: "TRUE", numpy.int64(7): "7", numpy.float32(0.5): "0.5",
    10**30: "1e+30", float("inf"): "inf", datetime.date(2024, 1, 5): "2024-01-05",
    pandas.Timestamp("2024-01-05 10:00"): "2024-01-05 10:00:00",
}  # fmt: skip


def test_a_number_among_texts_is_a_text_as_in_a_workbook(classifier: Classifier) -> None:
    values = ["love", *NUMBERS, None]
    frames = [pandas.DataFrame({"text": values}, dtype=object)]
    frames.append(polars.DataFrame({"text": values}, schema={"text": polars.Object}))
    frames.append(frames[-1].lazy())
    texts = pandas.DataFrame({"text": ["love", *NUMBERS.values(), None]})
    expected = tonality.score_frame(texts, model=classifier)
    for frame in frames:
        found = rows(tonality.score_frame(frame, model=classifier))
        for row, wanted in zip(found, rows(expected), strict=True):
            assert {name: row[name] for name in ADDED} == {name: wanted[name] for name in ADDED}


def test_a_workbook_is_scored_as_the_command_scores_it(model_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "hotel.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, cell in enumerate(["comment", "love", 7, "not good", 2.5, "hate"]):
            sheet.write(place, 0, cell)
    frame = pandas.read_excel(path, engine="calamine")
    found = rows(tonality.score_frame(frame, model=model_folder))
    expected = objects(run(model_folder, path, "-o", "-", "--format", "jsonl").stdout)
    assert [row["p_positive"] for row in found] == [row["p_positive"] for row in expected]
    assert [row["tokens_read"] for row in found] == [1, 1, 2, 1, 1]


def test_phrases_are_added(classifier: Classifier) -> None:
    frame = pandas.DataFrame({"text": ["love the film but hate the plot", None]})
    scored = tonality.score_frame(frame, model=classifier, explain=1)
    assert scored.equals(tonality.score_frame(frame, model=classifier, explain=True))
    assert list(tonality.score_frame(frame, model=classifier, explain=False)) == ["text", *ADDED]
    assert list(scored.columns) == ["text", *ADDED, "words_for", "words_against"]
    assert "" not in scored.loc[0, ["words_for", "words_against"]].tolist()
    assert scored.loc[1, ["words_for", "words_against"]].isna().all()
    with pytest.raises(ConfigError, match="explain: expected a whole number, 0 or more, got -1"):
        tonality.score_frame(frame, model=classifier, explain=-1)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([{"text": "love"}], "expected a data frame of pandas, polars or pyarrow, got list"),
        (pandas.Series(["love"]), "got Series"),
        (pandas.DataFrame([["love", "x"]], columns=["text", "text"]), "one name twice"),
        (pandas.DataFrame([["love", "x"]], columns=[1, "1"]), "differ as strings"),
        (
            pandas.DataFrame([["x"]], columns=pandas.MultiIndex.from_tuples([("a", "text")])),
            "names of one level",
        ),
        (pandas.DataFrame({"text": [1, 2]}), "column 'text': expected texts, found Int64"),
        (polars.DataFrame({"text": [b"love"]}), "column 'text': expected texts, found Binary"),
        (
            pandas.DataFrame({"text": [1, 2.5, None]}, dtype=object),
            "column 'text': expected texts, found int, float; turn them into strings",
        ),
        (
            pandas.DataFrame({"text": ["love", ["hate"]]}, index=["a", "b"]),
            r"row 2, column 'text': expected a string, found list \(index 'b'\); make it one",
        ),
        (
            polars.DataFrame({"text": ["love", {}]}, schema={"text": polars.Object}),
            "row 2, column 'text': expected a string, found dict; make it one string, or None",
        ),
        (
            pandas.DataFrame({"text": ["love", "\udce9"]}, dtype=object),
            "row 2, column 'text': invalid UTF-8",
        ),
    ],
)
def test_what_cannot_be_scored_is_told(classifier: Classifier, frame: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        tonality.score_frame(frame, model=classifier)


def test_a_lazy_frame_is_checked_at_once_and_scored_later(classifier: Classifier) -> None:
    with pytest.raises(DataError, match="no text column"):
        tonality.score_frame(polars.LazyFrame({"x": ["love"]}), model=classifier)
    found = tonality.score_frame(polars.LazyFrame({"text": ["love", "hate"]}), model=classifier)
    assert found.filter(polars.col("label") == "negative").collect()["text"].to_list() == ["hate"]
    late = tonality.score_frame(
        polars.LazyFrame({"text": ["love", []]}, schema={"text": polars.Object}), model=classifier
    )
    # Pieces do not know which of the frame's rows they have.
    with pytest.raises(DataError, match=r"^column 'text': expected a string, found list; make it"):
        late.collect()


def test_other_lazy_frames_are_refused(classifier: Classifier) -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is no dependency")
    with pytest.raises(DataError, match="got DuckDBPyRelation; turn it into a table of pyarrow"):
        tonality.score_frame(duckdb.sql("select 'love' as text"), model=classifier)


def test_nothing_is_imported_that_the_program_has_not(model_folder: Path) -> None:
    code = (
        "import sys, tonality, polars\n"
        "frame = polars.DataFrame({'text': ['love']})\n"
        f"tonality.score_frame(frame, model={str(model_folder)!r})\n"
        "others = {'pandas', 'pyarrow', 'tqdm', 'rich', 'torch', 'IPython'}\n"
        "print(sorted(others & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_without_narwhals_the_extra_is_named(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "narwhals.stable.v2", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[frames\]'"):
        tonality.score_frame(pandas.DataFrame({"text": ["love"]}), model=classifier)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_shows_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    for file, after, shown in (
        (Terminal(), 0, True),
        (Terminal(), 99, False),
        (io.StringIO(), 0, False),
    ):
        monkeypatch.setattr(sys, "stderr", file)
        with LateBar(10, "scoring", after=after) as bar:
            bar.update(5)
            bar.update(10)
        assert ("scoring" in file.getvalue()) is shown


def test_a_notebook_without_widgets_gets_a_bar_of_tqdm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm", reason="it is no dependency")
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    found = {"ipywidgets": None, "tqdm": object()}
    monkeypatch.setattr(progress_bar, "find_spec", found.get)
    with LateBar(10, "scoring", after=0) as bar:
        bar.update(5)
    assert "scoring" in capsys.readouterr().err
    found["tqdm"] = None
    with LateBar(10, "scoring", after=0) as bar:
        bar.update(5)
    assert capsys.readouterr().err == ""
