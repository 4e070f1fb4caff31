"""Ray: a real cluster on this machine, the same columns and values as `tonality score`."""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plain_scores import plain, reviews, sorted_rows

from score_tables import failure, run
from tonality.errors import ConfigError, DependencyError
from tonality.scale import score_dataset

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own
WORKERS = 2


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    with pytest.MonkeyPatch.context() as patch:
        # Its workers import the test's modules, as a job's workers import its program's.
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        ray.init(
            num_cpus=WORKERS + 1, include_dashboard=False, logging_level=logging.ERROR,
            log_to_driver=False, object_store_memory=2**28,
        )  # fmt: skip
        yield ray
        ray.shutdown()


def test_the_command_on_ray_writes_what_the_plain_one_does(
    ray: Any, model_folder: Path, tmp_path: Path
) -> None:
    table, out = reviews(6000), tmp_path / "out"
    expected = plain(model_folder, tmp_path, table)
    for number in range(3):  # of different names, so the rows' order is theirs
        pq.write_table(table.slice(2000 * number, 2000), tmp_path / f"{number}.parquet")
    source = str(tmp_path / "[0-9].parquet")
    result = run(model_folder, source, "-o", out, "--engine", "ray", "--workers", "2")
    assert result.exit_code == 0, result.output
    assert "6,000 rows in" in result.output
    assert pq.read_table(out).equals(expected)
    again = run(model_folder, source, "-o", out, "--engine", "ray")
    assert "exists already" in failure(again)


def test_bad_rows_and_late_columns_of_json(ray: Any, model_folder: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out"
    source.write_text('{"text": "love"}\n{"text": 5}\n{"text": "hate", "late": 2}\n')
    assert run(model_folder, source, "-o", tmp_path / "plain.parquet").exit_code == 3
    result = run(model_folder, source, "-o", out, "--engine", "ray")
    assert result.exit_code == 3, result.output
    assert pq.read_table(out).equals(pq.read_table(tmp_path / "plain.parquet"))


def test_a_wrong_column_is_told_and_markers_hold(
    ray: Any, model_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["love", "Nothing", *["2024-01-05"] * 20]
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    options = ("-o", tmp_path / "out", "--engine", "ray", "--null", "nothing")
    result = run(model_folder, tmp_path / "in.parquet", *options)
    assert result.exit_code == 0, result.output
    assert pq.read_table(tmp_path / "out")["label"].null_count == 1
    assert "column 'text' holds dates, not texts; choose another --text-column" in caplog.text


def test_an_error_of_a_worker_is_told_in_one_line(
    ray: Any, model_folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "love"}\n')
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"text": "love"}\n' * 200_000)[:2000])
    result = run(model_folder, source, broken, "-o", tmp_path / "out", "--engine", "ray")
    assert failure(result).startswith(f"{broken}: cannot be unpacked")


def test_a_dataset_gets_the_columns(ray: Any, model_folder: Path, tmp_path: Path) -> None:
    table = reviews(300)
    dataset = ray.data.from_arrow([table.slice(0, 100), table.slice(100)])
    scored = score_dataset(dataset, model=str(model_folder), workers=1)
    found = pa.concat_tables(scored.iter_batches(batch_format="pyarrow", batch_size=None))
    assert sorted_rows(found) == sorted_rows(plain(model_folder, tmp_path, table))
    with pytest.raises(ConfigError, match=r"expected at most 2, for the cluster has 3 cores"):
        score_dataset(dataset, model=str(model_folder), workers=3)


def test_guessed_types_and_no_rows_are_forgiven(
    ray: Any, model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("text,n\n5,1\n7,2\n")
    (tmp_path / "b.csv").write_text("text,n\nlove,1\n")
    dataset = ray.data.read_csv(str(tmp_path))
    found = score_dataset(dataset, model=str(model_folder), workers=1).take_all()
    assert sorted(str(row["label"]) for row in found) == sorted(
        str(row["label"])
        for row in score_dataset(
            ray.data.from_arrow(pa.table({"text": ["5", "7", "love"]})),
            model=str(model_folder), workers=1,
        ).take_all()
    )  # fmt: skip


KILLS = 3


def test_killed_workers_and_drivers_lose_and_double_nothing(
    model_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray.data")
    table = reviews(3000)
    expected = plain(model_folder, tmp_path, table)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=100)
    script, out = Path(__file__).with_name("kill_ray.py"), tmp_path / "out"
    done = subprocess.run(
        [sys.executable, script, model_folder, str(KILLS), out, tmp_path / "in.parquet"],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(json.loads(done.stdout.partition("KILLED")[2])) == KILLS
    assert sorted_rows(pq.read_table(out)) == sorted_rows(expected)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--engine", "spork"], "expected one of ray"),
        (["--workers", "2"], "only goes with --engine ray"),
        (["--engine", "ray", "--format", "csv"], "does not go with --engine"),
        (["--engine", "ray", "--bom"], "does not go with --engine"),
    ],
)
def test_options_that_contradict_are_refused(
    model_folder: Path, tmp_path: Path, options: list[str], reason: str
) -> None:
    pq.write_table(reviews(3), tmp_path / "in.parquet")
    result = run(model_folder, tmp_path / "in.parquet", "-o", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert reason in " ".join(result.output.split())


def test_without_ray_the_pip_command_is_printed(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    pq.write_table(reviews(3), tmp_path / "in.parquet")
    result = run(model_folder, tmp_path / "in.parquet", "-o", tmp_path / "out", "--engine", "ray")
    assert failure(result) == "--engine ray needs an extra: pip install 'tonality[ray]'"
    assert not (tmp_path / "out").exists()
    with pytest.raises(DependencyError, match=r"tonality\[ray\]"):
        score_dataset(None)
