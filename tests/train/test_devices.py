"""Two processes of one command do what one does: the same batches, loss curve and model."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_up_reviews import TINY, make_dataset, make_table
from numpy.typing import NDArray
from torch import Tensor

from tonality.network.config import NetworkConfig
from tonality.text.encoder import Encoded
from tonality.train import train
from tonality.train.loop.together import Together, _interleaved
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.objectives.losses import Objective, classification_loss
from tonality.train.prepare.batches import BatchStream, Share, TrainingTexts, UnlabelledBatches
from tonality.train.settings.objective_sections import DistillationSettings, UnlabelledSettings

# Without dropout and drawn negatives, whose noise each process draws for itself. 100 reviews less
# those held out make a last batch that two processes cannot halve.
QUIET = [
    "training.epochs=4", "training.class_weights=balanced", "training.batch_size=7",
    *(f"dropout.{name}=0" for name in vars(TINY.dropout)),
]  # fmt: skip
LANGUAGE = [
    "pretraining.epochs=3", "pretraining.dropout=0", "pretraining.negatives=0",
    "pretraining.streams=5", "pretraining.steps=6", "network.embedding_size=8",
    "network.hidden_size=8", "vocabulary.min_count=1",
]  # fmt: skip

# Starting PyTorch in so many processes takes two minutes.
takes_long = pytest.mark.skipif(
    not os.environ.get("TEST_DEVICES"), reason="takes long; make test-engines runs it"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "reviews.csv"
    table = make_table(100, seed=2)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "movie"])
        writer.writerows(zip(table.texts, table.labels or (), table.groups or (), strict=True))
    return path


def begin(words: list[str], settings: list[str]) -> subprocess.Popen[str]:
    """A command, begun."""
    sets = [word for setting in settings for word in ("--set", setting)]
    hidden = ("LOCAL_RANK", "RANK", "WORLD_SIZE")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["OMP_NUM_THREADS"] = "1"
    return subprocess.Popen(
        [sys.executable, "-m", "tonality", *words, *sets], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def kill(process: subprocess.Popen[str]) -> None:
    """Kills a command and what it started, without a warning; those outlive it otherwise."""
    family = [*psutil.Process(process.pid).children(recursive=True), process]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.communicate(timeout=60)


def both(command: list[str], settings: list[str], place: Path) -> tuple[Path, Path]:
    """The folders of a command by one process and by two."""
    one, two = place / "one", place / "two"
    processes = [
        begin([*command, "-o", str(one)], settings),
        begin([*command, "-o", str(two), "--devices", "2"], settings),
    ]
    for process, folder in zip(processes, (one, two), strict=True):
        out, error = process.communicate(timeout=200)
        assert process.returncode == 0, error
        assert out.splitlines() == [str(folder / "model")], "one process speaks"
    return one, two


def stopped_and_resumed(command: list[str], settings: list[str], place: Path) -> Path:
    """The folder of a command by two processes, killed at a checkpoint and gone on with."""
    stopped = place / "stopped"
    words = [*command, "-o", str(stopped), "--devices", "2"]
    process = begin([*words, "--checkpoint-minutes", "0"], settings)
    while not (stopped / "checkpoint.pt").exists() and process.poll() is None:
        time.sleep(0.02)
    kill(process)
    assert not (stopped / "model").exists(), "the kill came too late"
    again = begin([*words, "--resume"], settings)
    _, error = again.communicate(timeout=200)
    assert again.returncode == 0, error
    return stopped


def losses(run: Path) -> NDArray[np.float64]:
    """The loss curve of a run."""
    with (run / "metrics.csv").open() as file:
        return np.array([float(row["train_loss"]) for row in csv.DictReader(file)])


def probabilities(run: Path) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.loadtxt(
        run / "validation.csv", delimiter=",", skiprows=1, usecols=(3, 4)
    )
    return found


def two_do_what_one_does(command: list[str], settings: list[str], place: Path) -> None:
    """Checks the loss curve and the answers of two processes, left alone and killed on the way."""
    one, two = both(command, settings, place)
    for run in (two, stopped_and_resumed(command, settings, place)):
        np.testing.assert_allclose(losses(run), losses(one), rtol=1e-3)
        np.testing.assert_allclose(probabilities(run), probabilities(one), atol=2e-3)


@takes_long
def test_train_on_two_devices_and_resumed(data: Path, recipe: Path, tmp_path: Path) -> None:
    command = ["train", "--data", str(data), "--recipe", str(recipe)]
    two_do_what_one_does(command, QUIET, tmp_path)


@takes_long
def test_distill_on_two_devices_and_resumed(data: Path, recipe: Path, tmp_path: Path) -> None:
    teacher = train(make_dataset(60), TINY, tmp_path / "teacher", accelerator="cpu", devices=1)
    command = ["distill", "--data", str(data), "--recipe", str(recipe), "--teacher", str(teacher)]
    quiet = [setting for setting in QUIET if "class_weights" not in setting]
    two_do_what_one_does(command, quiet, tmp_path)


@takes_long
def test_pretrain_on_two_devices_and_resumed(data: Path, tmp_path: Path) -> None:
    command = ["pretrain", "--data", str(data)]
    one, two = both(command, LANGUAGE, tmp_path)
    np.testing.assert_allclose(losses(two), losses(one), rtol=1e-3)
    stopped = stopped_and_resumed(command, LANGUAGE, tmp_path)
    np.testing.assert_allclose(losses(stopped), losses(one), rtol=1e-3)


def texts(rows: int, seed: int) -> Encoded:
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 9, rows))]).astype(np.int64)
    ids = rng.integers(2, 12, offsets[-1]).astype(np.int32)
    return Encoded(ids, None, offsets, np.zeros(rows, np.int64))


OBJECTIVES = [
    Objective(),
    Objective(class_weights=torch.tensor([0.2, 1.8])),
    Objective(class_weights=torch.tensor([0.2, 1.8]), targets=torch.eye(2), label_smoothing=0.1),
    Objective(adversarial=0.5, class_weights=torch.tensor([0.2, 1.8])),
    Objective(unlabelled=UnlabelledSettings(entropy=0.5, batch_size=5)),
    Objective(distillation=DistillationSettings(temperature=2.0, hard_weight=0.3)),
]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=range(len(OBJECTIVES)))
@pytest.mark.parametrize("processes", [2, 3, 5])
def test_the_mean_of_the_processes_gradients_is_the_batchs(
    objective: Objective, processes: int
) -> None:
    rows, soft = 13, None
    if objective.distillation is not None:
        soft = np.random.default_rng(1).dirichlet([1, 1], rows).astype(np.float32)
    beside = UnlabelledBatches(texts(8, 3), batch_size=3, seed=0)
    learnt = TrainingTexts(
        texts(rows, 2), np.arange(rows) % 3 % 2, soft=soft,
        beside=beside if objective.unlabelled.entropy else None,
    )  # fmt: skip

    def gradients(share: Share) -> list[Tensor]:
        found: list[Tensor] = []
        stream = BatchStream(learnt, batch_size=4, seed=0, epochs=1)
        stream.share = share
        for batch in stream:
            network = tiny_network()
            loss, _ = classification_loss(network, batch, objective)
            loss.backward()  # type: ignore[no-untyped-call]
            found += [torch.zeros(1) if p.grad is None else p.grad for p in network.parameters()]
        return found

    each = [gradients(Share(rank, processes)) for rank in range(processes)]
    for whole, *parts in zip(gradients(Share()), *each, strict=True):
        torch.testing.assert_close(torch.stack(parts).mean(0), whole, rtol=1e-3, atol=1e-6)


def tiny_network() -> LSTMNetwork:
    torch.manual_seed(0)
    return LSTMNetwork(NetworkConfig(12, embedding_size=4, hidden_size=3, pooling="mean"))


@given(st.integers(1, 60), st.integers(1, 9))
def test_no_row_goes_to_two_processes(rows: int, processes: int) -> None:
    parts = [Share(rank, processes).disjoint(np.arange(rows)) for rank in range(processes)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))


@given(st.integers(1, 7), st.integers(1, 4))
def test_states_of_streams_come_together_as_they_were(streams: int, processes: int) -> None:
    whole = [(torch.randn(1, streams, 2), torch.randn(1, streams, 2)) for _ in range(2)]
    together = Together()
    parts = []
    for rank in range(min(processes, streams)):
        together.share = Share(rank, min(processes, streams))
        parts.append(together.own(whole))
    found = _interleaved(list(parts))
    assert found is not None
    for one, other in zip(found, whole, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
