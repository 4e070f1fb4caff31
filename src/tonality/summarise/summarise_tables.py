"""Summarising scored tables: shares by column and by time, and what is said on each side."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from tonality.errors import ConfigError, DataError
from tonality.messages import counted
from tonality.prediction import UNCERTAIN
from tonality.score.files.joined_inputs import JoinedRows, Tables
from tonality.summarise.asked_columns import AskedColumns
from tonality.summarise.date_forms import advice
from tonality.summarise.groups import Counts
from tonality.summarise.period_names import period_name
from tonality.summarise.summary import Periods, Summary
from tonality.summarise.summary_options import SummaryOptions
from tonality.summarise.surest_texts import Candidate, SurestTexts, candidate
from tonality.summarise.table_languages import TableLanguages
from tonality.summarise.telling_phrases import Sample
from tonality.summarise.text_column import ROWS, fitting_column
from tonality.summarise.verdict_columns import Verdict, VerdictColumns
from tonality.tables.bad_rows import Fault
from tonality.tables.open_table import Input
from tonality.tables.row_stream import Row

REPORT = 2048  # rows between two reports of progress
PHRASES = 8  # words of each label, and pairs

logger = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[int, float | None], None]


def summarise(
    inputs: Sequence[Input], options: SummaryOptions, *, progress: Progress | None = None
) -> Summary:
    """Summarises scored tables in one pass and constant memory.

    Args:
        inputs: the tables, as ``tonality score`` wrote them.
        options: what to look at.
        progress: told the rows done and the share of the bytes read, now and then.

    Raises:
        ConfigError: an unknown period, the model has no such label, a condition has no ``=``, or an
            option of reading suits no table.
        DataError: a table cannot be read or is not scored, or has no such column, no date, no row
            or none of a value asked for; or the tables are of models of different labels.
        DependencyError: the extra ``languages`` is missing.
    """
    with Tables(inputs, options.wanted) as tables:
        columns, asked = _verdict_columns(tables), AskedColumns(tables, options)
        items = (rows := JoinedRows(tables)).items()
        first = list(itertools.islice(items, ROWS))
        chosen = [head.text_column for head in tables.heads]
        if options.text_column is None:
            own = [row for number, row in enumerate(first) if not rows.place(number)[0]]
            chosen = _fitting(tables, columns[0], own)
        languages = TableLanguages(columns, tables, chosen[0]) if options.languages else None
        count = _Count(columns[0].labels, asked.options, languages.name if languages else None)
        for number, item in enumerate(itertools.chain(first, items)):
            if isinstance(item, Fault):
                count.unreadable += 1
            elif asked.keeps(item.cells):
                table, _ = rows.place(number)
                told = chosen[table] == tables.heads[table].text_column
                text = item.text if told else item.cells.get(chosen[table])
                cells = languages.added(table, item.cells, text) if languages else item.cells
                count.add(columns[table].read(item.cells), cells, text)
            if progress is not None and rows.count % REPORT == 0:
                progress(rows.count, rows.share())
    asked.check_found()
    return replace(count.report(chosen[0], inputs[0].name), where=asked.where)


def _fitting(tables: Tables, columns: VerdictColumns, first: Sequence[Row | Fault]) -> list[str]:
    """The column of each table that was scored, told by its name and by the first rows' tokens."""
    usual = tables.heads[0].text_column
    rows = [row.cells for row in first if isinstance(row, Row) and columns.tokens(row.cells)]
    names = [name for name in tables.heads[0].columns if not columns.added(name)]
    found = fitting_column(rows, [columns.tokens(cells) for cells in rows], names, usual)
    if found.doubt:
        logger.warning("%s: %s", tables.inputs[0].name, found.doubt)
    heads = tables.heads
    return [found.name if found.name in head.columns else head.text_column for head in heads]


def _verdict_columns(tables: Tables) -> list[VerdictColumns]:
    """Those of each table, as each may have a prefix of its own."""
    found = [_found(tables, index) for index in range(len(tables.inputs))]
    for source, columns in zip(tables.inputs, found, strict=True):
        if set(columns.labels) != set(found[0].labels):
            raise DataError(
                f"has the labels {', '.join(columns.labels)}, but {tables.inputs[0].name} has "
                f"{', '.join(found[0].labels)}: they were scored by different models; summarise "
                "them one by one",
                path=source.name,
            )
    return found


