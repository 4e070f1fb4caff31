"""How long a job on Ray should take, and what it should cost: no measurement, but arithmetic.

    python -m benchmarks.scaling_model [--page docs/scaling.md]

It prints the table of ``docs/scaling.md``, from what `benchmarks.scale_engines` measured on one
machine of two cores. ``--page`` puts it on the page.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages import put
from tonality.scale.job_plan import LARGE, SMALL
from tonality.scale.ray_job import READER_CORES

# Measured: short texts, Parquet.
SCORED = 15_600  # rows a second of a worker
CUT = 119_000  # rows a second of a reader that has a core
START = 13  # seconds

# Assumed.
CORES = 16  # of a machine
PRICE = 0.70  # of a machine, an hour
LARGE_ROWS = 50_000_000  # from here on the inputs come to 1 GiB

JOBS = (10**6, 10**9, 10**11)


@dataclass(frozen=True)
class Cluster:
    """Machines, and how many of their cores score.

    Attributes:
        machines: how many.
        workers: cores that score.
        cores: of all machines; by default ``CORES`` of each.
    """

    machines: int
    workers: int
    cores: int = 0

    @property
    def all_cores(self) -> int:
        """The cores of all machines."""
        return self.cores or self.machines * CORES

    @property
    def readers(self) -> int:
        """How many tables are read at the same time, if there are as many."""
        return int((self.all_cores - self.workers) / READER_CORES)

    def seconds(self, rows: int, readers: int | None = None) -> float:
        """The time of a job: that of the slowest of scoring, reading and both on the same cores.

        Args:
            rows: of all tables.
            readers: tables that are read at the same time; by default as many as there can be.
        """
        part = part_rows(rows)
        rounds = math.ceil(math.ceil(rows / part) / self.workers)
        scoring = rounds * min(part, rows) / SCORED
        reading = rows / ((self.readers if readers is None else readers) * CUT)
        both = rows * (1 / SCORED + 1 / CUT) / self.all_cores
        return START + max(scoring, reading, both)

    def cost(self, rows: int) -> float:
        """The price of all machines for the time of a job."""
        return self.machines * PRICE * self.seconds(rows) / 3600


def part_rows(rows: int) -> int:
    """The rows of a part of a job."""
    return SMALL if rows < LARGE_ROWS else LARGE


def clusters() -> list[Cluster]:
    """Some machines, with as many workers as by default, and with one core in 16 to read."""
    found = []
    for machines in (1, 10, 100):
        cores = machines * CORES
        found += [
            Cluster(machines, workers) for workers in dict.fromkeys((cores - 1, cores * 15 // 16))
        ]
    return found


def table() -> str:
    """The table of the page, in Markdown."""
    lines = [
        "| rows | machines | `--workers` | tables read at once | time | cost |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for rows in JOBS:
        for one in clusters():
            asked = f"{one.workers:,}" + (" (default)" if one.workers == one.all_cores - 1 else "")
            cells = (
                f"{rows:,}", one.machines, asked, one.readers,
                duration(one.seconds(rows)), price(one.cost(rows)),
            )  # fmt: skip
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def price(cost: float) -> str:
    """A price in hundredths."""
    return "under 0.01" if cost < 0.01 else f"{cost:,.2f}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.15 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table, and puts it on a page if one is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling_model")
    parser.add_argument("--page", type=Path, help="the page to put the table on")
    options = parser.parse_args(arguments)
    print(table())
    if options.page is not None:
        put(table(), options.page, "benchmarks.scaling_model")


if __name__ == "__main__":
    main()
