"""The processes of a training: their settings, and how several are started together."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tonality.cli.common_options import COUNT, taken_as

# glibc gives large buffers back to the system after every step, and half of a step goes to page
# faults on fresh ones: 0.50 s with its defaults, 0.35 s with these (LSTM 2 x 256, two cores).
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    # oneDNN keeps code for a thousand shapes, and every length of a batch is a new one: strewn over
    # a heap that is never trimmed, it lets that grow. Recipe base's network, steps 50 to 120: from
    # 2.07 to 2.26 GB with the default, level at 2.03 GB with 8, and no slower.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "8",
}
RESTARTED = "TONALITYRESTARTED"


@dataclass(frozen=True)
class TrainingProcesses:
    """How many processes train together on this machine, and on how many machines."""

    devices: int | None = None
    nodes: int = 1

    def arguments(self) -> dict[str, Any]:
        """What the functions that train are told of them."""
        return {"devices": self.devices or "auto", "nodes": self.nodes}

    def start(self) -> None:
        """Starts this command anew as several processes, unless it is one of them already.

        Raises:
            click.BadParameter: several machines were asked for, and torchrun did not start this.
        """
        from tonality.train.records.processes import started_together

        devices = self.devices or 1
        if "TORCHELASTIC_RUN_ID" in os.environ or started_together() or devices * self.nodes == 1:
            return
        words = ["--nproc-per-node", str(devices)]
        if self.nodes > 1:
            command = shlex.join(["torchrun", "--nnodes", str(self.nodes), *words])
            raise click.BadParameter(
                f"each machine starts its own processes: run there `{command} --rdzv-backend c10d "
                "--rdzv-endpoint HOST:29500 -m tonality ...`",
                param_hint="--nodes",
            )
        from tonality.cores import available_cores

        threads = str(max(1, available_cores() // devices))
        environment = {"OMP_NUM_THREADS": threads, **os.environ, RESTARTED: "1"}
        program = ["-m", "torch.distributed.run", "--standalone", *words, "-m", "tonality"]
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *program, *sys.argv[1:]], environment)


ALONE = TrainingProcesses()
process_options = taken_as(
    "processes",
    TrainingProcesses,
    click.option(
        "--devices",
        type=COUNT,
        help="Processes that train together on this machine, one a GPU or a few cores each; by "
        "default every GPU, or one process.",
        metavar="N",
    ),
    click.option(
        "--nodes",
        type=COUNT,
        default=1,
        help="Machines that train together; start each by torchrun.",
        metavar="M",
    ),
)


def restart_with_malloc_settings() -> None:
    """Starts this command anew with settings that glibc reads only at the start of a process."""
    import platform

    program = Path(sys.argv[0])
    is_command = program.name == "tonality" or program.parts[-2:] == ("tonality", "__main__.py")
    if (
        not is_command
        or RESTARTED in os.environ
        or MALLOC.keys() & os.environ.keys()
        or platform.libc_ver()[0] != "glibc"
    ):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, **MALLOC, RESTARTED: "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
