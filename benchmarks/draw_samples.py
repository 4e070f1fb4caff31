"""Draw the sample reviews that ship with the package.

``python -m benchmarks.draw_samples --data imdb/train.parquet`` writes
``src/tonality/bundled/samples/imdb.jsonl`` again, byte for byte. The draw is by hash, from the
validation part alone, so that no bundled model has been trained on a sample.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tonality.data import read_table, split

SAMPLES = Path(__file__).parent.parent / "src" / "tonality" / "bundled" / "samples" / "imdb.jsonl"
ROWS = 300


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.draw_samples", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="the labelled half of IMDB")
    parser.add_argument("--output", type=Path, default=SAMPLES)
    options = parser.parse_args(arguments)
    rows = draw(options.data)
    lines = [json.dumps(row) + "\n" for row in rows]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("".join(lines), encoding="utf-8", newline="\n")


def draw(data: Path, rows: int = ROWS) -> list[dict[str, object]]:
    """The reviews of the validation part whose ids have the least SHA-256: a plain draw.

    Args:
        data: the labelled half of IMDB, with ids, ratings and movies.
        rows: how many.

    Returns:
        ``id``, ``label``, ``rating``, ``movie`` and ``text`` of each.
    """
    table = read_table(data)
    _, validation = split(table, validation=0.2, seed=0)
    if table.ids is None or table.labels is None or table.ratings is None or table.groups is None:
        raise SystemExit(f"{data}: expected the columns id, label, rating, movie and text")
    names = table.ids
    held_out = sorted(validation.tolist(), key=lambda row: _hash(names[row]))
    return [
        {
            "id": names[row],
            "label": table.labels[row],
            "rating": int(table.ratings[row]),
            "movie": table.groups[row],
            "text": table.texts[row],
        }
        for row in held_out[:rows]
    ]


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


if __name__ == "__main__":
    main()
