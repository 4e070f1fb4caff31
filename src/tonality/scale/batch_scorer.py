"""A batch of Arrow in, the same batch with verdicts out: what every engine calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tonality._version import __version__
from tonality.artifact.config_json import folder_sha256
from tonality.classifier import WINDOW, Classifier, load
from tonality.errors import ArtifactError, ConfigError, DataError
from tonality.model_names import model_path
from tonality.score.files.parquet_writer import added_fields
from tonality.score.output_columns import Layout
from tonality.score.scorer import Scorer
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import TextColumn, Wanted, text_places
from tonality.tables.parquet_rows import plain, require_pyarrow
from tonality.tables.read_options import NULLS, ReadOptions
from tonality.tables.row_stream import Row, TextOf
from tonality.tables.spelled_names import distinct

_BATCH = "the batch"  # how messages call it


@dataclass(frozen=True)
class BatchOptions:
    """How batches are scored. It is small and can be pickled, so it travels to other machines.

    Attributes:
        model: a bundled model's name or a model folder, which each machine must have; by default
            ``general``.
        abstain: the confidence under which a verdict is ``uncertain``; by default the model's.
        text_column: the column to judge, by its name in any case or its number from 1, or several
            to join; by default it is found by its usual names.
        columns: the columns to keep, or the one; by default all.
        explain: how many phrases to add that speak for the verdict, and against it; 0 for none.
        prefix: what the added columns' names begin with; by default nothing, or ``tonality_``
            where a column has such a name.
        nulls: texts that count as missing, as a whole and to the letter.
        encoding: of columns of bytes; by default UTF-8.
        threads: batches computed at the same time in this process; None for one a core. An engine
            that starts a process a core wants 1.
        named_nulls: further texts that count as missing, as a whole and in any case; casefolded.
        valence: whether to add the feeling as one number, from -1 (negative) to 1 (positive).
    """

    model: str | None = None
    abstain: float | None = None
    text_column: TextColumn = None
    columns: tuple[str, ...] | None = None
    explain: int = 0
    prefix: str | None = None
    nulls: frozenset[str] = NULLS
    encoding: str | None = None
    threads: int | None = None
    named_nulls: frozenset[str] = frozenset()
    valence: bool = False

    def __post_init__(self) -> None:
        settled: dict[str, Any] = {
            "nulls": frozenset(_texts(self.nulls, "nulls")),
            "named_nulls": frozenset(_texts(self.named_nulls, "named_nulls")),
        }
        if not isinstance(self.text_column, str | None):
            names = _texts(self.text_column, "text_column", numbers=True)
            settled["text_column"] = names[0] if isinstance(self.text_column, int) else names
        if self.columns is not None:
            settled["columns"] = _texts(self.columns, "columns")
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    @property
    def wanted(self) -> Wanted:
        """What is looked for in a batch."""
        read = ReadOptions(nulls=self.nulls, named_nulls=self.named_nulls)
        return Wanted.texts_only(self.text_column, encoding=self.encoding, options=read)


class BatchScorer:
    """Adds verdicts to batches of Arrow.

    Args:
        classifier: the model.
        options: how; its model and abstain band are those of the classifier already.

    Raises:
        DependencyError: pyarrow is not installed.
    """

    def __init__(self, classifier: Classifier, options: BatchOptions | None = None) -> None:
        self._arrow = require_pyarrow()
        self.options = BatchOptions() if options is None else options
        self.labels = classifier.labels
        self._scorer = Scorer(classifier, self.options.explain, valence=self.options.valence)
        self._wanted = self.options.wanted

    def layout(self, names: Sequence[str]) -> Layout:
        """Which columns the scored table has, for a table of these columns.

        Raises:
            ConfigError: a column to keep is missing, or a name that is to be added is taken.
        """
        return Layout.of(
            distinct(names),
            self.labels,
            keep=self.options.columns,
            prefix=self.options.prefix,
            **self._scorer.switches,
        )

    def schema(self, schema: Any) -> Any:
        """The schema of the scored batch, for a batch of a schema: kept columns, then added ones.

        Raises:
            ConfigError: as for :meth:`layout`.
        """
        layout, names = self.layout(schema.names), distinct(schema.names)
        kept = [schema.field(names.index(name)).with_name(name) for name in layout.columns]
        return self._arrow.schema([*kept, *added_fields(layout)], metadata=schema.metadata)

    def text_names(self, names: Sequence[str]) -> list[str]:
        """Which of a table's columns hold the texts.

        Raises:
            DataError: none does, or several could.
        """
        columns = distinct(names)
        try:
            places = text_places(names, self._wanted, _BATCH)
        except DataError as error:
            reason = error.reason.replace("--text-column", "text_column")
            raise DataError(reason, path=_BATCH) from None
        return [columns[place] for place in places]

    def score(self, batch: Any) -> tuple[Any, list[Fault]]:
        """The batch (N rows) with verdicts, and the rows of it whose text cannot be read.

        These rows stay, and null stands in all of their added columns. A row without a text has no
        verdict either, but its ``tokens_read`` is 0.

        Args:
            batch: a ``pyarrow.RecordBatch``.

        Raises:
            ConfigError: as for :meth:`layout`.
            DataError: there is no column of texts, it holds lists or structs, or this is no batch.
        """
        if not isinstance(batch, self._arrow.RecordBatch):
            reason = f"expected a pyarrow.RecordBatch, got {type(batch).__name__}"
            remedy = "score each of table.to_batches(), or a frame by tonality.score_frame"
            raise DataError(f"{reason}; {remedy}", path=_BATCH)
        names = batch.schema.names
        columns = dict(zip(distinct(names), batch.columns, strict=True))
        layout = self.layout(names)
        texts = {name: columns[name] for name in self.text_names(names)}
        verdicts, faults = self.verdicts(texts, layout)
        kept = [columns[name] for name in layout.columns]
        whole = self._arrow.RecordBatch.from_arrays(
            [*kept, *verdicts.columns], schema=self.schema(batch.schema)
        )
        return whole, faults

    def verdicts(self, texts: Mapping[str, Any], layout: Layout) -> tuple[Any, list[Fault]]:
        """The added columns alone, as a batch of N rows; see :meth:`score`.

        Args:
            texts: the columns of the texts by name, as Arrow arrays of N values.
            layout: the names of the added columns.
        """
        arrow = self._arrow
        found, faults = self._read(texts)
        windows = range(0, max(len(found), 1), WINDOW)  # Python's values of a window at a time
        added = [self._added(found[i : i + WINDOW], layout) for i in windows]
        columns = [arrow.concat_arrays(parts) for parts in zip(*added, strict=True)]
        if faults:
            bad = {fault.row - 1 for fault in faults}
            read = arrow.array([row not in bad for row in range(len(found))])
            columns = [
                arrow.compute.if_else(read, column, arrow.scalar(None, column.type))
                for column in columns
            ]
        schema = arrow.schema(added_fields(layout))
        return arrow.RecordBatch.from_arrays(columns, schema=schema), faults

    def _added(self, texts: list[str | None], layout: Layout) -> list[Any]:
        """The added columns of a window, as arrays."""
        values = zip(self._scorer.columns(texts), added_fields(layout), strict=True)
        return [self._arrow.array(column, field.type) for column, field in values]

    def _read(self, columns: Mapping[str, Any]) -> tuple[list[str | None], list[Fault]]:
        """The text of each row (N), None also where it cannot be read."""
        text_of = TextOf(list(columns), self._wanted)
        cells = [self._cells(column, name) for name, column in columns.items()]
        texts: list[str | None] = []
        faults = []
        for number, values in enumerate(zip(*cells, strict=True), start=1):
            item = text_of.of(Row(number, None, {}), values)
            if isinstance(item, Fault):
                faults.append(item)
            texts.append(item.text if isinstance(item, Row) else None)
        return texts, faults

    def _cells(self, column: Any, name: str) -> list[Any]:
        """The values of a column as texts, None where they are missing.

        Engines that guess types read reviews that are all digits as numbers.
        """
        types, column = self._arrow.types, self._decoded(column)
        kind = column.type
        if types.is_nested(kind):
            raise DataError(f"expected texts, found {kind}", path=_BATCH, column=name)
        if types.is_floating(kind):
            column = self._arrow.compute.if_else(
                self._arrow.compute.is_nan(column), self._arrow.scalar(None, kind), column
            )
        if types.is_primitive(kind) or types.is_decimal(kind):
            try:
                column = column.cast("string")
            except self._arrow.ArrowException:  # intervals, say
                reason = f"expected texts, found {kind}"
                raise DataError(reason, path=_BATCH, column=name) from None
        return plain(column, self.options.encoding)

    def _decoded(self, column: Any) -> Any:
        """A column that holds its values themselves."""
        types = self._arrow.types
        if types.is_run_end_encoded(column.type):
            return self._decoded(self._arrow.compute.run_end_decode(column))
        if types.is_dictionary(column.type):
            return self._decoded(column.dictionary_decode())
        return column


def batch_scorer(options: BatchOptions, identity: str | None = None) -> BatchScorer:
    """The scorer of some options; a process loads it once, until the model's folder changes.

    Args:
        options: how.
        identity: what :func:`model_identity` said where the work began; None for any.

    Raises:
        ArtifactError: there is no such model here, it is damaged, or is another one.
        DependencyError: pyarrow is not installed.
    """
    try:
        found = (model_path(options.model) / "config.json").stat()
        written = found.st_mtime_ns, found.st_ino
    except OSError:
        written = 0, 0  # loading says what is wrong
    return _loaded(options, identity, written)


@lru_cache(maxsize=8)
def _loaded(options: BatchOptions, identity: str | None, written: tuple[int, int]) -> BatchScorer:
    if identity is not None and (found := model_identity(options.model)) != identity:
        raise ArtifactError(
            f"expected the model and version of the machine where the work began ({identity}), got "
            f"{found}; put the same model and the same tonality on every machine",
            path=model_path(options.model),
        )
    classifier = load(options.model, abstain=options.abstain, threads=options.threads)
    return BatchScorer(classifier, options)


def model_identity(model: str | None) -> str:
    """What tells a model, as this version reads it, from any other.

    Raises:
        ArtifactError: there is no such model.
    """
    return f"{folder_sha256(model_path(model))}, tonality {__version__}"


def score_batch(batch: Any, **how: Any) -> Any:
    """Adds the columns of ``tonality score`` to a batch.

    A row whose text cannot be read (bytes that are no UTF-8) gets null in all added columns; it
    costs itself, not its batch.

    Args:
        batch: a ``pyarrow.RecordBatch``, N rows.
        how: the attributes of :class:`BatchOptions`, such as ``text_column="review"``.

    Returns:
        A ``pyarrow.RecordBatch`` of N rows in the same order.

    Raises:
        ConfigError: a column to keep is missing, or a name that is to be added is taken.
        DataError: there is no column of texts, or it holds lists or structs.
        DependencyError: pyarrow is not installed.
    """
    return batch_scorer(BatchOptions(**how)).score(batch)[0]


def _texts(given: Any, name: str, *, numbers: bool = False) -> tuple[str, ...]:
    """The texts of an option that takes several; one alone is one of them.

    Args:
        given: what it was given.
        name: the option.
        numbers: whether whole numbers are taken, too.

    Raises:
        ConfigError: it is something else.
    """
    taken = (str, int) if numbers else str
    found = (given,) if isinstance(given, str | int) or not isinstance(given, Iterable) else given
    values = tuple(found)
    if wrong := [one for one in values if isinstance(one, bool) or not isinstance(one, taken)]:
        what = "texts or numbers from 1" if numbers else "texts"
        raise ConfigError(f"{name}={given!r}: expected {what}, got {wrong[0]!r}")
    return tuple(str(one) for one in values)
