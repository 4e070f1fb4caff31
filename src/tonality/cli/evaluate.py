"""``tonality evaluate``: how good a model is on labelled data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tonality.classifier import Classifier
    from tonality.data import Dataset
    from tonality.evaluate.measure import Measured
    from tonality.evaluate.parts import Chosen, Part

# Seconds between lines of progress where there is no terminal to draw a bar on.
QUIET = 10.0


def evaluate(
    data: Annotated[
        str, typer.Option(help="A labelled file, a folder with train and test files, or imdb.")
    ],
    model: Annotated[
        str | None, typer.Option(help="A bundled model's name or a model folder.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="test, validation (cut as the model's training cut it), train or all; "
            "by default test where there is one, otherwise all.",
            metavar="PART",
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write figures, tables and every prediction here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    text_column: Annotated[str | None, typer.Option(help="The column of the texts.")] = None,
    label_column: Annotated[str | None, typer.Option(help="The column of the labels.")] = None,
    group_column: Annotated[
        str | None, typer.Option(help="The column of what a split keeps together.")
    ] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW, such as 1=positive; 2= leaves out rows of label 2. Repeat it."),
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="Write rows that cannot be read here.")
    ] = None,
) -> None:
    """Measure a model on labelled data: accuracy, F1, confusions, intervals, worst mistakes."""
    from tonality.classifier import load
    from tonality.data import load_dataset, parse_label_map
    from tonality.evaluate.metrics import require_sklearn
    from tonality.evaluate.parts import choose_part

    part = _part(split)
    require_sklearn()
    classifier = load(model)
    if report is not None:
        from tonality.evaluate.report import prepare_folder

        prepare_folder(report)
    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        group_column=group_column,
        label_map=parse_label_map(label_map or []),
        bad_rows=bad_rows,
    )
    chosen = choose_part(dataset, part, classifier.artifact.provenance)
    measured = _measure(classifier, dataset, chosen)
    facts = {
        "data": dataset.name,
        "sha256": dataset.sha256,
        "part": chosen.part.value,
        "model": model or "imdb",
        "bad_rows": chosen.table.bad_rows,
        "shortened": measured.shortened,
    }
    _give(measured, facts, chosen.ids, report, as_json)


def _part(name: str | None) -> Part | None:
    from tonality.evaluate.parts import Part

    try:
        return None if name is None else Part(name)
    except ValueError:
        known = ", ".join(Part)
        raise typer.BadParameter(f"{name!r} is none of {known}", param_hint="--split") from None


def _measure(classifier: Classifier, dataset: Dataset, chosen: Chosen) -> Measured:
    from tonality.evaluate.measure import measure
    from tonality.evaluate.parts import Part, trained_on

    seen = trained_on(dataset, classifier.artifact.provenance)
    if seen and chosen.part in (Part.ALL, Part.TRAIN):
        _say(
            f"careful: the model was trained on this data ({', '.join(seen)}), "
            "so the figures flatter; --split validation measures the rows that training held out"
        )
    with _progress(len(chosen.table)) as progress:
        measured = measure(classifier, chosen.table, ids=chosen.ids, progress=progress)
    if measured.aliases:
        read = ", ".join(f"{label!r} as {name}" for label, name in measured.aliases.items())
        _say(f"labels read: {read} (--label-map says otherwise)")
    return measured


def _give(
    measured: Measured,
    facts: dict[str, Any],
    ids: list[str],
    report: Path | None,
    as_json: bool,
) -> None:
    evaluation = measured.evaluation
    if report is not None:
        from tonality.evaluate.report import write_report

        write_report(
            report,
            evaluation,
            facts,
            labels=measured.labels,
            probabilities=measured.probabilities,
            ids=ids,
            lengths=measured.lengths,
        )
        _say(f"report in {report}")
    if as_json:
        typer.echo(json.dumps(evaluation.to_json() | facts, allow_nan=False))
        return
    from rich.console import Console

    from tonality.evaluate.terminal import show

    show(Console(), evaluation, f"{facts['data']} ({facts['part']}), model {facts['model']}")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal, a line now and then elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(total)
        return
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("classifying"), BarColumn(), MofNCompleteColumn(), rate)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task, start = bar.add_task("", total=total, rate=""), monotonic()

        def progress(done: int) -> None:
            rate = f"{done / max(monotonic() - start, 1e-9):,.0f} texts/s"
            bar.update(task, completed=done, rate=rate)

        yield progress


def _lines(total: int) -> Callable[[int], None]:
    said = monotonic()

    def progress(done: int) -> None:
        nonlocal said
        if monotonic() - said > QUIET:
            said = monotonic()
            _say(f"{done:,} of {total:,} texts")

    return progress


def _say(line: str) -> None:
    typer.echo(line, err=True)
