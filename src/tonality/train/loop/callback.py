"""What happens between steps: averaging, evaluating, stopping, saving, telling."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from types import FrameType
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor

from tonality.errors import TrainingError
from tonality.train.loop.early_stopping import EarlyStopping
from tonality.train.loop.lightning_module import TrainingModule
from tonality.train.loop.validation import validate
from tonality.train.loop.weight_average import MovingAverage
from tonality.train.prepare.batches import Batch, BatchStream
from tonality.train.prepare.prepare import Prepared
from tonality.train.records.history import History, MetricsRow
from tonality.train.records.reporter import Progress, Reporter, duration
from tonality.train.records.run_folder import METRICS, RunFolder, best_file
from tonality.train.records.tensorboard import TensorBoard
from tonality.train.settings.recipe import Recipe

DIVERGED = (
    "start anew in another folder with a lower optimiser.learning_rate, or with "
    "optimiser.clip_norm (1.0 is usual)"
)

# Steps whose losses wait on an accelerator before they are looked at: a look waits for the device.
WAITING = 10

# Seconds from one checkpoint to an evaluation's, at least: with few texts there are several
# evaluations a second, and a checkpoint has all weights three times.
APART = 10.0

# Rows of metrics an epoch, apart from the evaluations.
ROWS_PER_EPOCH = 20


class Loop(Callback):
    """Follows the steps of a run.

    All it decides, but for when to save, is a function of the steps done and of what it saves,
    so a resumed run decides the same.

    Args:
        data: the validation part is what it evaluates on.
        recipe: the settings.
        stream: the batches, for how many steps there are.
        folder: where it saves.
        reporter: what it tells.
        checkpoint_minutes: minutes between checkpoints, besides those after evaluations.
        state: the checkpoint to go on from.
        began: when this session began, preparations included, by ``time.monotonic``.
    """

    def __init__(
        self,
        data: Prepared,
        recipe: Recipe,
        stream: BatchStream,
        folder: RunFolder,
        reporter: Reporter,
        *,
        checkpoint_minutes: float,
        state: Mapping[str, Any] | None,
        began: float,
    ) -> None:
        self.data, self.settings, self.stream = data, recipe.training, stream
        self.folder, self.reporter = folder, reporter
        self.history = History()
        self.stopping = EarlyStopping(self.settings.patience)
        self.average: MovingAverage | None = None
        self.best: dict[str, Any] | None = None  # number of its row, name of its file
        self.interrupted = False
        self._save_every = checkpoint_minutes * 60
        self._waiting: list[Tensor] = []  # (3,) each: the step's loss, cross-entropy and tokens
        self._texts = self._tokens = 0
        self._began, self._seconds_before = began, 0.0
        self._paused = 0.0  # seconds of this session that went to evaluating and saving
        self._saved_average: dict[str, Any] | None = None
        self._unsaved_best: tuple[int, dict[str, NDArray[np.float32]]] | None = None
        self._board: TensorBoard | None = None
        if state is not None:
            self.history.load_state_dict(state["history"])
            self.stopping.load_state_dict(state["stopping"])
            self.best, self._seconds_before = state["best"], state["seconds"]
            self._saved_average = state["average"]

    @property
    def best_row(self) -> MetricsRow | None:
        """The best evaluation so far."""
        return None if self.best is None else self.history.rows[self.best["row"]]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins or takes up the average; the module is on its device now."""
        assert isinstance(pl_module, TrainingModule)
        if self.settings.average:
            self.average = MovingAverage(pl_module.network, self.settings.average)
            if self._saved_average is not None:
                self.average.load_state_dict(self._saved_average)
                self._saved_average = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock and takes Ctrl-C as a wish to save; Lightning restores the handlers."""
        assert isinstance(pl_module, TrainingModule)
        self._started = self._saved = time.monotonic()
        if trainer.is_global_zero:
            self._board = TensorBoard(self.folder.path / "tensorboard", pl_module.first_step)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._interrupt)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After the last step of this session."""
        if self._board is not None:
            self._board.close()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:  # again: do not wait for the step to end
            raise KeyboardInterrupt
        self.interrupted = True

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
        step = pl_module.steps_done
        loss, plain = outputs["loss"].detach(), outputs["cross_entropy"]
        figures = torch.stack([loss.float(), plain.float(), batch.lengths.sum().float()])
        if trainer.world_size > 1:
            figures = trainer.strategy.reduce(figures, reduce_op="mean")
        self._waiting.append(figures)
        self._texts += len(batch.lengths) * trainer.world_size
        paused = time.monotonic()
        evaluate = self._evaluation_due(step)
        row = step % max(1, self.stream.steps_per_epoch // ROWS_PER_EPOCH) == 0
        stop = self._agreed(trainer, self.interrupted)
        save = stop or self._checkpoint_due(step, evaluate=evaluate)
        on_cpu = figures.device.type == "cpu"
        if (
            on_cpu
            or row
            or save
            or evaluate
            or len(self._waiting) >= WAITING
            or step == pl_module.first_step + 1
        ):
            self._look(step, trainer.world_size)
        if save or evaluate:
            self._check_weights(pl_module, step)
        if self.average is not None and (evaluate or self.average.due(step)):
            self.average.update(step)
        if evaluate:
            self._evaluate(trainer, pl_module, step)
        elif row:
            self._add_row(pl_module, step)
        if save or self.stopping.stop:
            self._save(trainer, pl_module, step)
        if save or evaluate:
            self._paused += time.monotonic() - paused
        trainer.should_stop = stop or self.stopping.stop
        if stop:  # and never back to False: the signal may have come just now
            self.interrupted = True
        self._tell(pl_module, step, trainer)

    def _look(self, step: int, world_size: int) -> None:
        """Takes in the figures that wait, ``step`` being the last they are of."""
        figures = torch.stack(self._waiting).tolist()
        self._waiting.clear()
        for number, (loss, plain, tokens) in enumerate(figures, step - len(figures) + 1):
            if not math.isfinite(loss):
                raise TrainingError(f"the loss of step {number} is not finite: {DIVERGED}")
            self.history.add_loss(plain)
            self._tokens += round(tokens * world_size)

    def _check_weights(self, module: TrainingModule, step: int) -> None:
        """Keeps spoiled weights from being saved; a finite loss does not prove them sound."""
        if not all(bool(weights.isfinite().all()) for weights in module.network.parameters()):
            raise TrainingError(f"the weights after step {step} are not finite: {DIVERGED}")

    def _checkpoint_due(self, step: int, *, evaluate: bool) -> bool:
        since = time.monotonic() - self._saved
        last = step == self.stream.total_steps
        return last or since >= self._save_every or (evaluate and since >= APART)

    def _evaluation_due(self, step: int) -> bool:
        """At the end of each part of an epoch, of which there are evaluations_per_epoch."""
        steps, parts = self.stream.steps_per_epoch, self.settings.evaluations_per_epoch
        within = (step - 1) % steps  # of the last step
        return within * parts // steps != (within + 1) * parts // steps

    def _evaluate(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        if not len(self.data.validation):
            self._keep_last(trainer, module, step)
            return
        gather = None if trainer.world_size == 1 else module.all_gather
        with self.average.in_place() if self.average is not None else nullcontext():
            found = validate(
                module.network,
                self.data.validation,
                self.data.validation_classes,
                weights=self.data.validation_weights,
                rank=trainer.global_rank,
                world_size=trainer.world_size,
                gather=gather,  # type: ignore[arg-type]
            )
            if not found.loss < float("inf"):
                raise TrainingError(f"the validation loss at step {step} is not finite: {DIVERGED}")
            row = self._add_row(module, step, found.loss, found.accuracy)
            better = self.stopping.improved(
                {
                    "accuracy": (found.accuracy, -found.loss),
                    "macro_f1": (found.macro_f1, -found.loss),
                    "loss": (-found.loss,),
                }[self.settings.keep]
            )
            if better and trainer.is_global_zero:
                self._take_best(module, step)
        if trainer.is_global_zero:
            self.reporter.evaluated(row, best=better)

    def _keep_last(self, trainer: Trainer, module: TrainingModule, step: int) -> None:
        """Keeps the weights as they are now; without a validation part nothing tells better."""
        row = self._add_row(module, step)
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
        self.best = {"row": len(self.history.rows) - 1, "file": best_file(step)}

    def _add_row(
        self,
        module: TrainingModule,
        step: int,
        loss: float | None = None,
        accuracy: float | None = None,
    ) -> MetricsRow:
        row = MetricsRow(
            step=step,
            epoch=step / self.stream.steps_per_epoch,
            train_loss=self.history.train_loss,
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=module.learning_rate(step - 1),
            seconds=self.seconds,
        )
        self.history.add(row)
        if self._board is not None:
            self._board.add(row)
        return row

    @property
    def seconds(self) -> float:
        """Seconds spent on the run, preparations included, over all sessions."""
        return self._seconds_before + time.monotonic() - self._began

    def _agreed(self, trainer: Trainer, wish: bool) -> bool:
        """Whether any process wishes it; all must stop after the same step."""
        if trainer.world_size == 1:
            return wish
        return trainer.strategy.reduce_boolean_decision(wish, all=False)

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
                    "history": self.history.state_dict(),
                    "stopping": self.stopping.state_dict(),
                    "best": self.best,
                    "seconds": self.seconds,
                }
            )
            self.folder.keep_best(None if self.best is None else self.best["file"])
            self.folder.write(METRICS, self.history.to_csv().encode())
        self._saved = time.monotonic()

    def _tell(self, module: TrainingModule, step: int, trainer: Trainer) -> None:
        if not trainer.is_global_zero:
            return
        evaluations = self.history.evaluations
        self.reporter.advance(
            Progress(
                step=step,
                total=self.stream.total_steps,
                epoch=step / self.stream.steps_per_epoch,
                epochs=self.settings.epochs,
                loss=self.history.train_loss,
                accuracy=evaluations[-1].validation_accuracy if evaluations else None,
                texts=self._texts,
                tokens=self._tokens,
                steps=step - module.first_step,
                seconds=time.monotonic() - self._started - self._paused,
            )
        )
