"""Where scored rows go: formats by suffix, and nothing over the data."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from tonality.errors import ConfigError
from tonality.tables.compression import PACKS
from tonality.tables.open_file import SHEETS, is_same_file
from tonality.tables.open_table import Input

OUTPUT_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx")
BUILT = ("parquet", "xlsx")  # written when all rows are there; packed in themselves
SIDE = ".bad-rows.jsonl"
# What the process has open already: a stream, even where that is a file.
_OPEN = re.compile(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/(\d+)")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


def output_format(output: str, format: str | None, first: str) -> tuple[str, str]:
    """The format to write, and how it is packed: one of ``PACKS``, or ``""``.

    Args:
        output: the file, or ``-`` for standard output.
        format: what was asked for; by default the file's suffix says.
        first: the format of the first input, which standard output takes; CSV for a spreadsheet.

    Raises:
        ConfigError: it cannot be told, is unknown, or cannot be packed.
    """
    if format is not None and format not in OUTPUT_FORMATS:
        raise ConfigError(f"format {format!r}: expected one of {', '.join(OUTPUT_FORMATS)}")
    if is_stream(output):
        return format or ("csv" if first in SHEETS else first), ""
    if not Path(output).name or Path(output).is_dir():
        raise ConfigError(f"{output!r} is a folder; name a file")
    suffixes = [suffix.casefold() for suffix in Path(output).suffixes]
    packing = suffixes.pop() if suffixes and suffixes[-1] in PACKS else ""
    found = format or _SUFFIXES.get(suffixes[-1] if suffixes else "")
    if found is None:
        known = ", ".join(_SUFFIXES)
        raise ConfigError(f"{output}: expected one of {known}; or name the format by --format")
    if packing and found in BUILT:
        raise ConfigError(f"{output}: {found} is packed in itself; leave out {packing}")
    return found, packing


def side_file(output: str, given: Path | None, inputs: Sequence[Input]) -> Path | None:
    """Where rows that cannot be read go: by default beside the output, if that is a file.

    Raises:
        ConfigError: that, or the output, is one of the inputs, they are the same, or it is ``-``.
    """
    if given == Path("-"):
        raise ConfigError("--bad-rows -: standard output is for rows; name a file or /dev/stderr")
    side = given
    if side is None and not is_stream(output):
        side = Path(output).with_name(Path(output).name + SIDE)
    places = [] if is_stream(output) else [("the output", Path(output))]
    places += [] if side is None else [("the file for bad rows", side)]
    for what, place in places:
        for source in inputs:
            if source.path is not None and is_same_file(place, source.path):
                stem, dot, suffixes = place.name.partition(".")
                other = place.with_name(f"{stem}-scored{dot}{suffixes}")
                remedy = f"name another file, such as {other}"
                raise ConfigError(f"{place}: {what} is one of the inputs; {remedy}")
    if len(places) == 2 and is_same_file(places[0][1], places[1][1]):
        raise ConfigError(f"{side}: the file for bad rows is the output")
    return side


def is_stream(output: str) -> bool:
    """Whether it is standard output, or a pipe or device, rather than a file."""
    path = Path(output)
    if output == "-" or _OPEN.fullmatch(output):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def open_stream(output: str) -> BinaryIO:
    """Opens what :func:`is_stream` says is one, but for ``-``, to write on to."""
    found = _OPEN.fullmatch(output)
    if found is None:
        return Path(output).open("ab")
    # Opened anew, a file would be written from a place of its own, over what others write there.
    number = {"stdout": 1, "stderr": 2}.get(found[1]) or int(found[2])
    return os.fdopen(os.dup(number), "wb")
