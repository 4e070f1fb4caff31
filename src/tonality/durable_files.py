"""Files on disk, carefully: read a regular file, put a file or a whole folder in place in one step.

Either is written under a temporary name beside its place, synced, then swapped in. Linux swaps
two folders in one system call; elsewhere the old folder is first renamed away, so for a moment
there is none; the next writer mends that if this one dies just then.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from tonality.errors import ArtifactError
from tonality.file_lock import lock, unlock

# Names beside the file or folder NAME: .NAME.tonality-new-TOKEN while it is written, and
# .NAME.tonality-old-TOKEN for what it replaced where the system cannot swap.
_NEW, _OLD = "tonality-new", "tonality-old"

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


def check_writable(folder: Path) -> None:
    """Checks that a folder can be written into, or made; leaves nothing behind.

    Raises:
        OSError: it cannot.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    with tempfile.TemporaryDirectory(prefix=".tonality-trial-", dir=there):
        pass


def resolved(path: Path) -> Path:
    """The absolute path, links followed. A loop of links stays: who reads it says what is wrong."""
    return Path(os.path.realpath(path))  # Path.resolve raises a RuntimeError there


def open_regular(path: Path) -> io.BufferedReader:
    """Opens a regular file, or a link to one. What is none is refused before it is opened.

    A pipe or a device may keep its reader waiting for ever, or never end.

    Raises:
        OSError: there is no such file, it is none, or the system cannot read it.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"expected a regular file, found {_kind(mode)}", str(path))
    return os.fdopen(os.open(path, _flags()), "rb")


def read_regular(path: Path) -> bytes:
    """The content of a regular file, or of a link to one.

    Raises:
        OSError: as for :func:`open_regular`.
    """
    with open_regular(path) as file:
        return file.read()


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _flags(*more: str) -> int:
    """Of the system's ``open``: a pipe that has taken the file's place must not block it."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", *more):
        flags |= getattr(os, name, 0)
    return flags


