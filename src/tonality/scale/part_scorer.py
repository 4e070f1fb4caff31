"""A part of a table in, a part of the scored table written: the work of one worker."""

from __future__ import annotations

from typing import Any

from tonality.classifier import Classifier
from tonality.scale.batch_scorer import BatchOptions, BatchScorer
from tonality.scale.scored_folder import PartRecord, ScoredFolder
from tonality.scale.table_parts import ScoringPlan, TablePart
from tonality.score.files.parquet_writer import added_fields
from tonality.score.tally import Tally
from tonality.tables.bad_rows import Fault, entry
from tonality.tables.parquet_rows import require_pyarrow
from tonality.verdict_frame import verdict_kinds


class PartScorer:
    """Scores parts of tables into a folder.

    Args:
        classifier: the model.
        options: how; what it says of columns is settled by the plan.
        plan: what is read.
        output: the folder.
    """

    def __init__(
        self, classifier: Classifier, options: BatchOptions, plan: ScoringPlan, output: ScoredFolder
    ) -> None:
        self._scorer = BatchScorer(classifier, options)
        self._plan = plan
        self._output = output
        self._abstain = classifier.artifact.abstain

    def score(self, part: TablePart) -> PartRecord:
        """Scores a part and writes it; a row that cannot be read is left out and put aside.

        Raises:
            ArtifactError: the model gives numbers that are not finite.
            DataError: the system cannot write.
        """
        plan, batch = self._plan, part.batch
        texts = {name: batch.column(name) for name in plan.texts[part.table]}
        verdicts, found = self._scorer.verdicts(texts, plan.layout)
        columns = [*(batch.column(name) for name in plan.kept), *verdicts.columns]
        scored = require_pyarrow().RecordBatch.from_arrays(columns, schema=self._schema())
        if found:
            bad = {fault.row for fault in found}
            rows = [row for row in range(scored.num_rows) if row + 1 not in bad]
            scored = scored.take(require_pyarrow().array(rows, "int64"))
        faults = [*part.faults, *(_moved(fault, part.first_row) for fault in found)]
        source = plan.tables[part.table].uri
        record = PartRecord(
            part.table,
            part.number,
            part.last,
            scored.num_rows,
            self._tally(scored, faults, source).state(),
        )
        self._output.write(record, scored, b"".join(entry(source, fault) for fault in faults))
        return record

    def _schema(self) -> Any:
        plan = self._plan
        kept = [plan.schema.field(name) for name in plan.kept]
        fields = [*kept, *added_fields(plan.layout)]
        return require_pyarrow().schema(fields, metadata=plan.schema.metadata)

    def _tally(self, scored: Any, faults: list[Fault], source: str) -> Tally:
        """What there is to count of scored rows."""
        compute = require_pyarrow().compute
        labels = self._scorer.labels
        tally = Tally.start(labels, self._abstain)
        added = scored.schema.names[len(self._plan.kept) :]
        column = dict(zip(verdict_kinds(labels), map(scored.column, added), strict=False))
        label = column["label"]
        tally.rows, tally.empty = scored.num_rows, label.null_count
        for count in compute.value_counts(label.drop_null()).to_pylist():
            tally.labels[count["values"]] = count["counts"]
        tally.scores = compute.sum(column["score"]).as_py() or 0.0
        for name in labels:
            tally.probabilities[name] = compute.sum(column[f"p_{name}"]).as_py() or 0.0
        judged, counts = label.is_valid(), (column["tokens_left_out"], column["unfamiliar"])
        above = [compute.and_(compute.greater(count, 0), judged) for count in counts]
        tally.truncated, tally.unfamiliar = (compute.sum(rows).as_py() or 0 for rows in above)
        for fault in faults:
            tally.add(fault, source)
        return tally


def _moved(fault: Fault, first_row: int) -> Fault:
    """A fault of a row of a part, as one of a row of its table."""
    return Fault(fault.row + first_row - 1, fault.reason, fault.raw, fault.column)
