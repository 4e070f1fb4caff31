"""The metrics for TensorBoard, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tonality.train.records.history import MetricsRow

_NAMES = {
    "train_loss": "loss/training",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
    "validation_macro_f1": "macro F1/validation",
    "learning_rate": "learning rate",
}


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
            for key, name in _NAMES.items():
                value = getattr(row, key)
                if value is not None:
                    self._writer.add_scalar(name, value, row.step)

    def close(self) -> None:
        """Writes what is left."""
        if self._writer is not None:
            self._writer.close()
