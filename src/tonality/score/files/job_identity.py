"""What the output of every scoring job depends on: by it a run tells if it goes on with its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tonality._version import __version__
from tonality.tables.column_names import TextColumn
from tonality.tables.read_options import ReadOptions


class ScoringOptions(Protocol):
    """The options that all such jobs have; those of a job add their own."""

    @property
    def text_column(self) -> TextColumn: ...
    @property
    def columns(self) -> tuple[str, ...] | None: ...
    @property
    def explain(self) -> int: ...
    @property
    def prefix(self) -> str | None: ...
    @property
    def encoding(self) -> str | None: ...
    @property
    def valence(self) -> bool: ...


def job_identity(
    inputs: Sequence[Sequence[Any]],
    model: tuple[str, float | None],
    options: ScoringOptions,
    columns: Sequence[str],
    read: ReadOptions,
) -> dict[str, Any]:
    """All that the output depends on, by the names that a message calls it by.

    Args:
        inputs: of each input its place, format, size and time of change.
        model: what tells the model from others, and its abstain band.
        options: how to score.
        columns: the columns that are kept.
        read: how the inputs are read.
    """
    fingerprint, abstain = model
    return {
        "the inputs": list(inputs),
        "the model": fingerprint,
        "--abstain": abstain,
        "--text-column": options.text_column,
        "--columns": None if options.columns is None else columns,
        "--explain": options.explain,
        "--prefix": options.prefix,
        "--encoding": options.encoding,
        "--valence": options.valence,
        "how tables are read": read.described(),
        "tonality's version": __version__,
    }
