"""Rows that cannot be used: counted, reported once a file, written aside, never lost."""

from __future__ import annotations

import errno
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tonality import plain_json
from tonality.errors import DataError
from tonality.messages import counted

logger = logging.getLogger(__name__)

SHOWN = 3  # bad rows named one by one in the warning; the side file has them all
MAX_LINE = 2**26  # bytes of a side file's first line; a row may have 4 million characters
NO_TEXT = "no text"  # the reason of a row that is no bad one: it is left out all the same
_KEYS = ("file", "row", "column", "reason", "raw")


@dataclass(frozen=True)
class Fault:
    """One bad row: where it is, why it cannot be used, and what it held."""

    row: int
    reason: str
    raw: Any
    column: str | None = None

    def __str__(self) -> str:
        column = "" if self.column is None else f", column {self.column!r}"
        return f"row {self.row}{column}: {self.reason}"


class BadRows:
    """Collects the bad rows of one or more files; use it as a context manager.

    Args:
        path: the side file (JSON Lines with ``file``, ``row``, ``column``, ``reason``, ``raw``),
            or ``None`` to only count. It is created with the first bad row. A side file of an
            earlier run is removed at the start, as it would be taken for this one's.

    Raises:
        DataError: on entry, where the side file cannot be written, or is a file of another kind.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._counts: dict[str, Counter[str]] = {}
        self._first: dict[str, list[Fault]] = {}
        self._textless: dict[str, list[Fault]] = {}  # the first rows without a text

    def __enter__(self) -> BadRows:
        if self.path is not None:
            with writing_side(self.path):
                make_way(self.path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and self.path is not None:
            with writing_side(self.path):
                self._file.close()
            self._file = None

    def add(self, source: str, fault: Fault) -> None:
        """Counts a bad row of ``source`` and writes it to the side file.

        A row without a text is counted, but is no bad one (:meth:`without_text`).
        """
        self._counts.setdefault(source, Counter())[fault.reason] += 1
        bad = fault.reason != NO_TEXT
        first = (self._first if bad else self._textless).setdefault(source, [])
        if len(first) < SHOWN:
            first.append(fault)
        if bad and self.path is not None:
            with writing_side(self.path):
                if self._file is None:
                    self._file = self.path.open("wb")
                self._file.write(entry(source, fault))

    def reasons(self, source: str) -> dict[str, int]:
        """Returns reason -> count for the bad rows of ``source``."""
        counts = self._counts.get(source, Counter())
        return {reason: n for reason, n in counts.items() if reason != NO_TEXT}

    def without_text(self, source: str) -> int:
        """How many rows of ``source`` have no text."""
        return self._counts.get(source, Counter())[NO_TEXT]

    def close_file(self, source: str, good: int, remedy: str = "") -> None:
        """Reports the bad rows of ``source`` once all of it is read.

        Args:
            source: the file.
            good: how many of its rows can be used.
            remedy: what the user may do about the bad ones, if that is known.

        Raises:
            DataError: when rows were there and none could be used.
        """
        bad, textless = sum(self.reasons(source).values()), self.without_text(source)
        first = self._first.get(source, [])
        if not good and (left := bad + textless):
            examples = "; ".join(map(str, [*first, *self._textless.get(source, [])][:SHOWN]))
            rows = "the only row cannot" if left == 1 else f"none of the {left:,} rows can"
            reason = f"{rows} be used: {examples}{'; ' if remedy else ''}{remedy}"
            raise DataError(reason, path=source)
        if textless:
            logger.warning("%s: left out %s without a text", source, counted(textless, "row"))
        if not bad:
            return
        aside = "" if self.path is None else f" (all of them in {self.path})"
        logger.warning(
            "%s: left out %s of %s%s: %s%s%s",
            source,
            f"{bad:,}",
            counted(bad + textless + good, "row"),
            aside,
            "; ".join(map(str, first)),
            "; ..." if bad > SHOWN else "",
            f"; {remedy}" if remedy else "",
        )


@contextmanager
def writing_side(path: Path) -> Iterator[None]:
    """Says of an error of the system that it was about the side file."""
    try:
        yield
    except OSError as error:
        reason = f"the file for bad rows cannot be written: {error.strerror or error}"
        raise DataError(reason, path=path) from error


def entry(source: str, fault: Fault) -> bytes:
    """A bad row of ``source`` as a line of the side file."""
    values = (source, fault.row, fault.column, fault.reason, fault.raw)
    line = plain_json.dumps(dict(zip(_KEYS, values, strict=True)), default=str)
    # A byte that was not UTF-8 is held as a lone surrogate (PEP 383), which
    # "backslashreplace" writes as \udcXX: a valid JSON escape, so nothing is lost.
    return f"{line}\n".encode(errors="backslashreplace")


def check_way(path: Path) -> None:
    """Checks that a side file can be written; what is there stays.

    Raises:
        DataError: a file of another kind is there.
        OSError: there is no such folder, or the file cannot be read.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    # Otherwise nothing is there, or a pipe or device to write to.
    if path.is_file() and not _is_side_file(path):
        reason = "is there and no file of bad rows, so it is not overwritten; choose another name"
        raise DataError(reason, path=path)


def make_way(path: Path) -> None:
    """Removes the side file of an earlier run; checks that one can be written.

    Raises:
        DataError: a file of another kind is there.
        OSError: there is no such folder, or the file cannot be removed.
    """
    check_way(path)
    if path.is_file():
        path.unlink()


def _is_side_file(path: Path) -> bool:
    """Whether the file is empty or its first line is what this module writes."""
    with path.open("rb") as file:
        first = file.readline(MAX_LINE)
    if not first:
        return True
    try:
        entry = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and tuple(entry) == _KEYS
