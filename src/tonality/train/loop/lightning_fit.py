"""The steps of a run, which Lightning takes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from tonality.train.loop.callback import Loop
from tonality.train.loop.lightning_module import TrainingModule
from tonality.train.networks.lstm_network import Dropout, LSTMNetwork
from tonality.train.prepare.batches import BatchStream
from tonality.train.prepare.ordered_labels import numbers_of, soft_targets
from tonality.train.prepare.prepare import Prepared
from tonality.train.prepare.unlabelled import batch_stream
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.recipe import Recipe


def take_steps(
    data: Prepared,
    recipe: Recipe,
    folder: RunFolder,
    reporter: Reporter,
    *,
    state: Mapping[str, Any] | None,
    checkpoint_minutes: float,
    began: float,
    callbacks: list[Callback],
    accelerator: str,
    devices: int | str,
) -> tuple[Trainer, Loop]:
    """Takes the steps that are left of a run.

    Args:
        data: what to train on.
        recipe: the settings.
        folder: the run's.
        reporter: told how it goes; closed at the end.
        state: the checkpoint to go on from, or None.
        checkpoint_minutes: minutes between checkpoints.
        began: when this session began, by ``time.monotonic``.
        callbacks: called before the run's own.
        accelerator, devices: as Lightning has them.

    Raises:
        KeyboardInterrupt: stopped before the first step.
        TrainingError: training diverged.
    """
    with _quiet(), torch.random.fork_rng(devices=[]):
        stream = batch_stream(data, recipe, 0 if state is None else state["step"])
        loop = Loop(
            data, recipe, stream, folder, reporter,
            checkpoint_minutes=checkpoint_minutes, state=state, began=began,
        )  # fmt: skip
        trainer = _trainer(recipe, folder, [*callbacks, loop], accelerator, devices)
        stream.rank, stream.world_size = trainer.global_rank, trainer.world_size
        if len(stream) and not loop.stopping.stop:
            reporter.say(
                f"{stream.total_steps - stream.first_step:,} steps of up to "
                f"{recipe.training.batch_size} texts on {trainer.strategy.root_device}"
            )
            try:
                trainer.fit(_module(data, recipe, stream, state), train_dataloaders=stream)
            except SystemExit as fault:  # what Lightning makes of Ctrl-C before the first step
                raise KeyboardInterrupt from fault
            finally:
                reporter.close()
        return trainer, loop


def _trainer(
    recipe: Recipe,
    folder: RunFolder,
    callbacks: list[Callback],
    accelerator: str,
    devices: int | str,
) -> Trainer:
    on_gpu = accelerator != "cpu" and torch.cuda.is_available()
    half = recipe.training.precision == "bf16" and on_gpu
    return Trainer(
        accelerator=accelerator,
        devices=devices,
        precision="bf16-mixed" if half else "32-true",
        max_epochs=1,  # to Lightning; the stream goes through all of ours
        min_epochs=0,
        callbacks=callbacks,
        default_root_dir=folder.path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


def _module(
    data: Prepared, recipe: Recipe, stream: BatchStream, state: Mapping[str, Any] | None
) -> TrainingModule:
    torch.manual_seed(recipe.training.seed)
    network = LSTMNetwork(data.network, Dropout(**vars(recipe.dropout)))
    if state is not None:
        network.load_state_dict(state["weights"])
    elif data.start is not None:
        size = recipe.vectors.deviation
        network.start_from(data.start.for_network(data.network, data.labels, size))
    elif data.vectors is not None:
        network.start_from({"embedding.weight": data.vectors})
    weights = None
    if recipe.training.class_weights == "balanced":
        weights = torch.from_numpy(1 / (len(data.labels) * data.priors)).float()  # (C,)
    targets = None
    if recipe.training.ordered:
        targets = torch.from_numpy(soft_targets(numbers_of(data.labels))).float()  # (C, C)
    return TrainingModule(
        network,
        recipe,
        total_steps=stream.total_steps,
        first_step=stream.first_step,
        class_weights=weights,
        targets=targets,
        optimiser_state=None if state is None else state["optimiser"],
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Lightning tells of its own defaults and hints; a run speaks through its reporter."""
    loggers = [
        logging.getLogger(name) for name in ("lightning", "lightning.pytorch", "lightning.fabric")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            # Weight dropout makes a matrix anew at every pass; cuDNN would have it in one place.
            warnings.filterwarnings("ignore", message="RNN module weights are not part")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
