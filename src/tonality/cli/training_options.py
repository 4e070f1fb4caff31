"""What the commands that train have in common: their options, their start, their way to stop."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonality.cli.completion import known_datasets, known_models
from tonality.cli.table_options import TABLE, TableOptions

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.plan import Plan
    from tonality.train.settings.recipe import Recipe

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
MINUTES = 10.0  # between checkpoints
RESTARTED = "TONALITYRESTARTED"
# Stands at the end of the help of commands that train a classifier.
SMALL_DATA = (
    "A small network learns up to 1,000 texts on one core, as two would mostly wait for each "
    "other. The environment variable OMP_NUM_THREADS chooses another number."
)

TrainingData = Annotated[
    str,
    typer.Option(
        "--data",
        help="A labelled file, a folder with train and unsup files, or imdb.",
        metavar="FILE|DIR|imdb",
        autocompletion=known_datasets,
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="The run's folder; DIR/model is the model.", metavar="DIR"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting of the recipe, such as training.epochs=3. Repeat it.",
        metavar="KEY=VALUE",
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in DIR that was stopped.")
]
CheckpointMinutes = Annotated[
    float,
    typer.Option(
        help="Minutes between checkpoints, besides those after evaluations.",
        metavar="MINUTES",
        min=0.0,
    ),
]
Devices = Annotated[
    int | None,
    typer.Option(
        help="Processes that train together on this machine, one a GPU or a few cores each; by "
        "default every GPU, or one process.",
        metavar="N",
        min=1,
    ),
]
Nodes = Annotated[
    int,
    typer.Option(help="Machines that train together; start each by torchrun.", metavar="M", min=1),
]
StartFrom = Annotated[
    str | None,
    typer.Option(
        help="Begin with a language model of tonality pretrain, or with a model.",
        metavar="DIR|NAME",
        autocompletion=known_models,
    ),
]


@dataclass(frozen=True)
class DataOptions:
    """The options that say what to train on; see :mod:`tonality.cli.common_options`."""

    data: str
    text_column: Sequence[str] | None = None
    label_column: str | None = None
    group_column: str | None = None
    label_map: Sequence[str] | None = None
    bad_rows: Path | None = None
    encoding: str | None = None
    table: TableOptions = TABLE
    collection_column: str | None = None

    def load(self) -> Dataset:
        """The data."""
        from tonality.data import load_dataset, parse_label_map

        return load_dataset(
            self.data,
            text_column=self.text_column,
            label_column=self.label_column,
            group_column=self.group_column,
            label_map=parse_label_map(self.label_map or ()),
            collection_column=self.collection_column,
            bad_rows=self.bad_rows,
            encoding=self.encoding,
            options=self.table.read(),
        )

    def with_unlabelled(self, dataset: Dataset, path: Path) -> Dataset:
        """The data with the texts of one more file."""
        from tonality.data.load_dataset import with_unlabelled

        return with_unlabelled(
            dataset,
            path,
            text_column=self.text_column,
            encoding=self.encoding,
            options=self.table.read(),
        )

    def words(self) -> list[str]:
        """The options as they are written."""
        return (
            written(
                {
                    "--data": self.data,
                    "--text-column": self.text_column,
                    "--label-column": self.label_column,
                    "--group-column": self.group_column,
                    "--label-map": self.label_map,
                    "--encoding": self.encoding,
                    "--bad-rows": self.bad_rows,
                }
            )
            + self.table.words()
        )


def written(options: dict[str, object]) -> list[str]:
    """Options as words of a command line; None is left out, a sequence repeats its option."""
    words = []
    for name, value in options.items():
        values = value if isinstance(value, list | tuple) else [value]
        words += [word for one in values if one is not None for word in (name, str(one))]
    return words


def chosen_recipe(
    name: str | None, settings: Sequence[str] | None, output: Path, *, resume: bool, default: str
) -> Recipe:
    """The recipe asked for; with ``resume`` and none asked for, the run's own."""
    from tonality.train.records.run_folder import RECIPE
    from tonality.train.settings.recipe import Recipe

    own = output / RECIPE
    source: str | Path = name or (own if resume and own.exists() else default)
    return Recipe.load(source).with_settings(settings or [])


def chosen_plan(
    name: str | None, settings: Sequence[str] | None, output: Path, *, resume: bool
) -> Plan | None:
    """The plan asked for, if it is one; with ``resume`` and none asked for, the folder's own."""
    from tonality.train.settings.plan import PLAN, Plan

    own = output / PLAN
    source: str | Path | None = name or (own if resume and own.exists() else None)
    plan = None if source is None else Plan.load(source)
    return None if plan is None else plan.with_settings(settings or [])


