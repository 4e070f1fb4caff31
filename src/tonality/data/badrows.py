"""Rows that cannot be read: counted, reported once a file, written aside, never lost."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tonality.data.wording import counted
from tonality.errors import DataError

logger = logging.getLogger(__name__)

SHOWN = 3  # bad rows named one by one in the warning; the side file has them all


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
            or ``None`` to only count. It is created, or emptied, at the start: a leftover from
            an earlier run would be taken for this one's.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._file: IO[str] | None = None
        self._counts: dict[str, Counter[str]] = {}
        self._first: dict[str, list[Fault]] = {}

    def __enter__(self) -> BadRows:
        if self.path is not None:
            try:
                # A byte that was not UTF-8 is held as a lone surrogate (PEP 383), which
                # "backslashreplace" writes as \udcXX: a valid JSON escape, so nothing is lost.
                self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                reason = f"the file for bad rows cannot be written: {error.strerror}"
                raise DataError(reason, path=self.path) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, source: str, fault: Fault) -> None:
        """Counts a bad row of ``source`` and writes it to the side file."""
        self._counts.setdefault(source, Counter())[fault.reason] += 1
        first = self._first.setdefault(source, [])
        if len(first) < SHOWN:
            first.append(fault)
        if self._file is not None:
            entry = {
                "file": source,
                "row": fault.row,
                "column": fault.column,
                "reason": fault.reason,
                "raw": fault.raw,
            }
            self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")

    def reasons(self, source: str) -> dict[str, int]:
        """Returns reason -> count for ``source``."""
        return dict(self._counts.get(source, {}))

    def close_file(self, source: str, good: int) -> None:
        """Reports the bad rows of ``source`` once all of it is read.

        Raises:
            DataError: when rows were there and none could be used.
        """
        bad = sum(self.reasons(source).values())
        if not bad:
            return
        examples = "; ".join(map(str, self._first[source]))
        if not good:
            rows = "the only row cannot" if bad == 1 else f"none of the {bad:,} rows can"
            reason = f"{rows} be read: {examples}"
            raise DataError(reason, path=source)
        aside = "" if self.path is None else f" (all of them in {self.path})"
        logger.warning(
            "%s: left out %d of %s%s: %s%s",
            source,
            bad,
            counted(bad + good, "row"),
            aside,
            examples,
            "; ..." if bad > SHOWN else "",
        )
