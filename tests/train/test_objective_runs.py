"""Whole runs with every objective at once: exact when resumed, and frozen layers stay frozen."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from made_up_reviews import TINY, make_dataset
from test_train_classifier import SignalAt, weights

from tonality.artifact.model_folder import read
from tonality.errors import ConfigError, DataError
from tonality.train import train
from tonality.train.loop.lightning_module import TrainingModule, depth
from tonality.train.settings.recipe import Recipe

EVERYTHING = TINY.with_settings(
    [
        "network.layers=2", "dropout.weight=0.3", "dropout.layer=0.2", "training.adversarial=0.5",
        "unlabelled.virtual_adversarial=0.5", "unlabelled.entropy=0.3", "unlabelled.batch_size=5",
        "optimiser.layer_decay=2.6", "optimiser.unfreeze_every=0.5", "optimiser.weight_decay=0.1",
    ]
)  # fmt: skip


class Watch(Callback):
    """Notes before each step which depths have moved, and which the optimiser keeps a state of."""

    def __init__(self) -> None:
        self.moved: list[set[int]] = []
        self.kept: list[set[int]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, TrainingModule)
        self.start = {n: p.detach().clone() for n, p in pl_module.network.named_parameters()}

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, TrainingModule)
        parameters = dict(pl_module.network.named_parameters())
        state = trainer.optimizers[0].state
        self.moved.append(
            {depth(n, 2) for n, p in parameters.items() if not torch.equal(p, self.start[n])}
        )
        self.kept.append({depth(name, 2) for name, p in parameters.items() if p in state})


def test_layers_that_wait_do_not_move_nor_does_what_the_optimiser_keeps(tmp_path: Path) -> None:
    watch = Watch()
    train(make_dataset(100, unlabelled=30), EVERYTHING, tmp_path / "run", callbacks=[watch])
    # 80 texts in batches of 16: 5 steps an epoch, and a layer joins every two and a half.
    reached = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert watch.moved == watch.kept == [set(range(deepest + 1)) for deepest in reached]


def test_with_every_objective_a_resumed_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    dataset = make_dataset(100, unlabelled=30)
    for step in (2, 7):
        with pytest.raises(KeyboardInterrupt):
            train(
                dataset, EVERYTHING, tmp_path / "a", resume=step > 2,
                callbacks=[SignalAt(step, signal.SIGTERM)],
            )  # fmt: skip
    train(dataset, EVERYTHING, tmp_path / "a", resume=True)
    train(dataset, EVERYTHING, tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    recorded = read(tmp_path / "a" / "model").provenance["recipe"]
    assert recorded["unlabelled"]["virtual_adversarial"] == 0.5


def test_entropy_without_unlabelled_texts_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unlabelled\.entropy wants texts without labels"):
        train(make_dataset(), EVERYTHING, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_virtual_adversarial_training_does_with_labelled_texts_alone(tmp_path: Path) -> None:
    recipe = EVERYTHING.with_settings(["unlabelled.entropy=0", "training.epochs=1"])
    assert train(make_dataset(60), recipe, tmp_path / "run").is_dir()


def test_a_run_of_a_version_with_other_settings_goes_on(tmp_path: Path) -> None:
    dataset, recipe = make_dataset(60), TINY.with_settings(["training.epochs=2"])
    with pytest.raises(KeyboardInterrupt):
        train(dataset, recipe, tmp_path / "run", callbacks=[SignalAt(2)])
    path = tmp_path / "run" / "run.json"
    held = json.loads(path.read_text())
    del held["settings"]["unlabelled"], held["settings"]["optimiser"]["layer_decay"]
    del held["teachers"]
    path.write_text(json.dumps(held))
    other = recipe.with_settings(["optimiser.layer_decay=2"])
    with pytest.raises(ConfigError, match=r"layer_decay was 1.0 and is 2.0"):
        train(dataset, other, tmp_path / "run", resume=True)
    again = Recipe.load(tmp_path / "run" / "recipe.toml")
    assert train(dataset, again, tmp_path / "run", resume=True).is_dir()
