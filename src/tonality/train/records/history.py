"""What is measured on the way: rows for ``metrics.csv``, the curves and TensorBoard."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BOARD_NAMES = {
    "train_loss": "loss/training",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
    "validation_macro_f1": "macro F1/validation",
    "learning_rate": "learning rate",
}


@dataclass(frozen=True)
class MetricsRow:
    """One line of ``metrics.csv``; what was not measured is ``None``.

    Attributes:
        step: steps done.
        epoch: epochs done, in parts.
        train_loss: mean over the texts with labels since the row before, in nats; of an evaluation,
            over those since the evaluation before. It is the cross-entropy with the labels, for a
            student of teachers too; otherwise with class weights, label smoothing and ordered
            labels in it. Batches hold texts of like length, so a few of them say little.
        validation_loss: cross-entropy on the validation part, with none of these in it.
        validation_accuracy: share of it that is right.
        learning_rate: at this step, before the multipliers of the embeddings.
        seconds: spent so far, preparations included, over all sessions of the run.
        validation_macro_f1: mean F1 of the classes on the validation part, where it decides which
            evaluation is the best.
    """

    step: int
    epoch: float
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    validation_macro_f1: float | None = None  # after the others, which earlier versions have too

    @property
    def has_accuracy(self) -> bool:
        """Whether verdicts on the validation part were measured; a language model gives none."""
        return self.validation_accuracy is not None


@dataclass
class _Mean:
    """The mean of what was taken in, each thing with its weight."""

    sum: float = 0.0
    count: int = 0

    def add(self, value: float, weight: int) -> None:
        self.sum += value * weight
        self.count += weight

    @property
    def value(self) -> float:
        """The mean; NaN where there is nothing."""
        return self.sum / self.count if self.count else math.nan


class History:
    """The rows so far and the losses since the last."""

    def __init__(self) -> None:
        self.rows: list[MetricsRow] = []
        self._since_row, self._since_evaluation = _Mean(), _Mean()

    def add_loss(self, loss: float, texts: int = 1) -> None:
        """Takes in the training loss of a step, a mean over its texts."""
        self._since_row.add(loss, texts)
        self._since_evaluation.add(loss, texts)

    @property
    def train_loss(self) -> float:
        """Mean over the texts since the last row; at first after a row, that row's."""
        if self._since_row.count or not self.rows:
            return self._since_row.value
        return self.rows[-1].train_loss

    @property
    def evaluated_train_loss(self) -> float:
        """Mean over the texts since the last evaluation; NaN where there is none."""
        return self._since_evaluation.value

    def add(self, row: MetricsRow, *, evaluation: bool = False) -> None:
        """Ends a stretch of steps with a row, which an evaluation may have given."""
        self.rows.append(row)
        self._since_row = _Mean()
        if evaluation:
            self._since_evaluation = _Mean()

    @property
    def evaluations(self) -> list[MetricsRow]:
        """The rows with an accuracy on the validation part."""
        return [row for row in self.rows if row.has_accuracy]

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
            "since_row": asdict(self._since_row),
            "since_evaluation": asdict(self._since_evaluation),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state."""
        self.rows = [MetricsRow(**row) for row in state["rows"]]
        # Earlier versions kept one sum, over steps; only the next row tells the difference.
        earlier = {key: state[key] for key in ("sum", "count") if key in state}
        self._since_row = _Mean(**state.get("since_row", earlier))
        self._since_evaluation = _Mean(**state.get("since_evaluation", earlier))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


class TensorBoard:
    """Writes rows of metrics as TensorBoard reads them; does nothing without the package.

    Args:
        folder: where to.
        first_step: the step a resumed run begins with; what was written from there on by the
            session before is void.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        self._writer: Any = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder), purge_step=first_step or None)

    def add(self, row: MetricsRow) -> None:
        """Takes in a row."""
        if self._writer is not None:
            for key, name in _BOARD_NAMES.items():
                value = getattr(row, key)
                if value is not None:
                    self._writer.add_scalar(name, value, row.step)

    def close(self) -> None:
        """Writes what is left."""
        if self._writer is not None:
            self._writer.close()
