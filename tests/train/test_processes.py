"""Training in several processes, as on several GPUs, here on a CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from made_up_reviews import TINY, make_dataset
from numpy.typing import NDArray

from tonality.artifact.model_folder import read
from tonality.train import train

# Without dropout, whose noise each process draws for itself, two must do what one does.
RECIPE = TINY.with_settings(
    [
        "training.epochs=2",
        "training.adversarial=0.3",
        "unlabelled.entropy=0.5",
        "unlabelled.batch_size=8",
        "optimiser.unfreeze_every=0.5",
        "optimiser.layer_decay=1.5",
        *(f"dropout.{name}=0" for name in vars(TINY.dropout)),
    ]
)
PROGRAM = """
import sys
from made_up_reviews import make_dataset
from tonality.train import Recipe, train

dataset, recipe = make_dataset(unlabelled=60), Recipe.load(sys.argv[1])
train(dataset, recipe, sys.argv[2], accelerator="cpu", devices=2)
"""


def test_two_processes_train_the_model_that_one_does(tmp_path: Path) -> None:
    program, recipe = tmp_path / "program.py", tmp_path / "tiny.toml"
    one, two = tmp_path / "one", tmp_path / "two"
    recipe.write_text(RECIPE.to_toml())
    program.write_text(PROGRAM)  # the second process is started by running it again
    environment = {
        **{key: value for key, value in os.environ.items() if key != "LOCAL_RANK"},
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    done = subprocess.run(
        [sys.executable, str(program), str(recipe), str(two)],
        capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    train(make_dataset(unlabelled=60), RECIPE, one, accelerator="cpu", devices=1)
    np.testing.assert_allclose(probabilities(two), probabilities(one), atol=1e-3)
    assert len(list(two.glob("best-*"))) == 1
    assert read(two / "model").provenance["rows"] == read(one / "model").provenance["rows"]


def probabilities(folder: Path) -> NDArray[np.float64]:
    """What a run's model says of its validation part (M, C)."""
    table: NDArray[np.float64] = np.loadtxt(
        folder / "validation.csv", delimiter=",", skiprows=1, usecols=(3, 4)
    )
    return table