def run_training(
    command: str,
    options: DataOptions,
    output: Path,
    work: Callable[[Dataset, Reporter], Path],
    *,
    recipe: Recipe | Plan,
    others: dict[str, object],
    resume: bool,
    checkpoint_minutes: float = MINUTES,
    processes: tuple[int | None, int] = (None, 1),
) -> None:
    """Loads the data, does the work and prints the folder it made; Ctrl-C tells how to go on.

    Args:
        command: its name.
        options: what to train on.
        output: the run's folder.
        work: what there is to do.
        recipe: its settings.
        others: further options, for the command to go on with; recipe and settings are not
            needed, for the run holds its own.
        resume: whether to go on with the run that is there.
        checkpoint_minutes: minutes between checkpoints.
        processes: how many train together on this machine, and on how many machines.
    """
    from tonality.data import parse_label_map
    from tonality.train.records.run_folder import ADAPTATION, RUN
    from tonality.train.settings.plan import PLAN

    parse_label_map(options.label_map or ())  # a mistake in it shows before anything is done
    _restart_with_malloc_settings()
    _start_together(*processes)
    from tonality.train.records.processes import leads

    reporter = _reporter()
    try:
        dataset = _load(command, options, output, recipe, resume=resume)
        _say_what_to_expect(recipe, dataset, reporter)
        folder = work(dataset, reporter)
    except KeyboardInterrupt:
        reporter.close()
        minutes = None if checkpoint_minutes == MINUTES else checkpoint_minutes
        own = written({"-o": output, **others, "--checkpoint-minutes": minutes})
        again = shlex.join(["tonality", command, *options.words(), *own, "--resume"])
        begun = any((output / name).exists() for name in (RUN, PLAN, ADAPTATION))
        if leads():
            reporter.say(f"stopped; go on with: {again}" if begun else "stopped")
        raise typer.Exit(130) from None
    if leads():
        typer.echo(str(folder))


def _load(
    command: str, options: DataOptions, output: Path, recipe: Recipe | Plan, *, resume: bool
) -> Dataset:
    """The data. An unfit folder is told before it is read, unfit data before torch is loaded."""
    from tonality.train.prepare.data_checks import check_dataset
    from tonality.train.records.processes import leads
    from tonality.train.records.run_folder import RunFolder
    from tonality.train.settings.plan import Plan

    if leads() and not resume:
        folder = RunFolder(output)
        # A plan's folder holds more, and tells of it itself.
        folder.check_writable() if isinstance(recipe, Plan) else folder.check_free()
    dataset = options.load()
    tasks = [stage.task for stage in recipe.stages] if isinstance(recipe, Plan) else [command]
    if any(task != "pretrain" for task in tasks):
        check_dataset(dataset)
    return dataset


def _say_what_to_expect(recipe: Recipe | Plan, dataset: Dataset, reporter: Reporter) -> None:
    """How long it takes and what comes of it, where that was measured on this data."""
    expected = recipe.expected
    if expected.minutes and expected.data == dataset.name:
        reached = f" and {expected.accuracy:.1%} on validation" if expected.accuracy else ""
        reporter.say(
            f"recipe {recipe.name}: expect about {expected.minutes:.0f} minutes{reached} "
            f"({expected.data}, {expected.machine})"
        )


def _restart_with_malloc_settings() -> None:
    """Starts this command anew with settings that glibc reads only at the start of a process."""
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


def on_devices(devices: int | None, nodes: int) -> dict[str, Any]:
    """What the functions that train are told of the options ``--devices`` and ``--nodes``."""
    return {"devices": devices or "auto", "nodes": nodes}


def _start_together(devices: int | None, nodes: int) -> None:
    """Starts this command anew as several processes, unless it is one of them already.

    Raises:
        typer.BadParameter: several machines were asked for, and torchrun did not start this.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ or (devices or 1) * nodes == 1:
        return
    words = ["--nproc-per-node", str(devices or 1)]
    if nodes > 1:
        command = shlex.join(["torchrun", "--nnodes", str(nodes), *words])
        raise typer.BadParameter(
            f"each machine starts its own processes: run there `{command} --rdzv-backend c10d "
            "--rdzv-endpoint HOST:29500 -m tonality ...`",
            param_hint="--nodes",
        )
    from tonality.classifier import available_cores

    threads = str(max(1, available_cores() // (devices or 1)))
    environment = {"OMP_NUM_THREADS": threads, **os.environ, RESTARTED: "1"}
    program = ["-m", "torch.distributed.run", "--standalone", *words, "-m", "tonality"]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *program, *sys.argv[1:]], environment)


def _reporter() -> Reporter:
    from rich.console import Console

    from tonality.train.records.reporter import BarReporter, LineReporter

    console = Console(stderr=True)
    write: Callable[[str], object] = lambda line: typer.echo(line, err=True)  # noqa: E731
    return BarReporter(console) if console.is_terminal else LineReporter(write)
