"""What a job of many workers reads and writes, settled before any of them starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tonality.artifact.config_json import folder_sha256
from tonality.classifier import WINDOW, Classifier
from tonality.model_names import model_path
from tonality.scale.batch_scorer import BatchOptions
from tonality.scale.located_tables import LocatedTable, locate
from tonality.scale.table_parts import LocatedHead, ScoringPlan, heads_of, kinds_of, row_schema
from tonality.score.column_kind import warn_of_no_texts
from tonality.score.files.job_identity import job_identity
from tonality.score.files.parquet_writer import common_schema
from tonality.score.output_columns import Layout, warn_of_late
from tonality.tables.column_names import Wanted
from tonality.tables.option_formats import check_options
from tonality.tables.parquet_rows import require_pyarrow
from tonality.tables.read_options import ReadOptions
from tonality.tables.spelled_names import real_names

# Rows of a part: a worker that dies has so much to do again, and of small inputs each worker
# should get several. Large inputs get larger parts, for files of a million parts are slow to list.
SMALL, LARGE = 2**14, 2**17
LARGE_FROM = 2**30  # bytes of all inputs

# Calls a function for each of some things, on whatever machines there are.
Spread = Callable[[Callable[[LocatedTable], Any], Sequence[LocatedTable]], list[Any]]


@dataclass(frozen=True)
class JobInputs:
    """What to score.

    Attributes:
        names: paths, patterns and URIs.
        format: of all of them; by default suffixes tell.
        read: how they are written.
        part_rows: rows of a part at most; by default the size of the inputs decides.
    """

    names: Sequence[str]
    format: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    part_rows: int | None = None


def plan_of(
    inputs: JobInputs, options: BatchOptions, classifier: Classifier, spread: Spread
) -> ScoringPlan:
    """Reads the heads of the inputs, and settles columns, types and parts.

    The types of columns of JSON Lines depend on all of their values, so these are read twice.

    Args:
        inputs: what to score.
        options: how.
        classifier: the model.
        spread: spreads the reading of whole tables.

    Raises:
        ConfigError: a column is not there, a name is taken, or an option of reading suits no input.
        DataError: an input cannot be read, or has no texts.
    """
    tables = locate(inputs.names, inputs.format, options.encoding)
    check_options(inputs.read, [table.format for table in tables])
    arrow = all(table.format == "parquet" for table in tables)
    wanted = Wanted.texts_only(options.text_column, encoding=options.encoding, options=inputs.read)
    found = heads_of(tables, replace(wanted, quiet=True), arrow=arrow)
    tables, heads = [table for table, _ in found], [head for _, head in found]
    layout = _layout(heads, options, classifier.labels)
    texts = list(dict.fromkeys(name for head in heads for name in head.texts))
    kept: Sequence[str] = layout.columns
    if arrow:
        schema = _arrow_schema(layout, texts, [head.schema for head in heads])
    else:
        texted = all(table.format in ("csv", "tsv") for table in tables)
        kinds = [] if texted else spread(_Kinds(wanted, layout), tables)
        schema, kept = row_schema(layout, texts, kinds)
    size = sum(table.size for table in tables)
    rows = inputs.part_rows or (SMALL if size < LARGE_FROM else LARGE)
    each = [head.texts for head in heads]
    plan = ScoringPlan(tables, wanted, each, layout, kept, schema, rows, arrow)
    _warn_of_no_texts(plan, heads[0].columns)
    return plan


def _warn_of_no_texts(plan: ScoringPlan, columns: Sequence[str]) -> None:
    """Says of the first rows if their column holds no texts; ``columns`` are the first table's."""
    table, name = plan.tables[0], plan.texts[0][0]
    first = next(replace(plan, part_rows=WINDOW).parts(0)).batch.column(name).slice(0, WINDOW)
    texts = (None if cell is None else str(cell) for cell in first.to_pylist())
    warn_of_no_texts(table.uri, name, texts, columns)


def _layout(heads: Sequence[LocatedHead], options: BatchOptions, labels: Sequence[str]) -> Layout:
    columns = list(dict.fromkeys(name for head in heads for name in head.columns))
    layout = Layout.of(
        columns,
        labels,
        keep=None if options.columns is None else real_names(columns, options.columns),
        explained=options.explain > 0,
        valence=options.valence,
        prefix=options.prefix,
        closed=False,
        more=not all(head.complete for head in heads),
    )
    warn_of_late(columns, layout)
    return layout


@dataclass(frozen=True)
class _Kinds:
    """:func:`kinds_of` for one table, as something that travels."""

    wanted: Wanted
    layout: Layout

    def __call__(self, table: LocatedTable) -> dict[str, type | None]:
        return kinds_of(table, self.wanted, self.layout)


def _arrow_schema(layout: Layout, texts: Sequence[str], schemas: Sequence[Any]) -> Any:
    common = common_schema(schemas)
    beside = [name for name in texts if name not in layout.columns]
    fields = [common.field(name).with_nullable(True) for name in (*layout.columns, *beside)]
    return require_pyarrow().schema(fields, metadata=common.metadata)


def description(plan: ScoringPlan, options: BatchOptions, classifier: Classifier) -> dict[str, Any]:
    """All that the output depends on, by the names that a message calls it by."""
    inputs = [[t.uri, t.format, t.size, t.changed] for t in plan.tables]
    model = folder_sha256(model_path(options.model)), classifier.artifact.abstain
    common = job_identity(inputs, model, options, plan.layout.columns, plan.wanted.options)
    return common | {"the rows of a part": plan.part_rows}
