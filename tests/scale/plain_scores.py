"""What ``tonality score`` makes of a table, which every engine must agree with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from score_tables import run

TEXTS = [
    "love the film", None, "hate", "", "not good", "NULL", "good " * 80, "the plot was bad", "  ",
    "love", "a film", "it was not love", "hate the plot and love the film", "<br />", "5 good",
]  # fmt: skip


def reviews(rows: int) -> pa.Table:
    """A table of reviews with a column of each common kind."""
    texts = [TEXTS[(7 * n + n // 15) % 15] for n in range(rows)]
    return pa.table(
        {
            "n": pa.array(range(rows), pa.int32()),
            "review": pa.array(texts, pa.string()),
            "stars": pa.array([None if n % 7 == 0 else n / 2 for n in range(rows)]),
            "tags": pa.array([[str(n)] if n % 2 else None for n in range(rows)]),
        }
    )


def plain(model: Path, place: Path, table: pa.Table, *options: str) -> pa.Table:
    """The table as the command scores it, from Parquet to Parquet."""
    source, target = place / "plain-in.parquet", place / "plain-out.parquet"
    pq.write_table(table, source)
    result = run(model, source, "-o", target, "--overwrite", *options)
    assert result.exit_code in (0, 3), result.output
    return pq.read_table(target)


def sorted_rows(table: Any) -> list[dict[str, Any]]:
    """The rows as a multiset: sorted by all they hold."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return sorted(rows, key=repr)
