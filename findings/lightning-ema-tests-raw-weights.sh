#!/usr/bin/env bash
# lightning 2.6.6: with EMAWeightAveraging, fit() followed by test(ckpt_path="best") tests the raw weights
# of the checkpoint, not their moving average. A Trainer that did not fit tests the average of the same file.
#
# Why: loading a checkpoint after a fit puts the raw weights, kept for resuming, into the model.
# Validation swaps the average in; test and predict do not.
# Who is hurt: whoever trains with a moving average and reports the test score in the same run. The score
# and the predictions are of weights that nobody chose: validation ranked the average, and the file's
# state_dict, which one ships, is the average. No warning is shown.
# After the fit validate() is misled too: it scores the last average, whatever model it is handed.
# What to do: test and validate with a new Trainer, without the callback.
#
# Seen: training adds 1 to a weight at each of 12 steps. validate(ckpt_path="best") sees 5.82, as does
# test() of a new Trainer; test() and predict() of the one that fitted see 12. A model set to 77
# validates as 5.82.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numpy==2.4.6 torch==2.13.0 lightning==2.6.6
cd "$place"
"$place/venv/bin/python" - <<'PY'
import logging
import warnings

import torch

warnings.simplefilter("ignore")
import lightning as L
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
rows = torch.utils.data.DataLoader(torch.zeros(4, 1))


class Model(L.LightningModule):
    """A weight that grows by 1 a step: whatever reads it tells which weights are in use."""

    def __init__(self, weight=0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)

    def training_step(self, batch, index):
        return -self.weight

    def validation_step(self, batch, index):
        self.log("weight", self.weight.item())

    test_step = validation_step

    def predict_step(self, batch, index):
        return self.weight.item()


def trainer(*callbacks):
    average = EMAWeightAveraging(decay=0.9)
    return L.Trainer(
        max_epochs=3,
        accelerator="cpu",
        callbacks=[average, *callbacks],
        logger=False,
        enable_checkpointing=bool(callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
    )


best = ModelCheckpoint("saved", monitor="weight", mode="max")
fitted = trainer(best)
fitted.fit(Model(), rows, rows)
saved = torch.load(best.best_model_path, weights_only=False)["state_dict"]["weight"].item()


def test(used, path):
    return used.test(Model(), rows, ckpt_path=path, verbose=False)[0]["weight"]


seen = {
    "in the file": saved,
    "validated": fitted.validate(Model(), rows, ckpt_path="best", verbose=False)[0]["weight"],
    "tested by a new Trainer": test(trainer(), best.best_model_path),
    "tested": test(fitted, "best"),
    "predicted": fitted.predict(Model(), rows, ckpt_path="best")[0],
    "validated, of a model set to 77": fitted.validate(Model(77.0), rows, verbose=False)[0]["weight"],
}
print({name: round(value, 2) for name, value in seen.items()})
average = 0.0
for step in range(1, 13):
    average = step if step == 1 else 0.9 * average + 0.1 * step
for name in ("in the file", "validated", "tested by a new Trainer"):
    assert abs(seen[name] - average) < 1e-4, name
assert seen["tested"] == seen["predicted"] == 12.0, "test() after fit() takes the average now"
assert abs(seen["validated, of a model set to 77"] - average) < 1e-4, "validate() takes its model now"
PY