def _found(tables: Tables, index: int) -> VerdictColumns:
    """Those of one table; where a title above the header hides them, the error says so."""
    head = tables.heads[index]
    try:
        return VerdictColumns.find(head.columns, tables.inputs[index].name, head.fullest)
    except DataError as error:
        reason = "; ".join(filter(None, [error.reason, tables.hint(index)]))
        raise DataError(reason, path=error.path) from None


class _Count:
    def __init__(
        self, labels: Sequence[str], options: SummaryOptions, languages: str | None = None
    ) -> None:
        period = period_name(options.every, options.date_format)
        everything, label = [*labels, UNCERTAIN], options.label
        if label is not None and label not in everything:
            raise ConfigError(f"there is no label {label!r}; there are {', '.join(everything)}")
        self._every = options.every
        self._form = options.date_format
        self._named = labels
        self._label = labels[0] if label is None else label
        self._labels = Counter(dict.fromkeys(everything, 0))
        by = dict.fromkeys((*options.by, *([languages] if languages else [])))
        self._by = [Counts(name, everything) for name in by]
        self._time = [Counts(name, everything, period) for name in dict.fromkeys(options.time)]
        self._sample = Sample()
        self._surest = SurestTexts()
        self._scores = 0.0
        self._empty = self._truncated = self._unfamiliar = 0
        self.unreadable = 0
        self._why = ""

    @property
    def rows(self) -> int:
        return self._labels.total()

    def add(self, verdict: Verdict | str | None, cells: Mapping[str, Any], text: Any) -> None:
        if isinstance(verdict, str):
            self.unreadable += 1
            self._why = f": {verdict}"
            return
        if verdict is None:
            self._empty += 1
            self._why = self._why or ": there was no text to judge"
            for counts in (*self._by, *self._time):
                counts.add_empty(cells)
            return
        self._labels[verdict.label] += 1
        self._scores += verdict.score
        self._truncated += verdict.truncated
        self._unfamiliar += verdict.unfamiliar
        example = None
        if text and isinstance(text, str):
            self._sample.add(text, verdict.label)
            example = self._example(verdict, text)
        for counts in (*self._by, *self._time):
            counts.add(cells, verdict.label, example)

    def _example(self, verdict: Verdict, text: str) -> Candidate | None:
        """The text as one that may be shown; a verdict on unknown words says little."""
        if verdict.label != self._label or verdict.unfamiliar:
            return None
        found = candidate(text, verdict.score, surest=self._label != UNCERTAIN)
        self._surest.add(found)
        return found

    def report(self, text_column: str, path: str) -> Summary:
        if not self.rows:
            raise DataError(f"no row has a verdict{self._why}", path=path)
        labels = dict(self._labels)
        if not labels[UNCERTAIN] and self._label != UNCERTAIN:
            del labels[UNCERTAIN]
        return Summary(
            rows=self.rows,
            unreadable=self.unreadable,
            labels=labels,
            label=self._label,
            mean_score=self._scores / self.rows,
            truncated=self._truncated,
            empty=self._empty,
            by={counts.column: counts.groups(self._label) for counts in self._by},
            periods=[self._periods(counts) for counts in self._time],
            phrases=self._sample.telling(self._named, PHRASES),
            sampled=len(self._sample),
            text_column=text_column,
            unfamiliar=self._unfamiliar,
            silent={counts.column: counts.silent() for counts in (*self._by, *self._time)},
            examples=self._surest.examples(),
        )

    def _periods(self, counts: Counts) -> Periods:
        """The periods of a column of dates; says how dates that cannot be read are written.

        Raises:
            DataError: it has no date that can be read.
        """
        groups = counts.groups(self._label, by_time=True)
        unread = list(counts.unread)
        if not groups and not unread:
            raise DataError("is empty; name another column by --time", column=counts.column)
        if unread:
            what = f"date that tells the {self._every}"
            remedy = advice(unread, list(counts.read), self._form)
            if not groups:
                reason = f"holds no {what}; it has values such as {unread[0]!r}; {remedy}"
                raise DataError(reason, column=counts.column)
            logger.warning(
                "%s without a %s, such as %r, in column %r; %s",
                counted(counts.unnamed, "row"), what, unread[0], counts.column, remedy,
            )  # fmt: skip
        return Periods(counts.column, self._every, groups, counts.unnamed)
