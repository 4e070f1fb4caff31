"""Fetching one file over HTTP: resumed where it was cut, checked, then put in place whole."""

from __future__ import annotations

import errno
import hashlib
import http.client
import logging
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tonality.durable_files import open_regular
from tonality.errors import ConfigError, DataError
from tonality.file_lock import only_one

logger = logging.getLogger(__name__)

CHUNK = 2**18  # bytes
TIMEOUT = 30.0  # seconds without a byte before a connection counts as cut
SPARE = 16 * 2**20  # bytes of disk left free beside the download
MAX_PAUSE = 30.0  # seconds
BUSY = "is being downloaded by another command; wait for it or stop it"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Remote:
    """A file on the network and what it must be.

    Attributes:
        url: ``http://`` or ``https://``.
        name: the file name to keep it under.
        size: its exact size in bytes.
        md5: its MD5 as 32 hexadecimal digits (a check against damage, not against forgery).
    """

    url: str
    name: str
    size: int
    md5: str


def check_url(url: str) -> None:
    """Checks that a URL names a file on a web server, before anything is sent.

    Raises:
        ConfigError: another scheme; no host or an impossible one; a port that is no number;
            spaces or letters beyond ASCII; a user's name or password.
    """
    if not url.casefold().startswith(("https://", "http://")):
        raise ConfigError(f"url {url!r}: expected http:// or https://")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError(f"url {url!r}: write spaces and letters beyond ASCII as %20 and the like")
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except UnicodeError as error:
        reason = "a part of the host's name is empty or has more than 63 letters"
        raise ConfigError(f"url {url!r}: {reason}") from error
    except ValueError as error:
        raise ConfigError(f"url {url!r}: {error}") from error
    if not host or port == 0:
        raise ConfigError(f"url {url!r}: expected https://HOST/FILE or https://HOST:PORT/FILE")
    if "@" in parts.netloc:
        raise ConfigError(f"url {parts.hostname!r}: give it without a user's name and password")


class _CutError(Exception):
    """The connection failed in a way that may pass."""


class _StaleError(Exception):
    """What is there cannot be continued: begin at the first byte."""


def fetch(
    remote: Remote,
    folder: Path,
    *,
    progress: Progress | None = None,
    attempts: int = 5,
    pause: float = 1.0,
) -> Path:
    """Downloads a file into ``folder``; a file that is there and correct is left as it is.

    What arrives goes to ``NAME.part``, which a later call continues; the file appears under its
    name only once size and checksum are right.

    Args:
        remote: the file to fetch.
        folder: where to put it; created if missing.
        progress: called with the bytes there so far and those expected.
        attempts: connections to try in a row that bring nothing.
        pause: seconds before the second attempt; doubles with each further one.

    Returns:
        The path of the complete file.

    Raises:
        ConfigError: a URL that names no file on a web server.
        DataError: another call is fetching the file; no room, no connection, no such file, or a
            wrong size or checksum.
    """
    check_url(remote.url)
    target = folder / remote.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_complete(target, remote):
            with only_one(folder / f"{remote.name}.lock", DataError(BUSY, path=target)):
                _fetch(remote, target, progress, attempts, pause)
    except OSError as error:
        raise disk_error(error, folder) from error
    return target


def _fetch(
    remote: Remote, target: Path, progress: Progress | None, attempts: int, pause: float
) -> None:
    if _is_complete(target, remote):  # fetched by another call just before this one's turn
        return
    download = _Download(remote, target.parent, progress or (lambda done, total: None))
    download.run(attempts, pause)
    if not _is_complete(download.part, remote) and download.resumed:
        logger.warning("%s: the continued download is damaged; starting over", target)
        download.forget()
        download.run(attempts, pause)
    if not _is_complete(download.part, remote):
        download.forget()
        reason = f"{remote.url} gave a file with a wrong checksum; expected MD5 {remote.md5}"
        raise DataError(reason, path=target)
    download.finish(target)


