"""Spark: a DataFrame in, the same DataFrame with verdicts out; and the verdict in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tonality.errors import DependencyError
from tonality.scale.batch_scorer import (
    BatchOptions,
    batch_scorer,
    model_identity,
)
from tonality.scale.text_function import TextFunction
from tonality.score.files.parquet_writer import added_fields
from tonality.tables.spelled_names import distinct


def spark_score(frame: Any, **how: Any) -> Any:
    """Adds the columns of ``tonality score`` to a DataFrame of Spark.

    Write the result before you use it twice. Spark computes a DataFrame anew for every use, and a
    ``limit`` still scores whole batches.

    Args:
        frame: a ``pyspark.sql.DataFrame``.
        how: the attributes of :class:`tonality.scale.BatchOptions`. Each Python process of Spark
            uses one thread unless ``threads`` says otherwise.

    Returns:
        A DataFrame: the kept columns, then the added ones; rows are where they were.

    Raises:
        ConfigError, DataError: as for :func:`tonality.scale.score_batch`; what is wrong with the
            columns shows at once.
        DependencyError: pyspark is not installed.
    """
    types = _spark_types()
    options = BatchOptions(**{"threads": 1, **how})
    scorer = batch_scorer(options)
    names = frame.columns
    layout = scorer.layout(names)
    scorer.text_names(names)
    given = dict(zip(distinct(names), frame.schema.fields, strict=True))
    # Spark takes columns by position and casts none: this order is that of the scored batches.
    fields = [types.StructField(name, given[name].dataType) for name in layout.columns]
    fields += _added_fields(types, added_fields(layout))
    work = _scoring(options, model_identity(options.model))
    return frame.mapInArrow(work, types.StructType(fields))


def _scoring(options: BatchOptions, identity: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What runs in the Python processes of Spark."""

    def score(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            if batch.num_rows:  # of an empty partition nothing comes
                yield batch_scorer(options, identity).score(batch)[0]

    return score


def register_spark_udf(spark: Any, name: str = "tonality", **how: Any) -> Any:
    """Registers a function of SQL that gives the columns of ``tonality score`` as a struct.

    For example::

        register_spark_udf(spark, prefix="tonality_")
        spark.sql("SELECT * EXCEPT (t), t.* FROM (SELECT *, tonality(review) AS t FROM reviews)")

    The prefix keeps the columns apart from a ``label`` that the table has.

    Args:
        spark: the ``pyspark.sql.SparkSession``.
        name: of the function.
        how: the attributes of :class:`tonality.scale.BatchOptions` but for the columns.

    Returns:
        The function, for use on columns: ``frame.select(function("review"))``.

    Raises:
        ArtifactError: there is no such model.
        ConfigError: columns are named.
        DependencyError: pyspark is not installed, or is older than 4.1.
    """
    types = _spark_types()
    try:
        from pyspark.sql.functions import arrow_udf
    except ImportError as error:
        raise DependencyError("a function of SQL in Spark", extra="spark") from error
    options = BatchOptions(**{"threads": 1, **how})
    kind = types.StructType(_added_fields(types, TextFunction(options).fields))
    return spark.udf.register(name, arrow_udf(_judging(options), kind))


def _judging(options: BatchOptions) -> Callable[[Any], Any]:
    """The function of a column of texts, which loads its model where it runs."""
    identity = model_identity(options.model)

    def judge(texts: Any) -> Any:
        return TextFunction(options, identity)(texts)

    # Spark tells what kind of function it is by these, and would find no types by name.
    import pyarrow

    judge.__annotations__ = {"texts": pyarrow.Array, "return": pyarrow.Array}
    return judge


def _added_fields(types: Any, fields: list[Any]) -> list[Any]:
    kinds = {"string": types.StringType, "double": types.DoubleType, "int64": types.LongType}
    return [types.StructField(field.name, kinds[str(field.type)]()) for field in fields]


def _spark_types() -> Any:
    try:
        from pyspark.sql import types
    except ImportError as error:
        raise DependencyError("scoring in Spark", extra="spark") from error
    return types
