"""Training in memory: texts in, a model out, and no file left behind."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tonality import artifact
from tonality.artifact.model_folder import Artifact
from tonality.data import Dataset, Table
from tonality.train import train
from tonality.train.records.history import MetricsRow
from tonality.train.records.reporter import Reporter
from tonality.train.settings.recipe import Recipe
from tonality.train.start.start import Start


@dataclass
class _Listener(Reporter):
    """Keeps the evaluations; the log hears the rest, as ever."""

    evaluations: list[MetricsRow] = field(default_factory=list)

    def evaluated(self, row: MetricsRow, *, best: bool) -> None:
        self.evaluations.append(row)
        super().evaluated(row, best=best)


def train_in_memory(
    table: Table,
    recipe: Recipe,
    *,
    start_from: Artifact | Start | None = None,
    device: str = "auto",
) -> tuple[Artifact, list[MetricsRow]]:
    """Trains on a table of texts, in this process and on one device.

    Args:
        table: the labelled texts.
        recipe: the settings.
        start_from: a model, or what was read of a folder, to begin with.
        device: ``cpu``, ``gpu`` or ``auto``.

    Returns:
        The model, and what was measured on the held-out part, in order.

    Raises:
        As :func:`tonality.train.train_classifier.train`.
    """
    dataset = Dataset(train=table, test=None, unlabelled=None, name="own texts", sha256={})
    listener = _Listener()
    with tempfile.TemporaryDirectory(prefix="tonality-") as place:
        folder = Path(place)
        start: Path | Start | None = None if isinstance(start_from, Artifact) else start_from
        if isinstance(start_from, Artifact):
            start = artifact.write(start_from, folder / "start")
        model = train(
            dataset,
            recipe,
            folder / "run",
            reporter=listener,
            start_from=start,
            accelerator=device,
            devices=1,
            records=False,
        )
        return artifact.read(model), listener.evaluations
