"""Scoring on Ray and Spark against the plain command: time, processor time and memory.

    python -m benchmarks.scale_engines [--rows 20000] [--reviews FILE] [--only "ray, 2 workers"]

Each way scores a table of short texts from Parquet in processes of its own, once with few rows and
once with all. ``--reviews`` names a table in Parquet whose texts are scored in their place. The
difference leaves out what an engine takes to start. Processor time is that of all processes that a
way starts, so it means something on a machine that is shared, too. Prints JSON and keeps it.
``--worker`` measures a worker alone, without an engine, and ``--only`` some of the ways; both keep
nothing. Needs the environment of ``make test-engines``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.machine import describe
from benchmarks.score_files import make_table
from tonality.classifier import Classifier, load
from tonality.scale import BatchOptions, batch_scorer
from tonality.scale.job_plan import JobInputs, plan_of
from tonality.scale.part_scorer import PartScorer
from tonality.scale.ray_job import packed_part, unpacked_part
from tonality.scale.scored_folder import ScoredFolder
from tonality.scale.table_parts import TablePart
from tonality.score.files.input_files import find_inputs
from tonality.score.files.job import Options, ScoringJob
from tonality.score.files.resumable_output import Output

RESULTS = Path(__file__).parent / "results"
FEW = 64  # rows of a run that measures the start
WAYS = ("plain, one thread", "ray, 1 worker", "ray, 2 workers", "spark, 1 core")
SPARK = """
import sys
from pyspark.sql import SparkSession
from tonality.scale import spark_score
spark = (
    SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    .config("spark.log.level", "ERROR").getOrCreate()
)
scored = spark_score(spark.read.parquet(sys.argv[1]), text_column="text")
scored.write.mode("overwrite").parquet(sys.argv[2])
spark.stop()
"""
PLAIN = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
from tonality.cli import main
main()
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--reviews", type=Path, help="a table in Parquet with a column text")
    parser.add_argument("--only", nargs="+", choices=WAYS, help="measure these ways alone")
    options = parser.parse_args(arguments)
    rows, ways = options.rows, options.only or WAYS
    if options.worker:
        print(json.dumps(worker(rows), indent=2))
        return
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as name:
        folder = Path(name)
        made = partial(table, reviews=options.reviews)
        few, all_rows = made(folder / "few.parquet", FEW), made(folder / "all.parquet", rows)
        found = {way: _measured(way, few, all_rows, rows, folder) for way in ways}
    if options.only:
        print(json.dumps({"rows": rows, **found}, indent=2))
        return
    base = found["plain, one thread"]["processor_seconds"]
    for way in WAYS[1:]:
        found[way]["overhead"] = round(found[way]["processor_seconds"] / base - 1, 3)
    ratio = found["ray, 2 workers"]["rows_per_second"] / found["ray, 1 worker"]["rows_per_second"]
    load = [round(one, 1) for one in os.getloadavg()]
    texts = "short texts" if options.reviews is None else "reviews"
    result = {"rows": rows, "texts": texts, **found, "two_to_one": round(ratio, 2), "load": load}
    text = json.dumps({**result, "machine": describe()}, indent=2) + "\n"
    RESULTS.mkdir(parents=True, exist_ok=True)
    name = "scale_engines" if options.reviews is None else "scale_engines_reviews"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text, end="")


def worker(rows: int) -> dict[str, Any]:
    """Processor microseconds a row of what a worker does, and of the plain command's work.

    By processor time these can be compared on a machine that is shared.
    """
    classifier, options = load(threads=1), BatchOptions(threads=1)
    with tempfile.TemporaryDirectory(prefix="tonality-benchmark-") as name:
        folder = Path(name)
        source = table(folder / "in.parquet", rows)
        classifier.predict(["warm"] * 300)
        plain = _timed(lambda: _plain(classifier, source, folder / "out.parquet"))
        plan = plan_of(JobInputs([str(source)]), options, classifier, lambda f, t: [])
        scorer = PartScorer(classifier, options, plan, ScoredFolder(str(folder)))
        packed: list[Any] = []
        cut = _timed(lambda: packed.extend(map(packed_part, plan.parts(0))))
        scored = _timed(lambda: [scorer.score(_part(one)) for one in packed])
        batches = pq.read_table(source).to_batches(max_chunksize=10_000)  # as Spark gives them
        spark = _timed(lambda: [batch_scorer(options).score(batch) for batch in batches])
    each = {"plain": plain, "ray_cutting": cut, "ray_scoring": scored, "score_batch": spark}
    found: dict[str, Any] = {key: round(1e6 * value / rows, 1) for key, value in each.items()}
    memory = psutil.Process().memory_full_info().uss / 2**20
    return {"rows": rows, "processor_microseconds_a_row": found, "megabytes": round(memory)}


def _timed(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _plain(classifier: Classifier, source: Path, output: Path) -> None:
    inputs = find_inputs([str(source)])
    side = output.with_suffix(".bad")
    with (
        ScoringJob(classifier, inputs, Options("parquet")) as job,
        Output(output, side, job.build) as out,
    ):
        out.begin({}, resume=False, overwrite=False)
        job.to_file(out, lambda rows, share: None)


def _part(packed: Any) -> TablePart:
    return unpacked_part(packed["part"][0], packed["batch"][0])


def table(path: Path, rows: int, reviews: Path | None = None) -> Path:
    """A Parquet file of short texts with a few columns, or of reviews over and over."""
    if reviews is not None:
        texts = pq.read_table(reviews, columns=["text"])
        whole = pyarrow.concat_tables([texts] * (rows // len(texts) + 1)).slice(0, rows)
        pq.write_table(whole, path, row_group_size=8192)
        return path
    source = path.with_suffix(".csv")
    make_table(source, rows)
    pq.write_table(pyarrow.csv.read_csv(source), path, row_group_size=8192)
    return path


def _measured(way: str, few: Path, all_rows: Path, rows: int, folder: Path) -> dict[str, Any]:
    start, whole = _run(way, few, folder / "out-few"), _run(way, all_rows, folder / "out")
    seconds = max(whole["seconds"] - start["seconds"], 1e-9)
    return {
        "start_seconds": round(start["seconds"], 1),
        "seconds": round(seconds, 1),
        "rows_per_second": round((rows - FEW) / seconds),
        "processor_seconds": round(whole["processor_seconds"] - start["processor_seconds"], 2),
        "worker_megabytes": whole["megabytes"],
    }


def _run(way: str, source: Path, output: Path) -> dict[str, float]:
    """Time, processor time of all processes, and the memory that a worker has to itself."""
    command = [sys.executable, "-m", "tonality", "score", str(source), "-o", str(output)]
    if way.startswith("ray"):
        command += ["--engine", "ray", "--workers", way.split()[1], "--overwrite"]
    elif way.startswith("spark"):
        command = [sys.executable, "-c", SPARK, str(source), str(output)]
    else:
        command = [sys.executable, "-c", PLAIN, *command[3:-1], f"{output}.parquet", "--overwrite"]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    begin, used, own = time.perf_counter(), dict[int, float](), dict[int, float]()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        child = subprocess.Popen(command, env=environment, stdout=nowhere, stderr=nowhere)
        while child.poll() is None:
            _look(psutil.Process(child.pid), used, own)
            time.sleep(0.1)
    seconds = time.perf_counter() - begin
    if child.returncode:
        raise SystemExit(f"{way} ended with {child.returncode}")
    return {
        "seconds": seconds,
        "processor_seconds": sum(used.values()),
        "megabytes": round(max(own.values(), default=0.0)),
    }


def _look(driver: psutil.Process, used: dict[int, float], own: dict[int, float]) -> None:
    """Takes the figures of a process and all that it started, as they are now."""
    try:
        family = [driver, *driver.children(recursive=True)]
    except psutil.Error:
        return
    for process in family:
        try:
            times = process.cpu_times()
            used[process.pid] = times.user + times.system
            title = " ".join(process.cmdline())
            if "MapWorker" in title or "pyspark" in title or process.pid == driver.pid:
                memory = process.memory_full_info().uss / 2**20
                own[process.pid] = max(own.get(process.pid, 0.0), memory)
        except psutil.Error:
            continue


if __name__ == "__main__":
    main()
