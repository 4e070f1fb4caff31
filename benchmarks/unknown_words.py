"""What unknown words cost: python -m benchmarks.unknown_words --data DIR --model FOLDER

Reads ``left_out.jsonl`` of ``benchmarks.short_data --without ...``, texts of collections that the
model did not learn from. Prints the share of tokens that it does not know, and how many texts it
gets right with and without one, in all and by collection: what vectors from letters could gain.

Then it reads unknown words as the known ones that were meant (``text.typos``), and prints which
verdicts that changes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.json_lines import read_rows
from tonality.model_names import model_path


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of left_out.jsonl")
    parser.add_argument("--model", default="general", help="a folder or a bundled model")
    options = parser.parse_args(arguments)
    rows = list(read_rows(options.data / "left_out.jsonl"))
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    found = with_typos(options.model, "keep").predict(texts)
    right = np.array([one.label == label for one, label in zip(found, labels, strict=True)])
    read = np.array([one.tokens_read for one in found])
    unknown = read - np.array([one.tokens_known for one in found])
    names = np.array([row["domain"] for row in rows])
    print(f"{'':24}   texts  unknown  with one  right  without one  right")
    print(line("all", right, read, unknown))
    for name in sorted(set(names.tolist())):
        of = names == name
        print(line(name, right[of], read[of], unknown[of]))
    again = with_typos(options.model, "read").predict(texts)
    after = np.array([one.label == label for one, label in zip(again, labels, strict=True)])
    print(
        f"typing errors read: right {right.mean():.2%} before, {after.mean():.2%} after; "
        f"{(after & ~right).sum()} verdicts became right, {(right & ~after).sum()} wrong"
    )


def with_typos(model: str, typos: str) -> tonality.Classifier:
    """A model whose ``text.typos`` is as given."""
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(model_path(model), Path(place, "model"))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["text"]["typos"] = typos
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return tonality.load(folder)


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
