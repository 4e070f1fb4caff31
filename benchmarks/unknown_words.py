"""What unknown words cost: python -m benchmarks.unknown_words --data DIR --model FOLDER

Reads ``left_out.jsonl`` of ``benchmarks.short_data --without ...``, texts of collections that the
model did not learn from. Prints the share of tokens that it does not know, and how many texts it
gets right with and without one, in all and by collection: what vectors from letters could gain.

Then it reads an unknown word as the most frequent known word that is one letter away, or two
letters swapped, with the same first letter. It prints what that changes.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.json_lines import read_rows

FREQUENT = 20_000  # the words that an unknown one is read as
SHORTEST = 4
SPELT = re.compile("[a-z]{3,}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of left_out.jsonl")
    parser.add_argument("--model", default="general", help="a folder or a bundled model")
    options = parser.parse_args(arguments)
    rows = list(read_rows(options.data / "left_out.jsonl"))
    found = tonality.load(options.model).predict([row["text"] for row in rows])
    right = np.array([one.label == row["label"] for one, row in zip(found, rows, strict=True)])
    read = np.array([one.tokens_read for one in found])
    unknown = read - np.array([one.tokens_known for one in found])
    names = np.array([row["domain"] for row in rows])
    print(f"{'':24}   texts  unknown  with one  right  without one  right")
    print(line("all", right, read, unknown))
    for name in sorted(set(names.tolist())):
        of = names == name
        print(line(name, right[of], read[of], unknown[of]))
    mend = Spelling(tonality.load(options.model)._encoder.vocabulary.words)
    texts = [mend.text(row["text"]) for row in rows]
    changed = [n for n, row in enumerate(rows) if texts[n] != row["text"]]
    again = tonality.load(options.model).predict([texts[n] for n in changed])
    after = np.array([one.label == rows[n]["label"] for one, n in zip(again, changed, strict=True)])
    print(
        f"spelling mended in {len(changed):,} texts: right {right[changed].mean():.1%} before, ",
        end="",
    )
    print(f"{after.mean():.1%} after")


class Spelling:
    """Reads unknown words as known ones, by the words that they share but for one letter."""

    def __init__(self, words: Sequence[str]) -> None:
        self._known = set(words)
        self._rank = {word: n for n, word in enumerate(words[:FREQUENT]) if SPELT.fullmatch(word)}
        self._near = defaultdict[str, list[str]](list)
        for word in self._rank:
            for key in shortened(word):
                self._near[key].append(word)

    def text(self, text: str) -> str:
        """A text with its unknown words mended."""
        return re.sub(r"[^\W\d_]+", lambda found: self.word(found[0]), text)

    def word(self, word: str) -> str:
        """The word to read, itself where it is known or nothing is near."""
        low = word.lower()
        if low in self._known or len(low) < SHORTEST or not SPELT.fullmatch(low):
            return word
        near = {other for key in shortened(low) for other in self._near.get(key, ())}
        near = {other for other in near if other[0] == low[0] and one_apart(low, other)}
        return min(near - {low[:-1]}, key=self._rank.__getitem__, default=word)


def shortened(word: str) -> set[str]:
    """A word, and what it is without one of its letters."""
    return {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}


def one_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two swapped, make a word of another."""
    n = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    a, b = one[n:], other[n:]
    if n < 0:
        return abs(len(one) - len(other)) <= 1
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[1::-1] == b[:2] and a[2:] == b[2:])


def line(
    name: str, right: NDArray[np.bool_], read: NDArray[np.int64], unknown: NDArray[np.int64]
) -> str:
    """The figures of some texts; *right* is the share with the right label."""
    some = unknown > 0
    kinds = "".join(
        f"  {part.mean():8.1%}  {right[part].mean() if part.any() else np.nan:6.1%}"
        for part in (some, ~some)
    )
    return f"{name:24.24}  {len(read):6,}   {unknown.sum() / read.sum():6.1%}{kinds}"


if __name__ == "__main__":
    main()
