"""How a run is carried out: what changes nothing of its result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonality.train.records.processes import leads
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder

if TYPE_CHECKING:
    from lightning.pytorch import Callback

MINUTES = 10.0  # between checkpoints


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Attributes:
        resume: go on with the run that the folder holds.
        reporter: told how it goes.
        checkpoint_minutes: minutes between checkpoints, besides those after evaluations.
        accelerator: ``cpu``, ``gpu`` or whatever else Lightning knows; ``auto`` for the best.
        devices: how many of them, on each machine; ``auto`` for all, or as ``torchrun`` says.
        nodes: how many machines.
        callbacks: Lightning callbacks, called before the run's own. One that sets
            ``trainer.should_stop``, as ``Timer`` does, ends the run after an evaluation.
        records: whether to leave metrics and curves beside the model.
        cache: where trained word vectors and teachers' answers are kept for other runs; None for
            nowhere.
    """

    resume: bool = False
    reporter: Reporter = field(default_factory=Reporter)
    checkpoint_minutes: float = MINUTES
    accelerator: str = "auto"
    devices: int | str = "auto"
    callbacks: Sequence[Callback] = ()
    records: bool = True
    cache: RunFolder | None = None
    nodes: int = 1


def run_folder(output: str | os.PathLike[str], options: RunOptions) -> RunFolder:
    """The folder of a run, which a new one has to itself.

    Raises:
        TrainingError: it holds a run already, or other files, or none to go on with; it or the
            cache cannot be written.
    """
    folder = RunFolder(output)
    if leads() and options.resume:
        folder.check_begun()
    elif leads():
        folder.check_free()
    if leads() and options.cache is not None:
        options.cache.check_writable()
    return folder
