"""``tonality score --engine ray``: the same command on many machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.common_options import COUNT
from tonality.cli.completion import completes, one_of
from tonality.cli.progress import progress_of_share, say
from tonality.errors import TonalityError

if TYPE_CHECKING:
    from tonality.scale.scored_folder import ScoredFolder
    from tonality.score.tally import Tally
    from tonality.tables.read_options import ReadOptions

engine_option = click.option(
    "--engine",
    help="`ray` to work on a Ray cluster, or on this machine in a process a core. OUT is then "
    "a folder of Parquet files.",
    metavar="ray",
    shell_complete=completes(one_of("ray")),
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


@dataclass(frozen=True)
class RayRun:
    """How a run on Ray is carried out, as the options say.

    Attributes:
        engine: the name that was given.
        address, workers: see :class:`tonality.scale.ray_job.RayEngine`.
        resume, overwrite: see :class:`tonality.scale.scored_folder.ScoredFolder`.
    """

    engine: str
    address: str | None
    workers: int | None
    resume: bool
    overwrite: bool

    def score(
        self,
        names: list[str],
        format: str | None,
        read: ReadOptions,
        output: str,
        options: dict[str, Any],
    ) -> tuple[Tally, int]:
        """Scores; returns what was counted, and how many rows earlier runs had done.

        Args:
            names, format, read: see :class:`tonality.scale.job_plan.JobInputs`.
            output: the folder.
            options: the attributes of :class:`tonality.scale.BatchOptions`.

        Raises:
            click.BadParameter: there is no such engine, or the output is no folder.
        """
        if self.engine != "ray":
            raise click.BadParameter(f"{self.engine!r}: expected ray", param_hint="--engine")
        if output == "-":
            raise click.BadParameter("--engine ray writes a folder; name one", param_hint="-o")
        from tonality.scale.batch_scorer import BatchOptions
        from tonality.scale.job_plan import JobInputs
        from tonality.scale.ray_dataset import require_ray
        from tonality.scale.ray_job import RayEngine, score_with_ray
        from tonality.scale.scored_folder import ScoredFolder

        require_ray("--engine ray")  # without it nothing is begun
        inputs, how = JobInputs(names, format, read), BatchOptions(**options)
        engine = RayEngine(self.address, self.workers)
        folder = ScoredFolder(output, resume=self.resume, overwrite=self.overwrite)
        # Ray tells of dead workers on standard output, which is for the summary.
        said = redirect_stdout(sys.stderr)
        with said, folder, progress_of_share("scoring") as progress, _keeping(folder):
            return score_with_ray(inputs, folder, how, engine, lambda n: progress(n, None))

    @staticmethod
    def bad_rows(output: str) -> str:
        """The folder of the rows that could not be read, as a path or a URI."""
        from tonality.scale.scored_folder import BAD_ROWS

        return f"{output.rstrip('/')}/{BAD_ROWS}"


@contextmanager
def _keeping(folder: ScoredFolder) -> Iterator[None]:
    """Says of a run that stops that it can go on."""
    try:
        yield
    except (KeyboardInterrupt, TonalityError):
        if folder.begun:
            say("what was scored so far is kept; run it again with --resume to go on")
        raise
