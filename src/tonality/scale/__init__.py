"""The verdict on every row, inside the engines in which people hold large tables.

Everything here stands on one function, from a batch of Arrow to a batch of Arrow::

    from tonality.scale import score_batch

    scored = score_batch(batch, text_column="review")  # a pyarrow.RecordBatch

The adapters hand it the batches of an engine, and are thin: :func:`polars_score`,
:func:`register_duckdb`, :func:`spark_score`, :func:`register_spark_udf`, :func:`score_dataset` of
Ray. An engine is imported only by the function that needs it. ``docs/scaling.md`` tells more.
"""

from __future__ import annotations

from tonality.scale.batch_scorer import BatchOptions, BatchScorer, batch_scorer, score_batch
from tonality.scale.duckdb_function import register_duckdb
from tonality.scale.polars_frames import polars_score
from tonality.scale.ray_dataset import score_dataset
from tonality.scale.spark_frames import register_spark_udf, spark_score

__all__ = [
    "BatchOptions",
    "BatchScorer",
    "batch_scorer",
    "polars_score",
    "register_duckdb",
    "register_spark_udf",
    "score_batch",
    "score_dataset",
    "spark_score",
]
