"""A run killed at random moments and gone on with gives the bytes of one left alone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from uncovered import uncovered

KILLS = 5
WORDS = ["love", "hate", "film", "not", "good", "bad", "plot", "unknown"]


def mixed_inputs(folder: Path) -> list[str]:
    """Two CSV and a JSON Lines file, some rows of which cannot be read."""
    texts = some_texts()
    rows = [f'{n},"{text}\n"\n' + "odd\n" * (n % 97 == 5) for n, text in enumerate(texts)]
    Path(folder / "1.csv").write_text("id,text\n" + "".join(rows))
    lines = [json.dumps({"text": text, "n": n}) for n, text in enumerate(texts)]
    lines[100] = "{"
    Path(folder / "2.jsonl").write_text("\n".join(lines))
    escaped = [f'{n},"{text} \\"so\\", {n}"\n' for n, text in enumerate(texts)]
    Path(folder / "3.csv").write_text("id,text\n" + "".join(escaped))
    return [str(folder / "1.csv"), str(folder / "2.jsonl"), str(folder / "3.csv")]


def parquet_inputs(folder: Path) -> list[str]:
    """Two Parquet files of row groups of many sizes, with dictionaries of their own."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    for number, name in enumerate(("1.parquet", "2.parquet")):
        texts = some_texts()
        kinds = [f"kind {n % (7 + number)}" for n in range(len(texts))]
        columns = {"text": texts, "kind": arrow.array(kinds).dictionary_encode()}
        whole, done = arrow.table(columns), 0
        with parquet.ParquetWriter(folder / name, whole.schema) as writer:
            for size in (700, 3, 1, 450, 1500, 2, 300, 999):
                group = whole.slice(done, size)
                writer.write_table(group.unify_dictionaries())
                done += size
    return [str(folder / "1.parquet"), str(folder / "2.parquet")]


def some_texts() -> list[str]:
    dice = random.Random(1)
    return [" ".join(dice.choices(WORDS, k=dice.randrange(9))) for _ in range(3000)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize(
    ("name", "make_inputs", "side"),
    [
        ("out.csv.gz", mixed_inputs, True),
        ("out.jsonl", mixed_inputs, True),
        ("out.parquet", mixed_inputs, True),
        ("out.xlsx", mixed_inputs, True),
        ("arrow.parquet", parquet_inputs, False),
    ],
)
def test_kills(
    model_folder: Path,
    tmp_path: Path,
    name: str,
    make_inputs: Callable[[Path], list[str]],
    side: bool,
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    if name.endswith("xlsx"):
        pytest.importorskip("xlsxwriter")
    (tmp_path / "out").mkdir()
    script = Path(__file__).with_name("kill_scoring.py")
    command = [str(model_folder), str(KILLS), str(tmp_path / "out" / name), *make_inputs(tmp_path)]
    with uncovered():
        done = subprocess.run(
            [sys.executable, str(script), *command], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["same"]
    assert len(found["found"]) >= KILLS
    assert any(found["found"])  # some fell after a part was done
    assert found["files"] == sorted([name, *[f"{name}.bad-rows.jsonl"] * side])
