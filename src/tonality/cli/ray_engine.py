"""``tonality score --engine ray``: the same command on many machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.common_options import COUNT
from tonality.cli.plain_help import OneOf
from tonality.cli.progress import progress_of_share, say
from tonality.errors import TonalityError

if TYPE_CHECKING:
    from tonality.scale.batch_scorer import BatchOptions
    from tonality.scale.job_plan import JobInputs
    from tonality.scale.ray_job import RayEngine
    from tonality.scale.scored_folder import ScoredFolder
    from tonality.score.tally import Tally

engine_option = click.option(
    "--engine",
    type=OneOf(["ray"]),
    help="`ray` to work on a Ray cluster, or on this machine in a process a core. OUT is then "
    "a folder of Parquet files.",
    metavar="ray",
)
address_option = click.option(
    "--address",
    help="With --engine ray: the cluster, auto or HOST:PORT; by default that of RAY_ADDRESS, or "
    "Ray is started on this machine.",
    metavar="ADDRESS",
)
workers_option = click.option(
    "--workers",
    type=COUNT,
    help="With --engine ray: processes, of one core each.",
    metavar="N",
)


def refuse(given: dict[str, Any], reason: str) -> None:
    """Refuses options that do not go with how the command works.

    Raises:
        click.BadParameter: one was given.
    """
    for name, value in given.items():
        if value is not None:
            raise click.BadParameter(reason, param_hint=name)


def score_on_ray(
    inputs: JobInputs, folder: ScoredFolder, options: BatchOptions, engine: RayEngine
) -> tuple[Tally, int]:
    """Scores; returns what was counted, and how many rows earlier runs had done."""
    from tonality.scale.ray_dataset import require_ray
    from tonality.scale.ray_job import score_with_ray

    require_ray("--engine ray")  # without it nothing is begun
    # Ray tells of dead workers on standard output, which is for the summary.
    said = redirect_stdout(sys.stderr)
    with said, folder, progress_of_share("scoring") as progress, _keeping(folder):
        return score_with_ray(inputs, folder, options, engine, lambda n: progress(n, None))


@contextmanager
def _keeping(folder: ScoredFolder) -> Iterator[None]:
    """Says of a run that stops that it can go on."""
    try:
        yield
    except (KeyboardInterrupt, TonalityError):
        if folder.begun:
            say("what was scored so far is kept; run it again with --resume to go on")
        raise
