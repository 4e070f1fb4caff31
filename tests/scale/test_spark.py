"""Spark: a real session on this machine, the same columns and values as `tonality score`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plain_scores import plain, reviews, sorted_rows

from tonality.errors import DataError, DependencyError
from tonality.scale import register_spark_udf, spark_score

pa = pytest.importorskip("pyarrow")
ROWS = 300

# pyspark warns of pandas 3, which nothing here uses, and leaves sockets to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("no Java, which Spark runs on")
    builder = sql.SparkSession.builder.master("local[2]").appName("tonality")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def test_a_data_frame_gets_what_the_command_writes(
    spark: Any, model_folder: Path, tmp_path: Path
) -> None:
    table = reviews(ROWS)
    frame = spark.createDataFrame(table)
    found = spark_score(frame, text_column="review", model=str(model_folder)).toArrow()
    expected = plain(model_folder, tmp_path, table)
    assert found.column_names == expected.column_names
    assert sorted_rows(found) == sorted_rows(expected)


def test_columns_go_by_name_and_wrong_ones_show_at_once(spark: Any, model_folder: Path) -> None:
    frame = spark.createDataFrame(reviews(20)).repartition(30)  # some partitions are empty
    swapped = frame.select("tags", "review", "n")
    found = spark_score(swapped, model=str(model_folder), columns=["n", "tags"]).toArrow()
    given = {row["n"]: row["tags"] for row in reviews(20).to_pylist()}
    assert {row["n"]: row["tags"] for row in found.to_pylist()} == given
    with pytest.raises(DataError, match="no column 'body'"):
        spark_score(frame, text_column="body", model=str(model_folder))


def test_a_function_of_sql_says_the_same(spark: Any, model_folder: Path, tmp_path: Path) -> None:
    register_spark_udf(spark, "tone", model=str(model_folder))
    table = reviews(ROWS)
    spark.createDataFrame(table).createOrReplaceTempView("reviews")
    judged = "(SELECT *, tone(review) AS t FROM reviews)"
    found = spark.sql(f"SELECT * EXCEPT (t), t.* FROM {judged}").toArrow()
    assert sorted_rows(found) == sorted_rows(plain(model_folder, tmp_path, table))


def test_without_spark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[spark\]'"):
        spark_score(None)
