"""Everyday texts that were written to try ``general``: it beside VADER and earlier models.

``python -m benchmarks.everyday_texts --model before=DIR now=general`` counts the right verdicts on
the texts of ``everyday_texts.tsv``, and writes a table of ``docs/general.md``. Nobody who wrote
them knew what any model says of them. Nobody who wrote a sentence that teaches had read them, but
for two writers, who had seen the first lines of *newcomers* and of *editorials*.

- *people*, *more people*, *other people*, *newcomers*, *visitors*, *strangers*, *guests*: what 138
  imagined people would type first, a hotel owner or a football fan;
- *feeds*: tweets, comments, chat lines, tickets, app reviews and survey answers;
- *kinds*: ten texts each of 44 kinds, written to find weaknesses. Its wrong ones told which kinds
  of sentences were written for training;
- *editorials*: sentences of opinion pages; *papers*, *dailies*: the same and reports, half each;
- *callers*: plain everyday texts; *columns*: sentences of the press;
- *oneliners*: what twelve imagined people would type first, of one to ten words;
- *passers*: what twenty imagined people would type into a box on a web page;
- *corners*: awkward short texts, such as faults that are gone, waits, idioms and ratings in words;
- *clients*: answers in surveys, tickets, events; *shoppers*: remarks on goods, places, films.

*clients* and *shoppers* were written after the weights of ``general`` had been chosen. The others
are no unseen test any more: choices were made in sight of how many are right. Nobody has read the
wrong ones of *passers* and *corners*.

A text of *kinds* that says both counts as right where the verdict is neutral or both sides have a
quarter or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.everyday_rows import everyday_texts
from benchmarks.pages import put
from benchmarks.predict_speed import ROOT
from benchmarks.short_texts import LABELS, Judge, Probabilities, model, vader

BOTH, QUARTER = "mixed", 0.25


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["general=general"], metavar="NAME=FOLDER")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    judges = {"VADER": vader()}
    for named in options.model:
        name, _, folder = named.partition("=")
        judges[name] = model(folder)
    written = table(judges, everyday_texts())
    print(written)
    put(written, options.page, "benchmarks.everyday_texts")


def table(judges: dict[str, Judge], rows: Sequence[dict[str, str]]) -> str:
    """How many verdicts of each set are right, in Markdown."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = [f"| | texts | {' | '.join(judges)} |", "|---|---:|" + "---:|" * len(judges)]
    right = {
        name: hits(judge([row["text"] for row in rows]), [row["label"] for row in rows])
        for name, judge in judges.items()
    }
    for name in sets:
        place = np.array([row["set"] == name for row in rows])
        cells = [f"{right[judge][place].mean():.1%}".replace("%", " %") for judge in judges]
        lines.append(f"| {name} | {place.sum()} | {' | '.join(cells)} |")
    return "\n".join(lines)


def hits(found: Probabilities, labels: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which verdicts (N,) are right, by probabilities (N, 3)."""
    said = found.argmax(axis=1)
    both = (said == LABELS.index("neutral")) | (found[:, [0, 2]].min(axis=1) >= QUARTER)
    return np.array(
        [both[n] if label == BOTH else LABELS[said[n]] == label for n, label in enumerate(labels)]
    )


if __name__ == "__main__":
    main()
