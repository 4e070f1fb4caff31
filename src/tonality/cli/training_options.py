"""What the commands that train have in common: their options, their start, their way to stop."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality.cli.column_options import ColumnOptions
from tonality.cli.common_options import FILE, AddOptions, written
from tonality.cli.completion import completes, known_datasets, known_models, known_recipes
from tonality.cli.plain_help import Number
from tonality.cli.table_options import TableOptions
from tonality.cli.training_processes import TrainingProcesses, restart_with_malloc_settings

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.plan import Plan
    from tonality.train.settings.recipe import Recipe

MINUTES = 10.0  # between checkpoints
ALONE = TrainingProcesses()
# Stands at the end of the help of commands that train a classifier.
SMALL_DATA = (
    "A small network learns up to 1,000 texts on one core, as two would mostly wait for each "
    "other. The environment variable OMP_NUM_THREADS chooses another number."
)

training_data_option = click.option(
    "--data",
    required=True,
    help="A labelled file, a folder with train and unsup files, or imdb.",
    metavar="FILE|DIR|imdb",
    shell_complete=completes(known_datasets),
)
run_folder_option = click.option(
    "--output",
    "-o",
    type=FILE,
    required=True,
    help="The run's folder; DIR/model is the model.",
    metavar="DIR",
)
settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    help="A setting of the recipe, such as training.epochs=3. Repeat it.",
    metavar="KEY=VALUE",
)
resume_option = click.option(
    "--resume", is_flag=True, help="Go on with the run in DIR that was stopped."
)
checkpoint_option = click.option(
    "--checkpoint-minutes",
    type=Number(float, 0),
    default=MINUTES,
    help="Minutes between checkpoints, besides those after evaluations.",
    metavar="MINUTES",
)
start_from_option = click.option(
    "--start-from",
    help="Begin with a language model of tonality pretrain, or with a model.",
    metavar="DIR|NAME",
    shell_complete=completes(known_models),
)


def recipe_option(command: str, help: str) -> AddOptions:
    """The option that names the recipe of a command."""
    return click.option(
        "--recipe", help=help, metavar="NAME|FILE", shell_complete=completes(known_recipes(command))
    )


@dataclass(frozen=True)
class TrainingData:
    """What to train on, as the options say.

    Attributes:
        data: as :func:`tonality.data.load_dataset` takes it.
        columns, table: how it is read.
        collection_column: a further column, which says what collection a text is from.
    """

    data: str
    columns: ColumnOptions
    table: TableOptions
    collection_column: str | None = None

    def load(self) -> Dataset:
        """The data."""
        return self.columns.load(self.data, self.table, collection_column=self.collection_column)

    def with_unlabelled(self, dataset: Dataset, path: Path) -> Dataset:
        """The data with the texts of one more file."""
        from tonality.data.load_dataset import with_unlabelled

        return with_unlabelled(
            dataset,
            path,
            text_column=self.columns.text_column,
            encoding=self.columns.encoding,
            options=self.table.read(),
        )

    def words(self) -> list[str]:
        """The options as they are written."""
        return [*written({"--data": self.data}), *self.columns.words(), *self.table.words()]


def chosen_recipe(
    name: str | None, settings: Sequence[str], output: Path, *, resume: bool, default: str
) -> Recipe:
    """The recipe asked for; with ``resume`` and none asked for, the run's own."""
    from tonality.train.records.run_folder import RECIPE
    from tonality.train.settings.recipe import Recipe

    own = output / RECIPE
    source: str | Path = name or (own if resume and own.exists() else default)
    return Recipe.load(source).with_settings(settings)


def chosen_plan(
    name: str | None, settings: Sequence[str], output: Path, *, resume: bool
) -> Plan | None:
    """The plan asked for, if it is one; with ``resume`` and none asked for, the folder's own."""
    from tonality.train.settings.plan import PLAN, Plan

    own = output / PLAN
    source: str | Path | None = name or (own if resume and own.exists() else None)
    plan = None if source is None else Plan.load(source)
    return None if plan is None else plan.with_settings(settings)


def run_training(
    command: str,
    data: TrainingData,
    output: Path,
    work: Callable[[Dataset, Reporter], Path],
    *,
    recipe: Recipe | Plan,
    others: dict[str, object],
    resume: bool,
    checkpoint_minutes: float = MINUTES,
    processes: TrainingProcesses = ALONE,
) -> None:
    """Loads the data, does the work and prints the folder it made; Ctrl-C tells how to go on.

    Args:
        command: its name.
        data: what to train on.
        output: the run's folder.
        work: what there is to do.
        recipe: its settings.
        others: further options, for the command to go on with; recipe and settings are not
            needed, for the run holds its own.
        resume: whether to go on with the run that is there.
        checkpoint_minutes: minutes between checkpoints.
        processes: how many train together.
    """
    from tonality.data import parse_label_map
    from tonality.train.records.run_folder import ADAPTATION, RUN
    from tonality.train.settings.plan import PLAN

    parse_label_map(data.columns.label_map)  # a mistake in it shows before anything is done
    restart_with_malloc_settings()
    processes.start()
    from tonality.train.records.processes import leads

    reporter = _reporter()
    try:
        dataset = _load(command, data, output, recipe, resume=resume)
        _say_what_to_expect(recipe, dataset, reporter)
        folder = work(dataset, reporter)
    except KeyboardInterrupt:
        reporter.close()
        minutes = None if checkpoint_minutes == MINUTES else checkpoint_minutes
        own = written({"-o": output, **others, "--checkpoint-minutes": minutes})
        again = shlex.join(["tonality", command, *data.words(), *own, "--resume"])
        begun = any((output / name).exists() for name in (RUN, PLAN, ADAPTATION))
        if leads():
            reporter.say(f"stopped; go on with: {again}" if begun else "stopped")
        raise click.exceptions.Exit(130) from None
    if leads():
        click.echo(str(folder))


def _load(
    command: str, data: TrainingData, output: Path, recipe: Recipe | Plan, *, resume: bool
) -> Dataset:
    """The data. An unfit folder is told before it is read, unfit data before torch is loaded."""
    from tonality.train.prepare.data_checks import check_dataset
    from tonality.train.records.processes import leads
    from tonality.train.records.run_folder import RunFolder
    from tonality.train.settings.plan import Plan

    if leads() and not resume:
        RunFolder(output).check_free()
    dataset = data.load()
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


def _reporter() -> Reporter:
    from rich.console import Console

    from tonality.train.records.reporter import BarReporter, LineReporter

    console = Console(stderr=True)
    write: Callable[[str], object] = lambda line: click.echo(line, err=True)  # noqa: E731
    return BarReporter(console) if console.is_terminal else LineReporter(write)
