"""The folder of a run: what a run leaves there, and how it goes on from it.

Every file appears whole or not at all, also when the process is killed or the machine loses
power while it is written: it is written beside its place, synced, and renamed. One run at a time
has the folder: it holds a lock file there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from tonality import plain_json
from tonality.artifact.weights import pack
from tonality.durable_files import check_writable, open_regular, put_file, read_regular
from tonality.errors import ConfigError, TrainingError
from tonality.file_lock import BUSY, only_one
from tonality.text.tokenizer import BEFORE
from tonality.train.settings.plan import MODEL, PLAN
from tonality.train.settings.recipe import Recipe

FORMAT = 1

RUN, RECIPE = "run.json", "recipe.toml"
CHECKPOINT, VECTORS, METRICS = "checkpoint.pt", "vectors.npy", "metrics.csv"
VALIDATION = "validation.csv"  # what the model says of the rows that were held out
BOARD = "tensorboard"
# Of an adaptation: the run of its own that it began with, and what was asked for.
LANGUAGE_MODEL_FOLDER, ADAPTATION = "language-model", "adapt.json"
LOCK = ".tonality-lock"
ANSWERS = "answers-"  # of teachers; the rest of the name tells which

_BEST = re.compile(r"best-[0-9]+\.safetensors")
_ANSWERS = re.compile(rf"{ANSWERS}[0-9a-f]{{16}}\.npy")

Floats = NDArray[np.float32]


class RunFolder:
    """The folder of one run; use it as a context manager, at whose end other runs can have it.

    Args:
        path: the folder; need not exist yet.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._made: list[Path] | None = None  # the folders that begin made, innermost first
        self._held = False
        self._lock = contextlib.ExitStack()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self._let_go()

    @property
    def model(self) -> Path:
        """Where the trained model goes."""
        return self.path / MODEL

    def check_free(self) -> None:
        """Checks that a new run can have the folder: it is absent or empty, and can be written.

        There may be the answers of teachers, which a run that failed left to the next one.

        Raises:
            TrainingError: it holds a run already, or files of another kind; it cannot be written.
        """
        self.check_writable()
        if any((self.path / name).exists() for name in (RUN, PLAN)):
            raise TrainingError(
                f"{self.path} holds a run already: go on with it with --resume, or choose "
                "another folder"
            )
        try:
            found = {path.name for path in self.path.iterdir()}
            found -= {LANGUAGE_MODEL_FOLDER, ADAPTATION, LOCK}
            names = sorted(name for name in found if not _ANSWERS.fullmatch(name))
        except FileNotFoundError:
            return
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault
        if names:
            raise TrainingError(
                f"{self.path} holds {names[0]!r}, which is no part of a run; a run wants a folder "
                "of its own: choose another"
            )

    def check_writable(self) -> None:
        """Checks that files can be put into the folder.

        Raises:
            TrainingError: they cannot.
        """
        try:
            check_writable(self.path)
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault

    def hold(self) -> None:
        """Keeps other runs out of the folder, which is made, until this one ends.

        Raises:
            TrainingError: another run has it, or it cannot be written.
        """
        if self._held:
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            busy = TrainingError(f"{self.path}: {BUSY}")
            self._lock.enter_context(only_one(self.path / LOCK, busy))
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault
        self._held = True

    def _let_go(self) -> None:
        self._lock.close()
        self._held = False

    def begin(self, identity: Mapping[str, Any], recipe: str) -> None:
        """Takes the folder for a new run.

        Args:
            identity: what decides the run's result: settings and data; plain JSON.
            recipe: the recipe as TOML.

        Raises:
            TrainingError: the folder is not free, another run has it, or it cannot be written.
        """
        self.check_free()
        made = [path for path in (self.path, *self.path.parents) if not path.exists()]
        self.hold()
        self.check_free()  # again: now no other run can change it
        self._made = made
        try:
            self.write(RECIPE, recipe.encode())
            self.write(RUN, _json({"format": FORMAT, **identity}))
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> bool:
        """Undoes :meth:`begin` where a run failed before there was anything to resume.

        Does nothing once there is a checkpoint, nor to a run that was begun by another process.

        Returns:
            Whether the folder stays, free for a new run, for it has answers of teachers, which may
            have taken hours.
        """
        if self._made is None or (self.path / CHECKPOINT).exists():
            return False
        shutil.rmtree(self.path / BOARD, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.keep_best(None)
            for name in (RUN, RECIPE, VECTORS, METRICS):
                (self.path / name).unlink(missing_ok=True)
        answers = any(self.path.glob(f"{ANSWERS}*.npy"))
        self._let_go()
        for folder in self._made:  # from the innermost
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()
        return answers

    def abandon_if_nothing_is_begun(self, name: str) -> None:
        """Removes a file that says what was asked for, where it is all that there is."""
        if {path.name for path in self.path.iterdir()} <= {name, LOCK}:
            (self.path / name).unlink(missing_ok=True)
            self._let_go()
            with contextlib.suppress(OSError):
                self.path.rmdir()

    def check_begun(self) -> None:
        """Checks that there is a run to go on with.

        Raises:
            TrainingError: there is none.
        """
        if not (self.path / RUN).exists():
            raise TrainingError(
                f"there is no run in {self.path} to resume; start one without --resume"
            )

    def reopen(self, identity: Mapping[str, Any]) -> None:
        """Takes the folder to go on with its run, which is unfinished and the same.

        Args:
            identity: as given to :meth:`begin`; what it leaves out is not compared.

        Raises:
            TrainingError: there is nothing to resume, or another run has the folder.
            ConfigError: the run has other settings or data; says which.
        """
        self.check_begun()
        try:
            held = json.loads(read_regular(self.path / RUN))
        except (OSError, ValueError) as fault:
            raise TrainingError(f"{self.path / RUN} cannot be read: {fault}") from fault
        if self.model.exists():
            raise TrainingError(
                f"the run in {self.path} is finished, its model is in {self.model}: there is "
                "nothing to resume"
            )
        asked = json.loads(_json({"format": FORMAT, **identity}))
        if "settings" in asked:
            held["settings"] = _filled(held.get("settings", {}))
        differences = list(_differences({key: held.get(key) for key in asked}, asked))
        if differences:
            raise ConfigError(
                f"the run in {self.path} cannot go on with other settings or data: "
                f"{'; '.join(differences[:5])}. Resume it as it was, or start anew in another "
                "folder"
            )
        self.hold()

    def write(self, name: str, content: bytes | Callable[[BinaryIO], None]) -> None:
        """Puts a file in place, whole or not at all.

        Args:
            name: its name in the folder.
            content: the bytes, or what writes them to an open file.

        Raises:
            TrainingError: the system cannot write; the file that was there stays.
        """
        path = self.path / name
        try:
            put_file(path, content)
        except OSError as fault:
            raise _unwritable(path, fault) from fault

    def save_checkpoint(self, state: Mapping[str, Any]) -> None:
        """Replaces the checkpoint."""
        import torch  # late: the command looks into the folder before it loads torch

        self.write(CHECKPOINT, lambda file: torch.save({"format": FORMAT, **state}, file))

    def load_checkpoint(self) -> dict[str, Any] | None:
        """The checkpoint, on the CPU; None if the run was stopped before its first.

        Raises:
            TrainingError: it cannot be read.
        """
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        import torch

        try:
            # weights_only: tensors and plain values, no code.
            with open_regular(path) as file:
                state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
            if state["format"] != FORMAT:
                raise ValueError(f"format {state['format']}")
        except Exception as fault:  # torch raises whatever the damage brings about
            raise TrainingError(f"{path} is damaged or of another version: {fault}") from fault
        return state

    def save_best(self, step: int, tensors: Mapping[str, Floats]) -> None:
        """Saves the weights of the best evaluation, to :func:`best_file`."""
        self.write(best_file(step), pack(tensors))

    def load_best(self, name: str) -> dict[str, Floats]:
        """The weights that :meth:`save_best` saved under a name.

        Raises:
            TrainingError: they cannot be read.
        """
        try:
            return safetensors.numpy.load(read_regular(self.path / name))
        except (OSError, safetensors.SafetensorError) as fault:
            raise TrainingError(f"{self.path / name} cannot be read: {fault}") from fault

    def keep_best(self, name: str | None) -> None:
        """Removes the weights of earlier bests, once a checkpoint names the new one."""
        for path in self.path.iterdir():
            if _BEST.fullmatch(path.name) and path.name != name:
                path.unlink(missing_ok=True)

    def save_floats(self, floats: Floats, name: str = VECTORS) -> None:
        """Saves word vectors or answers, so that a run that goes on has the same."""
        self.write(name, lambda file: np.save(file, floats, allow_pickle=False))

    def load_floats(self, columns: int, name: str = VECTORS) -> Floats:
        """What was saved under a name (N, ``columns``); no rows where there is none such."""
        try:
            with open_regular(self.path / name) as file:
                found: Floats = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            found = np.empty(0, dtype=np.float32)
        if found.ndim == 2 and found.shape[1] == columns and found.dtype == np.float32:
            return found
        return np.empty((0, columns), dtype=np.float32)


def _unwritable(path: Path, fault: OSError) -> TrainingError:
    return TrainingError(f"{path} cannot be written: {fault.strerror or fault}")


def best_file(step: int) -> str:
    """The name of the file of the best weights, where they are a step's."""
    return f"best-{step}.safetensors"


def asked_recipe(output: str | os.PathLike[str]) -> Recipe | None:
    """The recipe that an adaptation in a folder was begun with; None where there is none."""
    try:
        held = json.loads(read_regular(Path(output) / ADAPTATION))
        recipe = Recipe.from_dict(held["recipe"])
        return dataclasses.replace(recipe, named=frozenset(held.get("named", ())))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _json(value: Mapping[str, Any]) -> bytes:
    return (plain_json.dumps(value, indent=2) + "\n").encode()


def _filled(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A run's settings as this version has them: new ones at what they would have been."""
    defaults = Recipe().settings()
    defaults["text"] |= BEFORE
    held = {key: {**defaults[key], **settings.get(key, {})} for key in defaults}
    return {**settings, **held}


def _differences(held: Any, asked: Any, name: str = "") -> list[str]:
    if isinstance(held, dict) and isinstance(asked, dict):
        return [
            difference
            for key in sorted(held.keys() | asked.keys())
            for difference in _differences(
                held.get(key), asked.get(key), f"{name}.{key}" if name else key
            )
        ]
    return [] if held == asked else [f"{name} was {held!r} and is {asked!r}"]
