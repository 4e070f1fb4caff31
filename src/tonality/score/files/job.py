"""Scoring files: tables in, one scored table out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from tonality.classifier import Classifier
from tonality.durable_files import resolved
from tonality.messages import and_more
from tonality.score.column_kind import warn_of_no_texts
from tonality.score.files.job_identity import job_identity
from tonality.score.files.joined_inputs import JoinedRows, Tables
from tonality.score.files.output_target import BUILT
from tonality.score.files.parquet_writer import ArrowWriter, build_from_arrow, build_from_json
from tonality.score.files.resumable_output import Mark, Output
from tonality.score.files.xlsx_kinds import Source
from tonality.score.files.xlsx_writer import build_xlsx
from tonality.score.output_columns import Layout, warn_of_late
from tonality.score.row_writers import RowWriter, row_writer
from tonality.score.scorer import Scorer, windows
from tonality.score.tally import Tally
from tonality.tables.bad_rows import Fault, entry
from tonality.tables.column_names import TextColumn, Wanted
from tonality.tables.compression import packed
from tonality.tables.open_table import Input
from tonality.tables.read_options import ReadOptions
from tonality.tables.row_stream import Row
from tonality.tables.spelled_names import plain, real_names

# From one moment from which a run can go on to the next: so many windows, or bytes of output.
PART = 8
PART_BYTES = 2**25

# Called with the rows done and the share of the inputs' bytes read, None where it is not known.
Progress = Callable[[int, float | None], None]


@dataclass(frozen=True)
class Options:
    """How to score.

    Attributes:
        format: what to write, ``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``xlsx``.
        packing: how to pack it, by a suffix such as ``.gz``.
        text_column: the column to judge; by default it is found by its usual names.
        columns: the columns of the input to keep, in any case or by their numbers, each also
            several with commas between; by default all.
        explain: how many phrases to add that speak for the verdict, and against it.
        prefix: what the added columns' names begin with; by default as :class:`Layout` says.
        encoding: of the inputs; by default UTF-8, or UTF-16 with a byte-order mark, or Windows-1252
            where the bytes look like it.
        read: how the inputs are written.
        bom: whether CSV begins with a byte-order mark; by default where the first input does.
        languages: whether to add the language of each text.
        valence: whether to add the feeling as one number.
    """

    format: str
    packing: str = ""
    text_column: TextColumn = None
    columns: tuple[str, ...] | None = None
    explain: int = 0
    prefix: str | None = None
    encoding: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    bom: bool | None = None
    languages: bool = False
    valence: bool = False


class ScoringJob:
    """A job of scoring; use it as a context manager.

    Args:
        classifier: the model.
        inputs: the tables, one or more.
        options: how.

    Attributes:
        tally: what was counted so far.

    Raises:
        ConfigError: a column is not there, or a name is taken; the labels have no valence; or an
            option of reading suits no input.
        DataError: an input cannot be read, or has no texts.
        DependencyError: what reads or writes one of the formats, or tells languages, is missing.
    """

    def __init__(self, classifier: Classifier, inputs: Sequence[Input], options: Options) -> None:
        self._classifier = classifier
        self._options = options
        self._scorer = Scorer(classifier, options.explain, options.languages, options.valence)
        # Where Parquet becomes Parquet, values stay as Arrow holds them, with their types.
        arrow = options.format == "parquet" and all(i.format == "parquet" for i in inputs)
        wanted = Wanted.texts_only(
            options.text_column, encoding=options.encoding, options=options.read
        )
        self._tables = Tables(inputs, wanted, arrow=arrow)
        switches = self._scorer.switches
        switches["closed"] = options.format in ("csv", "tsv")
        switches["more"] = not all(head.complete for head in self._tables.heads)
        columns = self._tables.columns
        keep = None if options.columns is None else real_names(columns, options.columns)
        self._layout = Layout.of(
            columns, classifier.labels, keep=keep, prefix=options.prefix, **switches
        )
        warn_of_late(columns, self._layout)
        if options.format != "jsonl":
            self._tables.warn(self._layout.columns)
        self._writer = self._make_writer(arrow=arrow)
        self.tally = Tally.start(classifier.labels, classifier.artifact.abstain)

    def __enter__(self) -> ScoringJob:
        return self

    def __exit__(self, *error: object) -> None:
        self._tables.__exit__()

    def _make_writer(self, *, arrow: bool) -> RowWriter:
        heads = self._tables.heads
        if arrow:
            return ArrowWriter(self._layout, [head.schema for head in heads])
        format = "jsonl" if self._options.format in BUILT else self._options.format
        bom = self._options.bom
        marked = heads[0].marked if bom is None else bom
        return row_writer(format, self._layout, delimiter=heads[0].delimiter, marked=marked)

    @property
    def build(self) -> Callable[[Path, Path], None] | None:
        """Makes the final file of what was written, where that is not it already."""
        if self._options.format not in BUILT:
            return None
        if isinstance(self._writer, ArrowWriter):
            return build_from_arrow
        if self._options.format == "parquet":
            return lambda part, target: build_from_json(part, target, self._layout)
        tables = self._tables
        heads = zip(tables.inputs, tables.heads, strict=True)
        source = Source.of((one.format, head.delimiter) for one, head in heads)
        return partial(build_xlsx, layout=self._layout, source=source)

    @property
    def guessed_texts(self) -> list[str]:
        """The columns of texts that were found by a name which other columns might have had."""
        if self._options.text_column is not None:
            return []
        found = (head.text_column for head in self._tables.heads if len(head.columns) > 1)
        return [name for name in dict.fromkeys(found) if plain(name) not in ("text", "texts")]

    def description(self, model: str) -> dict[str, Any]:
        """All that the output depends on, by the names that a message calls it by.

        Args:
            model: what tells the model from others.
        """
        options = self._options
        files = [(i, i.path, i.path.stat()) for i in self._tables.inputs if i.path is not None]
        inputs = [
            [str(resolved(path)), source.format, status.st_size, status.st_mtime_ns]
            for source, path, status in files
        ]
        band = self._classifier.artifact.abstain
        common = job_identity(inputs, (model, band), options, self._layout.columns, options.read)
        return common | {
            "the output's format": [options.format, options.packing],
            "--bom": options.bom,
            "--languages": options.languages,
        }

    def to_file(self, output: Output, progress: Progress) -> None:
        """Scores into a file; what is done stays done, whatever happens.

        Args:
            output: the file, begun.
            progress: told how far it is, now and then.

        Raises:
            DataError: an input cannot be read on, or the system cannot write.
        """
        mark = output.mark
        if mark is not None:
            self.tally = Tally(**mark.summary)
        if mark is None or not mark.done:
            for data, faults, reached in self._parts(mark, progress):
                output.append(data, faults, reached)
        self._tables.check_unchanged()
        if mark is None:  # else an earlier run read the first rows
            self._warn_of_unmet()
        output.publish(rows=not self.tally.none_read)

    def to_stream(self, stream: BinaryIO, side: BinaryIO | None, progress: Progress) -> None:
        """Scores to a stream, window by window; writes nothing where no row can be read.

        Args:
            stream: where to write; not for Parquet and Excel.
            side: where to write the rows that cannot be read.
            progress: told how far it is, now and then.

        Raises:
            DataError: an input cannot be read on.
            OSError: the stream takes no more.
        """
        head = self._writer.head()
        for data, faults, _ in self._windows(JoinedRows(self._tables), progress):
            if self.tally.rows:
                stream.write(head + data)
                stream.flush()
                head = b""
            if side is not None:
                side.write(faults)
        if not self.tally.none_read:
            stream.write(head)
        self._tables.check_unchanged()
        self._warn_of_unmet()

    def _parts(self, mark: Mark | None, progress: Progress) -> Iterator[tuple[bytes, bytes, Mark]]:
        """Of each part: its rows, its faults, and how far the job is with it."""
        joined = JoinedRows(self._tables, *((mark.input, mark.row) if mark else ()))
        rows, faults = [b"" if mark else self._writer.head()], b""
        size = 0
        for data, bad, done in self._windows(joined, progress):
            rows.append(data)
            faults += bad
            size += len(data) + len(bad)
            if len(rows) > PART or size > PART_BYTES:
                yield self._packed(rows), faults, self._mark(joined, done, last=False)
                rows, faults, size = [b""], b"", 0
        yield self._packed(rows), faults, self._mark(joined, joined.count, last=True)

    def _windows(
        self, joined: JoinedRows, progress: Progress
    ) -> Iterator[tuple[bytes, bytes, int]]:
        """Of each window: its rows, its faults, and how many items are done with it."""
        done = 0
        for window in windows(joined.items(), self._layout):
            if not done:
                self._warn_of(window)
            scored = self._scorer.score(window)
            faults = []
            for number, item in enumerate(scored, start=done):
                source = self._tables.inputs[joined.place(number)[0]].name
                self.tally.add(item, source)
                if isinstance(item, Fault):
                    faults.append(entry(source, item))
            done += len(window)
            yield self._writer.rows(scored), b"".join(faults), done
            progress(self.tally.rows + self.tally.unreadable, joined.share())

    def _warn_of(self, window: Sequence[Row | Fault]) -> None:
        """Says of the first rows if their column holds no texts."""
        name, head = self._tables.inputs[0].name, self._tables.heads[0]
        texts = (item.text for item in window if isinstance(item, Row))
        warn_of_no_texts(name, head.text_column, texts, head.columns)

    def _warn_of_unmet(self) -> None:
        """Says, once all rows are read, which text of ``--null`` none of them has."""
        inputs = self._tables.inputs
        self._options.read.warn_of_unmet(f"{inputs[0].name}{and_more(len(inputs) - 1)}")

    def _packed(self, rows: Sequence[bytes]) -> bytes:
        return packed(b"".join(rows), self._options.packing)  # such pieces make one file

    def _mark(self, joined: JoinedRows, done: int, *, last: bool) -> Mark:
        source, row = joined.place(done)
        return Mark(source, row, 0, 0, self.tally.state(), last)
