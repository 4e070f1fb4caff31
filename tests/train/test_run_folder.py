"""The folder of a run: who may write it, and what is told where nobody can."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightning.pytorch import Callback, LightningModule, Trainer
from made_up_reviews import TINY, make_dataset

from tonality.errors import TrainingError
from tonality.train import train
from tonality.train.records.run_folder import LOCK, RunFolder

BUSY = "another run is writing it; wait for it or stop it"


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Starts Python code, which has a ``folder`` and says a line when it is so far."""
    begun = f"""
import sys
from tonality.train.records.run_folder import RunFolder
folder = RunFolder(sys.argv[1])
{code}
"""
    return subprocess.Popen(
        [sys.executable, "-c", begun, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


class BeginsAnother(Callback):
    """Meanwhile starts a run, which must be refused, in the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refused = ""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        with pytest.raises(TrainingError) as caught:
            train(make_dataset(60), TINY, self.folder, resume=True)
        self.refused = str(caught.value)


def test_a_second_run_in_the_folder_is_refused_and_the_first_ends_well(tmp_path: Path) -> None:
    second = BeginsAnother(tmp_path / "run")
    model = train(make_dataset(60), TINY, second.folder, callbacks=[second])
    assert second.refused == f"{second.folder}: {BUSY}"
    assert model.is_dir()
    assert not (second.folder / LOCK).exists()


def test_a_run_that_is_killed_holds_nobody_up(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with child("folder.begin({}, ''); print(1, flush=True); input()", folder.path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(TrainingError, match=BUSY):
            folder.reopen({})
        process.kill()
    with folder:
        folder.reopen({})
        with pytest.raises(TrainingError, match=BUSY):
            RunFolder(folder.path).reopen({})
    assert sorted(path.name for path in folder.path.iterdir()) == ["recipe.toml", "run.json"]


def test_a_start_that_is_refused_leaves_the_other_run_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the folder free; one was first."""
    with RunFolder(tmp_path / "run") as first:
        first.begin({}, "")
        second = RunFolder(first.path)
        monkeypatch.setattr(second, "check_free", lambda: None)
        with pytest.raises(TrainingError, match=BUSY):
            second.begin({}, "")
        second.abandon()
        assert (first.path / "run.json").exists()


def test_runs_that_share_a_cache_write_the_same_file(tmp_path: Path) -> None:
    floats, faults = np.ones((50, 2), np.float32), list[BaseException]()

    def save() -> None:
        try:
            for _ in range(40):
                RunFolder(tmp_path).save_floats(floats, "vectors-abc.npy")
        except TrainingError as fault:
            faults.append(fault)

    with ExitStack() as ends:
        for thread in [threading.Thread(target=save) for _ in range(4)]:
            thread.start()
            ends.callback(thread.join)
    assert faults == []
    np.testing.assert_array_equal(RunFolder(tmp_path).load_floats(2, "vectors-abc.npy"), floats)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors-abc.npy"]


def test_what_a_kill_left_half_written_goes_with_the_next_file(tmp_path: Path) -> None:
    code = "folder.write('a', lambda file: (file.write(b'1'), print(1, flush=True), input()))"
    with child(code, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    (left,) = tmp_path.iterdir()
    assert left.name != "a"
    RunFolder(tmp_path).write("b", b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


_FULL = """
import resource, numpy as np, torch
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from tonality.errors import TrainingError
for save in (
    lambda: folder.save_checkpoint({"weights": torch.zeros(300_000)}),
    lambda: folder.save_floats(np.zeros((300_000, 2), np.float32)),
    lambda: folder.write("metrics.csv", b"1" * 300_000),
):
    try:
        save()
    except TrainingError as fault:
        print(fault)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no such limit")
def test_a_full_disk_is_told_with_the_file_and_the_reason(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.save_floats(np.ones((1, 2), np.float32))
    with child(_FULL, tmp_path) as process:
        said = process.communicate()[0].splitlines()
    assert said == [
        f"{tmp_path / name} cannot be written: File too large"
        for name in ("checkpoint.pt", "vectors.npy", "metrics.csv")
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]
    assert len(folder.load_floats(2)) == 1
