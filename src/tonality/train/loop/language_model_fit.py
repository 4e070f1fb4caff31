"""A language model in training, from where its run's folder stands to its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tonality.evaluate import seen_texts
from tonality.text.encoder import Encoded
from tonality.train.loop.each_step import bfloat16_pays, learning_rate, seed_step
from tonality.train.loop.session import Session
from tonality.train.loop.together import Together
from tonality.train.loop.weight_average import MovingAverage
from tonality.train.networks.language_model import LanguageModel, State
from tonality.train.networks.language_model_folder import SavedLanguageModel, write_language_model
from tonality.train.prepare.corpus import Corpus
from tonality.train.prepare.preflight import Checked
from tonality.train.prepare.token_streams import Streams
from tonality.train.records.curves_png import CURVES, draw_curves
from tonality.train.records.environment import versions
from tonality.train.records.processes import leads
from tonality.train.records.reporter import duration
from tonality.train.records.run_folder import METRICS, RunFolder
from tonality.train.records.run_options import RunOptions

# How held-out texts are read: in stretches whose scores of a whole vocabulary fit in memory.
STREAMS, STEPS = 16, 64


class LanguageModelFit:
    """A run from where its folder stands to its end or the wish to stop.

    Args:
        run: what is trained.
        corpus: what to learn from.
        folder: the run's.
        options: how the run is carried out.
        began: when this session began, by ``time.monotonic``.
        averaged: whether ``training.average`` is heeded.
    """

    def __init__(
        self,
        run: Checked,
        corpus: Corpus,
        folder: RunFolder,
        options: RunOptions,
        began: float,
        *,
        averaged: bool = True,
    ) -> None:
        recipe = run.recipe
        self.run, self.corpus, self.recipe, self.settings = run, corpus, recipe, recipe.pretraining
        self.folder, self.reporter, name = folder, options.reporter, options.accelerator
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        self.together = Together()
        self.device = self.together.device(name)
        torch.manual_seed(recipe.training.seed)
        model = LanguageModel(corpus.counts, recipe.network, recipe.pretraining)
        own = model.export()
        model.start_from({name: found for name, found in corpus.tensors.items() if name in own})
        self.model = model.to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=recipe.optimiser.learning_rate,
            betas=recipe.optimiser.betas,
            weight_decay=recipe.optimiser.weight_decay,
            fused=True,
        )
        self.average: MovingAverage | None = None
        if averaged and recipe.training.average:
            self.average = MovingAverage(self.model, recipe.training.average)
        self.perplexity = dict[str, float]()
        self.carried: dict[str, State | None] = dict.fromkeys(self.model.directions)
        state = folder.load_checkpoint()
        self.done = 0 if state is None else state["step"]
        if state is not None:
            self._take_up(state)
        self.streams = self._streams()
        self.session = Session(self.streams[0], options, state, began)

    def _take_up(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        if (average := state.get("average")) is None:
            self.average = None  # as in the version that began the run, which may have heeded none
        elif self.average is not None:
            self.average.load_state_dict(average)
        self.carried = {
            name: None
            if kept is None
            else [(h.to(self.device), c.to(self.device)) for h, c in self.together.own(kept)]
            for name, kept in state["carried"].items()
        }
        self.perplexity = state["perplexity"]

    def _streams(self) -> list[Streams]:
        """The stretches that are left, for each direction."""
        settings = self.settings
        return [
            Streams(
                self.corpus.train,
                size=(settings.streams, settings.steps),
                seed=self.recipe.training.seed,
                epochs=settings.epochs,
                backward=name == "backward",
                first_step=self.done,
            )
            for name in self.model.directions
        ]

    def take_steps(self) -> None:
        """Takes the steps that are left, saving now and then."""
        first, session = self.streams[0], self.session
        self.reporter.say(
            f"{len(first):,} steps of {first.tokens_per_step:,} tokens on {self.device}"
        )
        self.model.train()
        session.start()
        with session.interruptible():
            for stretches in zip(*self.streams, strict=True):
                loss = self._step(stretches, first.total_steps)
                measure = session.due(self.done, self.settings.evaluations_per_epoch)
                if self.average is not None and (measure or self.average.due(self.done)):
                    self.average.update(self.done)
                wishes = session.interrupted, session.save_due(self.done, evaluate=measure)
                loss, stop, save = self.together.agreed(loss, *wishes)
                session.check_loss(self.done, loss)
                session.history.add_loss(loss)
                if leads() and (measure or session.row_due(self.done)):
                    with session.pause():
                        self._add_row(measure=measure)
                if stop or save:
                    with session.pause():
                        self._save()
                session.interrupted = session.interrupted or stop
                steps = self.done - first.first_step
                tokens = steps * first.tokens_per_step * len(self.streams)
                session.tell(self.done, steps * first.streams, tokens)
                if stop:
                    return

    def _step(self, stretches: tuple[Any, ...], total_steps: int) -> float:
        share = self.together.share
        seed_step(*self.together.seed(self.recipe.training.seed, self.done))
        settings = self.recipe.optimiser
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(settings, self.done, total_steps)
        half = self.recipe.training.precision == "bf16" and bfloat16_pays(self.device.type)
        losses = []
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            for name, stretch in zip(self.model.directions, stretches, strict=True):
                own = stretch.ids[share.rank :: share.processes]
                ids = torch.from_numpy(own).long().to(self.device)
                before = None if stretch.fresh else self.carried[name]
                states, self.carried[name] = self.model.states(name, ids[:, :-1], before)
                losses.append(self.model.loss(states, ids[:, 1:]))
        loss = self.together.portion(len(stretches[0].ids)) * torch.stack(losses).mean()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.together.average(self.model.parameters())
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        self.optimiser.step()
        self.done += 1
        return float(loss.detach())

    def _add_row(self, *, measure: bool) -> None:
        loss = None
        if measure and len(self.corpus.held_out.ids):
            with self._averaged():
                self.perplexity = perplexity(self.model, self.corpus.held_out)
            loss = float(np.mean([math.log(found) for found in self.perplexity.values()]))
        rate = learning_rate(self.recipe.optimiser, self.done - 1, self.streams[0].total_steps)
        row = self.session.add_row(self.done, rate, loss, evaluation=measure)
        if loss is not None:
            self.reporter.say(
                f"step {row.step:,}, epoch {row.epoch:.2f}: training loss {row.train_loss:.3f}, "
                f"held-out perplexity {_spoken(self.perplexity)}, {duration(row.seconds)}"
            )

    def _averaged(self) -> AbstractContextManager[None]:
        """Within it, the model has the weights that count: the average, where there is one."""
        return nullcontext() if self.average is None else self.average.in_place()

    def _save(self) -> None:
        self.session.check_weights(self.done, self.model)
        carried = self.together.gathered(self.carried)
        if not leads():
            return
        self.folder.save_checkpoint(
            {
                "step": self.done,
                "weights": self.model.state_dict(),
                "average": None if self.average is None else self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "carried": carried,
                "perplexity": self.perplexity,
                **self.session.state_dict(),
            }
        )
        history = self.session.history
        self.folder.write(METRICS, history.to_csv().encode())
        if history.rows:
            self.folder.write(CURVES, draw_curves(history.rows, None))
        self.session.saved()

    def finish(self) -> Path:
        """Writes the language model's folder."""
        dataset, division = self.run.dataset, self.run.division
        shape = self.recipe.network
        with self._averaged():
            tensors = self.model.export()
        saved = SavedLanguageModel(
            text=self.recipe.text,
            vocabulary=self.corpus.vocabulary,
            directions=self.model.directions,
            embedding_size=shape.embedding_size,
            hidden_size=shape.hidden_size,
            layers=shape.layers,
            tensors=tensors,
            perplexity={name: round(found, 3) for name, found in self.perplexity.items()},
            provenance={
                "recipe": self.recipe.to_dict(),
                "data": {"name": dataset.name, "sha256": dict(dataset.sha256)},
                "rows": {"train": len(self.corpus.train)},
                "tokens": len(self.corpus.train.ids),
                "left_out": dict(division.left_out),
                seen_texts.KEY: self.corpus.origin,
                "steps": self.done,
                "minutes": round(self.session.seconds / 60, 2),
                "versions": versions(),
            },
        )
        path = write_language_model(saved, self.folder.model)
        self.reporter.say(
            f"held-out perplexity {_spoken(self.perplexity)}; the language model is in {path}"
        )
        return path


def perplexity(model: LanguageModel, texts: Encoded) -> dict[str, float]:
    """exp of the mean cross-entropy of a token, by direction, over the whole vocabulary.

    Words outside the vocabulary count as the unknown token, the ends of texts as tokens.

    Args:
        model: the model; dropout is off meanwhile.
        texts: texts it has not been trained on.
    """
    device = model.bias.device
    was_training = model.training
    model.eval()
    found = {}
    with torch.no_grad():
        for direction in model.directions:
            streams = Streams(
                texts, size=(STREAMS, STEPS), seed=0, backward=direction == "backward"
            )
            total, state = 0.0, None
            for stretch in streams:
                ids = torch.from_numpy(stretch.ids).long().to(device)
                states, state = model.states(direction, ids[:, :-1], state)
                total += float(model.loss(states, ids[:, 1:]))
            found[direction] = math.exp(min(total / max(len(streams), 1), 700.0))
    model.train(was_training)
    return found


def _spoken(found: dict[str, float]) -> str:
    """The perplexities in words."""
    if not found:
        return "not measured"
    return ", ".join(
        f"{value:.1f}" if len(found) == 1 else f"{name} {value:.1f}"
        for name, value in found.items()
    )
