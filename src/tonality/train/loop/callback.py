"""What happens between steps: averaging, evaluating, stopping, saving, telling."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor

from tonality.errors import TrainingError
from tonality.train.loop.early_stopping import EarlyStopping
from tonality.train.loop.lightning_module import TrainingModule
from tonality.train.loop.session import DIVERGED, Session
from tonality.train.loop.validation import Validation, validate
from tonality.train.loop.weight_average import MovingAverage
from tonality.train.objectives.losses import portion, texts_of_step
from tonality.train.prepare.batches import Batch, Share
from tonality.train.prepare.prepare import Prepared
from tonality.train.records.history import MetricsRow, TensorBoard
from tonality.train.records.reporter import duration
from tonality.train.records.run_folder import BOARD, METRICS, RunFolder, best_file
from tonality.train.settings.recipe import Recipe

# Steps whose losses wait on an accelerator before they are looked at: a look waits for the device.
WAITING = 10


@dataclass(frozen=True)
class TrainingOutcome:
    """How a training went.

    Attributes:
        best: the evaluation whose weights are kept.
        file: where they are, in the run's folder.
        minutes: how long it took.
        stopped: whether it ended for want of a better evaluation; more epochs would not be made.
        device: what it ran on, such as ``cpu``.
    """

    best: MetricsRow
    file: str
    minutes: float
    stopped: bool
    device: str


class Loop(Callback):
    """Follows the steps of a run.

    Args:
        data: the validation part is what it evaluates on.
        recipe: the settings.
        folder: where it saves.
        session: the session.
        state: the checkpoint to go on from.
    """

    def __init__(
        self,
        data: Prepared,
        recipe: Recipe,
        folder: RunFolder,
        session: Session,
        state: Mapping[str, Any] | None,
    ) -> None:
        self.data, self.settings, self.session = data, recipe.training, session
        self.folder, self.reporter = folder, session.options.reporter
        self.stopping = EarlyStopping(self.settings.patience)
        self.average: MovingAverage | None = None
        self.best: dict[str, Any] | None = None  # number of its row, name of its file
        # Of each step: its loss, cross-entropy, tokens and share of labels (4,), and its texts.
        self._waiting: list[tuple[Tensor, int]] = []
        self._texts = self._tokens = 0
        self._saved_average: dict[str, Any] | None = None
        self._unsaved_best: tuple[int, dict[str, NDArray[np.float32]]] | None = None
        self._board: TensorBoard | None = None
        if state is not None:
            self.stopping.load_state_dict(state["stopping"])
            self.best, self._saved_average = state["best"], state["average"]

    @property
    def best_row(self) -> MetricsRow | None:
        """The best evaluation so far."""
        return None if self.best is None else self.session.history.rows[self.best["row"]]

    def outcome(self, device: str) -> TrainingOutcome:
        """How the run went, after its last step, which is always evaluated.

        Raises:
            TrainingError: there was no step.
        """
        if self.best is None or self.best_row is None:
            raise TrainingError(
                "expected at least one step, got a callback that stops the training before it; "
                "let it stop later"
            )
        minutes, stopped = self.session.seconds / 60, self.stopping.stop
        return TrainingOutcome(self.best_row, self.best["file"], minutes, stopped, device)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins or takes up the average; the module is on its device now."""
        assert isinstance(pl_module, TrainingModule)
        if self.settings.average:
            self.average = MovingAverage(pl_module.network, self.settings.average)
            if self._saved_average is not None:
                self.average.load_state_dict(self._saved_average)
                self._saved_average = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock and takes the signals; Lightning restores the handlers."""
        assert isinstance(pl_module, TrainingModule)
        self.session.start()
        if trainer.is_global_zero:
            self._board = TensorBoard(self.folder.path / BOARD, pl_module.first_step)
        self.session.take_signals()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After the last step of this session."""
        if self._board is not None:
            self._board.close()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """After each step."""
        assert isinstance(pl_module, TrainingModule)
        module, session, step = pl_module, self.session, pl_module.steps_done
        self._take_figures(trainer, outputs, batch)
        asked = trainer.should_stop  # by a callback of the caller; those of all processes agree
        evaluate = asked or session.due(step, self.settings.evaluations_per_epoch)
        row, stop = session.row_due(step), session.interrupted
        if trainer.world_size > 1:  # all must stop after the same step
            stop = trainer.strategy.reduce_boolean_decision(stop, all=False)
        save = stop or asked or session.save_due(step, evaluate=evaluate)
        first = step == module.first_step + 1
        on_cpu = self._waiting[-1][0].device.type == "cpu"
        with session.pause() if save or evaluate else nullcontext():
            if first or row or save or evaluate or on_cpu or len(self._waiting) >= WAITING:
                self._look(step, trainer.world_size)
            if save or evaluate:
                session.check_weights(step, module.network)
            if self.average is not None and (evaluate or self.average.due(step)):
                self.average.update(step)
            if evaluate:
                self._evaluate(trainer, module, step)
            elif row:
                self._add_row(module, step)
            if save or self.stopping.stop:
                self._save(trainer, module, step)
        if (self.stopping.stop or asked) and step < module.total_steps:
            self._say_stopped(step)
        trainer.should_stop = stop or asked or self.stopping.stop
        if stop:  # and never back to False: the signal may have come just now
            session.interrupted = True
        if trainer.is_global_zero:
            session.tell(step, self._texts, self._tokens)

    def _take_figures(self, trainer: Trainer, outputs: Any, batch: Batch) -> None:
        """Takes a step's figures without waiting for its device."""
        loss, plain = outputs["loss"].detach(), outputs["cross_entropy"]
        lengths = batch.lengths if batch.whole is None else batch.lengths[: batch.whole.here]
        labelled = portion(batch) * (batch.classes >= 0).float().mean()
        figures = torch.stack([loss.float(), plain.float(), lengths.sum().float(), labelled])
        if trainer.world_size > 1:
            figures = trainer.strategy.reduce(figures, reduce_op="mean")
        texts = texts_of_step(batch)
        self._waiting.append((figures, texts))
        self._texts += texts

    def _look(self, step: int, world_size: int) -> None:
        """Takes in the figures that wait, ``step`` being the last they are of."""
        figures = torch.stack([each for each, _ in self._waiting]).tolist()
        texts = [count for _, count in self._waiting]
        self._waiting.clear()
        for back, (loss, plain, tokens, share) in enumerate(figures):
            self.session.check_loss(step - len(figures) + 1 + back, loss)
            if labelled := round(share * texts[back]):
                self.session.history.add_loss(plain / (labelled / texts[back]), labelled)
            self._tokens += round(tokens * world_size)

    def _evaluate(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        if not len(self.data.validation):
            self._keep_last(trainer, module, step)
            return
        with self.average.in_place() if self.average is not None else nullcontext():
            found = validate(
                module.network,
                self.data.validation,
                self.data.validation_classes,
                weights=self.data.validation_weights,
                share=Share(trainer.global_rank, trainer.world_size),
                gather=None if trainer.world_size == 1 else module.all_gather,  # type: ignore[arg-type]
            )
            if not found.loss < float("inf"):
                raise TrainingError(f"the validation loss at step {step} is not finite: {DIVERGED}")
            row = self._add_row(module, step, found, evaluation=True)
            better = self.stopping.improved(self._score(found))
            if better and trainer.is_global_zero:
                self._take_best(module, step)
        if trainer.is_global_zero:
            self.reporter.evaluated(row, best=better)

    def _say_stopped(self, step: int) -> None:
        """Says why the run ends before its last step."""
        if self.best_row is None:  # of several processes one knows what is kept
            return
        steps, reason = self.session.steps, "a callback asked for it"
        if self.stopping.stop:
            lacking = "loss had not fallen"
            if self.settings.keep != "loss":
                lacking = f"{self.settings.keep.replace('_', ' ')} had not risen"
            reason = f"the validation {lacking} for {self.stopping.waited} evaluations"
        self.reporter.say(
            f"stopped after epoch {step / steps.steps_per_epoch:.3g} of "
            f"{steps.total_steps // steps.steps_per_epoch}: {reason}; "
            f"step {self.best_row.step:,} is kept"
        )

    def _score(self, found: Validation) -> tuple[float, ...]:
        """What decides which evaluation is the best: higher is better."""
        return {
            "accuracy": (found.accuracy, -found.loss),
            "macro_f1": (found.macro_f1, -found.loss),
            "loss": (-found.loss,),
        }[self.settings.keep]

    def _keep_last(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        """Keeps the weights as they are now; without a validation part nothing tells better."""
        row = self._add_row(module, step, evaluation=True)
        if trainer.is_global_zero:
            with self.average.in_place() if self.average is not None else nullcontext():
                self._take_best(module, step)
            self.reporter.say(
                f"step {row.step:,}, epoch {row.epoch:.2f}: training loss {row.train_loss:.4f}, "
                f"{duration(row.seconds)}"
            )

    def _take_best(self, module: TrainingModule, step: int) -> None:
        """Makes the weights as they are the best ones; the next checkpoint saves them."""
        self._unsaved_best = step, module.network.export()
        self.best = {"row": len(self.session.history.rows) - 1, "file": best_file(step)}

    def _add_row(
        self,
        module: TrainingModule,
        step: int,
        found: Validation | None = None,
        *,
        evaluation: bool = False,
    ) -> MetricsRow:
        rate = module.learning_rate(step - 1)
        measured = () if found is None else (found.loss, found.accuracy)
        decides = found if self.settings.keep == "macro_f1" else None
        row = self.session.add_row(
            step,
            rate,
            *measured,
            macro_f1=None if decides is None else decides.macro_f1,
            evaluation=evaluation,
        )
        if self._board is not None:
            self._board.add(row)
        return row

    def _save(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        if trainer.is_global_zero:
            if self._unsaved_best is not None:
                self.folder.save_best(*self._unsaved_best)
                self._unsaved_best = None
            self.folder.save_checkpoint(
                {
                    "step": step,
                    "weights": module.network.state_dict(),
                    "average": None if self.average is None else self.average.state_dict(),
                    "optimiser": trainer.optimizers[0].state_dict(),
                    "stopping": self.stopping.state_dict(),
                    "best": self.best,
                    **self.session.state_dict(),
                }
            )
            self.folder.keep_best(None if self.best is None else self.best["file"])
            self.folder.write(METRICS, self.session.history.to_csv().encode())
        self.session.saved()
