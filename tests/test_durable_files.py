"""Putting a model folder in its place: whole or not at all, whatever happens."""

from __future__ import annotations

import errno
import fcntl
import json
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from small_models import same, small_artifact
from tonality import durable_files
from tonality.artifact.model_folder import read, write
from tonality.data import load_dataset
from tonality.durable_files import resolved
from tonality.errors import ArtifactError, TonalityError
from tonality.model_names import model_path
from tonality.score.files.input_files import find_inputs

FILES = {"README.md", "config.json", "vocabulary.json", "weights.safetensors"}


# Where something is there already


def test_refuses_a_folder_that_exists(tmp_path: Path) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    with pytest.raises(ArtifactError, match="exists already"):
        write(small_artifact(1), folder)
    assert same(read(folder), small_artifact(0))


def test_overwrites_when_asked(tmp_path: Path) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    write(small_artifact(1), folder, overwrite=True)
    assert same(read(folder), small_artifact(1))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_overwrites_without_a_swap_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_files, "_exchange", lambda one, other: False)
    test_overwrites_when_asked(tmp_path)


def test_replaces_no_folder_with_other_files(tmp_path: Path) -> None:
    folder = write(small_artifact(), tmp_path / "model")
    (folder / "novel.txt").write_text("the only copy")
    with pytest.raises(ArtifactError, match=r"holds 'novel.txt'.*not replaced"):
        write(small_artifact(), folder, overwrite=True)
    assert (folder / "novel.txt").read_text() == "the only copy"
    assert same(read(folder), small_artifact())


def test_replaces_no_file(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file")
    with pytest.raises(ArtifactError, match="not a folder"):
        write(small_artifact(), tmp_path / "model", overwrite=True)


def test_makes_parents_and_follows_links(tmp_path: Path) -> None:
    folder = write(small_artifact(0), tmp_path / "deep" / "er" / "model")
    link = tmp_path / "link"
    link.symlink_to(folder)
    write(small_artifact(1), link, overwrite=True)
    assert link.is_symlink()
    assert same(read(link), small_artifact(1))


# Writing, where something goes wrong


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_no_debris(tmp_path: Path, overwrite: bool) -> None:
    folder = tmp_path / "model"
    if overwrite:
        write(small_artifact(0), folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ArtifactError, match="cannot be written: File too large"):
            write(small_artifact(1), folder, overwrite=overwrite)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == (["model"] if overwrite else [])
    if overwrite:
        assert same(read(folder), small_artifact(0))


@pytest.mark.parametrize("place", ["file/model", "/", "nul\0", "long" * 100])
def test_impossible_places(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(ArtifactError):
        write(small_artifact(), tmp_path / place)
    with pytest.raises(ArtifactError):
        read(tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failed_replacement_puts_the_old_model_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if "tonality-new" in self.name:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(durable_files, "_exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(ArtifactError, match="Permission denied"):
        write(small_artifact(1), folder, overwrite=True)
    assert same(read(folder), small_artifact(0))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_writes_where_folders_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (tmp_path / ".model.tonality-new-1").mkdir()
    folder = write(small_artifact(0), tmp_path / "model")
    write(small_artifact(1), folder, overwrite=True)
    assert same(read(folder), small_artifact(1))
    # It may be another's work.
    assert {path.name for path in tmp_path.iterdir()} == {"model", ".model.tonality-new-1"}


def test_writers_take_turns(tmp_path: Path) -> None:
    def write_often(seed: int) -> None:
        for _ in range(5):
            write(small_artifact(seed), tmp_path / "model", overwrite=True)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write_often, range(3)))
    assert read(tmp_path / "model").provenance["seed"] in range(3)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_swapping_says_what_the_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    assert not durable_files._exchange(inner.parent, inner)  # EINVAL: as on some file systems
    with pytest.raises(FileNotFoundError):
        durable_files._exchange(inner, tmp_path / "none")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not durable_files._exchange(inner, inner)


def test_clears_what_dead_writers_left(tmp_path: Path) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    for name in (".model.tonality-new-1", ".model.tonality-old-2", ".models.tonality-new-3"):
        (tmp_path / name).mkdir()
    write(small_artifact(1), folder, overwrite=True)
    assert {path.name for path in tmp_path.iterdir()} == {"model", ".models.tonality-new-3"}


def test_a_writer_that_died_between_two_renames(tmp_path: Path) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    folder.rename(tmp_path / ".model.tonality-old-1")
    with pytest.raises(ArtifactError, match=r"rename .model.tonality-old-1 to model"):
        read(folder)
    with pytest.raises(ArtifactError, match="exists already"):  # restored first
        write(small_artifact(1), folder)
    assert same(read(folder), small_artifact(0))


@pytest.mark.parametrize("way", [[], ["--no-swap"]])
def test_survives_kill_9(tmp_path: Path, way: list[str]) -> None:
    script = Path(__file__).parent / "kill_writers.py"
    command = [sys.executable, str(script), str(tmp_path / "model"), "15", *way]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    allowed = {"seed 0", "seed 1"} | ({"cut short"} if way else set())
    assert {"seed 0", "seed 1"} <= result["seen"].keys() <= allowed
    assert result["left"] == ["model"]
    assert set(result["files"]) == FILES


def test_a_reader_never_mixes_two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(small_artifact(0), tmp_path / "model")
    read_file, calls = durable_files.read_file, iter(range(100))

    def replaced_meanwhile(path: Path, *, limit: int) -> bytes:
        if next(calls) == 1:  # after config.json of the old model
            write(small_artifact(1), folder, overwrite=True)
        return read_file(path, limit=limit)

    monkeypatch.setattr(durable_files, "read_file", replaced_meanwhile)
    assert same(read(folder), small_artifact(1))


def test_a_file_that_grows_while_it_is_read() -> None:
    # Linux gives the size of such files as 0.
    with pytest.raises(ArtifactError, match="changed while it was read"):
        durable_files.read_file(Path("/proc/self/status"), limit=100)


def test_a_loop_of_links_is_told_by_whoever_reads_it(tmp_path: Path) -> None:
    loop, home = tmp_path / "loop", tmp_path / "home"
    loop.symlink_to(loop)
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    assert resolved(loop) == loop
    assert resolved(tmp_path / "link" / ".." / "home") == home.resolve()
    for read_it in (model_path, load_dataset, lambda path: find_inputs([path])):
        with pytest.raises(TonalityError, match="loop: "):
            read_it(str(loop))
