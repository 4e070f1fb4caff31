"""polars and DuckDB: the same columns and values as `tonality score`."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_scores import plain, reviews, sorted_rows

from tonality.errors import ConfigError, DataError, DependencyError
from tonality.scale import polars_score, register_duckdb

pa = pytest.importorskip("pyarrow")
ROWS = 5_000  # several pieces of DuckDB's, of 2,048 rows


def test_a_lazy_frame_stays_lazy_and_gets_what_the_command_writes(
    model_folder: Path, tmp_path: Path
) -> None:
    polars = pytest.importorskip("polars")
    table = reviews(ROWS)
    frame = polars.from_arrow(table)
    lazy = polars_score(frame.lazy(), model=str(model_folder))
    assert isinstance(lazy, polars.LazyFrame)
    lazy.sink_parquet(tmp_path / "out.parquet")
    found = polars.read_parquet(tmp_path / "out.parquet")
    expected = plain(model_folder, tmp_path, table)
    assert found.columns == expected.column_names
    assert found.to_dicts() == expected.to_pylist()
    assert polars_score(frame, model=str(model_folder)).equals(found)


def test_polars_keeps_its_own_types_and_says_at_once_what_is_wrong(model_folder: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {"review": ["love", None], "kind": ["a", "b"]},
        schema={"review": polars.String, "kind": polars.Enum(["a", "b"])},
    )
    found = polars_score(frame, model=str(model_folder), columns=["kind"])
    assert found.schema["kind"] == polars.Enum(["a", "b"])
    assert found["label"].to_list() == ["positive", None]
    with pytest.raises(DataError, match="no column 'body'"):
        polars_score(frame.lazy(), model=str(model_folder), text_column="body")
    with pytest.raises(DataError, match=r"expected a frame of polars, got Table"):
        polars_score(frame.to_arrow(), model=str(model_folder))
    empty = polars_score(frame.clear(), model=str(model_folder))
    assert empty.schema == polars_score(frame, model=str(model_folder)).schema


def test_polars_without_any_column_kept(model_folder: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"text": ["love", "hate", "love"]})
    whole = polars_score(frame, model=str(model_folder))
    for kind in (frame, frame.lazy()):
        found = polars_score(kind, model=str(model_folder), columns=()).lazy().collect()
        assert found.equals(whole.drop("text"))


def test_a_function_of_duckdb_says_what_the_command_writes(
    model_folder: Path, tmp_path: Path
) -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    register_duckdb(connection, "tone", model=str(model_folder))
    table = reviews(ROWS)
    connection.register("reviews", table)
    query = "SELECT *, unnest(tone(review)) FROM reviews"
    found = connection.sql(query).to_arrow_table()
    expected = plain(model_folder, tmp_path, table)
    assert found.column_names == expected.column_names
    assert sorted_rows(found) == sorted_rows(expected)
    one = connection.sql("SELECT tone('love').label, tone(NULL).tokens_read").fetchall()
    assert one == [("positive", 0)]


def test_a_prefix_keeps_the_labels_of_a_table_in_duckdb(model_folder: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    register_duckdb(connection, "tone", model=str(model_folder), prefix="tonality_")
    connection.register("reviews", pa.table({"review": ["love"], "label": ["mine"]}))
    out = tmp_path / "out.parquet"
    connection.sql(f"COPY (SELECT *, unnest(tone(review)) FROM reviews) TO '{out}'")
    row = pa.parquet.read_table(out).to_pylist()[0]
    assert (row["label"], row["tonality_label"]) == ("mine", "positive")


def test_a_function_of_duckdb_is_replaced_and_names_no_columns(model_folder: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    connection, query = duckdb.connect(), "SELECT tone('love').label"
    for prefix in ("", "x_"):
        register_duckdb(connection, "tone", model=str(model_folder), prefix=prefix or None)
    assert connection.sql("SELECT tone('love').x_label").fetchall() == [("positive",)]
    register_duckdb(connection, "tone", model=str(model_folder))
    assert connection.sql(query).fetchall() == [("positive",)]
    with pytest.raises(ConfigError, match=r"DuckDB takes no function 'tone': .*; choose another"):
        register_duckdb(connection.cursor(), "tone", model=str(model_folder))
    for wrong in ({"columns": ["n"]}, {"columns": "n"}, {"text_column": "review"}):
        with pytest.raises(ConfigError, match="a function of SQL has no such option"):
            register_duckdb(connection, "other", model=str(model_folder), **wrong)


def test_without_the_engine_the_extra_is_named(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("polars", "duckdb"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[polars\]'"):
        polars_score(None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[duckdb\]'"):
        register_duckdb(None)
