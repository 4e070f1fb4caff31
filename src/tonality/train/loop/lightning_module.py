"""The network as Lightning trains it: a step, the optimiser, the learning rate.

Everything that changes from step to step (order of the texts, learning rate, dropout) is a
function of the seed and of the steps done. So a run that was stopped goes on exactly, on a CPU,
from the weights, the optimiser's state and one number. Lightning's own restart depends on where
in its loop a checkpoint fell, differs between its versions, and may skip a validation.

What a pre-trained network knows is kept by lower learning rates further down, and by letting only
the head learn at first, then one layer more at a time (Howard & Ruder 2018, "Universal Language
Model Fine-tuning for Text Classification").
"""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from tonality.train.loop.each_step import learning_rate, seed_step
from tonality.train.loop.session import Steps
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.objectives.losses import Objective, classification_loss
from tonality.train.prepare.batches import Batch
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import OptimiserSettings

_KINDS = ("embedding", "ngram", "matrix", "vector")  # of parameters, in the optimiser's order


class TrainingModule(LightningModule):
    """A network in training.

    Args:
        network: the network; trained in place.
        recipe: the settings.
        steps: how many the run has, and how many were done in earlier sessions.
        class_weights: (C,) what a text of each class counts, or None for 1.
        targets: (C, C) the probabilities to learn for a text of each class, or None for 1.
        optimiser_state: the optimiser's state at ``first_step``.
    """

    class_weights: Tensor | None
    targets: Tensor | None

    def __init__(
        self,
        network: LSTMNetwork,
        recipe: Recipe,
        steps: Steps,
        *,
        class_weights: Tensor | None = None,
        targets: Tensor | None = None,
        optimiser_state: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.total_steps, self.first_step = steps.total_steps, steps.first_step
        self.register_buffer("class_weights", class_weights)
        self.register_buffer("targets", targets)
        self._optimiser_state = optimiser_state

    @property
    def steps_done(self) -> int:
        """Steps done over all sessions."""
        return self.first_step + self.trainer.global_step

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step (from 0), before the multipliers of the embeddings."""
        return learning_rate(self.recipe.optimiser, step, self.total_steps)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, fused: one pass over each table, in place of six."""
        settings = self.recipe.optimiser
        optimiser = torch.optim.AdamW(
            parameter_groups(self.network, settings),
            lr=settings.learning_rate,
            betas=settings.betas,
            fused=True,
        )
        if self._optimiser_state is not None:
            optimiser.load_state_dict(self._optimiser_state)
            self._optimiser_state = None
        return optimiser

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Sets what this step's number decides: the noise and the learning rate."""
        step = self.steps_done
        seed_step(self.recipe.training.seed, step, self.global_rank)
        rate = self.learning_rate(step)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = rate * group["rate"]

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """What a batch's step minimises (``loss``) and its plain cross-entropy.

        Whether they are finite is checked by the loop, which looks at several at a time.
        """
        settings = self.recipe.training
        loss, plain = classification_loss(
            self.network,
            batch,
            Objective(
                class_weights=self.class_weights,
                targets=self.targets,
                label_smoothing=settings.label_smoothing,
                adversarial=settings.adversarial,
                unlabelled=self.recipe.unlabelled,
                distillation=self.recipe.distillation,
            ),
        )
        return {"loss": loss, "cross_entropy": plain.detach()}

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Takes the gradients of layers that do not learn yet.

        Without one, the optimiser leaves alone a parameter and what it keeps of it. Gradients that
        are never computed would be quicker, but other processes would wait for them.
        """
        epoch = self.steps_done * self.recipe.training.epochs / self.total_steps
        for parameter in frozen(self.network, epoch, self.recipe.optimiser.unfreeze_every):
            parameter.grad = None

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clips the norm of all gradients together."""
        limit = self.recipe.optimiser.clip_norm
        if limit:
            nn.utils.clip_grad_norm_(self.parameters(), limit)


def parameter_groups(network: LSTMNetwork, settings: OptimiserSettings) -> list[dict[str, Any]]:
    """Parameters by learning rate and weight decay; ``rate`` is their multiplier.

    Biases and the attention's context vector, which have one dimension, do not decay.
    """
    rates = {"embedding": settings.embedding_rate, "ngram": settings.ngram_rate}
    decays = {"ngram": settings.ngram_weight_decay, "vector": 0.0}
    groups: dict[tuple[int, float], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        kind = {"embedding.weight": "embedding", "ngram_embedding.weight": "ngram"}.get(name)
        kind = kind or ("matrix" if parameter.ndim > 1 else "vector")
        slower = settings.layer_decay ** depth(name, network.config.layers)
        group = {
            "params": list[Tensor](),
            "rate": rates.get(kind, 1.0) / slower,
            "weight_decay": decays.get(kind, settings.weight_decay),
        }
        groups.setdefault((_KINDS.index(kind), slower), group)["params"].append(parameter)
    return [groups[key] for key in sorted(groups)]


def depth(name: str, layers: int) -> int:
    """How far under the output a parameter is: 0 for the head, 1 for the last LSTM layer.

    Args:
        name: as the network names it.
        layers: L; the embeddings are at L + 1.
    """
    if name.startswith("lstm."):
        return layers - int(name.split(".")[1])
    return layers + 1 if name.startswith(("embedding.", "ngram_embedding.")) else 0


def frozen(network: LSTMNetwork, epoch: float, unfreeze_every: float) -> list[Tensor]:
    """The parameters that do not learn yet.

    Args:
        network: the network.
        epoch: epochs done, in parts.
        unfreeze_every: epochs after which the next layer down joins; 0 if none ever waits.
    """
    if not unfreeze_every:
        return []
    reached = epoch / unfreeze_every
    layers = network.config.layers
    return [p for name, p in network.named_parameters() if depth(name, layers) > reached]
