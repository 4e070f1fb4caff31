"""The steps of a run, which Lightning takes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import Trainer

from tonality.train.loop.callback import Loop
from tonality.train.loop.each_step import bfloat16_pays
from tonality.train.loop.lightning_module import TrainingModule
from tonality.train.loop.session import Session
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.batches import BatchStream, Share
from tonality.train.prepare.ordered_labels import numbers_of, soft_targets
from tonality.train.prepare.prepare import Prepared
from tonality.train.prepare.unlabelled import batch_stream
from tonality.train.records.processes import devices_and_nodes
from tonality.train.records.reporter import quiet
from tonality.train.records.run_folder import RunFolder
from tonality.train.records.run_options import RunOptions
from tonality.train.settings.recipe import Recipe

_LOGGERS = ("lightning", "lightning.pytorch", "lightning.fabric")


def take_steps(
    data: Prepared,
    recipe: Recipe,
    folder: RunFolder,
    options: RunOptions,
    state: Mapping[str, Any] | None,
    began: float,
) -> tuple[Trainer, Loop]:
    """Takes the steps that are left of a run.

    Args:
        data: what to train on.
        recipe: the settings.
        folder: the run's.
        options: how the run is carried out; its reporter is closed at the end.
        state: the checkpoint to go on from, or None.
        began: when this session began, by ``time.monotonic``.

    Raises:
        KeyboardInterrupt: stopped before the first step.
        TrainingError: training diverged.
    """
    with quiet(*_LOGGERS), warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", module=r"lightning\.")
        # Weight dropout makes a matrix anew at every pass; cuDNN would have it in one place.
        warnings.filterwarnings("ignore", message="RNN module weights are not part")
        stream = batch_stream(data, recipe, 0 if state is None else state["step"])
        loop = Loop(data, recipe, folder, Session(stream, options, state, began), state)
        trainer = _trainer(recipe, folder, loop)
        stream.share = Share(trainer.global_rank, trainer.world_size)
        if len(stream) and not loop.stopping.stop:
            size, device = recipe.training.batch_size, trainer.strategy.root_device
            options.reporter.say(f"{len(stream):,} steps of up to {size} texts on {device}")
            try:
                trainer.fit(_module(data, recipe, stream, state), train_dataloaders=stream)
            except SystemExit as fault:  # what Lightning makes of Ctrl-C before the first step
                raise KeyboardInterrupt from fault
            finally:
                options.reporter.close()
        return trainer, loop


def _trainer(recipe: Recipe, folder: RunFolder, loop: Loop) -> Trainer:
    options = loop.session.options
    on_gpu = options.accelerator != "cpu" and torch.cuda.is_available()
    half = recipe.training.precision == "bf16" and bfloat16_pays("cuda" if on_gpu else "cpu")
    devices, nodes = devices_and_nodes(options.devices, options.nodes)
    return Trainer(
        accelerator=options.accelerator,
        devices=devices,
        num_nodes=nodes,
        precision="bf16-mixed" if half else "32-true",
        max_epochs=1,  # to Lightning; the stream goes through all of ours
        min_epochs=0,
        callbacks=[*options.callbacks, loop],
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
    network = LSTMNetwork(data.network, recipe.dropout)
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
        stream,
        class_weights=weights,
        targets=targets,
        optimiser_state=None if state is None else state["optimiser"],
    )
