"""What the commands that train have in common: their options, their start, their way to stop."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.common_options import (
    FILE,
    SOURCE,
    AddOptions,
    complete_models,
    completes,
    taken_as,
)
from tonality.cli.plain_help import Number
from tonality.cli.table_options import TableOptions, table_options
from tonality.cli.training_processes import (
    ALONE,
    TrainingProcesses,
    process_options,
    restart_with_malloc_settings,
)

if TYPE_CHECKING:
    from tonality.data import Dataset
    from tonality.train.records.reporter import Reporter
    from tonality.train.settings.plan import Plan
    from tonality.train.settings.recipe import Recipe

# Stands at the end of the help of commands that train a classifier.
SMALL_DATA = (
    "A small network learns up to 1,000 texts on one core, as two would mostly wait for each "
    "other. The environment variable OMP_NUM_THREADS chooses another number."
)
start_from_option = click.option(
    "--start-from",
    help="Begin with a language model of tonality pretrain, or with a model.",
    metavar="DIR|NAME",
    shell_complete=complete_models,
)


@dataclass(frozen=True)
class Training:
    """A training as the options ask for it.

    Attributes:
        data: as :func:`tonality.data.load_dataset` takes it.
        columns, table: how it is read.
        output: the run's folder.
        recipe, settings: see :meth:`chosen_recipe`.
        resume: whether to go on with the run that is there.
        checkpoint_minutes: minutes between checkpoints.
        processes: how many train together.
    """

    data: str
    output: Path
    recipe: str | None
    settings: Sequence[str]
    resume: bool
    checkpoint_minutes: float
    columns: ColumnOptions
    table: TableOptions
    processes: TrainingProcesses = ALONE

    def chosen_recipe(self, default: str) -> Recipe:
        """The recipe asked for; with ``resume`` and none asked for, the run's own."""
        from tonality.train.records.run_folder import RECIPE
        from tonality.train.settings.recipe import Recipe

        return Recipe.load(self._source(RECIPE) or default).with_settings(self.settings)

    def chosen_plan(self) -> Plan | None:
        """The plan asked for, if it is one; with ``resume`` and none asked for, the folder's."""
        from tonality.train.settings.plan import PLAN, Plan

        source = self._source(PLAN)
        plan = None if source is None else Plan.load(source)
        return None if plan is None else plan.with_settings(self.settings)

    def _source(self, held: str) -> str | Path | None:
        own = self.output / held
        return self.recipe or (own if self.resume and own.exists() else None)

    def run(
        self,
        command: str,
        recipe: Recipe | Plan,
        work: Callable[[Dataset, dict[str, Any]], Path],
        collection_column: str | None = None,
    ) -> None:
        """Loads the data, does the work and prints the folder it made; Ctrl-C tells how to go on.

        Args:
            command: its name.
            recipe: its settings.
            work: what there is to do, with the data and further arguments of what trains.
            collection_column: the column that says what collection a text is from.
        """
        from tonality.data import parse_label_map
        from tonality.train.records.run_folder import ADAPTATION, RUN
        from tonality.train.settings.plan import PLAN

        parse_label_map(self.columns.label_map)  # a mistake in it shows before anything is done
        restart_with_malloc_settings()
        self.processes.start()
        from tonality.train.records.processes import leads

        reporter = _reporter()
        how = {"resume": self.resume, "checkpoint_minutes": self.checkpoint_minutes}
        try:
            dataset = self._load(command, recipe, collection_column)
            _say_what_to_expect(recipe, dataset, reporter)
            folder = work(dataset, {**how, "reporter": reporter})
        except KeyboardInterrupt:
            reporter.close()
            again = shlex.join(["tonality", *sys.argv[1:], *([] if self.resume else ["--resume"])])
            begun = any((self.output / name).exists() for name in (RUN, PLAN, ADAPTATION))
            if leads():
                reporter.say(f"stopped; go on with: {again}" if begun else "stopped")
            raise click.exceptions.Exit(130) from None
        if leads():
            click.echo(str(folder))

    def _load(self, command: str, recipe: Recipe | Plan, collection_column: str | None) -> Dataset:
        """The data. An unfit folder is told before it is read, unfit data before torch loads."""
        from tonality.train.prepare.data_checks import check_dataset
        from tonality.train.records.processes import leads
        from tonality.train.records.run_folder import RunFolder
        from tonality.train.settings.plan import Plan

        if leads() and not self.resume:
            RunFolder(self.output).check_free()
        dataset = self.columns.load(self.data, self.table, collection_column=collection_column)
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


def _recipe_names() -> list[str]:
    from tonality.train.settings.shipped_recipes import shipped

    return shipped()


def _recipe_and_plan_names() -> list[str]:
    from tonality.train.settings.shipped_recipes import shipped_plans

    return [*_recipe_names(), *shipped_plans()]


_FIRST = (
    click.option(
        "--data",
        required=True,
        type=SOURCE,
        help="A labelled file, a folder with train and unsup files, or imdb.",
        metavar="FILE|DIR|imdb",
    ),
    click.option(
        "--output",
        "-o",
        type=FILE,
        required=True,
        help="The run's folder; DIR/model is the model.",
        metavar="DIR",
    ),
)
_SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    help="A setting of the recipe, such as training.epochs=3. Repeat it.",
    metavar="KEY=VALUE",
)
_LAST = (
    click.option("--resume", is_flag=True, help="Go on with the run in DIR that was stopped."),
    click.option(
        "--checkpoint-minutes",
        type=Number(float, 0),
        default=10.0,
        help="Minutes between checkpoints, besides those after evaluations.",
        metavar="MINUTES",
    ),
)


def training_options(
    recipes: str, *own: AddOptions, alone: bool = False, plans: bool = False
) -> AddOptions:
    """Gives a command the options of a training, which it takes as one argument ``training``.

    Args:
        recipes: what ``--recipe`` may name, in words.
        own: further options, which the command takes as they are.
        alone: whether it trains in one process only.
        plans: whether it takes plans, too.
    """
    names = completes(_recipe_and_plan_names if plans else _recipe_names, ".toml", "/")
    recipe = click.option("--recipe", help=recipes, metavar="NAME|FILE", shell_complete=names)
    processes = () if alone else (process_options,)
    options = (*_FIRST, recipe, _SETTINGS, *own, *_LAST, *processes, column_options, table_options)
    return taken_as("training", Training, *options)
