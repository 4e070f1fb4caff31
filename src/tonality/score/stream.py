"""A table in, the same table with verdicts out, both as bytes."""

from __future__ import annotations

from collections.abc import Iterator

from tonality.classifier import Classifier
from tonality.score.output_columns import Layout
from tonality.score.row_writers import RowWriter, row_writer
from tonality.score.scorer import Scorer, windows
from tonality.tables.row_stream import Rows


def score_stream(
    classifier: Classifier,
    rows: Rows,
    format: str,
    *,
    explain: int = 0,
    errors: bool = True,
) -> Iterator[bytes]:
    """Scores a table as it comes: the head first, then a piece for each window of rows.

    CSV and TSV are UTF-8, with a byte-order mark where the table had one.

    Args:
        classifier: the model.
        rows: the table, from :func:`read_rows`.
        format: what to write, ``csv``, ``tsv`` or ``jsonl``.
        explain: how many phrases to add that speak for the verdict, and against it.
        errors: whether a row that cannot be read is answered in place; otherwise it is left out.

    Raises:
        ConfigError: an unknown format.
        DataError: while iterating: the table cannot be read on.
    """
    layout = Layout.of(
        rows.columns,
        classifier.labels,
        explained=explain > 0,
        errors=errors,
        closed=format != "jsonl",
    )
    writer = row_writer(format, layout, delimiter=rows.delimiter, marked=rows.marked)
    return _pieces(rows, Scorer(classifier, explain), writer, layout)


def _pieces(rows: Rows, scorer: Scorer, writer: RowWriter, layout: Layout) -> Iterator[bytes]:
    if head := writer.head():
        yield head
    for window in windows(rows.items, layout):
        if piece := writer.rows(scorer.score(window)):
            yield piece
