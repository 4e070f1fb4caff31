"""Word vectors from a file: GloVe's, word2vec's and fastText's text formats."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tonality.durable_files import open_regular
from tonality.errors import DataError

Floats = NDArray[np.float32]

_LONGEST = 2**20  # bytes of a line
_BOM = b"\xef\xbb\xbf"
_MEANT = (
    "word vectors are read from the text format of GloVe, word2vec or fastText, gzipped or not: a "
    "word a line and its numbers, all with one space between"
)
_BINARY = (
    "this is word2vec's binary format; write it as text, e.g. with gensim: "
    "KeyedVectors.load_word2vec_format(F, binary=True).save_word2vec_format(G)"
)


def dimensions(path: Path) -> int:
    """How many numbers the vectors of a file have, by its first lines.

    Raises:
        DataError: the file cannot be read, or is none of word vectors.
    """
    with _lines(path) as lines:
        return _begin(path, lines)[1]


def read_vectors(path: Path, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The vectors of some words, of which only these are kept in memory.

    A word that the file has only in other letters (*haus* for *Haus*) takes the first such one.

    Args:
        path: the file.
        words: V words, all different.

    Returns:
        Vectors (V, E), zeros for words that the file lacks, and which words it has (V,).

    Raises:
        DataError: the file cannot be read, is none of word vectors or not whole; says in which
            line.
    """
    alike: defaultdict[str, list[int]] = defaultdict(list)  # rows by the word in lower case
    for row, word in enumerate(words):
        alike[word.lower()].append(row)
    with _lines(path) as lines:
        promised, size, number, line = _begin(path, lines)
        vectors = np.zeros((len(words), size), dtype=np.float32)
        held = np.zeros(len(words), dtype=np.int8)  # 1: in other letters, 2: the word itself
        read = 0
        while line:
            if text := _stripped(line):
                word, numbers = _parted(text, size)
                found = {row: 2 if words[row] == word else 1 for row in alike.get(word.lower(), ())}
                if rows := [row for row in found if held[row] < found[row]]:
                    vectors[rows] = _numbers(numbers, size, path, number)
                    held[rows] = [found[row] for row in rows]
                read += 1
            line, number = next(lines, b""), number + 1
    if read < promised:
        raise DataError(
            f"its first line promises {promised:,} words and {read:,} are there: was it fetched "
            "whole?",
            path=path,
        )
    return vectors, held > 0


def _begin(path: Path, lines: Iterator[bytes]) -> tuple[int, int, int, bytes]:
    """How many words are promised, the vectors' size, and the first line that has one, numbered."""
    line, number, promised = next(lines, b"").removeprefix(_BOM), 1, 0
    if line.startswith(b"PK\x03\x04"):
        raise DataError("this is a zip archive: unpack it first", path=path)
    fields = _stripped(line).split(b" ")
    if len(fields) == 2 and all(each.isdigit() and len(each) < 10 for each in fields):
        promised, size = map(int, fields)  # of word2vec and fastText
        line, number = next(lines, b""), 2
        if _is_binary(line):
            raise DataError(_BINARY, path=path)
    else:  # a word may have several parts, and be a number itself
        size = sum(1 for _ in takewhile(_is_number, reversed(fields[1:])))
    if size < 2 or not _stripped(line):
        raise DataError(_MEANT, path=path, row=number)
    _numbers(_parted(_stripped(line), size)[1], size, path, number)
    return promised, size, number, line


def _is_binary(line: bytes) -> bool:
    """Whether what follows a word is bytes of floats, whatever of them comes before a line end."""
    numbers = line.partition(b" ")[2].strip(b" \t\r\n")
    if not numbers or _is_number(numbers.rsplit(None, 1)[-1]):
        return False
    try:
        text = numbers.decode()
    except UnicodeDecodeError:
        return True
    return any(character < " " and character not in "\t\r" for character in text)


def _parted(text: bytes, size: int) -> tuple[str, bytes]:
    """A line's word and its numbers."""
    word, _, numbers = text.partition(b" ")
    if numbers.count(b" ") != size - 1:  # a "word" of several, such as ". . ." in GloVe's 840B
        word = text.rsplit(b" ", size)[0]
        numbers = text[len(word) + 1 :]
    return word.decode("utf-8", "replace"), numbers


def _numbers(text: bytes, size: int, path: Path, number: int) -> Floats:
    try:
        found = np.array(text.split(b" "), dtype=np.float32)
    except ValueError:
        found = np.empty(0, dtype=np.float32)
    if len(found) != size or not np.isfinite(found).all():
        raise DataError(f"this line has not {size} numbers; {_MEANT}", path=path, row=number)
    return found


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _stripped(line: bytes) -> bytes:
    """A line with one space between its parts, whatever its writer set between them."""
    text = line.strip(b" \t\r\n")  # fastText ends its lines with a space
    return b" ".join(text.split()) if b"\t" in text or b"  " in text else text


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with open_regular(path) as file, gzip.open(file) as unpacked:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            yield _each(unpacked if packed else file, path)
    except (OSError, EOFError, zlib.error) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise DataError(f"the word vectors cannot be read: {reason}", path=path) from fault


def _each(file: gzip.GzipFile | io.BufferedReader, path: Path) -> Iterator[bytes]:
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:  # what is no text may have no line end for gigabytes
            raise DataError(f"a line is longer than {_LONGEST:,} bytes; {_MEANT}", path=path)
        yield line
