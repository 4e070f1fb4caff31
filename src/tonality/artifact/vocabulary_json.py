"""``vocabulary.json`` of a model folder: read it, and hold it against the network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.artifact.config_json import load_json, shorten
from tonality.errors import ArtifactError
from tonality.network.config import NetworkConfig
from tonality.text.vocabulary import Vocabulary

# The table of n-grams as it is written: half of the file, and nothing but numbers. No text can
# hold this, since a quotation mark in one has a backslash before it.
_NGRAMS = rb'"ngrams":\{"2":\[([0-9,]*+)\],"3":\[([0-9,]*+)\]\}'
_NO_NGRAMS = b'"ngrams":{"2":[],"3":[]}'


def read_vocabulary(data: bytes, network: NetworkConfig, path: Path) -> Vocabulary:
    """The vocabulary in the bytes of a file.

    Args:
        data: what the file holds.
        network: the network, whose tables say how many ids and n-grams there must be.
        path: the file, for the error.

    Raises:
        ArtifactError: it is no such vocabulary.
    """
    values = _values(data, path)
    if not isinstance(values, dict):
        raise ArtifactError("holds no JSON object", path=path)
    try:
        vocabulary = Vocabulary.from_json(values)
    except ValueError as error:
        raise ArtifactError(shorten(str(error)), path=path) from error
    ngrams = 0 if vocabulary.ngrams is None else vocabulary.ngrams.size
    for what, has, wants in (
        ("ids", vocabulary.size, network.vocabulary_size),
        ("rows of n-grams", ngrams, network.ngram_rows),
    ):
        if has != wants:
            raise ArtifactError(f"has {has:,} {what}, but the network {wants:,}", path=path)
    return vocabulary


def _values(data: bytes, path: Path) -> Any:
    """The JSON, with arrays for the n-grams where they are written as this package does.

    An array takes a tenth of the time of a list of numbers.
    """
    found = re.search(_NGRAMS, data)
    ngrams = {} if found is None else {"2": _numbers(found[1]), "3": _numbers(found[2])}
    if found is None or any(numbers is None for numbers in ngrams.values()):
        return load_json(data, path)
    values = load_json(data[: found.start()] + _NO_NGRAMS + data[found.end() :], path)
    if isinstance(values, dict) and values.get("ngrams") == {"2": [], "3": []}:
        values["ngrams"] = ngrams
    return values


def _numbers(written: bytes) -> NDArray[np.int64] | None:
    """The numbers of a row like ``2,31,7``; None for what the JSON parser is to judge."""
    if not written:
        return np.empty(0, np.int64)
    row = b",%b," % written
    if b",," in row or b",0" in row:
        return None
    return np.fromstring(written.decode("ascii"), np.int64, sep=",")
