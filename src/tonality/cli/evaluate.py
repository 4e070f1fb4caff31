"""``tonality evaluate``: how good a model is on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality import plain_json
from tonality.cli.column_options import ColumnOptions, column_options
from tonality.cli.common_options import (
    FILE,
    PART,
    check_free,
    complete_models,
    json_option,
    labelled_data_option,
    overwrite_option,
)
from tonality.cli.plain_help import PlainCommand
from tonality.cli.progress import progress_of, say
from tonality.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonality.classifier import Classifier
    from tonality.data import Dataset
    from tonality.evaluate.result import EvaluationResult, Judged
    from tonality.evaluate.select_rows import ChosenRows


@click.command(cls=PlainCommand)
@labelled_data_option
@click.option(
    "--model",
    multiple=True,
    help="A bundled model's name or a model folder; by default general. Give it twice to "
    "compare two models.",
    metavar="NAME|DIR",
    shell_complete=complete_models,
)
@click.option(
    "--split",
    type=PART,
    help="test, validation (cut as the model's training cut it), train or all; "
    "by default test where there is one, otherwise all.",
    metavar="PART",
)
@click.option(
    "--report",
    type=FILE,
    help="Write report.html, figures, tables and every prediction here.",
    metavar="DIR",
)
@overwrite_option
@click.option(
    "--slice",
    "slices",
    multiple=True,
    help="Accuracy by the values of this column too. Repeat it.",
    metavar="COLUMN",
)
@json_option
@column_options
@table_options
def evaluate(
    data: str,
    model: tuple[str, ...],
    split: str | None,
    report: Path | None,
    overwrite: bool,
    slices: tuple[str, ...],
    as_json: bool,
    columns: ColumnOptions,
    table: TableOptions,
) -> None:
    """Measure a model on labelled data: accuracy, F1, confusions, trust, worst mistakes."""
    names = _names(model)
    from tonality.classifier import load
    from tonality.evaluate.result import check_comparable
    from tonality.evaluate.select_rows import Part, choose_part, provenance_to_cut_by, with_text
    from tonality.measures.metrics import require_sklearn
    from tonality.messages import counted

    require_sklearn()
    classifiers = [load(name) for name in names]
    check_comparable({name: each.labels for name, each in zip(names, classifiers, strict=True)})
    if report is not None:
        from tonality.drawing import require_matplotlib
        from tonality.evaluate.report.page import require_jinja2
        from tonality.evaluate.report.report_folder import PAGE, prepare_folder

        require_matplotlib()
        require_jinja2()
        check_free(report / PAGE, overwrite=overwrite)
        prepare_folder(report)
    dataset = columns.load(data, table, extra_columns=slices)
    origins = [classifier.artifact.provenance for classifier in classifiers]
    part = Part(split) if split else None
    chosen = choose_part(dataset, part, provenance_to_cut_by(dataset, origins))
    chosen, empty = with_text(chosen, classifiers)
    if empty:
        say(f"{counted(empty, 'row')} without a text to read: in no figure")
    result = _judge(names, classifiers, dataset, chosen, empty)
    if report is not None:
        _write(report, result)
    if as_json:
        click.echo(plain_json.dumps(result.to_json(), ascii_only=True))
    else:
        _show(result)


def _names(models: Sequence[str]) -> list[str]:
    from tonality.model_names import DEFAULT_MODEL

    names = list(models) or [DEFAULT_MODEL]
    if len(names) > 2:
        raise click.BadParameter("give one model, or two to compare", param_hint="--model")
    return names


def _judge(
    names: list[str],
    classifiers: list[Classifier],
    dataset: Dataset,
    chosen: ChosenRows,
    empty: int,
) -> EvaluationResult:
    from tonality.evaluate.result import side_by_side

    seen = _warn(names, classifiers, dataset, chosen)
    facts: dict[str, Any] = {
        "data": dataset.name,
        "sha256": dataset.sha256,
        "part": chosen.part.value,
        "model": names[0],
        "bad_rows": chosen.table.bad_rows,
        "empty": empty + chosen.table.without_text,
        "seen": seen,
    }
    judged = [
        _judge_one(name, classifier, dataset, chosen)
        for name, classifier in zip(names, classifiers, strict=True)
    ]
    for each in judged:
        _warn_of_fit(each)
    if judged[0].measured.aliases:
        read = ", ".join(f"{a!r} as {b}" for a, b in judged[0].measured.aliases.items())
        say(f"labels read: {read} (--label-map says otherwise)")
    sliced = {slicing.column for slicing in judged[0].analysis.slices}
    for name in chosen.table.extras:
        if name not in sliced:
            say(f"no text has a value in column {name!r}: there are no slices by it")
    facts["shortened"] = judged[0].measured.shortened
    return side_by_side(facts, chosen, judged[0], judged[1] if len(judged) > 1 else None)


def _warn(
    names: list[str], classifiers: list[Classifier], dataset: Dataset, chosen: ChosenRows
) -> bool:
    """Says which model learnt from these rows; returns whether the first did."""
    from tonality.evaluate.select_rows import describe_seen
    from tonality.evaluate.training_cut import held_nothing_out

    origins: list[Mapping[str, Any]] = [each.artifact.provenance for each in classifiers]
    seen = [describe_seen(dataset, chosen, origin) for origin in origins]
    for name, what, origin in zip(names, seen, origins, strict=True):
        if what:
            who = "the model" if len(names) == 1 else name
            instead = (
                "its training held nothing out"
                if held_nothing_out(origin)
                else "on its training data, --split validation measures the rows held out"
            )
            say(f"careful: {who} was trained on {what}, so the figures flatter; {instead}")
    return bool(seen[0])


def _warn_of_fit(judged: Judged) -> None:
    """Says what decides the verdicts of a model and was fitted on the rows it is measured on."""
    fitted = judged.analysis.fitted_here
    if fitted.offsets:
        say(
            f"careful: the offsets of {judged.name} were fitted on these rows, so its accuracy "
            "flatters; tonality calibrate printed a cross-fitted one"
        )
    if fitted.thresholds:
        say(
            f"careful: the thresholds of {judged.name} were chosen on these rows, so its macro F1 "
            "flatters; tonality calibrate printed a cross-fitted one"
        )


def _judge_one(name: str, classifier: Classifier, dataset: Dataset, chosen: ChosenRows) -> Judged:
    from tonality.evaluate.result import judge
    from tonality.model_names import model_path

    with progress_of(len(chosen.table), "classifying") as progress:
        return judge(name, model_path(name), classifier, dataset, chosen, progress=progress)


def _write(folder: Path, result: EvaluationResult) -> None:
    from tonality.evaluate.report.page import to_explain
    from tonality.evaluate.report.report_folder import PAGE, write_report

    with progress_of(to_explain(result), "explaining") as progress:
        write_report(folder, result, progress=progress)
    say(f"report in {folder / PAGE}")


def _show(result: EvaluationResult) -> None:
    from rich.console import Console

    from tonality.evaluate.terminal_report import show

    show(Console(), result)
