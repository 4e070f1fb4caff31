"""Word vectors from a file: GloVe's, word2vec's and fastText's text formats."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tonality.errors import DataError

Floats = NDArray[np.float32]

_LONGEST = 2**20  # bytes of a line

_MEANT = (
    "word vectors are read from the text format of GloVe, word2vec or fastText, gzipped or not: a "
    "word a line and its numbers, all with one space between"
)


def dimensions(path: Path) -> int:
    """How many numbers the vectors of a file have, by its first lines.

    Raises:
        DataError: the file cannot be read, or is none of word vectors.
    """
    with _lines(path) as lines:
        return _begin(path, lines)[0]


def read_vectors(path: Path, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The vectors of some words, of which only these are kept in memory.

    A word that the file has only in other letters (*Haus* for *haus*) takes the first such one.

    Args:
        path: the file.
        words: V words, all different.

    Returns:
        Vectors (V, E), zeros for words that the file lacks, and which words it has (V,).

    Raises:
        DataError: the file cannot be read, or is none of word vectors; says in which line.
    """
    row_of = {word: row for row, word in enumerate(words)}
    with _lines(path) as lines:
        size, number, line = _begin(path, lines)
        vectors = np.zeros((len(words), size), dtype=np.float32)
        held = np.zeros(len(words), dtype=np.int8)  # 1: in other letters, 2: the word itself
        while line:
            word, _, rest = line.partition(b" ")
            if rest.count(b" ") != size - 1:  # a "word" of several, such as ". . ." in GloVe's 840B
                word = line.rsplit(b" ", size)[0]
                rest = line[len(word) + 1 :]
            name = word.decode("utf-8", "replace")
            row, quality = row_of.get(name), 2
            if row is None:
                row, quality = row_of.get(name.lower()), 1
            if row is not None and held[row] < quality:
                held[row], vectors[row] = quality, _numbers(rest, size, path, number)
            line, number = _stripped(next(lines, b"")), number + 1
    return vectors, held > 0


def _begin(path: Path, lines: Iterator[bytes]) -> tuple[int, int, bytes]:
    """The size of the vectors, and the number and the content of the first line that has one."""
    line, number = _stripped(next(lines, b"")), 1
    declared = line.split(b" ")
    header = len(declared) == 2 and all(each.isdigit() for each in declared)
    if header:  # of word2vec and fastText: how many words, how many numbers each
        line, number = _stripped(next(lines, b"")), 2
    size = int(declared[1]) if header else len(declared) - 1
    if size < 2 or not line:
        raise DataError(_MEANT, path=path, row=number)
    _numbers(line.partition(b" ")[2], size, path, number)
    return size, number, line


def _numbers(text: bytes, size: int, path: Path, number: int) -> Floats:
    try:
        found = np.array(text.split(b" "), dtype=np.float32)
    except ValueError:
        found = np.empty(0, dtype=np.float32)
    if len(found) != size or not np.isfinite(found).all():
        raise DataError(f"this line has not {size} numbers; {_MEANT}", path=path, row=number)
    return found


def _stripped(line: bytes) -> bytes:
    return line.rstrip(b" \r\n")  # fastText ends its lines with a space


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with path.open("rb") as file, gzip.open(file) as unpacked:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            yield _each(unpacked if packed else file, path)
    except (OSError, EOFError, zlib.error) as fault:
        raise DataError(f"the word vectors cannot be read: {fault}", path=path) from fault


def _each(file: gzip.GzipFile | io.BufferedReader, path: Path) -> Iterator[bytes]:
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:  # what is no text may have no line end for gigabytes
            raise DataError(f"a line is longer than {_LONGEST:,} bytes; {_MEANT}", path=path)
        yield line
