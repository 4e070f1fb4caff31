"""Training in several processes, as on several GPUs, here on a CPU."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from forked import Forked
from made_up_reviews import TINY, make_dataset
from numpy.typing import NDArray

from tonality.artifact.model_folder import read
from tonality.train import Recipe, train
from tonality.train.records.processes import leads, started_together

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
PLACES = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
PROGRAM = """
import sys
from made_up_reviews import make_dataset
from tonality.train import Recipe, train

dataset, recipe = make_dataset(unlabelled=60), Recipe.load(sys.argv[1])
train(dataset, recipe, sys.argv[2], accelerator="cpu", devices=2)
"""


def started_as_ray_train_does(recipe: Path, folder: Path) -> Path:
    """What two processes train that are told by the environment alone who they are."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    children = [Forked(train_as_one_of_two, rank, port, recipe, folder) for rank in ("0", "1")]
    try:
        for child in children:
            errors = child.communicate(timeout=300)[1]
            assert child.returncode == 0, errors
    finally:
        for child in children:
            child.kill()
    return folder


def train_as_one_of_two(rank: str, port: int, recipe: Path, folder: Path) -> None:
    os.environ |= {
        "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "NODE_RANK": "0", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port), "RANK": rank, "LOCAL_RANK": rank,
    }  # fmt: skip
    dataset = make_dataset(unlabelled=60)
    train(dataset, Recipe.load(recipe), folder, accelerator="cpu", devices=2)


@pytest.mark.parametrize(
    ("said", "together", "first"),
    [
        ({}, False, True),
        ({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"}, True, False),
        ({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "a", "LOCAL_RANK": "1"}, True, True),
        ({"WORLD_SIZE": "1", "RANK": "0", "MASTER_ADDR": "a"}, False, True),
        ({"RANK": "1"}, False, True),
        ({"WORLD_SIZE": "2", "MASTER_ADDR": "a", "LOCAL_RANK": "1"}, False, False),  # Lightning's
    ],
)
def test_sharing_and_leading_follow_one_rule(
    said: dict[str, str], together: bool, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORLD_SIZE", "RANK", "MASTER_ADDR", "NODE_RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert (started_together(), leads()) == (together, first)


def test_two_processes_train_the_model_that_one_does(tmp_path: Path) -> None:
    program, recipe = tmp_path / "program.py", tmp_path / "tiny.toml"
    one, two = tmp_path / "one", tmp_path / "two"
    recipe.write_text(RECIPE.to_toml())
    program.write_text(PROGRAM)  # the second process is started by running it again
    environment = {
        **{key: value for key, value in os.environ.items() if key != "LOCAL_RANK"},
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": PLACES,
    }
    done = subprocess.run(
        [sys.executable, str(program), str(recipe), str(two)],
        capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    train(make_dataset(unlabelled=60), RECIPE, one, accelerator="cpu", devices=1)
    together = started_as_ray_train_does(recipe, tmp_path / "ray")
    for other in (two, together):
        np.testing.assert_allclose(probabilities(other), probabilities(one), atol=1e-3)
    assert len(list(two.glob("best-*"))) == 1
    assert read(two / "model").provenance["rows"] == read(one / "model").provenance["rows"]


def probabilities(folder: Path) -> NDArray[np.float64]:
    """What a run's model says of its validation part (M, C)."""
    table: NDArray[np.float64] = np.loadtxt(
        folder / "validation.csv", delimiter=",", skiprows=1, usecols=(3, 4)
    )
    return table
