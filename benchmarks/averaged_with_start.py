"""Averages the last weights of a run with those it began with, for the run to end with them.

``python -m benchmarks.averaged_with_start RUN START [SHARE]`` prepares a finished run of ``tonality
distill --start-from START -o RUN``. The last weights count SHARE, half unless said. The same
command with ``--resume`` then measures the mean and writes ``RUN/model`` anew. What goes on forgets
a little of what it knew, and the mean keeps both (Wortsman et al., 2022, *Robust fine-tuning of
zero-shot models*, CVPR).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import safetensors.numpy
import torch

from tonality import artifact
from tonality.artifact.weights import dequantise
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.records.run_folder import CHECKPOINT, best_file
from tonality.train.settings.plan import MODEL


def main(run: str, start: str, share: str = "0.5") -> None:
    """Puts the mean in the place of the best weights."""
    folder, model = Path(run), artifact.read(start)
    state = torch.load(folder / CHECKPOINT, weights_only=False)
    network = LSTMNetwork(model.network)
    network.start_from(dequantise(model.tensors))
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    last = state["average"]["average"]
    network.load_state_dict({name: before[name].lerp(last[name], float(share)) for name in before})
    name = best_file(state["step"])
    safetensors.numpy.save_file(network.export(), folder / name)
    state["best"] = {"row": len(state["history"]["rows"]) - 1, "file": name}
    torch.save(state, folder / CHECKPOINT)
    shutil.rmtree(folder / MODEL)


if __name__ == "__main__":
    main(*sys.argv[1:])
