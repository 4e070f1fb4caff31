"""Scoring tables: rows in, the same rows with verdicts out, in constant memory.

A stream of bytes is scored as it comes, be it a file, a pipe or the body of a request::

    from tonality import load
    from tonality.score import read_rows, score_stream

    rows = read_rows(stream, "csv", text_column=None)   # reads the head; DataError if it is none
    for piece in score_stream(load(), rows, "jsonl"):   # bytes: the head, then a window of rows
        send(piece)

``stream`` is anything with a blocking ``read(size) -> bytes`` (:class:`ByteStream`) that returns
``b""`` at its end; it may give fewer bytes than asked for. It is pulled from, never seeked and
never closed. An asynchronous server gives one that takes chunks from a queue, and calls
``read_rows`` and each ``next`` of the pieces in a thread; closing the generator ends the work. The
formats are ``FORMATS`` (``csv``, ``tsv``, ``jsonl``), for reading as for writing.

The scored table has the columns of the input, then :attr:`Layout.added`: ``label``, ``score``,
``p_`` and each label, ``tokens_read``, ``tokens_left_out``, ``unfamiliar``; all of them prefixed
``tonality_`` where the input has a column of one of these names. A row that cannot be read is
answered in place: in JSON Lines as ``{"error": reason, "row": n}``, in CSV and TSV with the reason
in a last column ``error``, the others empty; or it is left out, with ``errors=False``.

The parts can be used singly: :func:`read_rows` gives :class:`Rows` (``columns``, ``text_column``,
``items``), :func:`windows` cuts their items in lists, :class:`Scorer` judges one,
:func:`row_writer` writes it. Answers depend on the rows alone, not on how their bytes came.

Texts that are in memory already need no rows. :meth:`Scorer.columns` gives the added columns of a
batch, and :class:`Layout` their names and types beside the columns that are there::

    layout = Layout.of(columns, classifier.labels)
    added = dict(zip(layout.added, Scorer(classifier).columns(texts)))
"""

from __future__ import annotations

from tonality.score.output_columns import Layout
from tonality.score.row_writers import RowWriter, row_writer
from tonality.score.scorer import Scored, Scorer, windows
from tonality.score.stream import score_stream
from tonality.tables.row_stream import FORMATS, Row, Rows, read_rows
from tonality.tables.utf8_stream import ByteStream

__all__ = [
    "FORMATS",
    "ByteStream",
    "Layout",
    "Row",
    "RowWriter",
    "Rows",
    "Scored",
    "Scorer",
    "read_rows",
    "row_writer",
    "score_stream",
    "windows",
]