def read_file(path: Path, *, limit: int) -> bytes:
    """Read a regular file of at most ``limit`` bytes; nothing is read of a larger one.

    Raises:
        ArtifactError: no such file, not a regular file (a symbolic link is none), too large, or
            the system cannot read it.
    """
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise ArtifactError("is a symbolic link; a model folder holds regular files", path=path)
        if not stat.S_ISREG(mode):  # opening a device may do something
            raise ArtifactError("is not a regular file", path=path)
        # Links and pipes may come after the look.
        with os.fdopen(os.open(path, _flags("O_NOFOLLOW")), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ArtifactError("is not a regular file", path=path)
            if status.st_size > limit:
                raise ArtifactError(
                    f"has {status.st_size:,} bytes; {limit:,} are the most it may have", path=path
                )
            data = file.read(status.st_size + 1)
    except FileNotFoundError:
        raise ArtifactError("is missing", path=path) from None
    except OSError as error:
        raise ArtifactError(f"cannot be read: {error.strerror}", path=path) from error
    if len(data) != status.st_size:
        raise ArtifactError("changed while it was read", path=path)
    return data


def identity(folder: Path) -> tuple[int, ...] | None:
    """What tells a folder from another put in its place; None where there is no folder."""
    try:
        status = folder.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


def replaced(folder: Path) -> Path | None:
    """The old folder that a writer which died, or is at work, has renamed away."""
    try:
        target = resolved(folder)
    except ValueError:  # a NUL
        return None
    return min(_siblings(target, _OLD), default=None)


def put_file(path: Path, content: bytes | Callable[[BinaryIO], None]) -> None:
    """Puts a file in place, whole or not at all; also where others write the same one.

    Args:
        path: where to; parent folders are made.
        content: the bytes, or what writes them to an open file.

    Raises:
        OSError: the system cannot write; the file that was there stays.
    """
    staging = path.with_name(f".{path.name}.{_NEW}-{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path.parent) as alone:
        for left in path.parent.glob(f".*.{_NEW}-*") if alone else ():
            if left.is_file():  # of a writer that was killed
                left.unlink(missing_ok=True)
        try:
            with staging.open("xb") as file:
                if callable(content):
                    _have_written(content, file)
                else:
                    file.write(content)
                file.flush()
                os.fsync(file.fileno())
            staging.replace(path)
        finally:
            staging.unlink(missing_ok=True)
    sync_folder(path.parent)


class _Sink:
    """A file to write to that remembers why the system could not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        """Does nothing: who opened the file does it."""


def _have_written(content: Callable[[BinaryIO], None], file: BinaryIO) -> None:
    """Has something written to a file.

    Raises:
        OSError: the system cannot write; torch would say where in its code, numpy how many items.
    """
    sink = _Sink(file)
    try:
        content(cast(BinaryIO, sink))
    except Exception as fault:
        if sink.fault is None or sink.fault is fault:
            raise
        raise sink.fault from fault


def publish(files: Mapping[str, bytes], folder: Path, *, overwrite: bool) -> None:
    """Put ``folder`` in place, holding exactly ``files``, whole or not at all.

    Args:
        files: file name -> content.
        folder: where to; parent folders are made. A link to a folder is followed.
        overwrite: whether a folder that is there, and holds no files but such, is replaced.

    Raises:
        ArtifactError: the folder exists and may not be replaced, or the system cannot write;
            nothing is left behind then.
    """
    try:
        target = resolved(folder)
        staging = target.with_name(f".{target.name}.{_NEW}-{secrets.token_hex(4)}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(target.parent) as alone:
            if alone:
                _settle(target)
            _check_place(target, files, overwrite=overwrite)
            try:
                _fill(staging, files)
                _put(staging, target)
            finally:
                # The unfinished folder after a fault, the old one after a swap.
                shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"cannot be written: {error.strerror or error}", path=folder) from error
    except ValueError as error:  # an empty name (the root), a NUL
        raise ArtifactError(f"cannot be a model folder: {error}", path=folder) from error


def _settle(target: Path) -> None:
    """Clear what writers that died left beside ``target``; restore it if it is missing.

    Only for the sole writer in the parent folder: it would take another's work for a leftover.
    """
    for old in sorted(_siblings(target, _OLD)):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)
    for new in _siblings(target, _NEW):
        shutil.rmtree(new, ignore_errors=True)


def _siblings(target: Path, mark: str) -> list[Path]:
    prefix = f".{target.name}.{mark}-"
    try:
        return [path for path in target.parent.iterdir() if path.name.startswith(prefix)]
    except OSError:
        return []


@contextlib.contextmanager
def _alone_in(parent: Path) -> Iterator[bool]:
    """Hold off other writers in ``parent``; gives False where the system cannot."""
    if sys.platform == "win32":  # which opens no folder
        yield False
        return
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        yield lock(descriptor, wait=True)
    finally:
        unlock(descriptor)
        os.close(descriptor)


def _check_place(target: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise ArtifactError("exists and is not a folder", path=target)
    if not overwrite:
        raise ArtifactError("exists already; choose another folder or overwrite it", path=target)
    others = sorted({path.name for path in target.iterdir()} - files.keys())
    if others:
        raise ArtifactError(
            f"holds {others[0]!r}, which is no part of a model, so it is not replaced", path=target
        )


def _fill(staging: Path, files: Mapping[str, bytes]) -> None:
    staging.mkdir()
    for name, data in files.items():
        with (staging / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    sync_folder(staging)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system knows how."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put(staging: Path, target: Path) -> None:
    """Rename ``staging`` to ``target``; what was there may end up under the other's name."""
    if not target.exists():
        staging.rename(target)
    elif not _exchange(staging, target):
        old = target.with_name(staging.name.replace(_NEW, _OLD))
        target.rename(old)
        try:
            staging.rename(target)
        except BaseException:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (renameat2); False where the system has no such call."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, AttributeError):  # a C library without it
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):  # the kernel or the file system
        return False
    raise OSError(code, os.strerror(code))
