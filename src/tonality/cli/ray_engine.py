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
    from tonality.scale.scored_folder import ScoredFolder
    from tonality.score.tally import Tally
    from tonality.tables.read_options import ReadOptions

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
    inputs: tuple[list[str], str | None, ReadOptions],
    output: str,
    options: dict[str, Any],
    engine: dict[str, Any],
    folder: dict[str, bool],
) -> tuple[Tally, int, str]:
    """Scores; returns what was counted, how many rows were done before, and where bad ones are.

    Args:
        inputs: the attributes of :class:`tonality.scale.job_plan.JobInputs`.
        output: the folder.
        options: those of :class:`tonality.scale.BatchOptions`.
        engine: those of :class:`tonality.scale.ray_job.RayEngine`.
        folder: how :class:`tonality.scale.scored_folder.ScoredFolder` is written.

    Raises:
        click.BadParameter: the output is no folder.
    """
    if output == "-":
        raise click.BadParameter("--engine ray writes a folder; name one", param_hint="-o")
    from tonality.scale.batch_scorer import BatchOptions
    from tonality.scale.job_plan import JobInputs
    from tonality.scale.ray_dataset import require_ray
    from tonality.scale.ray_job import RayEngine, score_with_ray
    from tonality.scale.scored_folder import BAD_ROWS, ScoredFolder

    require_ray("--engine ray")  # without it nothing is begun
    job, how, where = JobInputs(*inputs), BatchOptions(**options), RayEngine(**engine)
    target = ScoredFolder(output, **folder)
    # Ray tells of dead workers on standard output, which is for the summary.
    said = redirect_stdout(sys.stderr)
    with said, target, progress_of_share("scoring") as progress, _keeping(target):
        tally, before = score_with_ray(job, target, how, where, lambda n: progress(n, None))
    return tally, before, f"{output.rstrip('/')}/{BAD_ROWS}"


@contextmanager
def _keeping(folder: ScoredFolder) -> Iterator[None]:
    """Says of a run that stops that it can go on."""
    try:
        yield
    except (KeyboardInterrupt, TonalityError):
        if folder.begun:
            say("what was scored so far is kept; run it again with --resume to go on")
        raise
