"""What the tests of scoring share."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tonality.classifier import Classifier
from tonality.cli import app
from tonality.score import read_rows, score_stream

ADDED = [
    "label", "score", "p_negative", "p_positive", "tokens_read", "tokens_left_out", "unfamiliar",
]  # fmt: skip
LOVE = ["positive", "1.0", "0.0", "1.0", "1", "0", "0"]  # what the small model adds to "love"
HATE = ["negative", "1.0", "1.0", "0.0", "1", "0", "0"]


class Drips:
    """A stream that gives a few bytes at a time, as a slow sender does."""

    def __init__(self, data: bytes, sizes: list[int] | None = None) -> None:
        self._data = data
        self._sizes = sizes or [3]
        self.given = 0

    def read(self, size: int, /) -> bytes:
        step = min(size, self._sizes[self.given % len(self._sizes)])
        self.given += 1
        piece, self._data = self._data[:step], self._data[step:]
        return piece


def scored(
    classifier: Classifier, data: bytes, source: str = "csv", target: str = "", **settings: Any
) -> str:
    """A table scored in one go."""
    rows = read_rows(Drips(data), source, encoding=settings.pop("encoding", None))
    pieces = score_stream(classifier, rows, target or source, **settings)
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def table(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def run(model: Path, *arguments: str | Path, input: bytes | None = None) -> Result:
    """``tonality score`` with the small model."""
    words = ["score", *map(str, arguments), "--model", str(model)]
    return CliRunner().invoke(app, words, input=input)


def failure(result: Result) -> str:
    """The message of a command that failed, in one line."""
    usage = isinstance(result.exception, SystemExit)
    return " ".join((result.stderr if usage else str(result.exception)).split())