class _Download:
    """The state of one download: its part file and the validator of the server's version."""

    def __init__(self, remote: Remote, folder: Path, progress: Progress) -> None:
        self.part = folder / f"{remote.name}.part"
        self.resumed = self.part.exists()
        self._tag = folder / f"{remote.name}.part.etag"
        self._remote = remote
        self._progress = progress

    def run(self, attempts: int, pause: float) -> None:
        """Connects until all bytes are there; each byte gained earns a fresh set of attempts."""
        failures = 0
        while (done := self._done()) < self._remote.size:
            _check_room(self.part.parent, self._remote.size - done)
            try:
                self._connect(done)
            except (_CutError, _StaleError) as error:
                if isinstance(error, _StaleError):
                    self.forget()
                failures = failures + 1 if self._done() <= done else 1
                if failures >= attempts:
                    kept = "; what arrived is kept: run the command again to go on"
                    reason = f"cannot fetch {self._remote.url}: {error}"
                    raise DataError(f"{reason}{kept if self._done() else ''}") from error
                wait = min(pause * 2 ** (failures - 1), MAX_PAUSE)
                logger.warning("%s; trying again in %.0f s", error, wait)
                time.sleep(wait)

    def forget(self) -> None:
        """Removes what has arrived."""
        self.resumed = False
        self.part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Puts the checked file in place."""
        self.part.replace(target)
        self._tag.unlink(missing_ok=True)

    def _done(self) -> int:
        size = self.part.stat().st_size if self.part.exists() else 0
        if size > self._remote.size:
            self.forget()
            return 0
        return size

    def _connect(self, done: int) -> None:
        headers = {"User-Agent": "tonality", "Accept-Encoding": "identity"}
        if done:
            headers["Range"] = f"bytes={done}-"
            if self._tag.exists():  # a server that has another version by now sends all of it
                headers["If-Range"] = self._tag.read_text(encoding="ascii")
        request = urllib.request.Request(self._remote.url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                self._receive(response, done)
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refused(error.code, error.reason) from error
        except (http.client.InvalidURL, ValueError) as error:  # where a redirect led
            raise DataError(f"cannot fetch {self._remote.url}: {error}") from error
        except http.client.HTTPException as error:
            raise _CutError(f"the connection was cut ({error!r})") from error
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            reason = getattr(error, "reason", None) or error
            raise _CutError(f"no connection ({reason})") from error

    def _refused(self, code: int, reason: str) -> Exception:
        if code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _StaleError("what is there cannot be continued")
        if code in (408, 425, 429) or code >= 500:
            return _CutError(f"the server answers {code} {reason}")
        return DataError(f"cannot fetch {self._remote.url}: the server answers {code} {reason}")

    def _receive(self, response: Any, done: int) -> None:
        start, total = _extent(response)
        if start not in (0, done):
            raise _StaleError("what is there cannot be continued")
        if total is not None and total != self._remote.size:
            self.forget()
            reason = f"{self._remote.url} has {total:,} bytes, expected {self._remote.size:,}"
            raise DataError(f"{reason}: it is another file")
        self.resumed = start > 0
        tag = response.headers.get("ETag", "")
        if tag.startswith('"') and tag.isascii():  # weak ones are not valid in If-Range
            self._tag.write_text(tag, encoding="ascii")
        else:
            self._tag.unlink(missing_ok=True)
        with self.part.open("ab" if start else "wb") as file:
            self._copy(response, file, start)

    def _copy(self, response: Any, file: IO[bytes], done: int) -> None:
        size = self._remote.size
        while chunk := _read(response):
            done += len(chunk)
            if done > size:
                file.close()
                self.forget()
                raise DataError(f"{self._remote.url} sends more than the {size:,} bytes expected")
            file.write(chunk)
            self._progress(done, size)
        if done < size:
            raise _CutError(f"the connection was cut after {done:,} of {size:,} bytes")
        file.flush()
        os.fsync(file.fileno())


def _read(response: Any) -> bytes:
    try:
        chunk: bytes = response.read(CHUNK)
    except OSError as error:  # told apart from a disk that fails while writing
        raise _CutError(f"the connection was cut ({error})") from error
    return chunk


def _extent(response: Any) -> tuple[int, int | None]:
    """Returns the first byte that the server sends and the file's full size, if it says."""
    length = response.headers.get("Content-Length", "")
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0, int(length) if length.isdecimal() else None
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    start = span.partition("-")[0]
    return int(start) if start.isdecimal() else -1, int(total) if total.isdecimal() else None


def _is_complete(path: Path, remote: Remote) -> bool:
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    with open_regular(path) as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest() == remote.md5


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        reason = f"not enough room: {needed + SPARE:,} bytes needed, {free:,} free"
        raise DataError(f"{reason}; make room or choose another folder with --to", path=folder)


def disk_error(error: OSError, folder: Path) -> DataError:
    """The error for a write into ``folder`` that the system refused."""
    full = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
    if error.errno in full:
        reason = "the disk is full (or your quota or size limit is reached)"
        advice = "make room and run the command again to go on, or choose another folder with --to"
        return DataError(f"{reason}; {advice}", path=folder)
    return DataError(f"cannot write: {error.strerror or error}", path=error.filename or folder)
