"""Averages the last weights of a run with those of other models, for the run to end with them.

``python -m benchmarks.averaged_weights RUN MODEL=SHARE [MODEL=SHARE ...]`` prepares a finished run
of ``tonality distill --start-from START -o RUN``. Each model counts its share, and the run's last
weights count the rest. The same command of the run with ``--resume`` then measures the mean and
writes ``RUN/model`` anew. The models are stages of one training: START and those before it. What
goes on forgets a little of what it knew, and the mean keeps both (Wortsman et al., 2022, *Robust
fine-tuning of zero-shot models*, CVPR; *Model soups*, ICML).
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


def main(run: str, *others: str) -> None:
    """Puts the mean in the place of the best weights."""
    folder = Path(run)
    if not others or not all("=" in other for other in others):
        sys.exit("expected RUN MODEL=SHARE [MODEL=SHARE ...]")
    shares = [(model, float(share)) for model, _, share in (o.rpartition("=") for o in others)]
    state = torch.load(folder / CHECKPOINT, weights_only=False)
    last = state["average"]["average"]
    mean = {
        name: weights * (1 - sum(share for _, share in shares)) for name, weights in last.items()
    }
    for path, share in shares:
        model = artifact.read(path)
        network = LSTMNetwork(model.network)
        network.start_from(dequantise(model.tensors))
        for name, weights in network.state_dict().items():
            mean[name] += share * weights
    network.load_state_dict(mean)
    name = best_file(state["step"])
    safetensors.numpy.save_file(network.export(), folder / name)
    state["best"] = {"row": len(state["history"]["rows"]) - 1, "file": name}
    torch.save(state, folder / CHECKPOINT)
    shutil.rmtree(folder / MODEL)


if __name__ == "__main__":
    main(*sys.argv[1:])
