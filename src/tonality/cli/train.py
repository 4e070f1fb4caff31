"""``tonality train``: a model from your own data."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonality.cli.options import (
    BadRows,
    Encoding,
    GroupColumn,
    LabelColumn,
    LabelMap,
    TextColumn,
)

if TYPE_CHECKING:
    from tonality.train.progress import Reporter

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
_RESTARTED = "TONALITY_RESTARTED"


def train(
    data: Annotated[
        str, typer.Option(help="A labelled file, a folder with train and unsup files, or imdb.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The run's folder; DIR/model is the model.")
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="quick, base or a TOML file; by default base, or the run's own with --resume.",
            metavar="NAME|FILE",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A setting of the recipe, such as training.epochs=3. Repeat it.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in DIR that was stopped.")
    ] = False,
    checkpoint_minutes: Annotated[
        float, typer.Option(help="Minutes between checkpoints, besides evaluations.", min=0.0)
    ] = MINUTES,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    group_column: GroupColumn = None,
    label_map: LabelMap = None,
    bad_rows: BadRows = None,
    encoding: Encoding = None,
) -> None:
    """Train a model on labelled texts; Ctrl-C saves, and --resume goes on."""
    from tonality.data import load_dataset, parse_label_map
    from tonality.train.checkpoint import RECIPE, RUN
    from tonality.train.recipe import Recipe
    from tonality.train.requirements import require_packages

    own = output / RECIPE
    source: str | Path = recipe or (own if resume and own.exists() else "base")
    chosen = Recipe.load(source).with_settings(settings or [])
    mapped = parse_label_map(label_map or [])
    require_packages(chosen)
    _restart_with_malloc_settings()
    reporter = _reporter()
    if chosen.expected.minutes:
        expected = chosen.expected
        reporter.say(
            f"recipe {chosen.name}: expect about {expected.minutes:.0f} minutes and "
            f"{expected.accuracy:.1%} on validation ({expected.data}, {expected.machine})"
        )
    try:
        dataset = load_dataset(
            data,
            text_column=text_column,
            label_column=label_column,
            group_column=group_column,
            label_map=mapped,
            bad_rows=bad_rows,
            encoding=encoding,
        )
        from tonality.train.fit import train as run

        model = run(
            dataset,
            chosen,
            output,
            resume=resume,
            reporter=reporter,
            checkpoint_minutes=checkpoint_minutes,
        )
    except KeyboardInterrupt:
        reporter.close()
        begun = (output / RUN).exists()
        command = _resume_command(
            {
                "--data": data,
                "-o": output,
                "--text-column": text_column,
                "--label-column": label_column,
                "--group-column": group_column,
                "--encoding": encoding,
                "--bad-rows": bad_rows,
                "--checkpoint-minutes": None
                if checkpoint_minutes == MINUTES
                else checkpoint_minutes,
            },
            label_map or [],
        )
        reporter.say(f"stopped; go on with: {command}" if begun else "stopped")
        raise typer.Exit(130) from None
    typer.echo(str(model))


def _restart_with_malloc_settings() -> None:
    """Starts this command anew with settings that glibc reads only at the start of a process."""
    program = Path(sys.argv[0])
    is_command = program.name == "tonality" or program.parts[-2:] == ("tonality", "__main__.py")
    if (
        not is_command
        or _RESTARTED in os.environ
        or MALLOC.keys() & os.environ.keys()
        or platform.libc_ver()[0] != "glibc"
    ):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, **MALLOC, _RESTARTED: "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _reporter() -> Reporter:
    from rich.console import Console

    from tonality.train.progress import BarReporter, LineReporter

    console = Console(stderr=True)
    write: Callable[[str], object] = lambda line: typer.echo(line, err=True)  # noqa: E731
    return BarReporter(console) if console.is_terminal else LineReporter(write)


def _resume_command(options: Mapping[str, object], label_map: Sequence[str]) -> str:
    """This command with --resume; without recipe and settings, for the run holds its own."""
    words = [w for name, value in options.items() if value is not None for w in (name, str(value))]
    words += [word for pair in label_map for word in ("--label-map", pair)]
    return shlex.join(["tonality", "train", *words, "--resume"])
