"""How a model was trained, from the ``metrics.csv`` that a run leaves beside the model folder."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonality.durable_files import resolved
from tonality.plain_json import mapping_at

logger = logging.getLogger(__name__)

Points = tuple[tuple[float, float], ...]

METRICS = "metrics.csv"


@dataclass(frozen=True)
class Run:
    """Pairs of epoch and value.

    Attributes:
        train_loss, validation_loss: cross-entropy, in nats.
        validation_accuracy: the share of right verdicts.
        kept: the epoch whose weights became the model, if it is recorded.
    """

    train_loss: Points
    validation_loss: Points
    validation_accuracy: Points
    kept: float | None


def read_run(folder: Path, provenance: Mapping[str, Any]) -> Run | None:
    """The run that a model came from; ``None`` if it is not there or not readable.

    Args:
        folder: the model folder.
        provenance: the model's.
    """
    path = resolved(folder).parent / METRICS
    if not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        evaluations = [row for row in rows if row["validation_loss"]]
        # Between evaluations, a training loss is that of a few batches.
        train = _points(evaluations if len(evaluations) > 1 else rows, "train_loss")
        loss, accuracy = (
            _points(rows, name) for name in ("validation_loss", "validation_accuracy")
        )
    except (OSError, ValueError, csv.Error, KeyError, TypeError) as error:
        logger.warning("%s is left aside: %s", path, error)
        return None
    kept = mapping_at(provenance, "best").get("epoch")
    if not train or not accuracy:
        return None
    return Run(train, loss, accuracy, float(kept) if isinstance(kept, int | float) else None)


def _points(rows: Sequence[Mapping[str, str]], name: str) -> Points:
    pairs = [(float(row["epoch"]), float(row[name])) for row in rows if row[name]]
    return tuple(pair for pair in pairs if all(map(math.isfinite, pair)))
