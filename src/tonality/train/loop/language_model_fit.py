"""A language model in training, from where its run's folder stands to its end."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tonality.data import Dataset
from tonality.errors import TrainingError
from tonality.evaluate import seen_texts
from tonality.train.loop.callback import DIVERGED
from tonality.train.loop.lightning_module import schedule
from tonality.train.loop.perplexity import perplexity
from tonality.train.networks.language_model import LanguageModel, State
from tonality.train.networks.language_model_folder import SavedLanguageModel, write_language_model
from tonality.train.prepare.corpus import Corpus
from tonality.train.prepare.token_streams import Streams
from tonality.train.records.curves_png import CURVES, draw_curves
from tonality.train.records.environment import versions
from tonality.train.records.history import History, MetricsRow
from tonality.train.records.reporter import Progress, Reporter, duration
from tonality.train.records.run_folder import METRICS, RunFolder
from tonality.train.settings.recipe import Recipe

ROWS_PER_EPOCH = 20  # lines of metrics.csv, apart from the evaluations


class PretrainingRun:
    """A run from where its folder stands to its end or the wish to stop."""

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        folder: RunFolder,
        reporter: Reporter,
        device: torch.device,
    ) -> None:
        self.corpus, self.recipe, self.settings = corpus, recipe, recipe.pretraining
        self.folder, self.reporter, self.device = folder, reporter, device
        torch.manual_seed(recipe.training.seed)
        self.model = new_language_model(corpus, recipe).to(device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=recipe.optimiser.learning_rate,
            betas=recipe.optimiser.betas,
            weight_decay=recipe.optimiser.weight_decay,
            fused=True,
        )
        self.history, self.perplexity = History(), dict[str, float]()
        self.done, self._before = 0, 0.0
        self.carried: dict[str, State | None] = dict.fromkeys(self.model.directions)
        self._began = self._saved = time.monotonic()
        self._take_up()

    @property
    def seconds(self) -> float:
        """Seconds of the whole run, over all sessions."""
        return self._before + time.monotonic() - self._began

    def _take_up(self) -> None:
        state = self.folder.load_checkpoint()
        if state is None:
            return
        self.model.load_state_dict(state["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history.load_state_dict(state["history"])
        self.carried = {
            name: None
            if kept is None
            else [(h.to(self.device), c.to(self.device)) for h, c in kept]
            for name, kept in state["carried"].items()
        }
        self.done, self._before = state["step"], state["seconds"]
        self.perplexity = state["perplexity"]

    def streams(self) -> list[Streams]:
        """The stretches that are left, for each direction."""
        settings = self.settings
        return [
            Streams(
                self.corpus.train,
                streams=settings.streams,
                steps=settings.steps,
                seed=self.recipe.training.seed,
                epochs=settings.epochs,
                backward=name == "backward",
                first_step=self.done,
            )
            for name in self.model.directions
        ]

    def steps(self, save_every: float, interrupted: threading.Event) -> None:
        """Does the steps that are left, saving now and then."""
        streams = self.streams()
        first = streams[0]
        started, first_step, paused = time.monotonic(), self.done, 0.0
        self.reporter.say(
            f"{len(first):,} steps of {first.tokens_per_step:,} tokens on {self.device}"
        )
        self.model.train()
        for stretches in zip(*streams, strict=True):
            loss = self._step(stretches, first.total_steps)
            if not math.isfinite(loss):
                raise TrainingError(f"the loss of step {self.done} is not finite: {DIVERGED}")
            self.history.add_loss(loss)
            stop = interrupted.is_set()
            due = self._due(first.steps_per_epoch, self.settings.evaluations_per_epoch)
            pause = time.monotonic()
            if due or self._due(first.steps_per_epoch, ROWS_PER_EPOCH):
                self._add_row(first, measure=due)
            if due or stop or pause - self._saved >= save_every:
                self._save()
                paused += time.monotonic() - pause
            self._tell(first, started + paused, first_step)
            if stop:
                return

    def _step(self, stretches: tuple[Any, ...], total_steps: int) -> float:
        seed = np.random.SeedSequence([self.recipe.training.seed, self.done])
        torch.manual_seed(int(seed.generate_state(1, np.uint64)[0] >> 1))
        settings = self.recipe.optimiser
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * schedule(settings, self.done, total_steps)
        half = self.device.type == "cuda" and self.recipe.training.precision == "bf16"
        losses = []
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            for name, stretch in zip(self.model.directions, stretches, strict=True):
                ids = torch.from_numpy(stretch.ids).long().to(self.device)
                before = None if stretch.fresh else self.carried[name]
                states, self.carried[name] = self.model.states(name, ids[:, :-1], before)
                losses.append(self.model.loss(states, ids[:, 1:]))
        loss = torch.stack(losses).mean()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        self.optimiser.step()
        self.done += 1
        return float(loss.detach())

    def _due(self, steps: int, parts: int) -> bool:
        """Whether the step just done is the last of one of the parts of an epoch."""
        within = (self.done - 1) % steps
        return within * parts // steps != (within + 1) * parts // steps

    def _add_row(self, streams: Streams, *, measure: bool) -> None:
        loss = None
        if measure and len(self.corpus.held_out.ids):
            self.perplexity = perplexity(self.model, self.corpus.held_out)
            loss = float(np.mean([math.log(found) for found in self.perplexity.values()]))
        settings = self.recipe.optimiser
        row = MetricsRow(
            step=self.done,
            epoch=self.done / streams.steps_per_epoch,
            train_loss=self.history.train_loss,
            validation_loss=loss,
            validation_accuracy=None,
            learning_rate=settings.learning_rate
            * schedule(settings, self.done - 1, streams.total_steps),
            seconds=self.seconds,
        )
        self.history.add(row)
        if loss is not None:
            self.reporter.say(
                f"step {row.step:,}, epoch {row.epoch:.2f}: training loss {row.train_loss:.3f}, "
                f"held-out perplexity {_spoken(self.perplexity)}, {duration(row.seconds)}"
            )

    def _save(self) -> None:
        if not all(bool(weights.isfinite().all()) for weights in self.model.parameters()):
            raise TrainingError(f"the weights after step {self.done} are not finite: {DIVERGED}")
        self.folder.save_checkpoint(
            {
                "step": self.done,
                "weights": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "carried": self.carried,
                "history": self.history.state_dict(),
                "perplexity": self.perplexity,
                "seconds": self.seconds,
            }
        )
        self.folder.write(METRICS, self.history.to_csv().encode())
        if self.history.rows:
            self.folder.write(CURVES, draw_curves(self.history.rows, None))
        self._saved = time.monotonic()

    def _tell(self, streams: Streams, started: float, first_step: int) -> None:
        steps = self.done - first_step
        self.reporter.advance(
            Progress(
                step=self.done,
                total=streams.total_steps,
                epoch=self.done / streams.steps_per_epoch,
                epochs=self.settings.epochs,
                loss=self.history.train_loss,
                accuracy=None,
                texts=steps * streams.streams,
                tokens=steps * streams.tokens_per_step * len(self.model.directions),
                steps=steps,
                seconds=time.monotonic() - started,
            )
        )

    def finish(self, dataset: Dataset) -> Path:
        """Writes the language model's folder."""
        shape = self.recipe.network
        saved = SavedLanguageModel(
            text=self.recipe.text,
            vocabulary=self.corpus.vocabulary,
            directions=self.model.directions,
            embedding_size=shape.embedding_size,
            hidden_size=shape.hidden_size,
            layers=shape.layers,
            tensors=self.model.export(),
            perplexity={name: round(found, 3) for name, found in self.perplexity.items()},
            provenance={
                "recipe": self.recipe.to_dict(),
                "data": {"name": dataset.name, "sha256": dict(dataset.sha256)},
                "rows": {"train": len(self.corpus.train)},
                "tokens": len(self.corpus.train.ids),
                "left_out": dict(self.corpus.left_out),
                seen_texts.KEY: self.corpus.origin,
                "steps": self.done,
                "minutes": round(self.seconds / 60, 2),
                "versions": versions(),
            },
        )
        path = write_language_model(saved, self.folder.model)
        self.reporter.say(
            f"held-out perplexity {_spoken(self.perplexity)}; the language model is in {path}"
        )
        return path


def new_language_model(corpus: Corpus, recipe: Recipe) -> LanguageModel:
    """The model of a recipe, as it begins."""
    model = LanguageModel(
        corpus.counts,
        embedding_size=recipe.network.embedding_size,
        hidden_size=recipe.network.hidden_size,
        layers=recipe.network.layers,
        directions=recipe.pretraining.directions,
        negatives=recipe.pretraining.negatives,
        dropout=recipe.pretraining.dropout,
    )
    own = model.export()
    model.start_from({name: found for name, found in corpus.tensors.items() if name in own})
    return model


def _spoken(found: dict[str, float]) -> str:
    """The perplexities in words."""
    if not found:
        return "not measured"
    return ", ".join(
        f"{value:.1f}" if len(found) == 1 else f"{name} {value:.1f}"
        for name, value in found.items()
    )
