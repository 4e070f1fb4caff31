"""A pipe or a device where a file belongs is refused at once, not read for ever."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from reading_model import make_artifact
from tonality import load
from tonality.artifact.config_json import folder_sha256
from tonality.artifact.model_folder import read, write
from tonality.check.suite import read_suite
from tonality.data import load_dataset
from tonality.data.imdb.stanford import load_stanford
from tonality.durable_files import open_regular, read_regular
from tonality.errors import ArtifactError, TonalityError, TrainingError
from tonality.tables.bad_rows import BadRows
from tonality.tables.column_names import Wanted
from tonality.text.dropped_words import stop_words
from tonality.text.tokenizer import TextConfig
from tonality.train.networks.language_model_folder import (
    is_language_model,
    read_language_model,
)
from tonality.train.prepare.vector_file import read_vectors
from tonality.train.records.run_folder import RunFolder, asked_recipe
from tonality.train.settings.plan import Plan
from tonality.train.settings.recipe import Recipe

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
FILES = ["config.json", "vocabulary.json", "weights.safetensors", "README.md"]
SECONDS = 60  # nothing here takes one; what hangs ends


@pytest.fixture(autouse=True)
def _nothing_hangs() -> Iterator[None]:
    def hung(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's whole path may be short only
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


KINDS = pytest.mark.parametrize("make", [pipe, device, unix_socket])


@contextmanager
def replaced(folder: Path, name: str, make: Callable[[Path], None]) -> Iterator[None]:
    path = folder / name
    kept = path.read_bytes()
    path.unlink()
    make(path)
    yield
    path.unlink()
    path.write_bytes(kept)


@KINDS
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_model_folder(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    folder = write(make_artifact(), tmp_path / "model")
    with replaced(folder, name, make):
        for reader in (load, read, read_language_model):
            with pytest.raises(ArtifactError):
                reader(folder)
        assert not is_language_model(folder)
        if name == "config.json":
            with pytest.raises(ArtifactError):
                folder_sha256(folder)


@KINDS
def test_a_user_s_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    readers: dict[str, Callable[[Path], object]] = {
        "words.txt": lambda path: stop_words(TextConfig(stop_words=str(path))),
        "recipe.toml": Recipe.load,
        "suite.toml": read_suite,
        "vectors.vec": lambda path: read_vectors(path, ["good"]),
        "table.csv": load_dataset,
        "table.zip": load_dataset,
        "table.csv.gz": load_dataset,
        "table.parquet": load_dataset,
        "aclImdb_v1.tar.gz": load_dataset,
    }
    for name, reader in readers.items():
        make(tmp_path / name)
        with pytest.raises(TonalityError, match="expected a regular file, found a"):
            reader(tmp_path / name)
    assert Plan.load(tmp_path / "recipe.toml") is None
    with pytest.raises(OSError, match="expected a regular file, found a"):
        open_regular(tmp_path / "words.txt")
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)


@KINDS
def test_a_review_of_the_stanford_folder(tmp_path: Path, make: Callable[[Path], None]) -> None:
    for kind in ("pos", "neg"):
        (tmp_path / "train" / kind).mkdir(parents=True)
    (tmp_path / "train" / "pos" / "0_9.txt").write_text("good")
    make(tmp_path / "train" / "neg" / "1_2.txt")
    with pytest.raises(TonalityError, match="expected a regular file"), BadRows() as collected:
        load_stanford(tmp_path, Wanted(), collected)


@KINDS
def test_a_file_of_a_run(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = RunFolder(tmp_path)
    for name in ("run.json", "adapt.json", "checkpoint.pt", "best-1.safetensors", "vectors.npy"):
        make(tmp_path / name)
    with pytest.raises(TrainingError, match="expected a regular file"):
        folder.reopen({})
    with pytest.raises(TrainingError, match="expected a regular file"):
        folder.load_best("best-1.safetensors")
    assert asked_recipe(tmp_path) is None
    assert not len(folder.load_floats(1))
    pytest.importorskip("torch")
    with pytest.raises(TrainingError, match="expected a regular file"):
        folder.load_checkpoint()


def test_links_to_files_are_files_outside_a_model_folder(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("the\n")
    (tmp_path / "link").symlink_to(tmp_path / "words")
    assert stop_words(TextConfig(stop_words=str(tmp_path / "link"))) == {"the"}
    shutil.copy(tmp_path / "words", tmp_path / "copy")
    assert read_regular(tmp_path / "copy") == b"the\n"
    np.save(tmp_path / "vectors.npy", np.ones((1, 2), dtype=np.float32))
    assert len(RunFolder(tmp_path).load_floats(2)) == 1
