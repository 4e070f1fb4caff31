"""What is measured on the way: rows for ``metrics.csv``, the curves and TensorBoard."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class MetricsRow:
    """One line of ``metrics.csv``; what was not measured is ``None``.

    Attributes:
        step: steps done.
        epoch: epochs done, in parts.
        train_loss: mean over the steps since the row before, in nats.
        validation_loss: cross-entropy on the validation part.
        validation_accuracy: share of it that is right.
        learning_rate: at this step, before the multipliers of the embeddings.
        seconds: spent so far, preparations included, over all sessions of the run.
    """

    step: int
    epoch: float
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float

    @property
    def is_evaluation(self) -> bool:
        """Whether the validation part was measured."""
        return self.validation_accuracy is not None


class History:
    """The rows so far and the losses since the last."""

    def __init__(self) -> None:
        self.rows: list[MetricsRow] = []
        self._sum = 0.0
        self._count = 0

    def add_loss(self, loss: float) -> None:
        """Takes in the training loss of a step."""
        self._sum += loss
        self._count += 1

    @property
    def train_loss(self) -> float:
        """Mean over the steps since the last row; at first after a row, that row's."""
        if self._count:
            return self._sum / self._count
        return self.rows[-1].train_loss if self.rows else math.nan

    def add(self, row: MetricsRow) -> None:
        """Ends a stretch of steps with a row."""
        self.rows.append(row)
        self._sum, self._count = 0.0, 0

    @property
    def evaluations(self) -> list[MetricsRow]:
        """The rows with a measurement on the validation part."""
        return [row for row in self.rows if row.is_evaluation]

    def to_csv(self) -> str:
        """The rows as CSV, with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(field.name for field in fields(MetricsRow))
        for row in self.rows:
            writer.writerow(_cell(value) for value in asdict(row).values())
        return text.getvalue()

    def state_dict(self) -> dict[str, Any]:
        """What :meth:`load_state_dict` needs to go on from here."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "sum": self._sum,
            "count": self._count,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state."""
        self.rows = [MetricsRow(**row) for row in state["rows"]]
        self._sum, self._count = state["sum"], state["count"]


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
