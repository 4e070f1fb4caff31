"""The sample reviews that ship with the package."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

import tonality

SAMPLES = Path(tonality.__file__).parent / "bundled" / "samples"


def test_samples_are_whole_and_about_balanced() -> None:
    lines = (SAMPLES / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    assert len(rows) == len({row["id"] for row in rows}) == 300
    assert all(list(row) == ["id", "label", "rating", "movie", "text"] for row in rows)
    classes = Counter(row["label"] for row in rows)
    assert set(classes) == {"negative", "positive"}
    assert min(classes.values()) >= 120
    assert all((row["rating"] > 5) == (row["label"] == "positive") for row in rows)
    assert 800 < median(len(row["text"]) for row in rows) < 1200  # 979 in the whole collection


def test_samples_come_with_their_source() -> None:
    assert "Large Movie Review Dataset" in (SAMPLES / "README.md").read_text(encoding="utf-8")


def test_the_draw_gives_the_same_file_again(tmp_path: Path) -> None:
    place = os.environ.get("TONALITY_DATA")
    if not place:
        pytest.skip("TONALITY_DATA is not set")
    pytest.importorskip("pyarrow")
    from benchmarks.draw_samples import main

    again = tmp_path / "imdb.jsonl"
    main(["--data", str(Path(place) / "imdb" / "train.parquet"), "--output", str(again)])
    assert again.read_bytes() == (SAMPLES / "imdb.jsonl").read_bytes()
